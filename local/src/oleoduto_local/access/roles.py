"""The roles of moto's IAM: their policies, and temporary keys for who may take them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from oleoduto_local.access.conditions import Context
from oleoduto_local.access.evaluate import Call, Decision, trusts
from oleoduto_local.access.policy import PolicyStatement, parse
from oleoduto_local.access.principals import Keys, Principal
from oleoduto_local.errors import JobError
from oleoduto_local.patching import load, require

# A service renews the keys of its jobs; here they last as long as the longest job that is likely.
SERVICE_SESSION_SECONDS = 12 * 3600

# Parsed once for each text: a changed policy is another text.
parsed = lru_cache(maxsize=1024)(parse)


@dataclass(frozen=True)
class RolePolicies:
    """The documents of a role: inline and attached ones by name, and that of the permissions boundary."""

    documents: tuple[tuple[str, str], ...]
    boundary: str | None = None

    @property
    def identity(self) -> tuple[PolicyStatement, ...]:
        return tuple(statement for name, text in self.documents for statement in parsed(name, text))

    @property
    def limit(self) -> tuple[PolicyStatement, ...] | None:
        return None if self.boundary is None else parsed("the permissions boundary", self.boundary)


@dataclass(frozen=True)
class ServiceRole:
    """A role that a service acts as: its keys, and who they are."""

    keys: Keys
    principal: Principal


class Roles:
    """The roles of one account."""

    def __init__(self, account: str) -> None:
        self.account = account
        self._sessions: dict[tuple[str, str], Keys] = {}

    def _backend(self, partition: str) -> Any:
        return require(load("moto.iam.models"), "iam_backends")[self.account][partition]

    def all(self, partition: str) -> list[Any]:
        return list(self._backend(partition).roles.values())

    def everyone(self) -> list[Any]:
        """The roles of every partition that is in use."""
        backends = require(load("moto.iam.models"), "iam_backends")[self.account]
        return [role for backend in list(backends.values()) for role in list(backend.roles.values())]

    def find(self, arn: str) -> Any:
        """The role, or nothing."""
        return next((role for role in self.all(arn.split(":")[1]) if role.arn == arn), None)

    def arn_of(self, name_or_arn: str, partition: str = "aws") -> str:
        """Glue takes the name of a role in the place of its ARN."""
        return name_or_arn if name_or_arn.startswith("arn:") else f"arn:{partition}:iam::{self.account}:role/{name_or_arn}"

    def boundary_of(self, name: str, partition: str) -> str | None:
        """The ARN of a role's permissions boundary."""
        found = next((role for role in self.all(partition) if role.name == name), None)
        return found.permissions_boundary_arn if found else None

    def policies(self, role: Any) -> RolePolicies:
        """What a role may do. A boundary that is gone allows nothing."""
        inline = [(name, _text(document)) for name, document in role.policies.items()]
        attached = [(policy.name, _default(policy)) for policy in role.managed_policies.values()]
        boundary = role.permissions_boundary_arn
        if not boundary:
            return RolePolicies((*inline, *attached))
        limit = self._backend(role.partition).managed_policies.get(boundary)
        return RolePolicies((*inline, *attached), _default(limit) if limit else '{"Statement": []}')

    def may_take(self, role: Any, action: str, principals: list[tuple[str, str]], context: Context) -> Decision:
        """What the trust policy says of principals: pairs of a kind, such as `Service`, and a name."""
        trust = parsed("the trust policy", _text(role.assume_role_policy_document))
        return trusts(trust, Call(action, "*", context), principals)

    def for_service(self, role_arn: str, service: str, session: str, source_arn: str) -> "ServiceRole":
        """Keys of a role for a service that acts as it, as the service itself asks STS for them."""
        role = self.find(role_arn)
        principal = f"{service}.amazonaws.com"
        context = {"aws:sourceaccount": (self.account,), "aws:sourcearn": (source_arn,)}
        if role is None or not self.may_take(role, "sts:AssumeRole", [("Service", principal)], context).allowed:
            why = "there is no such role" if role is None else "its trust policy does not let the service"
            raise JobError(
                f"{principal} cannot assume the role {role_arn}: {why} "
                f"(aws:SourceAccount {self.account}, aws:SourceArn {source_arn}); "
                f"it needs the statement {json.dumps(trust_statement(principal))}"
            )
        key = (role_arn, session)
        if key not in self._sessions:
            self._sessions[key] = self._take(role, session, SERVICE_SESSION_SECONDS)
        return ServiceRole(self._sessions[key], Principal(f"{role_arn.replace(':iam:', ':sts:', 1)}/{session}", role_arn))

    def _take(self, role: Any, session: str, seconds: int) -> Keys:
        backends = require(load("moto.sts.models"), "sts_backends")
        given = backends[self.account][role.partition].assume_role(
            region_name=role.partition if role.partition != "aws" else "us-east-1",
            role_session_name=session,
            role_arn=role.arn,
            policy=None,
            duration=seconds,
            external_id=None,
        )
        return Keys(given.access_key_id, given.secret_access_key, given.session_token)


def trust_statement(principal: str) -> Mapping[str, Any]:
    """The statement that lets a service take a role."""
    return {"Effect": "Allow", "Principal": {"Service": principal}, "Action": "sts:AssumeRole"}


def _text(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document)


def _default(policy: Any) -> str:
    """The document of a managed policy's default version."""
    return _text(next(version.document for version in policy.versions if version.version_id == policy.default_version_id))
