"""The judgement on the counts: which rules stop the pipeline."""

from __future__ import annotations

import json
from collections.abc import Sequence

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.etl.quality.evaluate import Finding


def broken_rules(findings: Sequence[Finding]) -> list[str]:
    """Names of the rules that stop the pipeline; a finding of severity ``warn`` is none of them."""
    return [finding.rule.name for finding in findings if not finding.passed and finding.severity == "fail"]


def refuse(findings: Sequence[Finding]) -> None:
    """Fail when a rule of severity ``fail`` does not hold for the main series; names rule, count and the first row."""
    names = broken_rules(findings)
    if names:
        listed = "; ".join(sentences([finding for finding in findings if finding.rule.name in names]))
        raise JobError(f"{len(names)} data-quality rule(s) failed, training would not be sound: {listed}")


def sentences(findings: Sequence[Finding]) -> list[str]:
    """One sentence per distinct first row, since one bad row often breaks many rules; the others are named with it."""
    by_row: dict[str, list[Finding]] = {}
    for finding in findings:
        by_row.setdefault(json.dumps(finding.sample[:1], default=str), []).append(finding)
    found = []
    for first, *others in by_row.values():
        named = f"; the same row breaks {', '.join(finding.rule.name for finding in others)}" if others else ""
        found.append(first.describe() + named)
    return found
