"""Glue job ``transform``: daily values to monthly features. Pure functions, I/O only in ``run``."""

from __future__ import annotations

from functools import reduce

from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as F

from oleoduto_jobs.errors import JobError, run_job
from oleoduto_jobs.etl import calendar as trading
from oleoduto_jobs.etl.arguments import beside, codes, parse
from oleoduto_jobs.etl.buckets import KEY, buckets_of, series_id
from oleoduto_jobs.etl.files import Files
from oleoduto_jobs.etl.publish import partition_path
from oleoduto_jobs.etl.session import spark_session
from oleoduto_jobs.etl.storage import read_partition, write_partition
from oleoduto_jobs.schema import EXTRACT_REPORT, INTERIM, LAGS, MOMENTUM_MONTHS, RAW, ROLLING_MONTHS, UNKNOWN_UNIT

REQUIRED = ("dataproc", "series", "raw-uri", "interim-uri")
OPTIONAL = ("calendar", "extract-report-uri")

MONTHS = 12

MEASURES = [column.name for column in INTERIM.columns if column.type == "double"]
"""Columns of the interim table whose values hardly repeat."""

OF_REPORT = ("code", "unit")
"""Columns of the interim table that the report of extract has."""


def monthly_values(raw: DataFrame, key: str = "code") -> DataFrame:
    """One row per code and month that has a value; days without a value are dropped.

    Columns: ``key``, position (consecutive months differ by one), year, month, mean_value, last_value
    (of the newest day), last_date, value_count (days with a value), realised_volatility.

    The realized volatility is the square root of the sum of the squared log returns of the month's days,
    each against the value before it (Andersen and Bollerslev 1998). The very first value of a series has no
    return; a month that has a value without a logarithm (zero or negative) has no volatility.
    """
    # Spark's logarithm of a number that is not positive is null, and sums skip nulls: they are counted.
    log_return = F.log(F.col("value") / F.col("previous_value"))
    squared = log_return * log_return
    returns = F.count(squared)
    volatility = F.when((returns > 0) & (returns == F.count("previous_value")), F.sqrt(F.sum(squared)))
    position = F.col("position")
    return (
        raw.where(F.col("value").isNotNull())
        # Of the raw table's own whole numbers: cheaper than a date of each row, and one number less in the key.
        .groupBy(key, (F.col("year") * MONTHS + F.col("month")).alias("position"))
        .agg(
            # `avg` would count the values a second time.
            (F.sum("value") / F.count("value")).alias("mean_value"),
            F.max_by("value", "day").alias("last_value"),
            F.max("day").alias("_last_day"),
            F.count("value").cast("int").alias("value_count"),
            volatility.alias("realised_volatility"),
        )
        .withColumns({"year": ((position - 1) / MONTHS).cast("int"), "month": (position - 1) % MONTHS + 1})
        .withColumn("last_date", F.make_date("year", "month", "_last_day"))
        .drop("_last_day")
    )


def _by_month(key: str) -> WindowSpec:
    return Window.partitionBy(key).orderBy("position")


def earlier_months(key: str = "code") -> dict[str, Column]:
    """Columns of the rows before: ``_mean_k`` and ``_last_k``, and the oldest one's position, ``_oldest``.

    They are plain offsets, which Spark reads in one pass; frames by range would be summed again for each row, at
    several times the cost. ``with_features`` checks that the rows are consecutive months.
    """
    window = _by_month(key)
    means = {f"_mean_{k}": F.lag("mean_value", k).over(window) for k in LAGS}
    lasts = {f"_last_{k}": F.lag("last_value", k).over(window) for k in MOMENTUM_MONTHS}
    return {**means, **lasts, "_oldest": F.lag("position", ROLLING_MONTHS).over(window)}


def progress(key: str = "code") -> dict[str, Column]:
    """Columns that say how far a series has come at a row: ``_is_newest``, ``_months``, ``_most_days``."""
    window = _by_month(key)
    return {
        "_is_newest": F.lead("position").over(window).isNull(),
        "_months": F.row_number().over(window),
        "_most_days": F.max("value_count").over(window.rowsBetween(Window.unboundedPreceding, Window.currentRow)),
    }


def last_trading_day(calendar: str) -> Column:
    """The last trading day of the row's month: a weekday that is no holiday."""
    period_start = F.make_date("year", "month", F.lit(1))
    month_end = F.last_day(period_start)
    # dayofweek: 1 is Sunday, 7 is Saturday.
    weekend_days = F.when(F.dayofweek(month_end) == 1, 2).when(F.dayofweek(month_end) == 7, 1).otherwise(0)
    last_weekday = F.date_sub(month_end, weekend_days)
    pairs = trading.last_trading_days(calendar).items()
    if not pairs:
        return last_weekday
    # One text that Spark parses once: each literal would be a call from Python to the JVM.
    days = F.str_to_map(F.lit(",".join(f"{first}:{last}" for first, last in pairs)), F.lit(","), F.lit(":"))
    return F.coalesce(days[period_start.cast("string")].cast("date"), last_weekday)


