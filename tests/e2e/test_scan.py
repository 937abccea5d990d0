"""The scan of plans: it looks at what is applied, and no failed check is without a written reason."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from project import ROOT

OPEN = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
REASONS = """
[[finding]]
check = "CKV_AWS_62"
resources = ["iam.aws_iam_policy.*"]
why = "it is so in this test"

[[finding]]
check = "CKV_AWS_18"
resources = ["s3.aws_s3_bucket.data"]
why = "there is no such bucket"
"""


def plan(action: str) -> dict[str, Any]:
    """The plan of a stack with one policy, which allows everything."""
    address, values = "aws_iam_policy.all", {"name": "all", "policy": json.dumps(OPEN)}
    resource = {"address": address, "mode": "managed", "type": "aws_iam_policy", "name": "all", "values": values}
    change = {"actions": [action], "before": values, "after": values}
    return {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {"root_module": {"resources": [resource]}},
        "resource_changes": [{**resource, "change": change}],
        "configuration": {"root_module": {"resources": [{**resource, "expressions": {}}]}},
    }


def scan(folder: Path, action: str) -> subprocess.CompletedProcess[str]:
    """Scan that plan with these reasons."""
    plans, reasons = folder / "plans.json", folder / "reasons.toml"
    plans.write_text(json.dumps({"iam": plan(action)}))
    reasons.write_text(REASONS)
    command = ["python3", str(ROOT / "scripts/scan_plans.py"), str(plans), str(reasons)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_failed_check_needs_a_reason_and_a_reason_a_failed_check(tmp_path: Path) -> None:
    done = scan(tmp_path, "no-op")
    said = done.stdout.splitlines()
    assert done.returncode == 1 and "scripts/plans.toml" in done.stderr, done.stderr
    assert any(line.startswith("no reason: CKV_AWS_63 fails for iam.aws_iam_policy.all: ") for line in said), said
    assert not any(line.startswith("no reason: CKV_AWS_62 ") for line in said), said
    assert "no finding: CKV_AWS_18 does not fail for s3.aws_s3_bucket.data" in said
    assert any(line.startswith("too many reasons: ") and line.endswith("and 10% are the most") for line in said), said


def test_a_plan_with_changes_is_not_scanned(tmp_path: Path) -> None:
    done = scan(tmp_path, "create")
    assert done.returncode == 1 and done.stdout == ""
    assert "would change 1 resources, the first is iam.aws_iam_policy.all" in done.stderr
    assert "Run `oleoduto apply`" in done.stderr
