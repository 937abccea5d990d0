"""The tables of the pipeline: every column that leaves a job, with type, unit, nullability and meaning.

The Glue catalog declares the same columns (``catalog``). Nothing here needs Spark.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

LAGS = range(1, 7)
"""Lags of the features, in periods."""

MOMENTUM_PERIODS = (1, 3, 6)
"""Lags of the momentum, in periods."""

ROLLING_PERIODS = 6
"""Periods in the rolling statistics, the current one excluded."""

MAX_HORIZON = 6
"""Months ahead that a forecast reaches."""

SERIES_CODE = "^[A-Z0-9]+(_[A-Z0-9]+)*$"
"""The pattern of an Ipeadata code. Names carry it in lower case, so codes that differ only in case would collide."""

SERIES_HELP = "capitals, digits and single `_` between them"

MAX_SERIES_CODE = 64
"""Characters of a code."""

Severity = Literal["fail", "warn"]

SERIES_UNIT = "in the unit of the series"

UNKNOWN_UNIT = "unknown"
"""The unit of a series whose source names none."""

RowFrequency = Literal["monthly", "quarterly", "annual"]
"""How often a row of the final table is due; daily and weekly series get monthly rows."""

PREVIOUS_PERIODS: Mapping[RowFrequency, int] = {"monthly": 6, "quarterly": 4, "annual": 1}
"""Periods before a row's own that a series must have begun by."""

MIN_ROWS = 8
"""Rows of the final table that the shortest series with a forecast has: below, the spread of its changes is a guess."""

PERIOD_WORDS: Mapping[RowFrequency, str] = {"monthly": "month", "quarterly": "quarter", "annual": "year"}

PERIOD_MONTHS: Mapping[RowFrequency, int] = {"monthly": 1, "quarterly": 3, "annual": 12}
"""Months of a row's period, which are also those to the next row."""


def frequency_of_rows(frequency: str) -> RowFrequency:
    """How often a row is due of a series with a known frequency."""
    return next((row for row in PERIOD_MONTHS if row == frequency), "monthly")


def is_series_code(text: str) -> bool:
    """Whether ``text`` is an Ipeadata code."""
    return len(text) <= MAX_SERIES_CODE and re.fullmatch(SERIES_CODE, text) is not None


@dataclass(frozen=True)
class Column:
    """One column; ``type`` is a Hive word, ``unit`` is empty if the value has none."""

    name: str
    type: str
    unit: str
    nullable: bool
    description: str
    at_least: float | None = None
    """Values must not be less; the quality job checks it."""
    at_most: float | None = None
    """Values must not be greater; likewise."""

    @property
    def comment(self) -> str:
        """Description with its unit, as the catalog shows it."""
        return f"{self.description}, {self.unit}" if self.unit else self.description

    @property
    def limits(self) -> list[str]:
        """The limits as text: ``>= 1``, ``<= 31``."""
        limits = ((">=", self.at_least), ("<=", self.at_most))
        return [f"{sign} {limit:g}" for sign, limit in limits if limit is not None]


def _text(name: str, description: str, nullable: bool = False) -> Column:
    return Column(name, "string", "", nullable, description)


DATAPROC = _text("dataproc", "run date of the pipeline, YYYYMMDD")


