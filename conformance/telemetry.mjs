// What the JavaScript SDK of OpenTelemetry exports comes in, once, by each of its exporters.
//
//     node telemetry.mjs       with ATR_URL, ATR_OTLP_GRPC, ATR_KEY and SENDER_KEY; its packages lie where NODE_MODULES says

import { createRequire } from "node:module";
import { setTimeout as wait } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";

const load = createRequire(`${process.env.NODE_MODULES}/package.json`);
const { context, trace } = load("@opentelemetry/api");
const { resourceFromAttributes } = load("@opentelemetry/resources");
const { SimpleSpanProcessor, TracerProvider } = load("@opentelemetry/sdk-trace");
const { Metadata } = load("@grpc/grpc-js");
const exporterOf = (name) => load(`@opentelemetry/exporter-trace-otlp-${name}`).OTLPTraceExporter;

const { ATR_URL: service, ATR_OTLP_GRPC: grpc, ATR_KEY: key, SENDER_KEY: sender } = process.env;
let faults = 0;
const check = (what, wrong) => {
  faults += wrong.length;
  console.log(`${wrong.length ? "FAIL" : "ok  "}  ${what}`);
  for (const one of wrong.slice(0, 10)) console.log(`      ${one}`);
};

const message = (role, content, more = {}) => JSON.stringify([{ role, parts: [{ type: "text", content }], ...more }]);

/** Sends a request's spans twice; gives the ids of its spans and what the exporter was told each time. */
async function exported(exporter) {
  const finished = [];
  const keeping = {
    export: (spans, done) => (finished.push(...spans), done({ code: 0 })),
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ "service.name": "conformance" }),
    spanProcessors: [new SimpleSpanProcessor({ exporter: keeping })],
  });
  const tracer = provider.getTracer("conformance");
  // One after the other, though they take no time: what is in the order of time is told by milliseconds.
  const began = Date.now();
  const root = tracer.startSpan("request", { startTime: began - 30 });
  const inside = trace.setSpan(context.active(), root);
  const tool = tracer.startSpan("execute_tool", {
    startTime: began - 20,
    attributes: {
      "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "element",
      "gen_ai.tool.call.arguments": '{"name":"gold"}', "gen_ai.tool.call.result": "Au",
    },
  }, inside);
  tool.end();
  const chat = tracer.startSpan("chat", {
    startTime: began - 10,
    attributes: {
      "gen_ai.operation.name": "chat", "gen_ai.request.model": "small", "gen_ai.response.model": "small-1",
      "gen_ai.input.messages": message("user", "What is gold's symbol?"),
      "gen_ai.output.messages": message("assistant", "<think>The table says Au.</think>It is Au.", { finish_reason: "stop" }),
      "gen_ai.response.finish_reasons": ["stop"], "gen_ai.usage.output_tokens": 7, "atr.mean_logprob": -0.5,
    },
  }, inside);
  chat.end();
  root.end();
  await provider.forceFlush();
  const told = [];
  for (let time = 0; time < 2; time++) {
    told.push(await new Promise((done) => exporter.export(finished, done)));
  }
  await exporter.shutdown();
  const [request, used, asked] = [root, tool, chat].map((span) => span.spanContext().spanId);
  return { trace: root.spanContext().traceId, request, used, asked, told };
}

async function query(document) {
  const headers = { "content-type": "application/json", authorization: `Bearer ${key}` };
  const answer = await fetch(`${service}/graphql`, { method: "POST", headers, body: JSON.stringify({ query: document }) });
  const { data, errors } = await answer.json();
  if (errors) throw new Error(errors[0].message);
  return data.traces.edges.map((edge) => edge.node);
}

const find = (id) => query(`{ traces(filter: {externalId: "${id}"}) { edges { node {
  query answer model { name } signals { name value } steps { kind text spanId calledBySpanId } } } } }`);

async function wrongWith({ trace: id, request, used, asked }) {
  let found = [];
  for (let tries = 0; tries < 300 && found.length === 0; tries++) {
    if (tries) await wait(100);
    found = await find(id);
  }
  if (found.length !== 1) return [`${found.length} traces were assembled within 30 s`];
  const signals = Object.fromEntries(found[0].signals.map(({ name, value }) => [name, value]));
  const expected = {
    query: "What is gold's symbol?", answer: "It is Au.", model: { name: "small-1" },
    steps: [
      { kind: "TOOL", text: 'element({"name":"gold"})\nAu', spanId: used, calledBySpanId: request },
      { kind: "REASONING", text: "The table says Au.", spanId: asked, calledBySpanId: request },
    ],
  };
  const { mean_logprob, output_tokens } = signals;
  const wrong = Object.entries(expected).flatMap(([field, value]) => {
    const [told, wanted] = [found[0][field], value].map((one) => JSON.stringify(one));
    return isDeepStrictEqual(found[0][field], value) ? [] : [`${field} is ${told} and not ${wanted}`];
  });
  if (mean_logprob !== -0.5 || output_tokens !== 7) wrong.push(`its signals are ${JSON.stringify(signals)}`);
  if ((await find(`${id}#2`)).length) wrong.push("what was sent again made a revision");
  return wrong;
}

const metadata = new Metadata();
metadata.set("authorization", `Bearer ${sender}`);
const overHttp = { url: `${service}/v1/traces`, headers: { authorization: `Bearer ${sender}` }, compression: "gzip" };
const exporters = [
  ["proto", overHttp],
  ["http", overHttp],
  ["grpc", { url: grpc, metadata, compression: "gzip" }],
];
for (const [name, settings] of exporters) {
  const sent = await exported(new (exporterOf(name))(settings));
  const refused = sent.told.filter(({ code }) => code !== 0).map(({ error }) => String(error));
  check(`@opentelemetry/exporter-trace-otlp-${name} is told twice that its spans are taken in`, refused);
  check(`what @opentelemetry/exporter-trace-otlp-${name} sent is one trace with its steps`, await wrongWith(sent));
}
process.exit(faults ? 1 : 0);
