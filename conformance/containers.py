#!/usr/bin/env python3
"""Reads docker-compose.yml and Dockerfile as other people's tools do: there need be no engine to run them."""
import json
import os
import pathlib
import subprocess
import sys

import yaml
from compose_spec import PyCompose
from podman_compose import rec_subs

from service import check, end

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOLD = {"POSTGRES_PASSWORD": "one1", "RABBITMQ_PASSWORD": "two2", "OBJECT_STORE_PASSWORD": "three3"}


def composed(told):
    """The file with its variables put in, as the tools do that."""
    return rec_subs(yaml.safe_load((ROOT / "docker-compose.yml").read_text()), dict(told))


def unset():
    for name in TOLD:
        for told in ({**TOLD, name: ""}, {key: value for key, value in TOLD.items() if key != name}):
            try:
                composed(told)
            except (RuntimeError, ValueError) as error:
                if "set a password" not in str(error):
                    yield f"without {name} it says {error}"
            else:
                yield f"it starts without {name}"


def secrets(text):
    """A password that stands in the file."""
    for number, line in enumerate(text.splitlines(), 1):
        # A name alone passes on what is set where the file is used.
        passed_on = line.rstrip().endswith(":")
        if ("PASS" in line or "SECRET" in line) and ":?" not in line and not passed_on and not line.lstrip().startswith("#"):
            yield f"line {number}: {line.strip()}"


def services(file):
    every = file["services"]
    for name, service in every.items():
        for other, how in service.get("depends_on", {}).items():
            if other not in every:
                yield f"{name} waits for {other}, which is not there"
            elif how["condition"] == "service_healthy" and "healthcheck" not in every[other]:
                yield f"{name} waits until {other} is healthy, which has no check of it"
        if name != "migrate" and "healthcheck" not in service:
            yield f"{name} has no health check"
        for volume in service.get("volumes", []):
            # A path alone is a volume of the service's own.
            if not volume.startswith("/") and volume.split(":")[0] not in file["volumes"]:
                yield f"{name} mounts {volume}, which is no volume of the file"


def said_by(*args):
    return subprocess.run([os.environ["ATR"], *args], check=True, capture_output=True, text=True).stdout


def commands(file):
    """What the parts of ATR are told to do is what this build of it can do."""
    of_atr = {name: of for name, of in file["services"].items() if of["image"].startswith("atr:")}
    help_of_work = said_by("work", "--help")
    known = help_of_work.split("The stages to serve:")[1].split("[default")[0].replace(",", " ").split()
    served = [stage for of in of_atr.values() if of["command"][0] == "work" for stage in of["command"][1:]]
    if sorted(served) != sorted(known):
        yield f"the workers serve {served}, and the stages are {known}"
    settings = said_by("serve", "--help") + help_of_work
    for name, of in of_atr.items():
        if of["command"][0] not in ("migrate", "serve", "work"):
            yield f"{name} runs {of['command']}"
        for setting in of["environment"]:
            # Workers hear of tasks from PostgreSQL where they do not know the broker's address.
            # The object store's own settings go by the names that every client of one reads.
            if f"[env: {setting}" not in settings and setting != "AMQP_URL" and not setting.startswith("AWS_"):
                yield f"{name} is told {setting}, which ATR does not know"


def linted():
    hadolint = pathlib.Path(sys.executable).with_name("hadolint")
    said = subprocess.run([hadolint, "--no-color", ROOT / "Dockerfile"], capture_output=True, text=True)
    return (said.stdout + said.stderr).splitlines()


def parsed(file):
    try:
        PyCompose.from_json(json.dumps(file)).validate()
    except Exception as error:  # whatever the parser says is the finding
        yield str(error)


FILE = composed(TOLD)
check("docker-compose.yml is a compose file, as compose_spec reads it", parsed(FILE))
check("docker-compose.yml does not start without its passwords, and has none in it",
      [*unset(), *secrets((ROOT / "docker-compose.yml").read_text())])
check("every service has a health check, and waits for and mounts what is there", services(FILE))
check("every stage has its worker, and ATR understands what it is told", commands(FILE))
check("hadolint finds nothing in Dockerfile", linted())
end()
