"""The datasets that the rules check. The raw table is read once, and its days are aggregated to months.

Columns whose names begin with ``_`` help a rule and are not shown.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from oleoduto_jobs.etl.calendar import DEFAULT, holidays_between
from oleoduto_jobs.etl.quality.rules import Rule

SATURDAY_AND_SUNDAY = (7, 1)
OLDEST_AGE = dt.timedelta(days=1000)
"""Largest age of a price in days; older ones count as this old, which keeps the list of days short."""

KEYS = ("code", "year", "month")


def dated(raw: DataFrame, run_date: dt.date) -> DataFrame:
    """Raw rows with ``_run_date``."""
    return raw.withColumn("_run_date", F.lit(run_date))


def broken_rows(rule: Rule) -> str:
    """The column of ``months`` that counts the raw rows that break a rule."""
    return f"_bad_{rule.name}"


def months(raw: DataFrame, rules: Sequence[Rule]) -> DataFrame:
    """One row per code and month of ``dated`` raw rows.

    Columns: code, year, month; raw_rows, missing_rows (without a price), distinct_days; prices (their
    number), price_sum, size_sum (of the prices without their signs), previous_sum (all in the unit of the series),
    newest_date and newest_value (of days with a price); and for each raw rule the number of rows that break it.
    """
    value, day = F.col("value"), F.col("day")
    priced = value.isNotNull()
    # A bit for each day of the month: no list of dates is held, and partial sums combine.
    days = F.expr("bit_count(bit_or(shiftleft(1L, day)))")
    return raw.groupBy(*KEYS).agg(
        F.count(F.lit(1)).alias("raw_rows"),
        F.count_if(~priced).alias("missing_rows"),
        days.cast("bigint").alias("distinct_days"),
        F.count(value).alias("prices"),
        F.sum(value).alias("price_sum"),
        F.sum(F.abs(value)).alias("size_sum"),
        F.sum(F.when(priced, F.col("previous_value"))).alias("previous_sum"),
        F.max(F.when(priced, F.col("date"))).alias("newest_date"),
        F.max_by(value, F.when(priced, day)).alias("newest_value"),
        *(F.count_if(F.expr(rule.bad)).alias(broken_rows(rule)) for rule in rules),
    )


def checked_final(final: DataFrame, by_month: DataFrame) -> DataFrame:
    """Final rows with ``_copies`` (rows of the same code and month), ``_prices``, ``_price_sum`` and
    ``_size_sum`` of the raw month."""
    of_raw = by_month.select(
        *KEYS, F.col("prices").alias("_prices"), F.col("price_sum").alias("_price_sum"), F.col("size_sum").alias("_size_sum")
    )
    copies = F.count(F.lit(1)).over(Window.partitionBy(*KEYS))
    return (
        final.withColumn("_copies", copies)
        .join(of_raw, list(KEYS), "left")
        .select(*final.columns, "_copies", "_prices", "_price_sum", "_size_sum")
    )


def trading_days_between(earlier: Column, later: dt.date, calendar: str = DEFAULT) -> Column:
    """Trading days after ``earlier`` up to ``later``; 0 if it is not earlier, null if there is none."""
    oldest = later - OLDEST_AGE
    first = F.greatest(earlier, F.lit(oldest))
    days = F.sequence(F.date_add(first, 1), F.lit(later))
    off = holidays_between(oldest, later, calendar)
    open_days = F.filter(days, lambda day: ~F.dayofweek(day).isin(*SATURDAY_AND_SUNDAY) & ~day.isin(*off))
    return F.when(earlier < F.lit(later), F.size(open_days)).when(earlier.isNotNull(), 0)


def series(
    by_month: DataFrame, final: DataFrame, previous: DataFrame, codes: Sequence[str], run_date: dt.date, calendar: str = DEFAULT
) -> DataFrame:
    """One row per code that was asked for or is in a table.

    Columns: code, is_main; raw_rows, missing_rows, price_sum, size_sum, previous_sum, newest_value (unit of the series),
    newest_date, age_trading_days; previous_rows (raw rows of the run before, null without one); final_rows and
    month_span (months from the first final one to the last). ``previous`` has the columns code and rows.
    """
    position = F.col("year") * 12 + F.col("month")
    of_raw = by_month.groupBy("code").agg(
        *(F.sum(name).alias(name) for name in ("raw_rows", "missing_rows", "price_sum", "size_sum", "previous_sum")),
        F.max("newest_date").alias("newest_date"),
        F.max_by("newest_value", "newest_date").alias("newest_value"),
    )
    of_final = final.groupBy("code").agg(
        F.count(F.lit(1)).alias("final_rows"), (F.max(position) - F.min(position) + 1).alias("month_span")
    )
    of_previous = previous.select("code", F.col("rows").cast("bigint").alias("previous_rows"))
    asked = by_month.sparkSession.createDataFrame([(code,) for code in codes], "code string")
    known = asked.union(of_raw.select("code")).union(of_final.select("code")).distinct()
    joined = known.join(of_raw, "code", "left").join(of_final, "code", "left").join(of_previous, "code", "left")
    return joined.fillna(0, subset=["raw_rows", "missing_rows", "final_rows", "previous_sum"]).withColumns(
        {
            "is_main": F.col("code").eqNullSafe(codes[0]),
            "age_trading_days": trading_days_between(F.col("newest_date"), run_date, calendar),
        }
    )
