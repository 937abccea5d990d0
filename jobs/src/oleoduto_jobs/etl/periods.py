"""Periods of a series in Spark: months, or the quarters and years of quarterly and annual series.

``per_year`` is that of the raw table. A position counts periods since the year 0, so consecutive periods differ by one.
"""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

MONTHS = 12


def is_periodic(per_year: Column) -> Column:
    """Whether a value stands for its whole period: the series is monthly, quarterly or annual."""
    return per_year <= MONTHS


def row_frequency(per_year: Column) -> Column:
    """How often a row of the final table is due."""
    return F.when(per_year == 4, "quarterly").when(per_year == 1, "annual").otherwise("monthly")


def months_in(per_year: Column) -> Column:
    """Months of a period."""
    return F.when(per_year == 4, 3).when(per_year == 1, MONTHS).otherwise(1)


def period_of(year: Column, month: Column, per_year: Column) -> Column:
    """Position of the period that a month is in."""
    return F.floor((year * MONTHS + month - 1) / months_in(per_year)).cast("int")


def first_month(position: Column, per_year: Column) -> Column:
    """The first month of a period, as months since the year 0."""
    return position * months_in(per_year)


def end_of_period(position: Column, per_year: Column) -> Column:
    """The last day of a period."""
    last = first_month(position, per_year) + months_in(per_year) - 1
    return F.last_day(F.make_date(F.floor(last / MONTHS).cast("int"), last % MONTHS + 1, F.lit(1)))
