#!/usr/bin/env python3
"""Reads what the witness noted of all walks: is every operation, paginator and waiter of the region among it, and did
every answer fit botocore's model? Prints a table, and ends red with what is missing or was found."""

import collections
import fnmatch
import json
import pathlib
import re
import sys
import tomllib

from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError
from botocore.waiter import WaiterModel

import witness
from client import client

HERE = pathlib.Path(__file__).parent
UNKNOWN = {"InvalidAction", "UnknownOperationException", "UnknownService", "404"}


def main():
    notes = witness.notes()
    answers = [note for note in notes if "operation" in note]
    named = collections.defaultdict(set)
    for note in notes:
        if "name" in note:
            named[note["kind"]].add(f"{note['service']}.{note['name']}")
    ok = {f"{one['service']}.{one['operation']}" for one in answers if one["status"] < 300}
    unwalked = tomllib.loads((HERE / "unwalked.toml").read_text())
    wrong, rows, modelled_names = [], [], set()
    for file in sorted(HERE.parent.glob("data/api/*.json")):
        service, made = file.stem, client(file.stem, watched=False)
        every = [f"{service}.{name}" for name in json.loads(file.read_text())["operations"]]
        modelled_names.update(every)
        left_out = [one for one in every if one in unwalked["operations"]]
        wrong += [f"{one} is served, but unwalked.toml leaves it out" for one in left_out if served(made, one)]
        served_here = [one for one in every if one not in left_out]
        codes = unwalked["answers"]
        walked = {one for one in served_here if one in ok}
        wrong += [f"{one} was not called with success" for one in served_here if one not in walked and one not in codes]
        wrong += [f"{one} succeeds, but unwalked.toml says that it never does" for one in walked if one in codes]
        pages = {f"{service}.{name}" for name in map(short, served_here) if made.can_paginate(name)}
        waits = waiters(made, service, served_here)
        for kind, there in (("paginator", pages), ("waiter", waits)):
            skipped = {one for one in unwalked[kind + "s"] if one.startswith(service + ".")}
            wrong += [f"the {kind} {one} was not used" for one in sorted(there - named[kind] - skipped)]
            wrong += [f"the {kind} {one} of unwalked.toml was used, or is none" for one in sorted(skipped & named[kind] | skipped - there)]
        refusals = {name for name in named["exception"] if name.startswith(service + ".")}
        modelled = any(operation.error_shapes for operation in operations(made, served_here))
        if bool(refusals) == (service in unwalked["refusals"]) and served_here and modelled:
            wrong.append(f"{service}: {len(refusals)} refusals were of a class that botocore models, see unwalked.toml")
        mine = [one for one in answers if one["service"] == service]
        rows.append((service, len(every), len(walked), len(pages & named["paginator"]), len(waits & named["waiter"]), len(refusals), len(mine)))
    named_here = set(unwalked["operations"]) | set(unwalked["answers"])
    wrong += [f"{one} of unwalked.toml is in no model" for one in sorted(named_here - modelled_names)]
    wrong += findings(answers)
    table(rows)
    for line in wrong:
        print(f"wrong: {line}", file=sys.stderr)
    return 1 if wrong else 0


def short(operation):
    return xform_name(operation.rpartition(".")[2])


def operations(made, names):
    return [made.meta.service_model.operation_model(name.rpartition(".")[2]) for name in names]


def waiters(made, service, served_here):
    """Names of botocore's waiters that look by an operation of the region."""
    if not made.waiter_names:
        return set()
    model = WaiterModel(made._get_waiter_config())
    return {f"{service}.{xform_name(name)}" for name in model.waiter_names if f"{service}.{model.get_waiter(name).operation}" in served_here}


def served(made, operation):
    """Whether the region knows an operation at all, by its answer to the least that botocore lets through."""
    shape = operations(made, [operation])[0].input_shape
    least = {name: sample(shape.members[name]) for name in (shape.required_members if shape else [])}
    try:
        getattr(made, short(operation))(**least)
    except ClientError as error:
        return error.response["Error"]["Code"] not in UNKNOWN
    except ResponseParserError:  # no service of the region at all
        return False
    return True


def sample(shape):
    """A value that fits a shape."""
    match shape.type_name:
        case "string":
            return shape.enum[0] if shape.enum else "x" * max(1, shape.metadata.get("min", 1))
        case "list":
            return [sample(shape.member)] * max(1, shape.metadata.get("min", 1))
        case "structure":
            return {name: sample(shape.members[name]) for name in shape.required_members}
        case "timestamp":
            return 0
        case "boolean":
            return True
        case _:
            return max(1, shape.metadata.get("min", 1))


def findings(answers):
    """What answer.py found and no departure explains, and the departures that explain nothing."""
    departures = tomllib.loads((HERE / "departures.toml").read_text())["departure"]
    patterns = {one["finding"]: re.compile(fnmatch.translate(one["finding"].replace("[", "[[]"))) for one in departures}
    count, used = collections.Counter(), set()
    for one in answers:
        for found in one["found"]:
            line = f"{one['service']}.{one['operation']}: {found}"
            fitting = [text for text, pattern in patterns.items() if pattern.match(line)]
            used.update(fitting)
            if not fitting:
                count[line] += 1
    print(f"{len(answers)} answers fit botocore's model, but for {len(departures)} known departures of AWS's own")
    unused = [f"departures.toml: nothing needs {text!r} any more" for text in patterns if text not in used]
    return [f"{line} ({times} times)" for line, times in sorted(count.items())] + unused


def table(rows):
    heads = ("service", "modelled", "walked", "paginators", "waiters", "refusal classes", "answers")
    rows = [heads, *rows, ("all", *(sum(row[column] for row in rows) for column in range(1, len(heads))))]
    for row in rows:
        print(f"{row[0]:<16}" + "".join(f"{cell:>17}" for cell in row[1:]))


if __name__ == "__main__":
    sys.exit(main())
