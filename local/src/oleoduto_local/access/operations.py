"""Which operation a request calls, with which parameters, by botocore's service models."""

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote

from oleoduto_local.access.request import Request
from oleoduto_local.errors import LocalAwsError
from oleoduto_local.models import service_model

# Signing names that are not the names of botocore's models.
MODELS = {"states": "stepfunctions", "monitoring": "cloudwatch"}


class UnknownActionError(LocalAwsError):
    """The map of actions does not know a call, so that it cannot be judged."""


@dataclass(frozen=True)
class Operation:
    """A call: the signing name of its service, the operation, and its parameters as the API names them."""

    service: str
    name: str
    parameters: dict[str, Any]


@dataclass(frozen=True)
class Route:
    """How a REST service names an operation."""

    method: str
    path: re.Pattern[str]
    literal: int
    operation: str


@cache
def model(service: str) -> Any:
    """botocore's model of a service, by its signing name."""
    try:
        return service_model(MODELS.get(service, service))
    except Exception as error:
        raise UnknownActionError(f"the map of actions does not know the service {service}") from error


@cache
def routes(service: str) -> tuple[Route, ...]:
    """The routes of a REST service, those with the most fixed text first."""
    described = model(service)
    found = []
    for name in described.operation_names:
        http = described.operation_model(name).http
        path = http["requestUri"].partition("?")[0].rstrip("/")
        parts = re.split(r"\{(\w+)\+?\}", path)
        text = "".join(f"(?P<{part}>.+)" if index % 2 else re.escape(part) for index, part in enumerate(parts))
        found.append(Route(http["method"], re.compile(f"{text}/?"), sum(map(len, parts[::2])), name))
    return tuple(sorted(found, key=lambda route: -route.literal))


def read_operation(request: Request) -> Operation:
    """The operation of a request to any service but S3."""
    service = request.service
    target = request.header("x-amz-target")
    if target:
        name, parameters = target.rpartition(".")[2], _json(request)
    elif "/operation/" in request.path:
        # RPC with CBOR, which moto does not read either.
        raise UnknownActionError(f"the map of actions does not know the protocol of {request.path}")
    elif model(service).protocol in ("rest-json", "rest-xml"):
        name, parameters = _by_route(request, service)
    else:
        form = request.body.decode("utf-8", "replace") if request.method == "POST" else ""
        parameters = dict([*parse_qsl(request.query, keep_blank_values=True), *parse_qsl(form, keep_blank_values=True)])
        name = parameters.get("Action", "")
    if name not in model(service).operation_names:
        raise UnknownActionError(f"the service {service} has no operation {name!r} ({request.method} {request.path})")
    return Operation(service, name, parameters)


def _json(request: Request) -> dict[str, Any]:
    """The parameters in a body."""
    try:
        found = json.loads(request.body or b"{}")
    except ValueError as error:
        raise UnknownActionError(f"the body of {request.method} {request.path} is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise UnknownActionError(f"the body of {request.method} {request.path} is not a JSON object")
    return found


def _by_route(request: Request, service: str) -> tuple[str, dict[str, Any]]:
    for route in routes(service):
        match = route.path.fullmatch(request.path) if route.method == request.method else None
        if match is not None:
            named = {name: unquote(value) for name, value in match.groupdict().items()}
            body = {} if route.operation == "Invoke" else _json(request)
            return route.operation, {**dict(parse_qsl(request.query, keep_blank_values=True)), **body, **named}
    raise UnknownActionError(f"the service {service} has no operation for {request.method} {request.path}")
