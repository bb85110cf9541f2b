"""boto3 clients for the walk: watched by the witness, no retries, and what they wait for and page through is noted."""

import os

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

import witness

QUICK = Config(inject_host_prefix=False, retries={"total_max_attempts": 1, "mode": "standard"}, connect_timeout=5, read_timeout=20)


def client(service, config=QUICK, watched=True, **more):
    """A client whose answers the witness sees; keywords as of `boto3.client`."""
    if any(name.startswith("aws_") for name in more):
        keys = {"aws_access_key_id": os.environ["AWS_ACCESS_KEY_ID"], "aws_secret_access_key": os.environ["AWS_SECRET_ACCESS_KEY"]}
        more = {**keys, **more}
    made = boto3.client(service, config=config, **more)
    if watched:
        witness.watch(made.meta.events)
    return made


def refused(code, call, **arguments):
    """Calls, expects this error code, and gives the message. Where botocore models the code, the exception is of its class."""
    try:
        call(**arguments)
    except ClientError as error:
        got = error.response["Error"]
        assert got["Code"] == code, f"{code} expected, {got}"
        assert error.response["ResponseMetadata"].get("RequestId"), "an error has a request id"
        made = getattr(call, "__self__", None)
        shape = made.meta.service_model.shape_for_error_code(code) if made else None
        if shape is not None:
            expected = getattr(made.exceptions, shape.name)
            assert type(error) is expected, f"{type(error)} is not {expected}"
            witness.note(kind="exception", service=made.meta.service_model.service_name, name=shape.name)
        return got["Message"]
    raise AssertionError(f"{code} expected, but the call succeeded")


def paged(made, method, size, least=2, **arguments):
    """Pages through `method`, `size` at a time: `least` pages or more, and together what one call gives. The pages."""
    paginator = made.get_paginator(method)
    assert made.can_paginate(method)
    pages = list(paginator.paginate(**arguments, PaginationConfig={"PageSize": size}))
    together = paginator.paginate(**arguments, PaginationConfig={"PageSize": size}).build_full_result()
    whole = getattr(made, method)(**arguments)
    assert len(pages) >= least, f"{method}: {len(pages)} pages of {size}: {pages}"
    for key in paginator.result_keys:
        name = key.expression
        assert together.get(name, []) == whole.get(name, []), f"{method}: pages of {size} give other {name} than one call"
        assert all(len(page.get(name, [])) <= size for page in pages), f"{method}: more than {size} {name} in a page"
    witness.note(kind="paginator", service=made.meta.service_model.service_name, name=method)
    return pages


def every_page(made, method, **arguments):
    """All pages of a list whose pages have the size that AWS chooses."""
    pages = list(made.get_paginator(method).paginate(**arguments))
    witness.note(kind="paginator", service=made.meta.service_model.service_name, name=method)
    return pages


def waited(made, name, **arguments):
    """Waits as botocore does, but every second."""
    more = {"Delay": 1, **arguments.pop("WaiterConfig", {})}
    made.get_waiter(name).wait(**arguments, WaiterConfig=more)
    witness.note(kind="waiter", service=made.meta.service_model.service_name, name=name)
