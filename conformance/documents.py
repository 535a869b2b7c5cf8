#!/usr/bin/env python3
"""Holds real documents against the published JSON Schemas, and the schemas against the doors: what a schema refuses a
door refuses, and what is just within a schema's limits a door takes.

    documents.py SNAPSHOTS     the folder of pulled snapshots; the installation is named by ATR, ATR_DATA and ATR_URL
"""
import json
import pathlib
import sys

from jsonschema import Draft202012Validator

from service import atr, check, end, ingest, query

ROOT = pathlib.Path(__file__).resolve().parent.parent
SCHEMAS = {path.stem: json.loads(path.read_text()) for path in (ROOT / "schemas").glob("*.json")}
# No schema itself: those it holds are in its components.
DOORS = SCHEMAS.pop("openapi")
# Fields that must name a record or be well formed by rules that no schema has: a door may refuse what a schema allows.
NAMES = {"trace", "trace_external_id", "expert", "source", "fact", "suspect_step", "rests_on", "language", "url", "doi",
         "occurred_at", "retrieved_at", "valid_from", "valid_to",
         # What is left out of these is taken from the picture that is attached, where one is.
         "media_type", "bytes"}


def faults(name, documents):
    validator = Draft202012Validator(SCHEMAS[name])
    for at, document in enumerate(documents):
        for error in validator.iter_errors(document):
            yield f"{at}: {error.json_path}: {error.message[:200]}"


def validates(what, name, documents):
    documents = list(documents)
    wrong = list(faults(name, documents)) if documents else ["there are none"]
    check(f"{len(documents)} {what} are as {name}.json says", wrong)


