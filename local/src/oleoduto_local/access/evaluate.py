"""Whether policies allow a call: identity policies, a permissions boundary, a trust policy."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from oleoduto_local.access.conditions import Context, holds
from oleoduto_local.access.policy import PolicyStatement, fits

Policies = Sequence[PolicyStatement]


@dataclass(frozen=True)
class Call:
    """What a request needs: an IAM action on a resource, with the values of condition keys (names in lower case)."""

    action: str
    resource: str
    context: Context = field(default_factory=dict)


@dataclass(frozen=True)
class Decision:
    """The judgement, and the statement that decided, if one did."""

    allowed: bool
    statement: PolicyStatement | None = None
    reason: Literal["", "explicit-deny", "identity", "boundary", "trust"] = ""


def applies(statement: PolicyStatement, call: Call) -> bool:
    """Whether a statement is about a call, and its conditions hold."""
    action = call.action.lower()
    if statement.actions and not fits(action, statement.actions):
        return False
    if statement.not_actions and fits(action, statement.not_actions):
        return False
    if statement.resources and not fits(call.resource, statement.resources):
        return False
    if statement.not_resources and fits(call.resource, statement.not_resources):
        return False
    return all(holds(condition, call.context) for condition in statement.conditions)


def _decided(
    statements: Iterable[PolicyStatement], call: Call, otherwise: Literal["identity", "boundary", "trust"]
) -> Decision:
    found = [statement for statement in statements if applies(statement, call)]
    denial = next((statement for statement in found if not statement.allows), None)
    if denial is not None:
        return Decision(False, denial, "explicit-deny")
    return Decision(True, found[0]) if found else Decision(False, None, otherwise)


def judge(call: Call, identity: Policies, boundary: Policies | None) -> Decision:
    """A denial anywhere wins; else both the identity policies and the boundary, if there is one, must allow the call."""
    limited = None if boundary is None else _decided(boundary, call, "boundary")
    if limited is not None and limited.reason == "explicit-deny":
        return limited
    decision = _decided(identity, call, "identity")
    return limited if decision.allowed and limited is not None and not limited.allowed else decision


def trusts(trust: Policies, call: Call, principals: Sequence[tuple[str, str]]) -> Decision:
    """Whether the policy of a role or a resource lets one of the principals (a kind such as `Service`, and a name) call."""

    def names(statement: PolicyStatement) -> bool:
        if "*" in statement.principals:
            return True
        return any(
            name in statement.principals.get(kind, ()) or "*" in statement.principals.get(kind, ()) for kind, name in principals
        )

    return _decided(filter(names, trust), call, "trust")
