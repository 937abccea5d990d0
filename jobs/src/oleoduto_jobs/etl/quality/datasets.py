"""The datasets that the rules check. The raw table is read once, and its days are aggregated to months.

Columns whose names begin with ``_`` help a rule and are not shown.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from oleoduto_jobs.etl.calendar import DEFAULT, holidays_between
from oleoduto_jobs.etl.periods import months_in, period_of, position_of_day, text_of_period
from oleoduto_jobs.etl.quality.rules import Rule

SATURDAY_AND_SUNDAY = (7, 1)
OLDEST_AGE = dt.timedelta(days=1000)
"""Largest age of a price in days; older ones count as this old, which keeps the list of days short."""

KEYS = ("code", "year", "month")

NAMED_PERIODS = 6
"""Missing periods that are named; the others are counted."""


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
    newest_date and newest_value (of days with a price); per_year; and for each raw rule the number of rows that break it.
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
        F.max("per_year").alias("per_year"),
        *(F.count_if(F.expr(rule.bad)).alias(broken_rows(rule)) for rule in rules),
    )


def periods(by_month: DataFrame) -> DataFrame:
    """``months`` by code and period of the series: code, year, month (of its first day), _prices, _price_sum, _size_sum,
    _per_year."""
    months = months_in(F.col("per_year"))
    first = F.col("month") - (F.col("month") - 1) % months
    return by_month.groupBy("code", "year", first.cast("int").alias("month")).agg(
        *(F.sum(name).alias(f"_{name}") for name in ("prices", "price_sum", "size_sum")), F.max("per_year").alias("_per_year")
    )


def checked_final(final: DataFrame, by_month: DataFrame) -> DataFrame:
    """Final rows with ``_copies`` (rows of the same code and period), and ``_prices``, ``_price_sum``, ``_size_sum`` and
    ``_per_year`` of the raw period."""
    of_raw = ("_prices", "_price_sum", "_size_sum", "_per_year")
    copies = F.count(F.lit(1)).over(Window.partitionBy(*KEYS))
    return (
        final.withColumn("_copies", copies)
        .join(periods(by_month), list(KEYS), "left")
        .select(*final.columns, "_copies", *of_raw)
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
    newest_date, age_trading_days; previous_rows (raw rows of the run before, null without one); final_rows; per_year;
    missing_periods (how many periods between the first value and the newest date have none) and missing (the first of
    them by name); age_periods (periods since the one of the newest value); lost_rows (periods with a value between the
    first and the last final row that are no final row) and rows_after (those after the last one). ``previous`` has the
    columns code and rows.
    """
    per_year, position = F.col("per_year"), period_of(F.col("year"), F.col("month"), F.col("per_year"))
    running = position_of_day(run_date, per_year)
    of_raw = by_month.groupBy("code").agg(
        *(F.sum(name).alias(name) for name in ("raw_rows", "missing_rows", "price_sum", "size_sum", "previous_sum")),
        F.max("newest_date").alias("newest_date"),
        F.max_by("newest_value", "newest_date").alias("newest_value"),
        F.max("per_year").alias("per_year"),
        F.sort_array(F.collect_set(F.when(F.col("prices") > 0, position))).alias("_with_value"),
        # A running period without a value is not missing yet.
        F.max(F.when((F.col("prices") > 0) | (position < running), position)).alias("_last"),
    )
    months = F.when(F.col("frequency") == "quarterly", 3).when(F.col("frequency") == "annual", 12).otherwise(1)
    of_row = F.floor((F.col("year") * 12 + F.col("month") - 1) / months).cast("int")
    of_final = final.groupBy("code").agg(
        F.count(F.lit(1)).alias("final_rows"), F.min(of_row).alias("_first_row"), F.max(of_row).alias("_last_row")
    )
    of_previous = previous.select("code", F.col("rows").cast("bigint").alias("previous_rows"))
    asked = by_month.sparkSession.createDataFrame([(code,) for code in codes], "code string")
    known = asked.union(of_raw.select("code")).union(of_final.select("code")).distinct()
    joined = known.join(of_raw, "code", "left").join(of_final, "code", "left").join(of_previous, "code", "left")
    filled = joined.fillna(0, subset=["raw_rows", "missing_rows", "final_rows", "previous_sum", "per_year"])
    with_value, first, last = F.col("_with_value"), F.col("_first_row"), F.col("_last_row")
    gaps = F.array_except(F.sequence(F.array_min(with_value), F.col("_last")), with_value)
    names = F.transform(F.slice(F.col("_gaps"), 1, NAMED_PERIODS), lambda gap: text_of_period(gap, per_year))
    inside = F.size(F.filter(with_value, lambda one: one.between(first, last)))
    return (
        filled.withColumn("_gaps", F.when(per_year > 0, gaps))
        .withColumns(
            {
                "is_main": F.col("code").eqNullSafe(codes[0]),
                "age_trading_days": trading_days_between(F.col("newest_date"), run_date, calendar),
                "missing_periods": F.when(F.col("_gaps").isNotNull(), F.size("_gaps")).otherwise(0),
                "missing": F.concat_ws(", ", names),
                "age_periods": running - F.array_max(with_value),
                "lost_rows": F.when(first.isNotNull(), inside - F.col("final_rows")).otherwise(0),
                "rows_after": F.when(first.isNotNull(), F.size(F.filter(with_value, lambda one: one > last))).otherwise(0),
            }
        )
        .drop("_gaps", "_with_value", "_last", "_first_row", "_last_row")
    )
