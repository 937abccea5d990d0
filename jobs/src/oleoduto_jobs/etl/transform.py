"""Glue job ``transform``: daily prices to monthly features. Pure functions, I/O only in ``run``."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from oleoduto_jobs.errors import JobError, run_job
from oleoduto_jobs.etl.arguments import codes, parse
from oleoduto_jobs.etl.session import spark_session
from oleoduto_jobs.etl.storage import read_partition, write_partition
from oleoduto_jobs.schema import INTERIM, LAGS, RAW, ROLLING_MONTHS


def monthly_prices(raw: DataFrame) -> DataFrame:
    """One row per code and month that has a price; days without a price are dropped.

    Columns: code, month_start, mean_price_usd, last_price_usd (of the newest day), last_price_date,
    trading_days (days with a price). Prices in US$ per barrel.
    """
    return (
        raw.where(F.col("value").isNotNull())
        .groupBy("code", F.trunc("date", "MM").alias("month_start"))
        .agg(
            F.avg("value").alias("mean_price_usd"),
            F.max_by("value", "date").alias("last_price_usd"),
            F.max("date").alias("last_price_date"),
            F.count("value").cast("int").alias("trading_days"),
        )
    )


def complete_months(monthly: DataFrame) -> DataFrame:
    """Keep the months that are over, judged by the data alone and never by the clock.

    A month is complete if any of these holds:

    - a price of a later month of the same code was received;
    - its newest price is of the last business day (Monday to Friday) of the month, or later;
    - the series is monthly: it has two months or more, and no month has more than one price. Such a
      price stands for its whole month, whatever day it is dated.

    A month that ends in holidays without a later price stays out until the next month begins: one late
    month is better than a mean that changes. The first month of a series may have begun before its first
    price; it is kept, and is only ever seen through lags.
    """
    whole_series = Window.partitionBy("code")
    month_end = F.last_day("month_start")
    # dayofweek: 1 is Sunday, 7 is Saturday.
    weekend_days = F.when(F.dayofweek(month_end) == 1, 2).when(F.dayofweek(month_end) == 7, 1).otherwise(0)
    is_monthly = (F.max("trading_days").over(whole_series) == 1) & (F.count("*").over(whole_series) > 1)
    return (
        monthly.withColumn("_newest", F.max("month_start").over(whole_series))
        .withColumn("_monthly", is_monthly)
        .where(
            (F.col("month_start") < F.col("_newest"))
            | (F.col("last_price_date") >= F.date_sub(month_end, weekend_days))
            | F.col("_monthly")
        )
        .drop("_newest", "_monthly")
    )


def with_features(monthly: DataFrame) -> DataFrame:
    """Add lags, rolling statistics and calendar columns; all prices in US$ per barrel.

    ``lag_k`` is the mean price exactly k calendar months earlier, null when that month is missing: the
    window runs over the month's position in the calendar, not over row numbers. ``rolling_*_6`` cover the
    6 months before the row's own and are null unless all 6 are there.
    """
    position = (F.year("month_start") * 12 + F.month("month_start")).cast("int")
    by_month = Window.partitionBy("code").orderBy("_position")
    previous = by_month.rangeBetween(-ROLLING_MONTHS, -1)
    price = F.col("mean_price_usd")
    whole = F.count(price).over(previous) == ROLLING_MONTHS

    def rolling(statistic: Column) -> Column:
        return F.when(whole, statistic.over(previous))

    lags = {f"lag_{k}": F.max(price).over(by_month.rangeBetween(-k, -k)) for k in LAGS}
    return (
        monthly.withColumn("_position", position)
        .withColumns(
            {
                **lags,
                "rolling_mean_6": rolling(F.avg(price)),
                "rolling_std_6": rolling(F.stddev_samp(price)),
                "rolling_min_6": rolling(F.min(price)),
                "rolling_max_6": rolling(F.max(price)),
                "quarter": F.quarter("month_start"),
                "year": F.year("month_start"),
                "month": F.month("month_start"),
            }
        )
        .drop("_position")
    )


def transform(raw: DataFrame) -> DataFrame:
    """Raw table -> interim table: complete months with all their features, in date order."""
    monthly = with_features(complete_months(monthly_prices(raw)))
    return monthly.select(*INTERIM.column_names).dropna().orderBy("code", "month_start")


def run() -> None:
    """Read the raw partition of the run date, write the interim one."""
    values = parse("transform", ("dataproc", "series", "raw-uri", "interim-uri"))
    series, dataproc = values["series"], values["dataproc"]
    spark = spark_session("transform")
    raw = read_partition(spark, RAW, values["raw-uri"], dataproc, "extract").where(F.col("code").isin(codes(values)))
    interim = transform(raw).cache()
    months, first, last = interim.agg(F.count("*"), F.min("month_start"), F.max("month_start")).head() or (
        0,
        None,
        None,
    )
    if months == 0:
        raise JobError(
            f"nothing remains of series {series} of {dataproc} ({raw.count()} raw rows): a row needs a "
            f"complete month and the {ROLLING_MONTHS} months before it, all with prices"
        )
    path = write_partition(interim, INTERIM, values["interim-uri"], dataproc)
    print(f"transform: {series}: {months} complete months, {first:%Y-%m} to {last:%Y-%m}, to {path}")


def main() -> None:
    """Entry point of the script."""
    run_job(run)
