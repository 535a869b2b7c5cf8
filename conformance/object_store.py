#!/usr/bin/env python3
"""Keeps blobs in an object store that others wrote (moto speaks S3): the suite over blobs, and then a small loop, of which
the API, the worker and the commands have nothing in common but PostgreSQL and the bucket.

    scripts/with-postgres conformance/object_store.py     where ATR is a program built with the feature `s3`
"""
import json
import logging
import os
import pathlib
import subprocess
import tempfile
import time
import urllib.request

import boto3
from moto.server import ThreadedMotoServer

from service import check, end, ingest

ROOT = pathlib.Path(__file__).resolve().parent.parent
SECRET = "not-to-be-told"
TRACES = 120
PATIENCE = 120

logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
host, port = server.get_host_and_port()
store = boto3.client("s3", endpoint_url=f"http://{host}:{port}", region_name="us-east-1", aws_access_key_id="atr",
                     aws_secret_access_key=SECRET)
store.create_bucket(Bucket="models")
TOLD = {
    **os.environ, "AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_ALLOW_HTTP": "true", "AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "atr", "AWS_SECRET_ACCESS_KEY": SECRET, "ATR_TEST_BUCKET": "models",
    "DATABASE_URL": os.environ["ATR_TEST_SERVER"] + "/postgres", "ATR_BLOBS": "s3://models/atr", "ATR_LOG": "info",
}
suite = ["cargo", "test", "--quiet", "--package", "atr-core", "--features", "s3", "--test", "blobs"]
ran = subprocess.run(suite, cwd=ROOT, env=TOLD, capture_output=True, text=True)
check("blobs are kept in a bucket as they are in a folder", [ran.stdout + ran.stderr] if ran.returncode else [])


def command(folder, *args):
    return [os.environ["ATR"], "--data", str(folder), "--json", *args]


def run(folder, *args, env=TOLD):
    return subprocess.run(command(folder, *args), env=env, capture_output=True, text=True)


