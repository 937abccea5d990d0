"""The map of actions and AWS's service authorization table, which the stacks are checked with, say the same of ARNs."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from oleoduto_local.access.actions import ACTIONS, PREFIXES
from oleoduto_local.access.operations import Operation, UnknownActionError, model
from oleoduto_local.access.resources import RESOURCES, Place, resources

TABLE = Path(__file__).resolve().parents[2] / "crates" / "aws" / "authorization" / "table.txt"
PLACE = Place("aws", "us-east-1", "123456789012")


def read_service(prefix: str) -> tuple[dict[str, str], dict[str, list[str]]]:
    """The ARN formats of a service's resource types, and the types of each action, those with `*` required."""
    _, _, lines = f"\n{TABLE.read_text()}".partition(f"\n@{prefix} ")
    formats, types = {}, {}
    for line in lines.partition("\n@")[0].splitlines()[1:]:
        kind, *words = line.split()
        if kind == "/":
            formats[words[0]] = words[1].replace("~", f"arn:${{Partition}}:{prefix}:${{Region}}:${{Account}}:")
        elif kind != "?":
            types[kind] = [word for word in words[1:] if not word.startswith(("+", ">"))]
    return formats, types


def judged(service: str) -> Iterator[tuple[str, str]]:
    """The actions of a service that the map knows, each with an ARN that it is judged on, with `*` for the parameters."""
    for name in model(service).operation_names:
        try:
            for arn in resources(Operation(service, name, {}), PLACE):
                # What is an ARN in the request is not of the map's making.
                if not re.fullmatch(r"arn:[^:]*:[^:]*:[^:]*:[^:]*:\*", arn):
                    yield ACTIONS.get((service, name), name), arn
        except UnknownActionError:
            continue


@pytest.mark.parametrize("service", RESOURCES)
def test_an_action_is_judged_on_resources_that_it_takes(service: str) -> None:
    formats, types = read_service(PREFIXES.get(service, service))
    assert types
    for action, arn in judged(service):
        if action not in types:
            # An operation that another action allows, such as SendMessageBatch.
            continue
        if arn == "*":
            assert not [name for name in types[action] if name.endswith("*")], f"{action} needs a resource"
            continue
        patterns = [re.sub(r"\\\$\\\{.+?\\\}", ".+", re.escape(formats[name.rstrip("*")])) for name in types[action]]
        assert any(re.fullmatch(pattern, arn) for pattern in patterns), f"{action} takes {types[action]}, not {arn}"
