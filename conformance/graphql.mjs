// Asks the GraphQL door as others do: graphql-js reads the published schema and that of the service, Relay's rules are
// held against it, and the audit of graphql-http says whether HTTP is spoken as the draft has it.
//
//     node graphql.mjs SCHEMA       with ATR_URL and ATR_KEY; its packages lie where NODE_MODULES says

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const installed = createRequire(`${process.env.NODE_MODULES}/package.json`);
const load = async (name) => {
  const module = await import(pathToFileURL(installed.resolve(name)));
  return module.default ?? module;
};
const {
  buildClientSchema, buildSchema, getIntrospectionQuery, getNamedType, getNullableType, isInterfaceType, isListType,
  isNonNullType, isObjectType, isScalarType, lexicographicSortSchema, printSchema, validateSchema,
} = await load("graphql");
const { auditServer } = await load("graphql-http");

const { ATR_URL: service, ATR_KEY: key } = process.env;
const authorised = (url, init = {}) =>
  fetch(url, { ...init, headers: { ...init.headers, authorization: `Bearer ${key}` } });
const ask = async (query, variables = {}) => {
  const headers = { "content-type": "application/json", accept: "application/graphql-response+json" };
  const body = JSON.stringify({ query, variables });
  return (await authorised(`${service}/graphql`, { method: "POST", headers, body })).json();
};

let faults = 0;
const check = (what, wrong) => {
  faults += wrong.length;
  console.log(`${wrong.length ? "FAIL" : "ok  "}  ${what}`);
  for (const one of wrong.slice(0, 10)) console.log(`      ${one}`);
};

const published = buildSchema(readFileSync(process.argv[2], "utf8"));
check("graphql-js takes the published schema", validateSchema(published).map((error) => error.message));
const introspection = await ask(getIntrospectionQuery({ specifiedByUrl: true, inputValueDeprecation: true }));
check("the service answers graphql-js's introspection", (introspection.errors ?? []).map((error) => error.message));
const served = buildClientSchema(introspection.data);
check("graphql-js takes the schema that is served", validateSchema(served).map((error) => error.message));
const printed = [published, served].map((schema) => printSchema(lexicographicSortSchema(schema)).split("\n"));
check(
  `both are the same ${printed[0].length} lines`,
  printed[0].flatMap((line, at) => (line === printed[1][at] ? [] : [`${line} and ${printed[1][at]}`])),
);

// Relay: Cursor Connections and Global Object Identification.
const types = Object.values(served.getTypeMap()).filter((type) => !type.name.startsWith("__"));
const connections = types.filter((type) => type.name.endsWith("Connection"));
const of = (type, name) => type?.getFields?.()[name]?.type;
const shaped = (fields) => Object.entries(fields).flatMap(([what, holds]) => (holds ? [] : [what]));
const ofConnection = (type) => {
  const edges = getNullableType(of(type, "edges"));
  const edge = edges && getNamedType(edges);
  const node = getNullableType(of(edge, "node"));
  return shaped({
    "is no object": isObjectType(type),
    "edges is no list": isListType(edges),
    "edges are no objects named …Edge": isObjectType(edge) && edge.name.endsWith("Edge"),
    "pageInfo is no PageInfo!": String(of(type, "pageInfo")) === "PageInfo!",
    "node is a list or not there": node !== undefined && node !== null && !isListType(node),
    "cursor is no text": isScalarType(getNullableType(of(edge, "cursor")))
      && ["String", "ID"].includes(getNamedType(of(edge, "cursor")).name),
  }).map((fault) => `${type.name}: ${fault}`);
};
check(`${connections.length} connections are Relay's`, connections.length ? connections.flatMap(ofConnection) : ["none"]);
check("PageInfo is Relay's", shaped({
  "hasPreviousPage: Boolean!": String(of(served.getType("PageInfo"), "hasPreviousPage")) === "Boolean!",
  "hasNextPage: Boolean!": String(of(served.getType("PageInfo"), "hasNextPage")) === "Boolean!",
  "startCursor: String": String(of(served.getType("PageInfo"), "startCursor")) === "String",
  "endCursor: String": String(of(served.getType("PageInfo"), "endCursor")) === "String",
}));
const paged = types.filter(isObjectType).flatMap((type) =>
  Object.values(type.getFields()).filter((field) => getNamedType(field.type).name.endsWith("Connection"))
    .map((field) => ({ name: `${type.name}.${field.name}`, args: new Map(field.args.map((arg) => [arg.name, String(arg.type)])) })));
check(`${paged.length} fields page forwards or backwards`, paged.flatMap(({ name, args }) => {
  const forwards = args.get("first") === "Int" && args.get("after") === "String";
  const backwards = args.get("last") === "Int" && args.get("before") === "String";
  const half = (args.has("first") || args.has("after")) !== forwards || (args.has("last") || args.has("before")) !== backwards;
  return half || !(forwards || backwards) ? [name] : [];
}));
const node = served.getType("Node");
const fieldNode = served.getQueryType().getFields().node;
check("Node and node(id:) are Relay's", shaped({
  "interface Node { id: ID! }": isInterfaceType(node) && String(of(node, "id")) === "ID!",
  "node(id: ID!): Node": fieldNode && !isNonNullType(fieldNode.type) && String(fieldNode.type) === "Node"
    && fieldNode.args.length === 1 && String(fieldNode.args[0].type) === "ID!",
}));

// What Relay asks of answers, on every connection of the query that needs nothing but a page.
const roots = Object.values(served.getQueryType().getFields()).filter((field) =>
  getNamedType(field.type).name.endsWith("Connection") && field.args.every((arg) => !isNonNullType(arg.type)));
const page = (field, args) => ask(`{ ${field}(${args}) { edges { cursor node { __typename } } pageInfo
  { hasPreviousPage hasNextPage startCursor endCursor } } }`).then(({ data, errors }) => ({ page: data?.[field], errors }));
const wrong = [];
for (const { name } of roots) {
  const first = await page(name, "first: 3");
  if (!first.page) {
    wrong.push(`${name}: ${first.errors[0].message}`);
    continue;
  }
  const cursors = ({ page }) => page.edges.map((edge) => edge.cursor);
  const [one, two, three] = cursors(first);
  const must = (holds, what) => holds || wrong.push(`${name}: ${what}`);
  must(first.page.pageInfo.startCursor === (one ?? null), "startCursor is not that of the first edge");
  must(first.page.pageInfo.endCursor === (cursors(first).at(-1) ?? null), "endCursor is not that of the last edge");
  must((await page(name, "first: -1")).errors, "a negative first is taken");
  must((await page(name, "last: -1")).errors, "a negative last is taken");
  if (three) {
    const after = await page(name, `first: 2, after: ${JSON.stringify(one)}`);
    must(String(cursors(after)) === String([two, three]), "what comes after the first edge is not the second and third");
    const before = await page(name, `last: 2, before: ${JSON.stringify(three)}`);
    must(String(cursors(before)) === String([one, two]), "what comes before the third edge is not the first and second");
  }
}
check(`${roots.length} connections turn their pages as Relay says`, wrong);

const audits = await auditServer({ url: `${service}/graphql`, fetchFn: authorised });
const failed = audits.filter((audit) => audit.status !== "ok");
check(`graphql-http's ${audits.length} audits`, failed.map((audit) => `${audit.id} ${audit.name}: ${audit.reason}`));
process.exit(faults ? 1 : 0);
