"""IAM policies as data: parsed once, with what the evaluator cannot judge found while they are parsed."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from oleoduto_local.errors import LocalAwsError

ELEMENTS = {
    *("Sid", "Effect", "Principal", "NotPrincipal", "Condition"),
    *("Action", "NotAction", "Resource", "NotResource"),
}


class UnknownPolicyError(LocalAwsError):
    """A policy has something that the evaluator does not know, so that its meaning is unknown."""


@dataclass(frozen=True)
class Condition:
    """One line of a Condition: `StringLike`, `s3:prefix`, the values."""

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class PolicyStatement:
    """A statement. `policy` and `index` say where it is; patterns of actions are in lower case."""

    policy: str
    index: int
    allows: bool
    actions: tuple[str, ...]
    not_actions: tuple[str, ...]
    resources: tuple[str, ...]
    not_resources: tuple[str, ...]
    principals: Mapping[str, tuple[str, ...]]
    conditions: tuple[Condition, ...]


def listed(value: Any) -> list[Any]:
    """IAM writes a list of one without brackets."""
    return value if isinstance(value, list) else [value]


def texts(value: Any) -> tuple[str, ...]:
    """Values as IAM compares them: a JSON true is `true`."""
    return tuple(str(item).lower() if isinstance(item, bool) else str(item) for item in listed(value))


@lru_cache(maxsize=4096)
def pattern(text: str) -> re.Pattern[str]:
    """The regular expression of a pattern, in which `*` is any text and `?` any character."""
    return re.compile("".join({"*": ".*", "?": "."}.get(part, re.escape(part)) for part in text), re.DOTALL)


def fits(value: str, patterns: Sequence[str]) -> bool:
    """Whether a value fits one of the patterns."""
    return any(pattern(wanted).fullmatch(value) for wanted in patterns)


def parse(name: str, document: str | Mapping[str, Any]) -> tuple[PolicyStatement, ...]:
    """The statements of a policy document."""
    read = json.loads(document) if isinstance(document, str) else document
    return tuple(_statement(name, index, found) for index, found in enumerate(listed(read.get("Statement", []))))


def _statement(policy: str, index: int, found: Mapping[str, Any]) -> PolicyStatement:
    where = f"the policy {policy}, statement {found.get('Sid', index)}"
    unknown = set(found) - ELEMENTS
    if unknown or "NotPrincipal" in found:
        raise UnknownPolicyError(f"{where} has {sorted(unknown) or 'NotPrincipal'}, which the local AWS does not know")
    if found.get("Effect") not in ("Allow", "Deny"):
        raise UnknownPolicyError(f"{where} has the Effect {found.get('Effect')!r}; it must be Allow or Deny")

    def lower(name: str) -> tuple[str, ...]:
        return tuple(text.lower() for text in texts(found.get(name, [])))

    resources = (*texts(found.get("Resource", [])), *texts(found.get("NotResource", [])))
    if any("${" in text for text in resources):
        raise UnknownPolicyError(f"{where} has a policy variable, which the local AWS does not know: {resources}")
    principal = found.get("Principal", {})
    principals = {"*": ("*",)} if principal == "*" else {kind: texts(names) for kind, names in principal.items()}
    conditions = tuple(
        Condition(operator, key.lower(), texts(values))
        for operator, entries in (found.get("Condition") or {}).items()
        for key, values in entries.items()
    )
    return PolicyStatement(
        policy=policy,
        index=index,
        allows=found["Effect"] == "Allow",
        actions=lower("Action"),
        not_actions=lower("NotAction"),
        resources=texts(found.get("Resource", [])),
        not_resources=texts(found.get("NotResource", [])),
        principals=principals,
        conditions=conditions,
    )
