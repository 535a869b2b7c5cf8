"""The running installation: its command line and its doors, and how checks are told."""
import json
import os
import subprocess
import sys
import urllib.request

faults = 0


def check(what, wrong):
    """Prints one line: what holds, or what is wrong with it."""
    global faults
    wrong = list(wrong)
    faults += len(wrong)
    print(f"{'FAIL' if wrong else 'ok  '}  {what}")
    for one in wrong[:10]:
        print(f"      {one}")
    if len(wrong) > 10:
        print(f"      and {len(wrong) - 10} more")
    sys.stdout.flush()


def end():
    sys.exit(1 if faults else 0)


def atr(*args):
    """Runs a command of this installation and reads its results."""
    command = [os.environ["ATR"], "--data", os.environ["ATR_DATA"], "--json", *args]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return [json.loads(line) for line in said.splitlines()]


def send(path, key, body, accept="application/json", kind="application/json"):
    """Posts a body, and answers with the text that came back."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": kind, "Accept": accept}
    request = urllib.request.Request(os.environ["ATR_URL"] + path, body.encode(), headers)
    with urllib.request.urlopen(request) as response:
        return response.read().decode()


def query(key, document):
    answer = json.loads(send("/graphql", key, json.dumps({"query": document})))
    if "errors" in answer:
        raise RuntimeError(answer["errors"])
    return answer["data"]


def ingest(door, key, lines, accept="application/x-ndjson"):
    """Sends lines through a door; answers with a result for each, or with the summary."""
    body = "".join(json.dumps(line) + "\n" for line in lines)
    said = send(f"/v1/ingest/{door}", key, body, accept, "application/x-ndjson")
    if accept == "application/x-ndjson":
        return [json.loads(line) for line in said.splitlines()]
    return json.loads(said)
