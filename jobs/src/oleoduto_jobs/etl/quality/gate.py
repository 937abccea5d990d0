"""The judgement on the counts, by pandera: which rules are broken, and which of them stop the pipeline.

Spark counts, since the rows may be hundreds of millions; pandera judges one row with one column per rule.
pandera's own checks of Spark tables, and those of Great Expectations, are one Spark job for each rule.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.etl.quality.evaluate import Finding
from oleoduto_jobs.etl.quality.rules import Rule


def broken_rules(findings: Sequence[Finding]) -> list[str]:
    """Names of the rules of severity ``fail`` that do not hold; a broken rule of severity ``warn`` is none of them."""
    # Loaded only where it is needed: it takes a second.
    import pandas as pd
    import pandera.pandas as pa
    from pandera.errors import SchemaErrors, SchemaWarning

    def column(rule: Rule) -> pa.Column:
        check = pa.Check.le(0, name=rule.name, error=rule.description, raise_warning=rule.severity == "warn")
        return pa.Column("int64", check, required=True)

    schema = pa.DataFrameSchema({finding.rule.name: column(finding.rule) for finding in findings}, strict=True)
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
    """Fail when a rule of severity ``fail`` does not hold; names rule, count and sample rows."""
    names = broken_rules(findings)
    if names:
        listed = "; ".join(finding.describe() for finding in findings if finding.rule.name in names)
        raise JobError(f"{len(names)} data-quality rule(s) failed, training would not be sound: {listed}")
