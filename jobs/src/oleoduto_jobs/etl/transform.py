"""Glue job ``transform``: values to features by month, quarter or year. Pure functions, I/O only in ``run``.

A period is a month, or the quarter or year of a quarterly or annual series. Its position counts the periods since the
year 0, so consecutive periods differ by one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as F

from oleoduto_jobs.errors import JobError, run_job
from oleoduto_jobs.etl import calendar as trading
from oleoduto_jobs.etl.arguments import beside, codes, parse
from oleoduto_jobs.etl.buckets import KEY, buckets_of, series_id
from oleoduto_jobs.etl.files import Files
from oleoduto_jobs.etl.periods import MONTHS, end_of_period, first_month, is_periodic, period_of, row_frequency
from oleoduto_jobs.etl.publish import partition_path
from oleoduto_jobs.etl.session import spark_session
from oleoduto_jobs.etl.storage import read_partition, write_partition
from oleoduto_jobs.parser import run_date
from oleoduto_jobs.schema import (
    EXTRACT_REPORT,
    INTERIM,
    LAGS,
    MOMENTUM_PERIODS,
    PERIOD_WORDS,
    PREVIOUS_PERIODS,
    RAW,
    ROLLING_PERIODS,
    UNKNOWN_UNIT,
    frequency_of_rows,
)

REQUIRED = ("dataproc", "series", "raw-uri", "interim-uri")
OPTIONAL = ("calendar", "extract-report-uri")

DAYS = 32
"""More than any month has: ``month * DAYS + day`` orders the days of a year."""

MEASURES = [column.name for column in INTERIM.columns if column.type == "double"]
"""Columns of the interim table whose values hardly repeat."""

OF_REPORT = ("code", "unit")
"""Columns of the interim table that the report of extract has."""


def period_values(raw: DataFrame, key: str = "code") -> DataFrame:
    """One row per code and period that has a value; days without a value and series of no known frequency are dropped.

    Columns: ``key``, position, per_year, year and month (of the period's first day), mean_value, last_value (of the
    newest day), last_date, value_count (days with a value), realised_volatility.

    The realized volatility is the square root of the sum of the squared log returns of the period's days,
    each against the value before it (Andersen and Bollerslev 1998). The very first value of a series has no
    return; a period that has a value without a logarithm (zero or negative) has no volatility.
    """
    # Spark's logarithm of a number that is not positive is null, and sums skip nulls: they are counted.
    log_return = F.log(F.col("value") / F.col("previous_value"))
    squared = log_return * log_return
    returns = F.count(squared)
    volatility = F.when((returns > 0) & (returns == F.count("previous_value")), F.sqrt(F.sum(squared)))
    # Of the raw table's own whole numbers: cheaper than a date of each row, and one number less in the key.
    day_of_year = F.col("month") * DAYS + F.col("day")
    first = first_month(F.col("position"), F.col("per_year"))
    return (
        raw.where(F.col("value").isNotNull() & (F.col("per_year") > 0))
        .groupBy(key, period_of(F.col("year"), F.col("month"), F.col("per_year")).alias("position"))
        .agg(
            F.max("per_year").alias("per_year"),
            # `avg` would count the values a second time.
            (F.sum("value") / F.count("value")).alias("mean_value"),
            F.max_by("value", day_of_year).alias("last_value"),
            F.max(day_of_year).alias("_last_day"),
            F.count("value").cast("int").alias("value_count"),
            volatility.alias("realised_volatility"),
        )
        .withColumns({"year": F.floor(first / MONTHS).cast("int"), "month": (first % MONTHS + 1).cast("int")})
        .withColumn("last_date", F.make_date("year", F.floor(F.col("_last_day") / DAYS).cast("int"), F.col("_last_day") % DAYS))
        .drop("_last_day")
    )


def _by_period(key: str) -> WindowSpec:
    return Window.partitionBy(key).orderBy("position")


def earlier_periods(key: str = "code") -> dict[str, Column]:
    """Columns of the six rows before: ``_mean_k`` and ``_position_k``, and ``_last_k`` for the momentum.

    They are plain offsets, which Spark reads in one pass; frames by range would be summed again for each row, at
    several times the cost. ``with_features`` finds the period that a row is of.
    """
    window = _by_period(key)
    means = {f"_mean_{k}": F.lag("mean_value", k).over(window) for k in LAGS}
    positions = {f"_position_{k}": F.lag("position", k).over(window) for k in LAGS}
    lasts = {f"_last_{k}": F.lag("last_value", k).over(window) for k in MOMENTUM_PERIODS}
    return {**means, **positions, **lasts}


def progress(key: str = "code") -> dict[str, Column]:
    """``_is_newest``: whether a row is the newest of its series."""
    return {"_is_newest": F.lead("position").over(_by_period(key)).isNull()}


def last_trading_day(calendar: str) -> Column:
    """The last trading day of the row's month: a weekday that is no holiday."""
    month_start = F.make_date("year", "month", F.lit(1))
    month_end = F.last_day(month_start)
    # dayofweek: 1 is Sunday, 7 is Saturday.
    weekend_days = F.when(F.dayofweek(month_end) == 1, 2).when(F.dayofweek(month_end) == 7, 1).otherwise(0)
    last_weekday = F.date_sub(month_end, weekend_days)
    pairs = trading.last_trading_days(calendar).items()
    if not pairs:
        return last_weekday
    # One text that Spark parses once: each literal would be a call from Python to the JVM.
    days = F.str_to_map(F.lit(",".join(f"{first}:{last}" for first, last in pairs)), F.lit(","), F.lit(":"))
    return F.coalesce(days[month_start.cast("string")].cast("date"), last_weekday)


