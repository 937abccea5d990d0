"""Scan the plans of applied stacks with checkov: `python3 scripts/scan_plans.py PLANS`. Standard library; Python 3.11+.

PLANS is what `oleoduto show --plan --json` prints after `oleoduto plan --refresh`. The stacks must be applied: the first plan
of a stack does not know ARNs yet, so its policies are unknown, and every check of them passes on nothing.

`plans.toml` says of each failed check why it stays. A failed check without a reason ends this with an error, and so does a
reason without a failed check, and more than one failed check in ten.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from lint_ci import ROOT, environment

REASONS = ROOT / "scripts" / "plans.toml"
# The most failed checks that may have a reason, of all checks.
MOST = 0.1


@dataclass(frozen=True, order=True)
class Finding:
    """A check that fails for a resource, `STACK.TYPE.NAME`."""

    check: str
    resource: str
    name: str = ""


@dataclass(frozen=True)
class Reason:
    """Why a check fails for some resources; `resource` can have `*`."""

    check: str
    resource: str
    why: str

    def covers(self, finding: Finding) -> bool:
        return self.check == finding.check and fnmatchcase(finding.resource, self.resource)


@dataclass(frozen=True)
class Scan:
    """What checkov found in all plans."""

    failed: list[Finding]
    passed: int
    # The checks that were made of IAM policies, which a first plan does not have.
    of_policies: int


def not_applied(plans: Mapping[str, Any]) -> list[str]:
    """The addresses that a plan would change: what they will be is not known."""
    return [
        f"{stack}.{change['address']}"
        for stack, plan in plans.items()
        for change in plan.get("resource_changes", [])
        if change["change"]["actions"] not in (["no-op"], ["read"])
    ]


def reports(printed: str) -> list[dict[str, Any]]:
    """checkov prints a report, or a list of them, or without any resource an empty summary."""
    found = json.loads(printed)
    return [report for report in (found if isinstance(found, list) else [found]) if "results" in report]


def scan(plans: Mapping[str, Any]) -> Scan:
    """Run checkov over all plans at once: its start takes longer than a plan."""
    with tempfile.TemporaryDirectory() as name:
        for stack, plan in plans.items():
            (Path(name) / f"{stack}.json").write_text(json.dumps(plan), encoding="utf-8")
        command = [environment("checkov") / "checkov", "--directory", name, "--framework", "terraform_plan"]
        command += ["--output", "json", "--compact", "--skip-download"]
        # checkov would ask its vendor's servers.
        offline = {**os.environ, "BC_SKIP_MAPPING": "true"}
        done = subprocess.run(list(map(str, command)), env=offline, capture_output=True, text=True, check=False)
    # 1: a check failed.
    if done.returncode not in (0, 1):
        sys.exit(f"error: checkov ended with {done.returncode}: {done.stderr}")
    results = [report["results"] for report in reports(done.stdout)]
    unread = [file for result in results for file in result.get("parsing_errors", [])]
    if unread:
        sys.exit(f"error: checkov can't read the plans of {', '.join(Path(file).stem for file in unread)}")
    passed = [check for result in results for check in result["passed_checks"]]
    failed = [check for result in results for check in result["failed_checks"]]
    findings = {
        Finding(check["check_id"], f"{Path(check['file_path']).stem}.{check['resource']}", check["check_name"])
        for check in failed
    }
    of_policies = [check for check in [*passed, *failed] if check["resource"].startswith("aws_iam_")]
    return Scan(sorted(findings), len(passed), len(of_policies))


def read_reasons(path: Path) -> list[Reason]:
    """The written reasons: an entry has one for each of its resources."""
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get("finding", [])
    return [Reason(entry["check"], resource, entry["why"]) for entry in entries for resource in entry["resources"]]


def judge(found: Scan, reasons: Sequence[Reason]) -> Iterator[str]:
    """What is wrong: failed checks without a reason, reasons without a failed check, and too many reasons."""
    for finding in found.failed:
        if not any(reason.covers(finding) for reason in reasons):
            yield f"no reason: {finding.check} fails for {finding.resource}: {finding.name}"
    for reason in reasons:
        if not any(map(reason.covers, found.failed)):
            yield f"no finding: {reason.check} does not fail for {reason.resource}"
    checks = found.passed + len(found.failed)
    if len(found.failed) > MOST * checks:
        yield f"too many reasons: {len(found.failed)} of {checks} checks fail, and {MOST:.0%} are the most"
    if not found.of_policies:
        yield "no policy was checked: scan the plans of all stacks, with `iam`"


def main() -> int:
    if not 2 <= len(sys.argv) <= 3:
        sys.exit("usage: scripts/scan_plans.py PLANS [REASONS]; PLANS is what `oleoduto show --plan --json` prints")
    plans = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    changed = not_applied(plans)
    if changed:
        sys.exit(
            f"error: the plans would change {len(changed)} resources, the first is {changed[0]}: what they become is not "
            "known, so no check says anything. Run `oleoduto apply`, then `oleoduto plan --refresh`, and show the plans again"
        )
    found = scan(plans)
    wrong = list(judge(found, read_reasons(Path(sys.argv[2]) if sys.argv[2:] else REASONS)))
    kinds, failed = Counter(finding.check for finding in found.failed), len(found.failed)
    checks = f"{found.passed + failed} checks of {len(plans)} stacks, {found.of_policies} of them of policies"
    print(f"{checks}: {failed} fail, of {len(kinds)} kinds")
    print("\n".join(wrong))
    if wrong:
        print("error: correct the stack, or say why it stays in scripts/plans.toml; delete idle reasons", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
