"""Judge the policies of the stacks: `python3 scripts/lint_policies.py`, after `cargo build`. Needs Python 3.11+.

parliament and cloudsplaining, of the versions in `policies.lock`, read the policies of each role and of the boundary, of an
environment with defaults and of one with everything on. `policies.toml` says of each finding why it stays: a finding without
a reason ends this with an error, and so does a reason without a finding.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from lint_ci import ROOT, environment

REASONS = ROOT / "scripts" / "policies.toml"
# What a synth reads besides the stacks' parameters.
LINKED = (".terraform.lock.hcl", "Dockerfile", "jobs", "requirements.lock")
ACCOUNT = "111122223333"
CONFIGURATION = f"""
[project]
name = "oleoduto"
series = "EIA366_PBRENT366"
[ci]
repository = "owner/name"

[env.default]
account = "{ACCOUNT}"
region = "us-east-1"
[env.default.backend]
type = "s3"
[env.default.ci]

[env.everything]
account = "{ACCOUNT}"
region = "us-east-1"
additional_series = ["BM12_ERC12"]
disposable = true
[env.everything.schedule]
expression = "rate(1 day)"
[env.everything.alarms]
email = "someone@example.org"
budget = 100
[env.everything.monitoring]
tracing = true
[env.everything.mlflow]
server = "Small"
[env.everything.security]
kms_key = "create"
access_logs = "logs-of-the-account"
[env.everything.network]
subnets = ["subnet-01234567", "subnet-76543210"]
security_groups = ["sg-01234567"]
[env.everything.retention]
noncurrent_days = 90
[env.everything.backend]
type = "s3"
kms_key_id = "alias/states"
dynamodb_table = "locks"
[env.everything.ci]
"""
# What Terraform looks up; every other reference is a name, or an ARN of its own.
VALUES = {
    "data.aws_partition.current.partition": "aws",
    "data.aws_region.current.name": "us-east-1",
    "data.aws_caller_identity.current.account_id": ACCOUNT,
}
CLOUDSPLAINING = (
    "allows_privilege_escalation",
    "allows_data_exfiltration_actions",
    "credentials_exposure",
    "permissions_management_without_constraints",
    "write_actions_without_constraints",
    "service_wildcard",
)


@dataclass(frozen=True, order=True)
class Finding:
    """What a tool says of the policies of a role: an issue, about an action or a resource."""

    tool: str
    role: str
    issue: str
    subject: str


@dataclass(frozen=True)
class Reason:
    """Why a finding stays; the subject can have `*`."""

    finding: Finding
    why: str

    def covers(self, found: Finding) -> bool:
        given, wanted = astuple(found), astuple(self.finding)
        return given[:-1] == wanted[:-1] and fnmatchcase(found.subject, self.finding.subject)


def document(text: str) -> dict[str, Any]:
    """A policy of Terraform's JSON, with values in the places of references."""
    found = re.fullmatch(r"\$\{jsonencode\((.*)\)\}", text, re.DOTALL)
    if found is None:
        raise ValueError(f"this policy is not of the form ${{jsonencode(...)}}: {text}")
    inner = re.sub(r"\$\{([^}]*)\}", lambda match: VALUES.get(match[1], "name"), found[1])
    inner = re.sub(r"(?<=[\[ ])(aws_iam|data\.)[\w.-]+(?=[\],} ])", f'"arn:aws:iam::{ACCOUNT}:role/name"', inner)
    return dict(json.loads(inner.replace('" = ', '": ')))