def lines(name):
    with open(ROOT / "demo" / name, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


class Form:
    """A schema, and what its references mean."""

    def __init__(self, root):
        self.root = root

    def resolved(self, schema):
        """A field's schema with what it refers to, null aside."""
        found = dict(schema)
        for part in [schema, *schema.get("anyOf", [])]:
            if "$ref" in part:
                found |= self.resolved(self.root["$defs"][part["$ref"].rsplit("/", 1)[1]])
        return found

    def object_for(self, schema, value):
        """Of several forms, the one that has these constants."""
        for form in schema.get("oneOf", []):
            constants = {name: field["const"] for name, field in form.get("properties", {}).items() if "const" in field}
            if constants and all(value.get(name) == constant for name, constant in constants.items()):
                return form
        return schema

    def changes(self, schema, value, path=()):
        """Copies of an object with one field at a limit, past it, of another kind, or not there: (path, object)."""
        schema = self.object_for(self.resolved(schema), value)
        yield (*path, "of_no_kind"), value | {"of_no_kind": 1}
        for name, field in schema["properties"].items():
            field, at = self.resolved(field), (*path, name)
            yield at, {key: kept for key, kept in value.items() if key != name}
            for other in self.values(field, value.get(name)):
                yield at, value | {name: other}
            kept = value.get(name)
            inner = self.resolved(field["items"]) if "items" in field else {}
            if isinstance(kept, list) and kept and "properties" in inner:
                for deeper, item in self.changes(inner, kept[0], at):
                    yield deeper, value | {name: [item, *kept[1:]]}

    @staticmethod
    def values(field, value):
        yield from (None, {"of": "no kind"}, 0.5, True, "", "~")
        for bound in (field[limit] for limit in ("minLength", "maxLength") if limit in field):
            yield from ("x" * size for size in (bound - 1, bound, bound + 1) if size >= 0)
        for bound in (field[limit] for limit in ("minimum", "maximum") if limit in field):
            yield from (bound - 1, bound, bound + 1)
        if "maxItems" in field:
            # A step's id is its own.
            first = value[0] if value else None
            item = {key: kept for key, kept in first.items() if key != "id"} if isinstance(first, dict) else "x"
            # Equal labels count once, so that each has a name of its own.
            items = [item if isinstance(item, dict) else f"{item}{at}" for at in range(field["maxItems"] + 1)]
            yield from (items[:-1], items)
        if "maxProperties" in field:
            entries = {f"s{at}": 0.5 for at in range(field["maxProperties"] + 1)}
            yield from (dict(list(entries.items())[:-1]), entries)
        yield from (form["const"] for form in field.get("oneOf", []) if "const" in form)
        yield from field.get("enum", [])


def probe(door, name, key, base):
    """Sends every change of a line, and compares what became of it with what the schema says."""
    form = Form(SCHEMAS[name])
    changed = list(form.changes(form.root, base))
    for at, (path, line) in enumerate(changed):
        # Each is a record of its own, or they would be at odds with each other.
        if path != ("external_id",) and "external_id" in line:
            line["external_id"] = f"probe-{name}-{base.get('kind', '')}-{at}"
    told = ingest(door, key, [line for _, line in changed])
    validator = Draft202012Validator(form.root)
    wrong, refused = [], 0
    for (path, line), result in zip(changed, told, strict=True):
        error = next(validator.iter_errors(line), None)
        rejected = result["status"] == "rejected"
        refused += error is not None
        shown = ".".join(path)
        if error is not None and not rejected:
            wrong.append(f"{shown}: {result['status']}, and the schema says {error.message[:150]}")
        elif error is None and rejected and not NAMES & set(path):
            wrong.append(f"{shown}: rejected, and the schema allows it: {result['error']['message'][:150]}")
    kind = f" ({base['kind']})" if "kind" in base else ""
    check(f"the door for {door}{kind} and {name}.json agree on {len(changed)} lines, {refused} of them refused", wrong)
    return told


for name, schema in sorted(SCHEMAS.items()):
    Draft202012Validator.check_schema(schema)
check(f"{len(SCHEMAS)} schemas are JSON Schemas (2020-12), each with an identifier of its own",
      [] if len({schema["$id"] for schema in SCHEMAS.values()}) == len(SCHEMAS) else ["one is given twice"])

for schema in DOORS["components"]["schemas"].values():
    Draft202012Validator.check_schema(schema)

# What the demo left behind.
manifests = [json.loads(path.read_text()) for path in sorted(pathlib.Path(sys.argv[1]).glob("*/manifest.json"))]
validates("manifests", "manifest", manifests)
validates("recipes", "recipe", [manifest["recipe"] for manifest in manifests])
demo = atr("key", "create", "conformance", "--role", "auditor", "--project", "demo")[0]["secret"]
jobs = query(demo, "{ trainingJobs { edges { node { specification } } } }")["trainingJobs"]["edges"]
validates("job specifications", "job-specification", [job["node"]["specification"] for job in jobs])
shown = [atr("job", "show", job["id"], "--project", "demo")[0] for job in atr("job", "list", "--project", "demo")]
validates("lines of trainers", "training-progress", [event for job in shown for event in job["events"]])

# The demo's data, through the doors of a project of its own.
atr("project", "create", "conformance")
expert = atr("expert", "create", "conformance-expert", "--project", "conformance")[0]
admin = atr("key", "create", "admin", "--role", "admin", "--project", "conformance")[0]["secret"]
reviewer = atr("key", "create", "reviewer", "--role", "expert", "--expert", expert["id"], "--project", "conformance")[0]["secret"]
renamed = lambda kind, line: {"kind": kind, "external_id": line["id"]} | {k: v for k, v in line.items() if k != "id"}
grounding = [renamed("source", line) for line in lines("sources.jsonl")] + [renamed("fact", line) for line in lines("facts.jsonl")]
questions = {line["id"]: line for line in lines("questions.jsonl")}
traces = [
    {
        "external_id": f"{one['question']}/{one['chain']}", "model": "SmolLM2-135M-Instruct", "language": "en",
        "query": questions[one["question"]]["question"], "answer": one["answer"], "group": one["question"],
        "steps": [{"text": text} for text in one["steps"]],
        "signals": {"mean_logprob": one["mean_logprob"], "min_logprob": one["min_logprob"]},
    }
    for one in lines("answers.jsonl")[:200]
]
validates("lines of grounding", "grounding", grounding)
validates("traces", "trace", traces)
results = ingest("grounding", admin, grounding) + ingest("traces", admin, traces)
check(f"{len(results)} lines are stored", (one for one in results if one["status"] != "stored"))
summary = ingest("traces", admin, traces, accept="application/json")
check("sent again, they are duplicates", [] if summary["duplicates"] == len(traces) else [summary])

# Every limit, at and beyond it.
trace = {
    "external_id": "probe", "model": "m", "query": "How many legs has a spider?", "answer": "Six.", "group": None,
    "context": [{"role": "user", "text": "How many legs has an insect?"}, {"role": "assistant", "text": "Six."}],
    "steps": [
        {"id": "first", "text": "Insects have six legs.", "kind": "reasoning", "span_id": "00f067aa0ba902b7",
         "called_by_span_id": "00f067aa0ba902b8", "mean_logprob": -0.5},
        {"text": "A spider is an insect.", "kind": "conclusion"},
    ],
    "split": "train", "pillar": "domain", "domain": "biology", "language": "en", "confidence": 0.4,
    "signals": {"entropy": 1.5}, "flaw_labels": ["wrong"], "source": "conformance", "licence": "CC0-1.0",
    "attachments": [{"digest": "ab" * 32, "media_type": "image/png", "bytes": 12, "name": "spider.png"}],
    "occurred_at": "2026-11-24T09:30:00Z",
}
source = {
    "kind": "source", "external_id": "probe", "publisher": "P", "title": "T", "url": "https://example.org/spiders",
    "doi": "10.1000/182", "licence": "CC0-1.0", "trust_tier": "primary", "retrieved_at": "2026-11-24T09:30:00Z",
}
fact = {
    "kind": "fact", "external_id": "probe", "source": grounding[0]["external_id"], "domain": "biology",
    "subject": "spider", "statement": "A spider has eight legs.", "quote": "eight legs", "valid_from": "2020-01-01",
    "valid_to": "2030-01-01", "state": "verified",
}
review = {
    "external_id": "probe", "trace_external_id": traces[0]["external_id"], "expert": expert["handle"],
    "verdict": "incorrect", "severity": "major", "suspect_step": 0, "flaw_labels": ["wrong"],
    "corrected_answer": "Eight.", "corrected_steps": ["A spider has eight legs."],
    "citations": [{"source": grounding[0]["external_id"], "quoted": "eight"}], "rationale": "Arachnids have eight.",
    "seconds_spent": 12.5,
}
results += probe("traces", "trace", admin, trace)
results += probe("grounding", "grounding", admin, source)
results += probe("grounding", "grounding", admin, fact)
results += probe("reviews", "review", reviewer, review)
validates("results", "ingest-result", results)
wrong = ingest("traces", admin, [trace | {"model": ""}, trace | {"external_id": "probe-of-all"}], accept="application/json")
validates("summaries", "ingest-summary", [summary, wrong])
end()
