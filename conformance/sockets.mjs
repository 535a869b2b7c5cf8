// Follows the loop over graphql-transport-ws with the client graphql-ws, cut off in the middle; and asks over HTTP with
// urql, by documents and by their hashes.
//
//     node sockets.mjs       with ATR_URL and ATR_KEY; its packages lie where NODE_MODULES says

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const installed = createRequire(`${process.env.NODE_MODULES}/package.json`);
const load = async (name) => import(pathToFileURL(installed.resolve(name)));
const { createClient: createSocket } = await load("graphql-ws");
const { default: WebSocket } = await load("ws");
const urql = await load("@urql/core");
const { persistedExchange } = await load("@urql/exchange-persisted");

const { ATR_URL: service, ATR_KEY: key } = process.env;
let faults = 0;
const check = (what, wrong) => {
  faults += wrong.length;
  console.log(`${wrong.length ? "FAIL" : "ok  "}  ${what}`);
  for (const one of wrong.slice(0, 10)) console.log(`      ${one}`);
};
const differs = (found, expected) => {
  const [is, must] = [found, expected].map((value) => JSON.stringify(value));
  return is === must ? [] : [`${is} and not ${must}`];
};

const socket = (more = {}) => createSocket({
  url: `${service.replace(/^http/, "ws")}/graphql/ws`, webSocketImpl: WebSocket, lazy: true, retryAttempts: 3,
  connectionParams: { authorization: `Bearer ${key}` }, ...more,
});
const client = socket();
const data = ({ data, errors }) => {
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
};
const one = async (query, variables) => {
  for await (const answer of client.iterate({ query, variables })) return data(answer);
  throw new Error(`no answer to ${query}`);
};

check("graphql-ws asks a query", differs((await one("{ project { slug } }")).project, { slug: "demo" }));
for await (const event of client.iterate({ query: "subscription { taskProgress { open { stage tasks } rates { stage } } }" })) {
  check("graphql-ws is told of open work", Array.isArray(data(event).taskProgress.open) ? [] : [JSON.stringify(event)]);
  break;
}

// The first snapshot of the loop, which has rows to train on: it is sealed already.
const { snapshots: { edges: [{ node: first }] } } = await one("{ snapshots(filter: { state: SEALED }, last: 1) { edges { node { id } } } }");

// Another one, followed until it is sealed.
const { requestSnapshot: asked } = await one("mutation { requestSnapshot { status message snapshot { id } } }");
const states = [];
if (asked.snapshot) {
  const query = "subscription ($snapshot: ID!) { snapshotState(snapshot: $snapshot) { state error } }";
  for await (const event of client.iterate({ query, variables: { snapshot: asked.snapshot.id } })) {
    states.push(data(event).snapshotState.state);
  }
}
const order = ["FROZEN", "CURATED", "SEALED"];
check("graphql-ws follows a snapshot until it is sealed", states.at(-1) === "SEALED"
  && String(states) === String(order.filter((state) => states.includes(state))) ? [] : [JSON.stringify([asked, states])]);

// A job, followed over sockets that are cut off after every other event.
const start = "mutation ($snapshot: ID!) { startTrainingJob(input: { snapshot: $snapshot }) { status message job { id } } }";
const { startTrainingJob: started } = await one(start, { snapshot: first.id });
const query = `subscription ($job: ID!, $after: String) {
  jobProgress(job: $job, after: $after) { cursor job { state } lines { attempt ordinal } } }`;
const heard = [];
let [after, state, ended, cut] = [null, null, false, 0];
while (!ended) {
  ended = true;
  let events = 0;
  const short = socket();
  for await (const event of short.iterate({ query, variables: { job: started.job.id, after } })) {
    const { cursor, job, lines } = data(event).jobProgress;
    heard.push(...lines.map(({ attempt, ordinal }) => `${attempt}.${ordinal}`));
    [after, state] = [cursor, job.state];
    if (++events === 2) {
      ended = false;
      cut += 1;
      break;
    }
  }
  await short.terminate();
}
const all = [];
for (let page = null; page === null || page.pageInfo.hasNextPage;) {
  const document = `query ($job: ID!, $after: String) { trainingJob(id: $job) { events(first: 100, after: $after) {
    edges { node { attempt ordinal } } pageInfo { hasNextPage endCursor } } } }`;
  ({ trainingJob: { events: page } } = await one(document, { job: started.job.id, after: page?.pageInfo.endCursor }));
  all.push(...page.edges.map(({ node }) => `${node.attempt}.${node.ordinal}`));
}
check(`graphql-ws is told each of a job's ${all.length} lines once, cut off ${cut} times`, [
  ...differs(heard, all), ...(all.length && cut ? [] : ["there was nothing to be cut off from"]), ...differs(state, "SUCCEEDED"),
]);

const stranger = socket({ connectionParams: { authorization: "Bearer atr_nobodys" } });
const refused = await (async () => {
  for await (const answer of stranger.iterate({ query: "{ project { slug } }" })) return answer;
})().catch((closed) => closed.code);
check("graphql-ws gives up where its key is not known", differs(refused, 4403));
await Promise.all([client.dispose(), stranger.dispose()]);

// urql, over HTTP.
const sent = [];
const watched = (url, init) => {
  sent.push({ method: init.method, query: init.body ? JSON.parse(init.body).query : new URL(url).searchParams.get("query") });
  return fetch(url, init);
};
const ask = (...exchanges) => new urql.Client({
  url: `${service}/graphql`, exchanges: [...exchanges, urql.fetchExchange], fetch: watched, preferGetMethod: false,
  fetchOptions: { headers: { authorization: `Bearer ${key}` } },
});
const plain = ask();
const traces = "query ($first: Int!) { traces(first: $first) { edges { node { id answer } } } }";
const page = await plain.query(traces, { first: 2 }).toPromise();
check("urql reads a page of traces", differs(page.data?.traces.edges.length, 2));
const wrong = await plain.query(traces, { first: -1 }).toPromise();
check("urql is told the code of what is wrong", differs(wrong.error?.graphQLErrors[0].extensions, { code: "BAD_USER_INPUT", field: "first" }));
const hashed = ask(persistedExchange({ preferGetForPersistedQueries: true }));
// One that no run before this one made known.
const fresh = traces.replace("query", `query Of${Date.now()}`);
sent.length = 0;
for (const first of [1, 2]) {
  const found = await hashed.query(fresh, { first }).toPromise();
  check(`urql asks for ${first} by the document's hash`, found.error ? [String(found.error)] : differs(found.data.traces.edges.length, first));
}
check("urql sent the document once", differs(sent.filter(({ query }) => query).length, 1));
process.exit(faults ? 1 : 0);
