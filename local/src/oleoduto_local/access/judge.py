"""Judges calls: the administrator may do everything, a role what its policies allow."""

import json
import logging
from typing import Any

from oleoduto_local.access import keys
from oleoduto_local.access.absent import listing_of
from oleoduto_local.access.actions import needed
from oleoduto_local.access.evaluate import Call, Decision, judge
from oleoduto_local.access.operations import read_operation
from oleoduto_local.access.policy import parse
from oleoduto_local.access.principals import Principal
from oleoduto_local.access.record import Record
from oleoduto_local.access.refusal import RefusalError
from oleoduto_local.access.request import Request
from oleoduto_local.access.resources import Place
from oleoduto_local.access.roles import Roles

LOG = logging.getLogger("oleoduto_local")
# Why a call is denied, in AWS's words.
REASONS = {
    "explicit-deny": "with an explicit deny in {policy}",
    "identity": "because no identity-based policy allows the {action} action",
    "boundary": "because no permissions boundary allows the {action} action",
    "trust": "because no trust policy allows the {action} action",
}


def partition_of(region: str) -> str:
    """The partition of a region."""
    return "aws-us-gov" if region.startswith("us-gov-") else "aws-cn" if region.startswith("cn-") else "aws"


def wanted_statement(call: Call) -> dict[str, Any]:
    """The statement that would allow a call."""
    statement: dict[str, Any] = {"Effect": "Allow", "Action": call.action, "Resource": call.resource}
    if call.context:
        statement["Condition"] = {"StringEquals": {key: list(values) for key, values in call.context.items()}}
    return statement


def denial(principal: Principal, call: Call, decision: Decision) -> str:
    """What is refused, to whom, why, and the statement that would be needed."""
    policy = decision.statement.policy if decision.statement else ""
    why = REASONS[decision.reason].format(action=call.action, policy=policy)
    text = f"User: {principal.arn} is not authorized to perform: {call.action} on resource: {call.resource} {why}"
    if decision.reason in ("identity", "boundary"):
        owner = principal.role_arn if decision.reason == "identity" else f"the boundary of {principal.role_arn}"
        return f"{text}. {owner} needs the statement {json.dumps(wanted_statement(call))}"
    if decision.statement is not None:
        return f"{text}: statement {decision.statement.index}"
    return text


class Judge:
    """Judges every call of one local AWS."""

    def __init__(self, roles: Roles, record: Record) -> None:
        self.roles = roles
        self.record = record

    def check(self, request: Request, principal: Principal, region: str) -> None:
        """Refuse a request that its principal may not make."""
        partition = partition_of(region)
        if principal.is_admin and not self._takes_a_role(request):
            return
        place = Place(partition, region, self.roles.account)
        for call in needed(request, place, lambda name: self.roles.boundary_of(name, partition)):
            if call.action == "sts:AssumeRole":
                self._check_trust(principal, call)
            else:
                self.require(principal, keys.named(call, place))
                of_key = keys.of_object(call, place)
                if of_key is not None:
                    self.require(principal, of_key)
                listing = listing_of(call, self.roles.account, partition)
                if listing is not None:
                    self.require(principal, listing)

    @staticmethod
    def _takes_a_role(request: Request) -> bool:
        """Whether trust is asked for, which binds the administrator as well."""
        return request.service == "sts" and read_operation(request).name == "AssumeRole"

    def decide(self, principal: Principal, call: Call) -> Decision:
        """Judge and record one call of a role."""
        role = self.roles.find(principal.role_arn or "")
        if role is None:
            # The role was deleted while its keys were in use.
            return Decision(False, None, "identity")
        policies = self.roles.policies(role)
        self.record.policies(role.arn, policies)
        account = self.roles.account
        common = {
            "aws:securetransport": ("true",),
            "aws:principalarn": (role.arn,),
            "aws:principalaccount": (account,),
            "aws:resourceaccount": (account,),
        }
        full = Call(call.action, call.resource, {**common, **call.context})
        decision = judge(full, policies.identity, policies.limit)
        if decision.allowed and principal.session_policy:
            session = judge(full, parse("the session policy", principal.session_policy), None)
            decision = decision if session.allowed else session
        self.record.call(role.arn, call, decision)
        return decision

    def require(self, principal: Principal, call: Call) -> None:
        """Refuse a call that a role's policies do not allow."""
        decision = self.decide(principal, call)
        if not decision.allowed:
            raise RefusalError("denied", denial(principal, call, decision))

    def _check_trust(self, principal: Principal, call: Call) -> None:
        """AssumeRole needs the trust of the role; trust in the account as a whole needs the caller's own permission as well."""
        account = self.roles.account
        role = self.roles.find(call.resource)
        partition = call.resource.split(":")[1] if call.resource.startswith("arn:") else "aws"
        itself = [("AWS", principal.arn), ("AWS", principal.role_arn or principal.arn)]
        whole = [("AWS", account), ("AWS", f"arn:{partition}:iam::{account}:root")]
        context = {
            "aws:principalarn": (principal.role_arn or principal.arn,),
            "aws:principalaccount": (account,),
            **call.context,
        }
        if role is None:
            raise RefusalError("denied", denial(principal, call, Decision(False, None, "trust")))
        decision = self.roles.may_take(role, "sts:AssumeRole", [*itself, *whole], context)
        if not decision.allowed:
            raise RefusalError("denied", denial(principal, call, decision))
        named = self.roles.may_take(role, "sts:AssumeRole", itself, context).allowed
        if not principal.is_admin and not named:
            self.require(principal, call)

    def note_roles(self) -> None:
        """Record the policies of all roles: also those of roles that never call."""
        for role in self.roles.everyone():
            self.record.policies(role.arn, self.roles.policies(role))
