"""What Schemathesis is told of the doors beyond their documents: lines of JSON, the scalar JSON, what a refusal is."""
import itertools
import json
import pathlib

import graphql
import schemathesis
from hypothesis import strategies as st
from schemathesis.graphql import nodes

NDJSON = "application/x-ndjson"
FAULTS = {"INTERNAL", "UNAVAILABLE", "TIMEOUT"}
numbers = itertools.count()


@schemathesis.serializer(NDJSON)
def to_lines(ctx, value):
    if isinstance(value, bytes):
        return value
    return b"".join(json.dumps(line).encode() + b"\n" for line in (value if isinstance(value, list) else [value]))


@schemathesis.deserializer(NDJSON)
def from_lines(ctx, response):
    return [json.loads(line) for line in response.content.splitlines()]


@schemathesis.hook
def before_call(ctx, case, kwargs):
    """A body goes on under a key, which no schema says of a header."""
    headers = case.headers or {}
    if "Upload-Offset" in headers and "Idempotency-Key" not in headers and case.meta.generation.mode.is_positive:
        headers["Idempotency-Key"] = f'"{next(numbers)}"'


@schemathesis.hook
def filter_failure(ctx, failure, case, response):
    """A bad line costs itself alone: it is refused in the answer and not by its status."""
    accepted = isinstance(failure, schemathesis.core.failures.AcceptedNegativeData)
    if accepted and case.path.startswith("/v1/ingest/") and response.status_code == 200:
        return not refused(response)
    return True


def refused(response):
    if response.headers["content-type"][0] == NDJSON:
        return any(line["status"] == "rejected" for line in from_lines(None, response))
    return response.json()["rejected"] > 0


@schemathesis.check
def the_account_adds_up(ctx, response, case):
    """received = stored + duplicates + quarantined + filtered + rejected, whatever was sent."""
    if case.path.startswith("/v1/ingest/") and case.method == "POST" and response.headers["content-type"][0] != NDJSON:
        told = response.json()
        if "received" in told:
            parts = sum(told[part] for part in ("stored", "duplicates", "quarantined", "filtered", "rejected"))
            assert told["received"] == parts, f"{told['received']} lines were received, {parts} are accounted for"


@schemathesis.check
def no_fault(ctx, response, case):
    """An error of GraphQL has a code, and none is a fault of the service."""
    assert response.status_code < 500, f"status {response.status_code}"
    if case.path.startswith("/graphql") and "json" in response.headers["content-type"][0]:
        for error in response.json().get("errors", []):
            code = error.get("extensions", {}).get("code")
            assert code and code not in FAULTS, f"{code}: {error['message']}"


def node(value):
    """A value of JSON, as a document writes it."""
    match value:
        case None:
            return nodes.Null
        case bool():
            return nodes.Boolean(value)
        case int():
            return nodes.Int(value)
        case float():
            return nodes.Float(value)
        case str():
            return nodes.String(value)
        case list():
            return nodes.List([node(item) for item in value])
        case dict():
            named = [graphql.ObjectFieldNode(name=graphql.NameNode(value=name), value=node(item)) for name, item in value.items()]
            return nodes.Object(named)


def fields():
    """The names of fields that the lines of the doors have."""
    folder = pathlib.Path(__file__).parent.parent / "schemas"
    for door in ("trace", "review", "grounding", "feedback"):
        schema = json.loads((folder / f"{door}.json").read_text())
        for form in (schema, *schema.get("oneOf", []), *schema["$defs"].values()):
            yield from form.get("properties", {})


NAMES = sorted(set(fields()))
leaves = st.none() | st.booleans() | st.integers(-2**70, 2**70) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=30)
values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3)
                      | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6), max_leaves=12)
text = st.text(min_size=1, max_size=30)
# Each a trace, but for the other fields that it has too.
lines = st.builds(dict.__or__, st.dictionaries(st.sampled_from(NAMES), values, max_size=6),
                  st.fixed_dictionaries({"model": text, "query": text, "answer": text}))
schemathesis.graphql.scalar("JSON", (lines | values).map(node))
schemathesis.graphql.scalar("Int64", st.integers(-2**63, 2**63 - 1).map(nodes.Int))
schemathesis.graphql.scalar("NaiveDate", st.dates().map(str).map(nodes.String))