def policies(out: Path) -> dict[str, list[dict[str, Any]]]:
    """The statements of each role and of the boundary, by stack and name: `cicd.apply` has several policies."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path in sorted(out.glob("stacks/*/cdk.tf.json")):
        resources = json.loads(path.read_text())["resource"]
        for kind in ("aws_iam_role_policy", "aws_iam_policy"):
            for name, resource in resources.get(kind, {}).items():
                role = re.sub(r"_(\d+|keep)$", "", name)
                for statement in document(resource["policy"])["Statement"]:
                    # It is unique in a policy, not among those of a role.
                    statement.pop("Sid", None)
                    found.setdefault(f"{path.parent.name}.{role}", []).append(statement)
    return found


def synthesized(program: Path) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The statements of every role of both environments."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "oleoduto.toml").write_text(CONFIGURATION)
        for linked in LINKED:
            (folder / linked).symlink_to(ROOT / linked)
        for chosen in ("default", "everything"):
            command = [program, "--project-dir", folder, "--env", chosen, "synth", "--out", folder / chosen]
            given = {key: value for key, value in os.environ.items() if not key.startswith(("OLEODUTO_", "CDKTF_", "AWS_"))}
            if subprocess.run(command, env=given, stdout=subprocess.DEVNULL, check=False).returncode != 0:
                sys.exit(f"error: the environment {chosen} of scripts/lint_policies.py can't be synthesized: see above")
            yield from policies(folder / chosen).items()


def listed(value: Any) -> list[Any]:
    """IAM writes a list of one without brackets."""
    return value if isinstance(value, list) else [value]


def mismatches(statements: Iterable[dict[str, Any]], found: Iterable[Any]) -> set[str]:
    """Actions that no statement allows on a resource type that they need. parliament asks each statement for all types of all
    its actions, but an action of Glue's catalog has each of its types in another one."""
    allowed = [
        name.lower() for statement in statements if statement["Effect"] == "Allow" for name in listed(statement["Action"])
    ]
    lacking = [(pair["action"], pair["required_format"]) for finding in found for pair in finding.detail]
    return {f"{action} {form}" for action, form in lacking if lacking.count((action, form)) >= allowed.count(action.lower())}


def parliament(role: str, statements: list[dict[str, Any]]) -> Iterator[Finding]:
    from parliament import analyze_policy_string

    text = json.dumps({"Version": "2012-10-17", "Statement": statements})
    found = analyze_policy_string(text, include_community_auditors=True).findings
    unfit = [finding for finding in found if finding.issue == "RESOURCE_MISMATCH"]
    yield from (Finding("parliament", role, "RESOURCE_MISMATCH", each) for each in mismatches(statements, unfit))
    for finding in found:
        if finding not in unfit:
            subjects = finding.location.get("actions") or listed(finding.detail)
            yield from (Finding("parliament", role, finding.issue, str(subject)) for subject in subjects)


def cloudsplaining(role: str, statements: list[dict[str, Any]]) -> Iterator[Finding]:
    from cloudsplaining.scan.policy_document import PolicyDocument

    policy = PolicyDocument({"Version": "2012-10-17", "Statement": statements})
    for issue in CLOUDSPLAINING:
        for subject in getattr(policy, issue):
            named = subject["type"] if isinstance(subject, dict) else subject
            yield Finding("cloudsplaining", role, issue, str(named))


def read_reasons(path: Path) -> list[Reason]:
    """The written reasons: an entry has one for each of its roles and subjects."""
    return [
        Reason(Finding(entry["tool"], role, entry["issue"], subject), entry["why"])
        for entry in tomllib.loads(path.read_text(encoding="utf-8"))["finding"]
        for role in entry["roles"]
        for subject in entry["subjects"]
    ]


def judge(program: Path, reasons: list[Reason]) -> list[str]:
    """What is wrong: findings without a reason, and reasons without a finding."""
    found: set[Finding] = set()
    for role, statements in synthesized(program):
        found |= {*parliament(role, statements), *cloudsplaining(role, statements)}
    unexplained = [finding for finding in sorted(found) if not any(reason.covers(finding) for reason in reasons)]
    stale = [reason.finding for reason in reasons if not any(map(reason.covers, found))]
    print(f"{len(found)} findings, {len(unexplained)} without a reason")
    return [
        *(f"no reason: {each.tool} finds {each.issue} in {each.role}: {each.subject}" for each in unexplained),
        *(f"no finding: {each.tool}, {each.issue} in {each.role}: {each.subject}" for each in stale),
    ]


def main() -> int:
    python = environment("policies") / "python"
    if Path(sys.prefix) != python.parent.parent:
        # parliament uses a part of setuptools that warns.
        return subprocess.run([python, "-W", "ignore:pkg_resources", __file__, *sys.argv[1:]], check=False).returncode
    program = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug" / "oleoduto"
    if not program.is_file():
        sys.exit(f"error: {program} is missing: run `cargo build` first")
    wrong = judge(program, read_reasons(Path(sys.argv[1]) if sys.argv[1:] else REASONS))
    print("\n".join(wrong))
    if wrong:
        print(
            "error: narrow the policy, or say in scripts/policies.toml why the finding stays; delete reasons without a finding",
            file=sys.stderr,
        )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