def is_complete(as_of: dt.date | None = None, calendar: str = trading.DEFAULT) -> Column:
    """Whether a row's period is over; needs ``progress``. Any of these is enough:

    - a value of a later period of the same code was received;
    - the series is monthly, quarterly or annual, and the period has ended before the run date ``as_of`` (None: every
      period has ended). Its source may date the running period and change its value until it ends;
    - the series is daily or weekly, and its newest value is of the last trading day of the month by the calendar, or
      later.

    The first period of a series may have begun before its first value; it is kept, and is only ever seen
    through lags.
    """
    ended = F.lit(True) if as_of is None else end_of_period(F.col("position"), F.col("per_year")) < F.lit(as_of)
    by_calendar = F.col("last_date") >= last_trading_day(calendar)
    # In this order: the calendar is looked up for one row of each series.
    return ~F.col("_is_newest") | F.when(is_periodic(F.col("per_year")), ended).otherwise(by_calendar)


def _lags(begun: Column) -> list[Column]:
    """``lag_k`` for k = 1 ... 6: the mean of the newest row that is at least k periods earlier."""
    position = F.col("position")
    # Without a gap the k-th row before is of the k-th period before.
    whole = F.col(f"_position_{ROLLING_PERIODS}") == position - ROLLING_PERIODS

    def found(k: int) -> Column:
        first = F.when(F.col("_position_1") <= position - k, F.col("_mean_1"))
        rows = range(2, k + 1)
        filled = reduce(
            lambda so_far, i: so_far.when(F.col(f"_position_{i}") <= position - k, F.col(f"_mean_{i}")), rows, first
        )
        return F.when(whole, F.col(f"_mean_{k}")).when(begun <= position - k, filled)

    return [found(k) for k in LAGS]


def _sum(columns: Sequence[Column]) -> Column:
    return reduce(Column.__add__, [F.coalesce(column, F.lit(0.0)) for column in columns])


def with_features(rows: DataFrame, key: str = "code") -> DataFrame:
    """The interim table: lags, rolling statistics, momentum and calendar columns.

    Needs ``earlier_periods``. A row is kept if its series has begun ``PREVIOUS_PERIODS`` before it. ``lag_k`` is exactly k
    periods earlier, or the newest value before that if the period has none (``filled_lags`` counts these), and null before
    the series begins. ``rolling_*_6`` are over the lags. ``momentum_k`` is the log of the newest value over the
    newest one k periods earlier, null if one has no logarithm or a period between them has no value.
    """
    position, lags = F.col("position"), [F.col(f"lag_{k}") for k in LAGS]
    # The oldest of the six rows before: the series began then or earlier.
    begun = F.coalesce(*(F.col(f"_position_{k}") for k in reversed(LAGS)))
    count = F.least(position - begun, F.lit(ROLLING_PERIODS))
    present = reduce(
        Column.__add__,
        [F.when(F.col(f"_position_{k}") >= position - ROLLING_PERIODS, 1).otherwise(0) for k in LAGS],
    )
    needed = [F.when(F.col("frequency") == name, periods) for name, periods in PREVIOUS_PERIODS.items()]
    deviations = [lag - F.col("rolling_mean_6") for lag in lags]
    momentum = {
        f"momentum_{k}": F.when(F.col(f"_position_{k}") == position - k, F.log(F.col("last_value") / F.col(f"_last_{k}")))
        for k in MOMENTUM_PERIODS
    }
    return (
        rows.withColumn("frequency", row_frequency(F.col("per_year")))
        .where(position - begun >= F.coalesce(*needed))
        .withColumns({f"lag_{k}": lag for k, lag in zip(LAGS, _lags(begun), strict=True)})
        .withColumn("rolling_mean_6", _sum(lags) / count)
        .withColumns(
            {
                **momentum,
                "filled_lags": (count - present).cast("int"),
                "rolling_std_6": F.when(count > 1, F.sqrt(_sum([d * d for d in deviations]) / (count - 1))),
                "rolling_min_6": F.least(*lags),
                "rolling_max_6": F.greatest(*lags),
                "period_start": F.make_date("year", "month", F.lit(1)),
                "quarter": F.ceil(F.col("month") / 3).cast("int"),
            }
        )
        .select(key, *(name for name in INTERIM.column_names if name not in OF_REPORT))
    )