def told(folder, *args):
    done = run(folder, *args)
    if done.returncode:
        raise RuntimeError(f"atr {' '.join(args)}: {done.stdout}{done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def until(what, look):
    """Waits for what workers do."""
    for _ in range(PATIENCE * 2):
        found = look()
        if found:
            return found
        time.sleep(0.5)
    raise RuntimeError(f"{what} did not come within {PATIENCE} seconds")


def drained(folder):
    stages = told(folder, "queue", "status")[0]["stages"]
    dead = sum(stage["tasks"].get("dead", 0) for stage in stages)
    if dead:
        raise RuntimeError(f"{dead} tasks are dead: {told(folder, 'queue', 'dead', '--project', 'default')}")
    return not any(number for stage in stages for number in stage["tasks"].values())


def traces():
    for number in range(TRACES):
        right = number % 2 == 0
        yield {
            "external_id": f"trace-{number}", "model": "small", "query": f"How heavy is the block with the number {number // 4}?",
            "answer": f"It weighs {number // 4} grams." if right else f"Perhaps it weighs {number * 7 + 1} grams.",
            "licence": "CC0-1.0", "confidence": 0.8 if right else 0.3,
        }


def reviews():
    for number in range(TRACES):
        right = number % 2 == 0
        review = {"external_id": f"review-{number}", "trace_external_id": f"trace-{number}", "expert": "chemist",
                  "verdict": "correct" if right else "incorrect"}
        yield review if right else review | {"corrected_answer": f"It weighs {number // 4} grams."}


def readiness():
    with urllib.request.urlopen(os.environ["ATR_URL"] + "/readyz") as answer:
        return json.load(answer)


def files(folder):
    """What a data folder holds."""
    return [path for path in folder.rglob("*") if path.is_file()]


def loop(home):
    api, worker, here = home / "api", home / "worker", home / "here"
    told(here, "migrate")
    logs = {name: open(home / f"{name}.log", "w+", encoding="utf-8") for name in ("api", "worker")}
    serving = subprocess.Popen(command(api, "serve", "--listen", "127.0.0.1:0"), env=TOLD, text=True,
                               stdout=subprocess.PIPE, stderr=logs["api"])
    working = subprocess.Popen(command(worker, "work"), env=TOLD, stdout=subprocess.DEVNULL, stderr=logs["worker"])
    try:
        up = json.loads(serving.stdout.readline())
        os.environ["ATR_URL"] = up["address"]
        turn(here, worker, up["first_key"])
        check("API and worker keep no blob on their own disks",
              [str(path) for folder in (api, worker) for path in files(folder)])
        server.stop()
        ready = readiness()
        check("/readyz names the object store that is down, and the service goes on",
              [] if ready["ready"] and ready["checks"]["blobs"] != "up" else [str(ready)])
        found = run(here, "doctor")
        line = [one for one in json.loads(found.stdout)["findings"] if one["check"] == "blobs"]
        said = not line[0]["ok"] and "AWS_ENDPOINT_URL" in line[0]["detail"]
        check("atr doctor says what to look at when it is down", [] if said else [found.stdout])
    finally:
        for process in (serving, working):
            process.terminate()
        for process in (serving, working):
            process.wait(60)
    for name, log in logs.items():
        log.seek(0)
        check(f"the {name}'s log tells no secret", [line for line in log if SECRET in line])


def turn(here, worker, first_key):
    expert = told(here, "expert", "create", "chemist")[0]["id"]
    secret = told(here, "key", "create", "chemist", "--role", "expert", "--expert", expert, "--project", "default")[0]["secret"]
    ingest("traces", first_key, traces())
    until("what the traces ask for", lambda: drained(here))
    ingest("reviews", secret, reviews())
    until("what the reviews ask for", lambda: drained(here))
    asked_for = told(here, "snapshot", "create", "first")[0]["id"]
    until("the snapshot", lambda: drained(here))
    job = told(here, "job", "start", asked_for)[0]["id"]
    until("the job's end", lambda: drained(here))
    shown = told(here, "job", "show", job)[0]
    locations = [file["location"] for file in (shown["specification"] or {"snapshot": {"files": []}})["snapshot"]["files"]]
    check("a worker builds a snapshot into the bucket and trains on it, from files that it brings beside itself",
          [] if shown["state"] == "succeeded" and locations and all(one.startswith(str(worker)) for one in locations) else [shown])
    pulled = here / "pulled"
    told(here, "snapshot", "pull", "first", str(pulled))
    manifest = json.loads((pulled / "manifest.json").read_text())
    there = {path.name for path in pulled.iterdir()} - {"manifest.json"}
    check("atr snapshot pull brings what the manifest names", there ^ {file["path"] for file in manifest["files"]})
    verified = told(here, "snapshot", "verify", "first", "--rebuild")[0]
    check("atr snapshot verify finds it as it was made", [] if verified["verified"] else [verified])
    doctor = told(here, "doctor")[0]
    check("atr doctor writes and reads, and finds nothing wrong", [] if doctor["healthy"] else [doctor])
    ready = readiness()["checks"]
    check("/readyz says that the object store is up", [] if ready.get("blobs") == "up" else [ready])
    digest = manifest["files"][0]["blake3"]
    store.delete_object(Bucket="models", Key=f"atr/{digest[:2]}/{digest[2:]}")
    lost = run(here, "snapshot", "verify", "first")
    said = lost.returncode != 0 and digest in lost.stdout
    check("atr snapshot verify names what is lost", [] if said else [lost.stdout + lost.stderr])
    plain = run(here, "snapshot", "list", env={name: told for name, told in TOLD.items() if name != "AWS_ALLOW_HTTP"})
    check("an address without TLS is refused where it is not allowed",
          [] if plain.returncode != 0 and "AWS_ALLOW_HTTP" in plain.stderr else [plain.stdout + plain.stderr])


with tempfile.TemporaryDirectory() as home:
    loop(pathlib.Path(home))
end()
