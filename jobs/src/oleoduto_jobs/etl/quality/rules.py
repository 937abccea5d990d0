"""The rules: what every row of a dataset must fulfil.

A rule is a Spark SQL condition that holds for *bad* rows of a dataset of ``datasets.py``. Rules about single columns come
from the schema; the others are written here. Great Expectations runs them (``evaluate.py``), and the same conditions find
the rows for the quarantine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from oleoduto_jobs.schema import FINAL, RAW, Column, Table

Severity = Literal["fail", "warn"]
Dataset = Literal["raw", "final", "series"]

MAX_DAILY_LOG_RETURN = 0.3
"""A day beyond it is looked at: Brent fell by 0.43 on 1991-01-17 and 0.64 on 2020-04-21."""

MAX_MISSING_SHARE = 0.5
"""Sources date holidays and weekends without a price; more than half of all days without one is not that."""

MAX_AGE_BUSINESS_DAYS = 10
"""Ipeadata follows EIA, which publishes once a week."""

MIN_ROWS_OF_PREVIOUS = 0.9
"""A series grows; with a tenth of its rows gone the source answered with a part only."""

RECONCILIATION_TOLERANCE = 1e-6
"""Relative: prices of the final table have six decimals."""


@dataclass(frozen=True)
class Rule:
    """``bad`` is the condition of rows that do not fulfil the rule; ``description`` says what good rows do."""

    name: str
    dataset: Dataset
    severity: Severity
    description: str
    bad: str


def column_rules(dataset: Dataset, table: Table) -> list[Rule]:
    """What the schema says of single columns: completeness and range."""
    return [rule for column in table.columns for rule in _of_column(dataset, column)]


def _of_column(dataset: Dataset, column: Column) -> list[Rule]:
    rules = []
    if not column.nullable:
        text = f"`{column.name}` has a value"
        rules.append(Rule(f"{dataset}_{column.name}_complete", dataset, "fail", text, f"{column.name} IS NULL"))
    limits = [
        (column.above, "<=", "is greater than"),
        (column.at_least, "<", "is at least"),
        (column.at_most, ">", "is at most"),
    ]
    broken = [f"{column.name} {sign} {limit:g}" for limit, sign, _ in limits if limit is not None]
    words = [f"{word} {limit:g}" for limit, _, word in limits if limit is not None]
    if column.type == "double":
        broken += [f"isnan({column.name})"]
        words += ["is a number"]
    if broken:
        text = f"`{column.name}` {' and '.join(words)}"
        rules.append(Rule(f"{dataset}_{column.name}_range", dataset, "fail", text, " OR ".join(broken)))
    return rules


RULES: tuple[Rule, ...] = (
    *column_rules("raw", RAW),
    Rule("raw_unique", "raw", "fail", "a code has one row for each date", "_copies > 1"),
    Rule("raw_not_after_run", "raw", "fail", "no date is after the run date", "date > _run_date"),
    Rule(
        "raw_jump",
        "raw",
        "warn",
        f"the log return from the price before is within +-{MAX_DAILY_LOG_RETURN:g}",
        f"abs(ln(value / _before)) > {MAX_DAILY_LOG_RETURN}",
    ),
    *column_rules("final", FINAL),
    Rule("final_unique", "final", "fail", "a code has one row for each month", "_copies > 1"),
    Rule(
        "final_order",
        "final",
        "fail",
        "the lowest, mean and highest price of the previous months are in this order",
        "rolling_min_6 > rolling_mean_6 OR rolling_mean_6 > rolling_max_6",
    ),
    Rule("series_present", "series", "fail", "every code that was asked for has final rows", "final_rows = 0"),
    Rule(
        "series_completeness",
        "series",
        "warn",
        f"at most {MAX_MISSING_SHARE:.0%} of a code's dates have no price",
        f"missing_rows > {MAX_MISSING_SHARE} * raw_rows",
    ),
    Rule(
        "series_no_gap",
        "series",
        "warn",
        "every month from a code's first final one to its last is there",
        "final_rows < month_span",
    ),
    Rule(
        "series_fresh",
        "series",
        "warn",
        f"the newest price is at most {MAX_AGE_BUSINESS_DAYS} business days old on the run date",
        f"age_business_days > {MAX_AGE_BUSINESS_DAYS}",
    ),
    Rule(
        "series_row_count",
        "series",
        "fail",
        f"a code has at least {MIN_ROWS_OF_PREVIOUS:.0%} of the rows of the run before",
        f"raw_rows < {MIN_ROWS_OF_PREVIOUS} * previous_rows",
    ),
    Rule(
        "series_reconciled_days",
        "series",
        "fail",
        "the trading days of the final months are the raw prices of these months",
        "final_days <> reconciled_days",
    ),
    Rule(
        "series_reconciled_sum",
        "series",
        "fail",
        "mean price times trading days of the final months add up to the raw prices of these months",
        f"abs(final_sum - reconciled_sum) > {RECONCILIATION_TOLERANCE} * abs(reconciled_sum)",
    ),
)