def transform(
    raw: DataFrame,
    as_of: dt.date | None = None,
    calendar: str = trading.DEFAULT,
    named: DataFrame | None = None,
    bucketed: bool = False,
) -> DataFrame:
    """Raw table -> interim table: complete periods with all their features, each code's in date order.

    One pass: days are summed to periods where they are read, and one window over the periods of each code
    computes all features. Nothing is collected, and no task holds more than its codes. ``as_of`` is the run date (see
    ``is_complete``). ``named`` (series_id, code, unit) gives the units; without it all are unknown. If ``bucketed``, the
    rows are grouped by the number, which is what a raw table in buckets is spread by, and the code is joined last: null
    if ``named`` lacks it.
    """
    key = KEY if bucketed else "code"
    rows = period_values(raw, key).withColumns({**earlier_periods(key), **progress(key)})
    interim = with_features(rows.where(is_complete(as_of, calendar)), key)
    if named is None:
        return interim.withColumn("unit", F.lit(UNKNOWN_UNIT)).select(*INTERIM.column_names)
    # In buckets both sides are in the order of the number, so neither is held in memory.
    units = named.hint("merge") if bucketed else F.broadcast(named.drop(KEY))
    joined = interim.join(units, key, "left").withColumn("unit", F.coalesce("unit", F.lit(UNKNOWN_UNIT)))
    return joined.select(*INTERIM.column_names)


def named_series(report: DataFrame) -> DataFrame:
    """series_id, code and unit of the series in the report of extract."""
    return report.select(series_id(F.col("code")).alias(KEY), *OF_REPORT)


def _nothing_remains(code: str, dataproc: str, report: DataFrame, raw_rows: int) -> str:
    """Why the main series has no row."""
    reported = report.where(F.col("code") == code).first()
    frequency = reported["frequency"] if reported else None
    message = reported["message"] if reported else "the report of extract does not name it"
    where = f"nothing remains of series {code} of {dataproc} ({raw_rows} raw rows)"
    if frequency is None:
        return f"{where}: {message}"
    row_of = frequency_of_rows(frequency)
    per_row, periods = PERIOD_WORDS[row_of], PREVIOUS_PERIODS[row_of]
    return (
        f"{where}: the series is {frequency}, and a row needs a {per_row} that has ended by the run date and a beginning of "
        f"the series {periods} {per_row}(s) before it"
    )


def run() -> None:
    """Read the raw partition of the run date, write the interim one."""
    values = parse("transform", REQUIRED, OPTIONAL)
    main_code, dataproc = codes(values)[0], values["dataproc"]
    spark = spark_session("transform")
    files = Files(spark)
    raw = read_partition(spark, RAW, values["raw-uri"], dataproc, "extract")
    bucketed = buckets_of(files.names(partition_path(values["raw-uri"], dataproc))) > 0
    fields = (*OF_REPORT, "frequency", "message")
    report = read_partition(spark, EXTRACT_REPORT, beside(values, "extract_report"), dataproc, "extract", fields)

    def check(written: DataFrame) -> None:
        is_main = F.col("code") == main_code
        counts = (F.count_if(is_main), F.count_if(F.col("code").isNull()))
        span = (F.count_distinct("code"), F.count("*"), F.min("period_start"), F.max("period_start"))
        [(series, rows, first, last, of_main, nameless)] = written.agg(*span, *counts).collect()
        if nameless:
            raise JobError(
                f"{nameless} rows of {dataproc} are of series that the report of its extract does not name: "
                f"raw and {beside(values, 'extract_report')} are of different runs; run `extract` for this date again"
            )
        if of_main == 0:
            raise JobError(_nothing_remains(main_code, dataproc, report, raw.where(is_main).count()))
        print(f"transform: {rows} complete periods of {series} series, {first:%Y-%m} to {last:%Y-%m}")

    frame = transform(raw, run_date(dataproc), values.get("calendar", trading.DEFAULT), named_series(report), bucketed)
    path = write_partition(files, frame, INTERIM, values["interim-uri"], dataproc, plain=MEASURES, check=check)
    print(f"transform: to {path}")


def main() -> None:
    """Entry point of the script."""
    run_job(run)
