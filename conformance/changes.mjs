// Holds the schema against the one that was released last: what would break a client fails.
//
//     node changes.mjs RELEASED SCHEMA       its package lies where NODE_MODULES says

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const installed = createRequire(`${process.env.NODE_MODULES}/package.json`);
const { buildSchema, findBreakingChanges, parse, parseType, print, visit } = (await import(pathToFileURL(installed.resolve("graphql")))).default;

const [released, present] = process.argv.slice(2, 4).map((file) => readFileSync(file, "utf8"));
const broken = (text) => findBreakingChanges(buildSchema(released), buildSchema(text)).map(({ description }) => description);

let faults = 0;
const check = (what, wrong) => {
  faults += wrong.length;
  console.log(`${wrong.length ? "FAIL" : "ok  "}  ${what}`);
  for (const one of wrong.slice(0, 20)) console.log(`      ${one}`);
};
check("nothing that was released is gone or another (CONTRIBUTING.md says how a release moves this)", broken(present));

// That such changes are seen at all: one of each kind is made in the released schema.
const changed = (what, kind, change) => {
  let made = 0;
  const text = print(visit(parse(released), { [kind]: (node) => (made ? undefined : (made = 1, change(node))) }));
  const seen = broken(text);
  return made && seen.length ? [] : [`${what} is not seen`];
};
const without = (list) => (node) => ({ ...node, [list]: node[list].slice(0, -1) });
const number = parseType("Int");
check("what goes, what changes its type and what becomes required is seen", [
  ...changed("a field that goes", "ObjectTypeDefinition", without("fields")),
  ...changed("a value that goes", "EnumTypeDefinition", without("values")),
  ...changed("a field of an input that goes", "InputObjectTypeDefinition", without("fields")),
  ...changed("a field of another type", "ObjectTypeDefinition", ({ fields: [first, ...rest], ...node }) =>
    ({ ...node, fields: [{ ...first, type: parseType("Boolean") }, ...rest] })),
  ...changed("an argument that is required", "FieldDefinition", (node) => ({
    ...node, arguments: [...node.arguments, { kind: "InputValueDefinition", name: { kind: "Name", value: "must" },
      type: { kind: "NonNullType", type: number } }],
  })),
]);
process.exit(faults ? 1 : 0);
