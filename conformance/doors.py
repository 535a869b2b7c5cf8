"""Lets Schemathesis try every door with what it makes of /openapi.json, and all of GraphQL with what it makes of the schema
that the service tells: nothing is a fault or a hang, and REST answers as the document says.

    doors.py       with ATR, ATR_DATA and ATR_URL: it makes a project of its own there
"""
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zlib

from service import atr, check, end, query

HERE = pathlib.Path(__file__).resolve().parent
URL = os.environ["ATR_URL"]
SEED = "20261128"
# How many seconds an answer may take.
PATIENCE = 20


def ask(method, path, headers, body=None):
    """The status of an answer, and its body."""
    request = urllib.request.Request(URL + path, body, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def picture():
    """A PNG of one pixel."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0\x20\x40\x60")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def strangers(document):
    """What is answered without a key, or with one that nobody has."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if "security" in operation:
                continue
            for headers in ({}, {"Authorization": "Bearer atr_00000000_nobodys"}):
                status, _ = ask(method.upper(), path.replace("{id}", "any"), headers)
                if status != 401:
                    yield f"{method} {path} with {headers or 'no key'}: {status}"


def schemathesis(what, location, config, examples, *more):
    """Runs it, and tells what it found."""
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "schemathesis.toml").write_text(config)
        command = [pathlib.Path(sys.executable).with_name("schemathesis"), "--config-file", "schemathesis.toml", "run",
                   URL + location, "--seed", SEED, "--max-examples", str(examples), "--request-timeout", str(PATIENCE),
                   "--generation-database", "none", "--report-json-path", "report.json", "--no-color", *more]
        env = os.environ | {"PYTHONPATH": str(HERE), "SCHEMATHESIS_HOOKS": "doors_hooks"}
        ran = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)
        report = pathlib.Path(folder) / "report.json"
        if not report.exists():
            return check(what, [ran.stdout[-3000:] + ran.stderr[-3000:]])
        told = json.loads(report.read_text())
    operations, cases = told["operations"], told["test_cases"]["generated"]
    wrong = [f"{one['title']} ({one['count']}): {', '.join(one['operations'])}" for one in told["failures"]]
    wrong += [str(one) for one in told["errors"]]
    if not told["complete"] or operations["tested"] != operations["selected"] or ran.returncode and not wrong:
        wrong.append(f"it did not get to its end: {operations}, {told['stop_reason']}")
    check(f"{what}: {cases} requests to {operations['tested']} operations", wrong)
    if wrong:
        print(ran.stdout[:60000])


def lists():
    """A query for a page of each list there is, with all that its records have without arguments."""
    asked = """{ __schema { queryType { fields { ...field } } types { name kind fields { ...field } } } }
        fragment field on __Field { name args { type { kind } } type { ...kind ofType { ...kind ofType { ...kind ofType { ...kind } } } } }
        fragment kind on __Type { kind name }"""
    told = query(key, asked)["__schema"]
    types = {one["name"]: one for one in told["types"]}

    def of(field):
        kind = field["type"]
        while kind.get("ofType"):
            kind = kind["ofType"]
        return types[kind["name"]]

    def leaves(kind):
        plain = [field for field in kind["fields"] if not any(arg["type"]["kind"] == "NON_NULL" for arg in field["args"])]
        return [field["name"] for field in plain if of(field)["kind"] in ("SCALAR", "ENUM")]

    for field in told["queryType"]["fields"]:
        needs = any(arg["type"]["kind"] == "NON_NULL" for arg in field["args"])
        if of(field)["name"].endswith("Connection") and not needs:
            edges = next(of(part) for part in of(field)["fields"] if part["name"] == "edges")
            record = next(of(part) for part in edges["fields"] if part["name"] == "node")
            parts = leaves(record)
            for part in record["fields"]:
                inner = of(part)
                if inner["kind"] == "OBJECT" and not part["args"] and leaves(inner):
                    parts.append(f"{part['name']} {{ {' '.join(leaves(inner))} }}")
            yield field["name"], "{ edges { node { %s } } pageInfo { hasNextPage endCursor } }" % " ".join(parts)


