"""What others' instrumentations and exporters send comes in: by the official OpenTelemetry SDKs, over HTTP and gRPC.

An OpenAI client speaks to a small server made here; OpenLLMetry's and OpenInference's instrumentations tell of it. What the
JavaScript SDK sends is telemetry.mjs."""
import json
import logging
import os
import pathlib
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
from openai import OpenAI
from openinference.instrumentation.openai import OpenAIInstrumentor as OpenInference
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcSpanExporter
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpSpanExporter
from opentelemetry.instrumentation.openai import OpenAIInstrumentor as OpenLLMetry
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult

from service import atr, check, end, query

QUESTION = "What is the chemical symbol of gold?"
ANSWER = "<think>It is a metal.</think>The symbol is Au."


class Model(BaseHTTPRequestHandler):
    """Answers every chat completion alike."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        tokens = [{"token": "Au", "logprob": logprob, "bytes": None, "top_logprobs": []} for logprob in (-0.25, -0.75)]
        body = json.dumps({
            "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "small-1",
            "choices": [{
                "index": 0, "finish_reason": "length", "message": {"role": "assistant", "content": ANSWER},
                "logprobs": {"content": tokens, "refusal": None},
            }],
            "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18},
        }).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def over_http(key):
    return HttpSpanExporter(endpoint=os.environ["ATR_URL"] + "/v1/traces", headers={"Authorization": f"Bearer {key}"},
                            compression=Compression.Gzip)


def over_grpc(key):
    return GrpcSpanExporter(endpoint=os.environ["ATR_OTLP_GRPC"], headers={"authorization": f"Bearer {key}"},
                            compression=grpc.Compression.Gzip)


class Watched(SpanExporter):
    """Remembers what the exporter inside was told."""

    def __init__(self, inner):
        self.inner, self.results = inner, []

    def export(self, spans):
        self.results.append(self.inner.export(spans))
        return self.results[-1]

    def shutdown(self):
        self.inner.shutdown()


def told_by(instrumentor, base, exporter):
    """Asks the model once under this instrumentation; gives the trace id and what the exporter was told."""
    exporter = Watched(exporter)
    provider = TracerProvider(resource=Resource.create({"service.name": "conformance"}))
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    instrumentor.instrument(tracer_provider=provider)
    try:
        with provider.get_tracer("conformance").start_as_current_span("request") as span:
            OpenAI(api_key="none", base_url=base).chat.completions.create(
                model="small", logprobs=True, messages=[{"role": "user", "content": QUESTION}])
            trace_id = trace.format_trace_id(span.get_span_context().trace_id)
    finally:
        instrumentor.uninstrument()
    provider.shutdown()
    return trace_id, exporter.results


def stored(key, trace_id):
    """The trace of that id, once it is assembled."""
    document = f"""{{ traces(filter: {{externalId: "{trace_id}"}}) {{ edges {{ node {{
        query answer flawLabels signals {{ name value }} model {{ name }} steps {{ kind text spanId calledBySpanId }} }} }} }} }}"""
    for _ in range(300):
        for edge in query(key, document)["traces"]["edges"]:
            return edge["node"]
        time.sleep(0.1)
    return None


def wrong_with(node, logprobs):
    if node is None:
        yield "no trace was assembled within 30 s"
        return
    expected = {"query": QUESTION, "answer": "The symbol is Au.", "model": {"name": "small-1"}, "flawLabels": ["cut_off"]}
    for field, value in expected.items():
        if node[field] != value:
            yield f"{field} is {node[field]!r} and not {value!r}"
    signals = {signal["name"]: signal["value"] for signal in node["signals"]}
    for name, value in {"input_tokens": 11, "output_tokens": 7, **logprobs}.items():
        if signals.get(name) != value:
            yield f"the signal {name} is {signals.get(name)!r} and not {value}: {signals}"
    steps = [(step["kind"], step["text"]) for step in node["steps"]]
    if steps != [("REASONING", "It is a metal.")]:
        yield f"its steps are {steps}"
    if not all(step["spanId"] and step["calledBySpanId"] for step in node["steps"]):
        yield "a step has lost its span or its caller"


def main():
    # What an instrumentation still tells a provider that was shut down is of no interest.
    logging.getLogger("opentelemetry.sdk").setLevel(logging.ERROR)
    key = os.environ["ATR_KEY"]
    atr("project", "set", "demo", "--quiet-seconds", "0", "--keep-share", "1")
    sender = atr("key", "create", "telemetry", "--role", "ingest", "--project", "demo")[0]["secret"]
    server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}/v1"
    kinds = [
        ("opentelemetry-instrumentation-openai", OpenLLMetry(), {}),
        # It records the response whole, and so its tokens' log-probabilities.
        ("openinference-instrumentation-openai", OpenInference(), {"mean_logprob": -0.5, "min_logprob": -0.75}),
    ]
    for way, exporter in (("HTTP", over_http), ("gRPC", over_grpc)):
        for name, instrumentor, logprobs in kinds:
            trace_id, results = told_by(instrumentor, base, exporter(sender))
            refused = [result for result in results if result is not SpanExportResult.SUCCESS]
            check(f"the exporter over {way} is told that the spans of {name} are taken in",
                  refused or ([] if results else ["none was sent"]))
            check(f"a call under {name}, told over {way}, becomes a trace", wrong_with(stored(key, trace_id), logprobs))
        _, results = told_by(OpenLLMetry(), base, exporter("atr_nobodys"))
        taken = [result for result in results if result is not SpanExportResult.FAILURE]
        check(f"a key that is not known is refused over {way}, and the exporter gives up",
              taken or ([] if results else ["none was sent"]))
    script = pathlib.Path(__file__).with_suffix(".mjs")
    ended = subprocess.run(["node", script], env={**os.environ, "SENDER_KEY": sender}).returncode
    check("the exporters of the JavaScript SDK are done", [f"exit code {ended}"] if ended else [])
    end()


main()
