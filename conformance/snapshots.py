#!/usr/bin/env python3
"""Reads snapshots as others do: pyarrow and Hugging Face datasets read the rows, and the hashes are computed anew.

    snapshots.py FOLDER     where every folder in FOLDER is a snapshot that `atr snapshot pull` wrote
"""
import json
import os
import pathlib
import sys

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_DATASETS_DISABLE_PROGRESS_BARS"] = "1"

import blake3  # noqa: E402
import datasets  # noqa: E402
import pyarrow as pa  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402
import rfc8785  # noqa: E402

from service import check, end  # noqa: E402

TEXT, TEXTS, BOOL = pa.string(), pa.list_(pa.string()), pa.bool_()
# The columns of TRL's trainers: SFT, DPO and reward, KTO, PRM.
COLUMNS = {
    "sft": {"messages": pa.list_(pa.struct([("role", TEXT), ("content", TEXT)]))},
    "preference": {"prompt": TEXT, "chosen": TEXT, "rejected": TEXT},
    "kto": {"prompt": TEXT, "completion": TEXT, "label": BOOL},
    "stepwise": {"prompt": TEXT, "completions": TEXTS, "labels": pa.list_(BOOL)},
}


def plain(kind):
    """A type without the names of items and without whether they may be null, which trainers do not look at."""
    if pa.types.is_list(kind):
        return pa.list_(plain(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([(field.name, plain(field.type)) for field in kind])
    return kind


def differences(one, other):
    """Where two lists of rows are not the same."""
    if len(one) != len(other):
        yield f"{len(one)} rows and {len(other)} rows"
    for at, (left, right) in enumerate(zip(one, other)):
        if left != right:
            yield f"row {at}: {left} and {right}"


def filled(line, columns):
    """A line of JSON with null for what it leaves out."""
    return {column: line.get(column) for column in columns}


def snapshot(folder, cache):
    name = folder.name
    manifest = json.loads((folder / "manifest.json").read_bytes())
    check(f"{name}: the manifest is canonical JSON (RFC 8785)",
          [] if rfc8785.dumps(manifest) == (folder / "manifest.json").read_bytes() else ["other bytes"])
    recipe = blake3.blake3(rfc8785.dumps(manifest["recipe"])).hexdigest()
    check(f"{name}: the recipe's hash", [] if recipe == manifest["recipe_hash"] else [recipe])
    check(f"{name}: the hash and length of {len(manifest['files'])} files", [
        file["path"] for file in manifest["files"]
        for bytes_ in [(folder / file["path"]).read_bytes()]
        if blake3.blake3(bytes_).hexdigest() != file["blake3"] or len(bytes_) != file["bytes"]
    ])
    there = {path.name for path in folder.iterdir()} - {"manifest.json"}
    check(f"{name}: the manifest names what is there", there ^ {file["path"] for file in manifest["files"]})
    tables = sorted(folder.glob("*.parquet"))
    check(f"{name}: every table that TRL reads is there", set(COLUMNS) - {path.stem for path in tables})
    rows_said = {file["path"]: file["rows"] for file in manifest["files"]}
    for path in tables:
        kind = path.stem
        with open(path.with_suffix(".jsonl"), encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        table = pq.read_table(path)
        columns = table.schema.names
        wrong = [] if len(lines) == rows_said[path.name] else [f"the manifest says {rows_said[path.name]} rows"]
        wrong += {key for line in lines for key in line} - set(columns)
        wrong += differences(table.to_pylist(), [filled(line, columns) for line in lines])
        check(f"{name}: pyarrow reads the same {len(lines)} rows from {kind}.parquet and {kind}.jsonl", wrong)
        if kind in COLUMNS:
            found = {field.name: plain(field.type) for field in table.schema}
            wrong = [] if found == COLUMNS[kind] else [f"{found} instead of {COLUMNS[kind]}"]
            if kind == "stepwise":
                wrong += [line for line in lines if len(line["completions"]) != len(line["labels"])]
            if kind == "sft":
                roles = {message["role"] for line in lines for message in line["messages"]}
                wrong += roles - {"system", "user", "assistant", "tool"}
            check(f"{name}: the columns of {kind} are TRL's", wrong)
        expected = [filled(line, columns) for line in lines]
        for form, file in (("parquet", path), ("json", path.with_suffix(".jsonl"))):
            read = datasets.load_dataset(form, data_files=str(file), split="train", cache_dir=str(cache))
            check(f"{name}: datasets reads {file.name}",
                  differences([filled(row, columns) for row in read.to_list()], expected))


folder = pathlib.Path(sys.argv[1])
for one in sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")):
    snapshot(one, folder / ".cache")
end()
