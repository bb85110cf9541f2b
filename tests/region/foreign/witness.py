"""Sits in boto3 and aws-cli: every answer is held to botocore's own model, and noted, a JSON line each, in $WITNESS.

aws-cli loads it as a plugin (`awscli_initialize`), boto3 by `watch`. It must change nothing of what they do.
"""

import json
import os
import threading

import answer

LOCK = threading.Lock()


def watch(emitter):
    """Hooks into a session's or a client's events."""
    emitter.register_first("before-parse", see)


# The name that aws-cli looks for in a plugin.
awscli_initialize = watch


def see(operation_model, response_dict, **_):
    """Called by botocore with every answer before it is parsed."""
    status, headers = response_dict["status_code"], response_dict["headers"]
    streams = operation_model.has_streaming_output and status < 300
    body = None if streams else response_dict["body"]
    try:
        found = answer.findings(operation_model, status, headers, body)
    except Exception as error:  # an answer that cannot even be read
        found = [f"{type(error).__name__}: {error}"]
    note(service=operation_model.service_model.service_name, operation=operation_model.name, status=status, found=found)


def note(**line):
    with LOCK, open(os.environ["WITNESS"], "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def notes():
    with open(os.environ["WITNESS"], encoding="utf-8") as file:
        return [json.loads(line) for line in file]