def is_complete(calendar: str = trading.DEFAULT) -> Column:
    """Whether a row's month is over, judged by the data alone and never by the clock; needs ``progress``.

    A month is complete if any of these holds:

    - a price of a later month of the same code was received;
    - its newest price is of the last trading day of the month by the calendar, or later;
    - the series is monthly: it has two months or more, and no month has more than one price. Such a
      price represents its whole month, whatever its day.

    The first month of a series may have begun before its first price; it is kept, and is only ever seen
    through lags.
    """
    is_monthly = (F.col("_months") > 1) & (F.col("_most_days") == 1)
    # In this order: the calendar is looked up for one row of each series.
    return ~F.col("_is_newest") | is_monthly | (F.col("last_date") >= last_trading_day(calendar))


def with_features(monthly: DataFrame, key: str = "code") -> DataFrame:
    """The interim table: lags, rolling statistics, momentum and calendar columns.

    Needs ``earlier_months``. Months without all of their 6 previous calendar months are dropped, so ``lag_k``
    is exactly k months earlier. ``rolling_*_6`` cover the 6 months before the row's own. ``momentum_k`` is
    the log of the newest value over the newest one k months earlier, null if one has no logarithm.
    """
    means = [F.col(f"_mean_{k}") for k in LAGS]
    mean = reduce(Column.__add__, means) / ROLLING_MONTHS
    deviations = [price - F.col("rolling_mean_6") for price in means]
    squares = reduce(Column.__add__, [deviation * deviation for deviation in deviations])
    return (
        # Months of a code differ, so six rows that span six months are these six months.
        monthly.where(F.col("_oldest") == F.col("position") - ROLLING_MONTHS)
        .withColumn("rolling_mean_6", mean)
        .withColumns(
            {
                **{f"lag_{k}": price for k, price in zip(LAGS, means, strict=True)},
                **{f"momentum_{k}": F.log(F.col("last_value") / F.col(f"_last_{k}")) for k in MOMENTUM_MONTHS},
                "rolling_std_6": F.sqrt(squares / (ROLLING_MONTHS - 1)),
                "rolling_min_6": F.least(*means),
                "rolling_max_6": F.greatest(*means),
                "period_start": F.make_date("year", "month", F.lit(1)),
                "quarter": F.ceil(F.col("month") / 3).cast("int"),
                "frequency": F.lit("monthly"),
            }
        )
        .select(key, *(name for name in INTERIM.column_names if name not in OF_REPORT))
    )


def transform(
    raw: DataFrame, calendar: str = trading.DEFAULT, named: DataFrame | None = None, bucketed: bool = False
) -> DataFrame:
    """Raw table -> interim table: complete months with all their features, each code's in date order.

    One pass: days are summed to months where they are read, and one window over the months of each code
    computes all features. Nothing is collected, and no task holds more than its codes. ``named`` (series_id, code,
    unit) gives the units; without it all are unknown. If ``bucketed``, the rows are grouped by the number, which is
    what a raw table in buckets is spread by, and the code is joined last: null if ``named`` lacks it.
    """
    key = KEY if bucketed else "code"
    monthly = monthly_values(raw, key).withColumns({**earlier_months(key), **progress(key)})
    interim = with_features(monthly.where(is_complete(calendar)), key)
    if named is None:
        return interim.withColumn("unit", F.lit(UNKNOWN_UNIT)).select(*INTERIM.column_names)
    # In buckets both sides are in the order of the number, so neither is held in memory.
    units = named.hint("merge") if bucketed else F.broadcast(named.drop(KEY))
    joined = interim.join(units, key, "left").withColumn("unit", F.coalesce("unit", F.lit(UNKNOWN_UNIT)))
    return joined.select(*INTERIM.column_names)


def named_series(report: DataFrame) -> DataFrame:
    """series_id, code and unit of the series in the report of extract."""
    return report.select(series_id(F.col("code")).alias(KEY), *OF_REPORT)


def run() -> None:
    """Read the raw partition of the run date, write the interim one."""
    values = parse("transform", REQUIRED, OPTIONAL)
    main_code, dataproc = codes(values)[0], values["dataproc"]
    spark = spark_session("transform")
    files = Files(spark)
    raw = read_partition(spark, RAW, values["raw-uri"], dataproc, "extract")
    bucketed = buckets_of(files.names(partition_path(values["raw-uri"], dataproc))) > 0
    report = read_partition(spark, EXTRACT_REPORT, beside(values, "extract_report"), dataproc, "extract", OF_REPORT)

    def check(written: DataFrame) -> None:
        is_main = F.col("code") == main_code
        counts = (F.count_if(is_main), F.count_if(F.col("code").isNull()))
        span = (F.count_distinct("code"), F.count("*"), F.min("period_start"), F.max("period_start"))
        [(series, months, first, last, of_main, nameless)] = written.agg(*span, *counts).collect()
        if nameless:
            raise JobError(
                f"{nameless} months of {dataproc} are of series that the report of its extract does not name: "
                f"raw and {beside(values, 'extract_report')} are of different runs; run `extract` for this date again"
            )
        if of_main == 0:
            raise JobError(
                f"nothing remains of series {main_code} of {dataproc} ({raw.where(is_main).count()} raw rows): a row needs "
                f"a complete month and the {ROLLING_MONTHS} months before it, all with values"
            )
        print(f"transform: {months} complete months of {series} series, {first:%Y-%m} to {last:%Y-%m}")

    frame = transform(raw, values.get("calendar", trading.DEFAULT), named_series(report), bucketed)
    path = write_partition(files, frame, INTERIM, values["interim-uri"], dataproc, plain=MEASURES, check=check)
    print(f"transform: to {path}")


def main() -> None:
    """Entry point of the script."""
    run_job(run)
