"""The summary of an extract run, and whether it failed."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from oleoduto_jobs.etl.outcome import FRESH, LOADED

SHOWN = 20
"""Number of series that a message names; the report has all."""


@dataclass(frozen=True)
class Line:
    """One row of the report."""

    code: str
    status: str
    rows: int
    first_date: dt.date | None
    last_date: dt.date | None
    message: str | None

    def text(self) -> str:
        """For the log."""
        span = f", {self.rows} rows, {self.first_date} to {self.last_date}" if self.rows else ""
        return f"{self.code}: {self.status}{span}: {self.message}"


@dataclass(frozen=True)
class Summary:
    """The report in short: series by status, the main series, and the first ones that are not fresh."""

    main: Line
    counts: Mapping[str, int]
    rows: int
    remarkable: tuple[Line, ...]

    @property
    def loaded(self) -> int:
        """Number of series whose rows are in the raw table."""
        return sum(self.counts.get(status.value, 0) for status in LOADED)

    @property
    def not_fresh(self) -> int:
        """Number of series that ``--strict`` does not let through."""
        return sum(self.counts.values()) - sum(self.counts.get(status.value, 0) for status in FRESH)

    def lines(self) -> Iterator[str]:
        """The main series, each remarkable one, and the counts."""
        yield self.main.text()
        others = [line for line in self.remarkable if line.code != self.main.code]
        yield from (line.text() for line in others)
        hidden = self.not_fresh - len(self.remarkable)
        if hidden > 0:
            yield f"and {hidden} more that are not fresh; the table extract_report has them"
        if sum(self.counts.values()) > 1:
            yield ", ".join(f"{count} {status}" for status, count in sorted(self.counts.items()))


def summary_of(report: DataFrame, main: str, total: int) -> Summary:
    """Read the report of ``total`` codes in short; what reaches the driver does not grow with their number."""
    fields = ("code", "status", "rows", "first_date", "last_date", "message")
    is_main = F.col("code") == main
    stale = ~F.col("status").isin(*(status.value for status in FRESH))
    # The main series first, then what is not fresh by its code.
    found = report.orderBy(~is_main, ~stale, "code").select(*fields).limit(SHOWN + 1).collect()
    lines = tuple(Line(**row.asDict()) for row in found)
    if total <= len(lines):
        # A few codes are all here: that spares a second job.
        counts, rows = Counter(line.status for line in lines), sum(line.rows for line in lines)
    else:
        by_status = report.groupBy("status").agg(F.count("*").alias("series"), F.sum("rows").alias("rows")).collect()
        counts = Counter({row["status"]: row["series"] for row in by_status})
        rows = sum(row["rows"] for row in by_status)
    return Summary(lines[0], counts, rows, tuple(line for line in lines if line.status not in FRESH))


def verdict(summary: Summary, strict: bool) -> str | None:
    """Why the job fails, None if it does not: the main series must be loaded; the others only with ``strict``."""
    main, total = summary.main, sum(summary.counts.values())
    if summary.loaded == 0 and total > 1:
        return f"none of the {total} series could be loaded; {main.code}: {main.message}"
    if main.status not in LOADED:
        return str(main.message) if total == 1 else f"the main series {main.code} could not be loaded: {main.message}"
    if strict and summary.not_fresh:
        named = "; ".join(line.text() for line in summary.remarkable[:SHOWN])
        return f"{summary.not_fresh} of {total} series are not fresh, and `--strict` is on: {named}"
    return None
