#!/usr/bin/env python3
"""Exports written by the packages of the tools themselves, imported into the installation, and what became of them.

    imports.py FOLDER     where the exports are written; the installation is named by ATR, ATR_DATA, ATR_URL and ATR_KEY
"""
import json
import os
import pathlib
import sys
import uuid

import argilla
import pandas
from argilla.records._io import GenericIO, JsonIO
from label_studio_sdk.converter import Converter
from langfuse.api import ObservationV2
from phoenix.client import __generated__ as phoenix

from service import atr, check, end, query

FOLDER = pathlib.Path(sys.argv[1])
FOLDER.mkdir(parents=True)
KEY = os.environ["ATR_KEY"]
USER = uuid.UUID(int=7)
TRACE = "0af7651916cd43dd8448eb211c80319c"


def argilla_records():
    return [argilla.Record(
        id=f"r{at}", fields={"prompt": f"Argilla asks {at}?", "response": f"Argilla answers {at}."},
        metadata={"model": "export-1"},
        responses=[argilla.Response("verdict", "incorrect", user_id=USER, status="submitted"),
                   argilla.Response("correction", f"Argilla is told {at}.", user_id=USER, status="submitted")],
        suggestions=[argilla.Suggestion("verdict", "correct", score=0.4, agent="judge")],
    ) for at in range(3)]


def label_studio():
    config = """<View><Text name="text" value="$prompt"/><Choices name="verdict" toName="text"><Choice value="correct"/>
        <Choice value="incorrect"/></Choices><TextArea name="correction" toName="text"/></View>"""
    result = [{"id": "a", "from_name": "verdict", "to_name": "text", "type": "choices", "value": {"choices": ["incorrect"]}},
              {"id": "b", "from_name": "correction", "to_name": "text", "type": "textarea", "value": {"text": ["Corrected."]}}]
    tasks = [{"id": 90 + at, "data": {"prompt": f"Label Studio asks {at}?", "response": "It answers."}, "predictions": [],
              "annotations": [{"id": at, "completed_by": 3, "result": result, "was_cancelled": False, "lead_time": 2.5,
                               "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"}]}
             for at in range(2)]
    whole = FOLDER / "tasks.json"
    whole.write_text(json.dumps(tasks))
    converter = Converter(config, project_dir=None, download_resources=False)
    converter.convert_to_json(str(whole), str(FOLDER / "json"), is_dir=False)
    converter.convert_to_json_min(str(whole), str(FOLDER / "json_min"), is_dir=False)
    return FOLDER / "json" / "result.json", FOLDER / "json_min" / "result.json"


def langfuse():
    observations = [ObservationV2(
        id=f"b7ad6b716920333{at}", trace_id=TRACE, project_id="p", type=kind, name=kind.lower(), model="export-1",
        start_time=f"2026-01-01T00:00:0{at}Z", end_time=f"2026-01-01T00:00:0{at}Z", input=said[0], output=said[1],
        usage_details={"input": 5, "output": 3},
    ) for at, (kind, said) in enumerate([
        ("RETRIEVER", ("near star", [{"content": "Proxima is the nearest."}])),
        ("GENERATION", ([{"role": "user", "content": "Langfuse asks?"}], {"role": "assistant", "content": "It answers."})),
    ])]
    path = FOLDER / "observations.jsonl"
    path.write_text("".join(one.json() + "\n" for one in observations))
    return path


def phoenix_spans():
    spans = [phoenix.v1.Span(
        name="ChatCompletion", context={"trace_id": f"{at + 1:032x}", "span_id": f"{at + 1:016x}"}, span_kind="LLM",
        start_time="2026-01-01T00:00:01+00:00", end_time="2026-01-01T00:00:02+00:00", status_code="OK",
        attributes={"llm.model_name": "export-1", "llm.token_count.prompt": 4,
                    "llm.input_messages": [{"message.role": "user", "message.content": f"Phoenix asks {at}?"}],
                    "llm.output_messages": [{"message.role": "assistant", "message.content": "It answers."}]},
    ) for at in range(2)]
    lines = FOLDER / "spans.jsonl"
    lines.write_text("".join(json.dumps(span) + "\n" for span in spans))
    table = pandas.json_normalize(spans, max_level=1)
    for column in ["start_time", "end_time"]:
        table[column] = pandas.to_datetime(table[column])
    parquet = FOLDER / "spans.parquet"
    table.to_parquet(parquet)
    return lines, parquet


def imported(what, format, path, stored, reviews=0, duplicates=0):
    [told] = atr("import", format, str(path), "--expert", "importer")
    traces, said = told["sent_traces"], told["sent_reviews"] or {"stored": 0, "duplicates": 0}
    wanted = {"unmapped": 0, "stored": stored, "duplicates": duplicates, "reviews": reviews}
    found = {"unmapped": told["unmapped"], "stored": traces["stored"], "duplicates": traces["duplicates"],
             "reviews": said["stored"]}
    check(f"{what} is imported", [] if found == wanted else [f"{found}, and not {wanted}: {json.dumps(told)[:2000]}"])


def main():
    atr("expert", "create", "importer", "--project", "demo")
    nested = JsonIO.to_json(argilla_records(), FOLDER / "argilla.json")
    imported("Argilla's to_json", "argilla", nested, 3, 3)
    imported("the same again", "argilla", nested, 0, 0, 3)
    flat = FOLDER / "argilla-flat.json"
    flat.write_text(json.dumps(GenericIO.to_list(argilla_records(), flatten=True)))
    imported("Argilla's to_list(flatten=True), which is the same", "argilla", flat, 0, 0, 3)
    whole, small = label_studio()
    imported("Label Studio's JSON", "label-studio", whole, 2, 2)
    imported("its JSON_MIN, which is the same", "label-studio", small, 0, 0, 2)
    imported("Langfuse's observations", "langfuse", langfuse(), 1)
    lines, parquet = phoenix_spans()
    imported("Phoenix's spans as lines", "phoenix", lines, 2)
    imported("Phoenix's spans as Parquet, which are the same", "phoenix", parquet, 0, 0, 2)
    found = query(KEY, '{ traces(first: 20, filter: {source: "langfuse"}) { edges { node { query answer steps { kind text } } } } }')
    [trace] = [edge["node"] for edge in found["traces"]["edges"]]
    steps = [(step["kind"], "Proxima is the nearest." in step["text"]) for step in trace["steps"]]
    wrong = [] if (trace["query"], steps) == ("Langfuse asks?", [("RETRIEVAL", True)]) else [str(trace)]
    check("a trace of Langfuse has its question and its steps", wrong)
    end()


main()
