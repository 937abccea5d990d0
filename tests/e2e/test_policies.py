"""The linter of policies: no finding without a written reason, and no reason without a finding."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from project import ROOT

REASONS = ROOT / "scripts/policies.toml"


def lint(*reasons: Path) -> subprocess.CompletedProcess[str]:
    """Run it, with other reasons."""
    command = ["python3", str(ROOT / "scripts/lint_policies.py"), *map(str, reasons)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_every_finding_has_a_reason(binary: Path) -> None:
    done = lint()
    assert done.returncode == 0, done.stdout + done.stderr
    assert " findings, 0 without a reason" in done.stdout


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            '"lambda:updatefunctioncode"',
            "",
            "no reason: parliament finds PRIVILEGE_ESCALATION in cicd.apply: lambda:updatefunctioncode",
        ),
        (
            '"iam:passrole"',
            '"iam:passrole", "iam:createuser"',
            "no finding: parliament, PERMISSIONS_MANAGEMENT_ACTIONS in iam.states: iam:createuser",
        ),
        (
            'roles = ["cicd.apply", "cicd.boundary", "iam.sagemaker"]\nsubjects = ["ecr:GetAuthorizationToken"]',
            'roles = ["cicd.apply", "cicd.boundary"]\nsubjects = ["ecr:GetAuthorizationToken"]',
            "no reason: cloudsplaining finds credentials_exposure in iam.sagemaker: ecr:GetAuthorizationToken",
        ),
    ],
)
def test_a_finding_without_a_reason_fails_and_a_reason_without_a_finding(
    binary: Path, tmp_path: Path, old: str, new: str, said: str
) -> None:
    text = REASONS.read_text()
    assert text.count(old) == 1
    other = tmp_path / "policies.toml"
    other.write_text(text.replace(old, new))
    done = lint(other)
    assert done.returncode == 1 and said in done.stdout.splitlines(), done.stdout + done.stderr
    assert "scripts/policies.toml" in done.stderr
