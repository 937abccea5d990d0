"""What the record of a local AWS proves about the permissions of roles."""

from __future__ import annotations

from collections.abc import Iterable

from project import Project

from oleoduto_local.access import report
from oleoduto_local.access.evaluate import Call


def roles_of(project: Project) -> dict[str, report.RoleUse]:
    """The roles that the local AWS has seen since its start, by name."""
    return {role.name: role for role in report.read_record(project.folder / ".oleoduto" / "local")}


def denied(role: report.RoleUse) -> list[Call]:
    """The calls that were denied, apart from one that Terraform makes in vain: for workspaces."""
    return [call for call, allowed in role.calls if not allowed and call.context.get("s3:prefix") != ("env:/",)]


def every_grant_is_used_or_has_a_reason(roles: Iterable[report.RoleUse]) -> None:
    """Over the recorded calls, which the local AWS has judged."""
    reasons = report.read_reasons()
    for role in roles:
        assert role.calls, f"{role.name} made no call"
        left = {f"{entry.action} on {entry.resource}" for entry in report.unexplained(role, reasons)}
        assert left == set(), f"{role.name} has grants that nothing used: write a reason into access/unused_grants.toml"
        # Without any one statement a recorded call would be judged differently, or a reason says why nothing here needs it.
        idle = [f"{statement.policy}#{statement.index}" for statement in report.superfluous(role, reasons)]
        assert idle == [], f"{role.name} has statements that nothing needs: write a reason into access/unused_grants.toml"
