"""What the quality job found, as CloudWatch metrics, on which the stack `monitoring` declares an alarm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.etl.quality.evaluate import Finding
from oleoduto_jobs.metrics import Figure, MetricTarget

OPTIONS = ("metrics", "pipeline", "region")
"""Arguments that say where the figures go: all of them or none."""


class Metric(StrEnum):
    """Names of the metrics."""

    RULES_HELD = "RulesHeld"
    RULES_WARNED = "RulesWarned"
    RULES_FAILED = "RulesFailed"
    ROWS_CHECKED = "RowsChecked"


def target_of(values: Mapping[str, str], series: str) -> MetricTarget | None:
    """Where the figures go, by the job's arguments; nowhere without any."""
    given = [name for name in OPTIONS if name in values]
    if not given:
        return None
    missing = [f"--{name}" for name in OPTIONS if name not in given]
    if missing:
        raise JobError(
            f"`--{given[0]}` of quality needs {' and '.join(missing)}: metrics have a namespace, a pipeline and a region"
        )
    return MetricTarget(values["metrics"], values["pipeline"], series, values["region"])


def figures(findings: Sequence[Finding]) -> list[Figure]:
    """Rules that hold, and that do not by severity; and the rows of the largest dataset."""
    broken = [finding.severity for finding in findings if not finding.passed]
    rows = max((finding.checked_rows for finding in findings), default=0)
    return [
        Figure(Metric.RULES_HELD, float(len(findings) - len(broken)), "Count"),
        Figure(Metric.RULES_WARNED, float(broken.count("warn")), "Count"),
        Figure(Metric.RULES_FAILED, float(broken.count("fail")), "Count"),
        Figure(Metric.ROWS_CHECKED, float(rows), "Count"),
    ]