@dataclass(frozen=True)
class Table:
    """One table: its columns in order; every table is partitioned by the run date ``dataproc``."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    """Columns that identify a row of one run date; a table with a key has a ruleset of Glue Data Quality."""
    partition_keys: tuple[Column, ...] = (DATAPROC,)

    @property
    def column_names(self) -> list[str]:
        """Names of the columns inside the files, in order."""
        return [column.name for column in self.columns]


def _value(name: str, description: str, at_least: float | None = None, nullable: bool = False) -> Column:
    # Zero and negative values are legal: rates, balances.
    return Column(name, "double", SERIES_UNIT, nullable, description, at_least=at_least)


def _day_of(what: str, name: str, first: int, last: int) -> Column:
    return Column(name, "int", "", False, what, at_least=first, at_most=last)


CODE = _text("code", "Ipeadata code of the series")
UNIT = _text("unit", "unit of the values with its multiplier, as the source writes it; `unknown` if the source names none")
FREQUENCY = _text(
    "frequency", "length of a row's period: monthly, quarterly or annual; daily and weekly series have monthly rows"
)

RAW = Table(
    "raw",
    (
        CODE,
        Column("date", "date", "", False, "calendar date of the observation, as the source writes it"),
        _text("raw_date", "the source's own text of the date"),
        _day_of("day of the month of the observation", "day", 1, 31),
        _day_of("month of the observation, 1 to 12", "month", 1, 12),
        _day_of("year of the observation", "year", 1800, 9999),
        Column("value", "double", SERIES_UNIT, True, "value of the day, null where the source has none"),
        # Extract holds each series whole and in order; without this column every reader would sort all days.
        Column("previous_value", "double", SERIES_UNIT, True, "value of the nearest earlier day that has one"),
        Column(
            "series_id",
            "bigint",
            "",
            False,
            "number of the code (Spark's xxhash64), by which many series are grouped",
        ),
        Column(
            "per_year",
            "int",
            "",
            False,
            "values that a year of the series has by its frequency: 365, 52, 12, 4 or 1; 0 for any other",
            at_least=0,
            at_most=365,
        ),
    ),
    ("code", "date"),
)

INTERIM = Table(
    "interim",
    (
        CODE,
        Column("period_start", "date", "", False, "first day of the period"),
        FREQUENCY,
        UNIT,
        _value("mean_value", "mean of the values of the period"),
        _value("last_value", "value of the newest day of the period"),
        Column("last_date", "date", "", False, "date of the newest value of the period"),
        Column("value_count", "int", "values", False, "number of values in the period", at_least=1, at_most=366),
        *(
            _value(
                f"lag_{k}",
                f"mean value {k} period(s) earlier, or of the newest period before that has one; null before the first",
                nullable=True,
            )
            for k in LAGS
        ),
        Column(
            "filled_lags",
            "int",
            "periods",
            False,
            "how many of the previous 6 periods (since the first) have no value, so that an earlier one stands for it",
            at_least=0,
            at_most=6,
        ),
        _value("rolling_mean_6", "mean of the lags"),
        _value("rolling_std_6", "sample standard deviation of the lags, null for a single one", 0.0, nullable=True),
        _value("rolling_min_6", "lowest of the lags"),
        _value("rolling_max_6", "highest of the lags"),
        _day_of("quarter of the first day of the period, 1 to 4", "quarter", 1, 4),
        _day_of("year of the period", "year", 1800, 9999),
        _day_of("month of the first day of the period, 1 to 12", "month", 1, 12),
        *(
            Column(f"momentum_{k}", "double", "", True, f"log of the newest value over that of {k} period(s) earlier")
            for k in MOMENTUM_PERIODS
        ),
        Column(
            "realised_volatility",
            "double",
            "",
            True,
            "square root of the sum of the period's squared log returns",
            at_least=0.0,
        ),
    ),
)

FINAL = Table("final", INTERIM.columns, ("code", "period_start"))

ORIGIN = Column("origin", "date", "", False, "first day of the newest period that the forecast knows")
HORIZON = Column("horizon", "int", "periods", False, "periods (months, quarters or years) from the origin to the target")
TARGET = Column("target_start", "date", "", False, "first day of the period that is forecast")
POINT = _value("point", "forecast of the mean of the values of the target period")

_INTERVALS = tuple(
    _value(f"{end}_{level}", f"{end} end of the {level} % prediction interval")
    for level in (80, 95)
    for end in ("lower", "upper")
)

PREDICTIONS = Table(
    "predictions",
    (
        CODE,
        ORIGIN,
        HORIZON,
        TARGET,
        POINT,
        *_INTERVALS,
        _text("model", "name of the model that forecasts"),
        _text("model_version", "beginning of the SHA-256 of the fitted model"),
        _text("training_job", "name of the training job that made the model"),
        FREQUENCY,
        UNIT,
    ),
)

VERDICTS = Table(
    "verdicts",
    (
        CODE,
        _text("status", "ok, constant, short, stale or failed; stale and failed series have no forecast"),
        _text("why", "why it has no forecast or a simple one, or which methods failed", True),
        _text("model", "name of the method that forecasts", True),
        _text("choice", "name of the method that the series alone would choose", True),
        replace(ORIGIN, nullable=True),
        Column("periods", "int", "periods", False, "periods from the oldest to the newest", at_least=0),
        *(
            Column(name, "double", "", True, f"mean absolute error on the newest periods over that of the seasonal naive, {of}")
            for name, of in (
                ("mase", "of the method that forecasts"),
                ("mase_choice", "of the choice"),
                ("mase_combination", "of the combination"),
            )
        ),
        Column("smape", "double", "%", True, "symmetric mean absolute percentage error of the method on the newest periods"),
        Column(
            "realised_origins",
            "int",
            "",
            True,
            "newest origins whose earlier forecasts have an outcome now, at most 12; null if none has",
            at_least=1,
            at_most=12,
        ),
        *(
            Column(name, "double", "", True, text)
            for name, text in (
                ("realised_ratio", "mean squared error of these forecasts over that of the seasonal naive"),
                ("realised_mase", "mean absolute error of these forecasts over the mean change from year to year before them"),
                ("realised_inside_80", "share of the outcomes inside the 80 % intervals"),
                ("realised_inside_95", "share of the outcomes inside the 95 % intervals"),
            )
        ),
        replace(FREQUENCY, nullable=True),
        replace(UNIT, nullable=True),
    ),
)

FORECASTS = Table(
    "forecasts",
    (
        CODE,
        ORIGIN,
        HORIZON,
        TARGET,
        POINT,
        *(replace(end, nullable=True) for end in _INTERVALS),
        _text("model", "name of the method that forecasts"),
        FREQUENCY,
        UNIT,
    ),
)

SAMPLE = "sample"
"""The kind of source that is no real one."""

EXTRACT_REPORT = Table(
    "extract_report",
    (
        CODE,
        _text("status", "ok, reused, discontinued (all three loaded), empty, unit-changed or failed"),
        Column("rows", "int", "rows", False, "observations loaded into the raw table"),
        Column("first_date", "date", "", True, "date of the oldest observation, null where none was loaded"),
        Column("last_date", "date", "", True, "date of the newest observation, null where none was loaded"),
        _text("unit", "unit of the values that are loaded or were loaded last, as the source writes it", True),
        _text("frequency", "daily, weekly, monthly, quarterly or annual; null for any other, which has no final rows", True),
        _text("updated", "the source's own text of the moment of its last update", True),
        _text("reused_from", "run date whose values stand for this one's, since nothing was updated", True),
        _text("source", "kind of source that answered"),
        _text("message", "what the source says of the series, or why it was not loaded", True),
    ),
)

REVISIONS = Table(
    "revisions",
    (
        CODE,
        Column("date", "date", "", False, "date of the observation that differs"),
        _text("kind", "revised, added (came late) or removed"),
        Column("previous_value", "double", SERIES_UNIT, True, "value of the previous extract, null where it had none"),
        Column("value", "double", SERIES_UNIT, True, "value of this extract, null where it has none"),
        _text("previous_dataproc", "run date of the previous extract, YYYYMMDD"),
    ),
)

_DATASETS = "raw, months (raw rows by code and month), final, or series (one row per code)"

FRESH_RULE = "series_fresh"
"""The rule of data quality that says whether a series is stale."""

QUALITY = Table(
    "quality",
    (
        _text("rule", "name of the rule"),
        _text("dataset", f"what was checked: {_DATASETS}"),
        _text("severity", "fail stops the pipeline before training, warn is reported"),
        _text("description", "what every row must fulfil"),
        Column("checked_rows", "bigint", "rows", False, "rows that were checked", at_least=0),
        Column("failed_rows", "bigint", "rows", False, "rows that do not fulfil it", at_least=0),
        _text("sample", "some of them, as JSON", True),
    ),
)

QUARANTINE = Table(
    "quarantine",
    (
        CODE,
        _text("dataset", f"where the row is from: {_DATASETS}"),
        _text("rules", "names of the rules that it does not fulfil, separated by commas"),
        _text("row", "the whole row, as JSON"),
    ),
)

TABLES = (RAW, INTERIM, FINAL, PREDICTIONS, VERDICTS, FORECASTS, EXTRACT_REPORT, REVISIONS, QUALITY, QUARANTINE)