def records(name, wanted):
    """All records of a list, page by page."""
    after, more = "", True
    while more:
        page = query(operator, f"{{ {name}(first: 50{after}) {wanted} }}")[name]
        yield from (edge["node"] for edge in page["edges"])
        more, after = page["pageInfo"]["hasNextPage"], f', after: "{page["pageInfo"]["endCursor"]}"'


def unworkable():
    """Tasks that failed at what went in, once no worker has anything to do."""
    for _ in range(PATIENCE * 5):
        states = " ".join(f"{state}: tasks(first: 1, filter: {{state: {state}}}) {{ edges {{ cursor }} }}" for state in ("AVAILABLE", "RUNNING"))
        if not any(found["edges"] for found in query(operator, f"{{ {states} }}").values()):
            break
        time.sleep(1)
    else:
        yield "the workers do not come to an end"
    for task in records("tasks", "{ edges { node { work errors } } pageInfo { hasNextPage endCursor } }"):
        if task["errors"]:
            yield str(task)[:300]


def unreadable():
    """What went in and cannot be read back."""
    read = 0
    for name, wanted in lists():
        try:
            read += sum(1 for _ in records(name, wanted))
        except RuntimeError as error:
            yield f"{name}: {str(error)[:300]}"
    if read < 100:
        yield f"{read} records were read in all"


scratch = atr("project", "create", "doors")[0]["slug"]
key, operator = (atr("key", "create", "doors", "--role", role, "--project", scratch)[0]["secret"] for role in ("admin", "operator"))

status, text = ask("GET", "/openapi.json", {})
document = json.loads(text)
published = json.loads((HERE.parent / "schemas" / "openapi.json").read_text())
check("the document of the doors is the published one", [] if document == published else [f"{status}: they differ"])
check("without a key nothing is answered but what is open", strangers(document))

_, text = ask("POST", "/v1/attachments", {"Authorization": f"Bearer {key}"}, picture())
attachment = json.loads(text)["id"]
REST = f"""
[headers]
Authorization = "Bearer {key}"
[dictionaries.attachments]
values = ["{attachment}"]
[parameters]
"header.ATR-Project" = "{scratch}"
"header.Content-Encoding" = "identity"
"path.id" = {{ dictionary = "attachments", probability = 0.5 }}
# What no schema says: that a document is given, that a socket is asked for, that bytes are a picture, that someone was invited.
[[operations]]
include-path-regex = "^/graphql|^/v1/attachments$|^/v1/session"
checks.positive_data_acceptance.enabled = false
# Which picture the caller means, and how long it is.
[[operations]]
include-path-regex = "^/v1/attachments/"
checks.positive_data_acceptance.expected-statuses = ["2xx", "3xx", 404, 412, 416]
# Whether a key was used before for something else is not told by a schema.
[[operations]]
include-tag = "lines"
checks.positive_data_acceptance.expected-statuses = ["2xx", 404, 409, 422]
"""
schemathesis("REST answers as its document says", "/openapi.json", REST, 100, "--phases", "coverage,fuzzing")
GRAPHQL = """
[headers]
Authorization = "Bearer %s"
# A refusal is an answer of 200 with a code: the check no_fault of doors_hooks.py looks at it.
[checks]
not_a_server_error.enabled = false
positive_data_acceptance.enabled = false
negative_data_rejection.enabled = false
"""
schemathesis("GraphQL answers an administrator without a fault", "/graphql", GRAPHQL % key, 30, "--phases", "fuzzing")
schemathesis("GraphQL answers an operator without a fault", "/graphql", GRAPHQL % operator, 40, "--phases", "fuzzing",
             "--include-name-regex", r"\.(createProject|setMaxBacklog|pauseStage|resumeStage|projects)$")
for stage in query(operator, '{ __type(name: "Stage") { enumValues { name } } }')["__type"]["enumValues"]:
    query(operator, f"mutation {{ resumeStage(stage: {stage['name']}) {{ status }} }}")
check("whatever went in can be worked on", unworkable())
check("whatever went in can be read back", unreadable())
end()
