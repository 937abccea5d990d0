"""What the rules look at: the tables of a run with helper columns, whose names begin with ``_``, and one row per code."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

SATURDAY_AND_SUNDAY = (7, 1)


def checked_raw(raw: DataFrame, run_date: dt.date) -> DataFrame:
    """Raw rows with ``_copies`` (rows of the same code and date), ``_before`` (the price before, US$ per barrel) and
    ``_run_date``.
    """
    by_day = Window.partitionBy("code").orderBy("date")
    before = F.last("value", ignorenulls=True).over(by_day.rowsBetween(Window.unboundedPreceding, -1))
    copies = F.count(F.lit(1)).over(Window.partitionBy("code", "date"))
    return raw.withColumns({"_copies": copies, "_before": before, "_run_date": F.lit(run_date)})


def checked_final(final: DataFrame) -> DataFrame:
    """Final rows with ``_copies`` (rows of the same code and month)."""
    return final.withColumn("_copies", F.count(F.lit(1)).over(Window.partitionBy("code", "month_start")))


def business_days_between(earlier: Column, later: dt.date) -> Column:
    """Mondays to Fridays after ``earlier`` up to ``later``; 0 if it is not earlier."""
    days = F.sequence(F.date_add(earlier, 1), F.lit(later))
    weekdays = F.filter(days, lambda day: ~F.dayofweek(day).isin(*SATURDAY_AND_SUNDAY))
    return F.when(earlier < F.lit(later), F.size(weekdays)).otherwise(0)


def series(raw: DataFrame, final: DataFrame, previous: DataFrame | None, codes: Sequence[str], run_date: dt.date) -> DataFrame:
    """One row per code that was asked for or is in a table.

    Columns: code; raw_rows, missing_rows (without a price), newest_date, age_business_days; previous_rows (raw rows of
    the run before, null without one); final_rows, month_span (months from the first final one to the last), final_days
    (trading days), final_sum (US$ per barrel); reconciled_days and reconciled_sum: the same of the raw prices of those
    months.
    """
    of_raw = raw.groupBy("code").agg(
        F.count(F.lit(1)).alias("raw_rows"),
        F.count(F.when(F.col("value").isNull(), 1)).alias("missing_rows"),
        F.max(F.when(F.col("value").isNotNull(), F.col("date"))).alias("newest_date"),
    )
    month = F.col("month_start")
    position = F.year(month) * 12 + F.month(month)
    of_final = final.groupBy("code").agg(
        F.count(F.lit(1)).alias("final_rows"),
        (F.max(position) - F.min(position) + 1).alias("month_span"),
        F.sum("trading_days").alias("final_days"),
        F.sum(F.col("mean_price_usd").cast("double") * F.col("trading_days")).alias("final_sum"),
    )
    asked = raw.sparkSession.createDataFrame([(code,) for code in codes], "code string")
    known = asked.union(of_raw.select("code")).union(of_final.select("code")).distinct()
    if previous is None:
        of_previous = of_raw.select("code", F.lit(None).cast("bigint").alias("previous_rows"))
    else:
        of_previous = previous.groupBy("code").agg(F.count(F.lit(1)).alias("previous_rows"))
    joined = known
    for part in (of_raw, of_final, _reconciled(raw, final), of_previous):
        joined = joined.join(part, "code", "left")
    counts = ["raw_rows", "missing_rows", "final_rows", "final_days", "reconciled_days"]
    return joined.fillna(0, subset=counts).withColumn(
        "age_business_days", business_days_between(F.col("newest_date"), run_date)
    )


def _reconciled(raw: DataFrame, final: DataFrame) -> DataFrame:
    """Number and sum of the raw prices in the months that the final table has."""
    prices = raw.where(F.col("value").isNotNull()).withColumn("month_start", F.trunc("date", "MM"))
    kept = prices.join(final.select("code", "month_start").distinct(), ["code", "month_start"], "leftsemi")
    return kept.groupBy("code").agg(F.count("value").alias("reconciled_days"), F.sum("value").alias("reconciled_sum"))
