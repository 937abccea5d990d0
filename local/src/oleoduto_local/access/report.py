"""What the recorded calls say about the roles: grants that nothing used, and calls that were denied."""

import json
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from oleoduto_local.access.evaluate import Call, applies, judge
from oleoduto_local.access.policy import PolicyStatement, fits, parse, pattern
from oleoduto_local.access.record import FILE
from oleoduto_local.errors import LocalAwsError

REASONS = Path(__file__).with_name("unused_grants.toml")


@dataclass
class RoleUse:
    """A role: its statements, those of its boundary, and its calls with their judgements."""

    arn: str
    statements: tuple[PolicyStatement, ...] = ()
    boundary: tuple[PolicyStatement, ...] | None = None
    calls: list[tuple[Call, bool]] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.arn.rpartition("/")[2]


@dataclass(frozen=True)
class Reason:
    """Why a run on this machine cannot use a grant: patterns of the role's name, of actions and of resources."""

    role: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    why: str

    def explains(self, role: str, action: str, resource: str) -> bool:
        return pattern(self.role).fullmatch(role) is not None and fits(action, self.actions) and fits(resource, self.resources)


@dataclass(frozen=True)
class Unused:
    """A granted action, or a resource, of a statement that no call needed."""

    statement: PolicyStatement
    action: str
    resource: str


def read_reasons(path: Path = REASONS) -> tuple[Reason, ...]:
    """The written reasons."""
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["unused"]
    return tuple(
        Reason(
            entry["role"], tuple(text.lower() for text in entry["actions"]), tuple(entry.get("resources", ["*"])), entry["why"]
        )
        for entry in entries
    )


def read_record(folder: Path) -> list[RoleUse]:
    """The roles of a data folder's record, by name."""
    path = folder / FILE
    if not path.is_file():
        raise LocalAwsError(f"{path} is missing: `oleoduto local run` writes it")
    roles: dict[str, RoleUse] = {}
    for text in path.read_text(encoding="utf-8").splitlines():
        line = json.loads(text)
        role = roles.setdefault(line["role"], RoleUse(line["role"]))
        if "policies" in line:
            _take_policies(role, line)
        else:
            context = {key: tuple(values) for key, values in line.get("context", {}).items()}
            role.calls.append((Call(line["action"], line["resource"], context), line["allowed"]))
    return sorted(roles.values(), key=lambda role: role.arn)


def _take_policies(role: RoleUse, line: dict[str, Any]) -> None:
    """The policies that the role had last; Terraform takes them away one by one when it destroys a role."""
    statements = tuple(statement for name, document in line["policies"].items() for statement in parse(name, document))
    if len(statements) >= len(role.statements):
        role.statements = statements
        role.boundary = None if line["boundary"] is None else parse("the permissions boundary", line["boundary"])


def unused(role: RoleUse) -> list[Unused]:
    """The pairs of an action and a resource of the role's statements that no allowed call needed."""
    allowed = [call for call, was_allowed in role.calls if was_allowed]
    found = []
    for statement in role.statements:
        if not statement.allows:
            continue
        uses = [call for call in allowed if applies(statement, call)]
        resources = statement.resources or ("*",)
        actions = {name for name in statement.actions if not any(fits(call.action.lower(), (name,)) for call in uses)}
        idle = {name for name in resources if not any(fits(call.resource, (name,)) for call in uses)}
        found += [Unused(statement, action, resource) for action in sorted(actions) for resource in resources]
        found += [
            Unused(statement, action, resource) for resource in sorted(idle) for action in set(statement.actions) - actions
        ]
    return found


def unexplained(role: RoleUse, reasons: Sequence[Reason]) -> list[Unused]:
    """The unused grants without a written reason."""
    return [found for found in unused(role) if not explained(role, found, reasons)]


def explained(role: RoleUse, found: Unused, reasons: Iterable[Reason]) -> bool:
    return any(reason.explains(role.name, found.action, found.resource) for reason in reasons)


def superfluous(role: RoleUse, reasons: Sequence[Reason]) -> list[PolicyStatement]:
    """The statements without which every recorded call would be judged as it was, and that no reasons cover as a whole."""
    idle = unused(role)
    found = []
    for statement in role.statements:
        rest = tuple(other for other in role.statements if other != statement)
        needed = any(
            was_allowed == statement.allows and applies(statement, call) and judge(call, rest, None).allowed != statement.allows
            for call, was_allowed in role.calls
        )
        mine = [entry for entry in idle if entry.statement == statement] if statement.allows else _pairs(statement)
        whole = len({entry.action for entry in mine}) == len(set(statement.actions))
        covered = whole and all(explained(role, entry, reasons) for entry in mine)
        if not needed and not covered:
            found.append(statement)
    return found


def _pairs(statement: PolicyStatement) -> list[Unused]:
    return [Unused(statement, action, resource) for action in statement.actions for resource in statement.resources or ("*",)]


def shown(roles: Sequence[RoleUse], reasons: Sequence[Reason]) -> str:
    """The report, for people."""
    lines = []
    for role in roles:
        allowed = sum(was_allowed for _call, was_allowed in role.calls)
        lines.append(f"{role.name}: {len(role.statements)} statements, {allowed} different calls allowed")
        for call, was_allowed in role.calls:
            if not was_allowed:
                lines.append(f"  denied    {call.action} on {call.resource}")
        for text in sorted({_line(role, entry, reasons) for entry in unused(role)}):
            lines.append(f"  unused    {text}")
    return "\n".join(lines)


def _line(role: RoleUse, entry: Unused, reasons: Sequence[Reason]) -> str:
    reason = next((reason.why for reason in reasons if reason.explains(role.name, entry.action, entry.resource)), None)
    return f"{entry.action} on {entry.resource}{f' ({reason})' if reason else ''}"
