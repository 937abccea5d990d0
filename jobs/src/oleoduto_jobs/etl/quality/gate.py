"""The judgement on the counts, by pandera: which rules are broken, and which of them stop the pipeline.

Spark counts, since the rows may be hundreds of millions; pandera judges one row with one column per rule.
pandera's own checks of Spark tables, and those of Great Expectations, are one Spark job for each rule.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.etl.quality.evaluate import Finding


def broken_rules(findings: Sequence[Finding]) -> list[str]:
    """Names of the rules that stop the pipeline; a finding of severity ``warn`` is none of them."""
    # Loaded only where it is needed: it takes a second.
    import pandas as pd
    import pandera.pandas as pa
    from pandera.errors import SchemaErrors, SchemaWarning

    def column(finding: Finding) -> pa.Column:
        rule = finding.rule
        check = pa.Check.le(0, name=rule.name, error=rule.description, raise_warning=finding.severity == "warn")
        return pa.Column("int64", check, required=True)

    schema = pa.DataFrameSchema({finding.rule.name: column(finding) for finding in findings}, strict=True)
    counts = pd.DataFrame({finding.rule.name: [finding.failed_rows] for finding in findings}, dtype="int64")
    try:
        with warnings.catch_warnings():
            # Broken rules that only warn are reported by the job, with samples.
            warnings.simplefilter("ignore", SchemaWarning)
            schema.validate(counts, lazy=True)
    except SchemaErrors as error:
        return [str(name) for name in error.failure_cases["column"]]
    return []


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
