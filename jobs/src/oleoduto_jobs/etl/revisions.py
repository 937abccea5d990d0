"""Late and revised values: what differs between two extracts of the same codes."""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from oleoduto_jobs.schema import REVISIONS

COMPARED = ("code", "date", "value")
"""Columns of raw partitions that are compared; versions of the table differ in others."""

ADDED, REMOVED, REVISED = "added", "removed", "revised"


def revisions(previous: DataFrame, current: DataFrame, previous_dataproc: str) -> DataFrame:
    """The table of revisions between two raw partitions, of the codes that both hold.

    Columns: code, date, kind, previous_value and value (in the unit of the series), previous_dataproc.
    Dates after the newest one of the previous extract are news and no revision; a date before it that the
    previous extract lacked came late (``added``).
    """
    none = F.lit(None).cast("double")
    before = previous.select(
        "code", "date", F.col("value").alias("previous_value"), none.alias("value"), F.lit(1).alias("_side")
    )
    now = current.select("code", "date", none.alias("previous_value"), "value", F.lit(2).alias("_side"))
    # One shuffle, by code, serves the grouping and the window: joins would take three.
    by_date = (
        before.unionByName(now)
        .repartition("code")
        .groupBy("code", "date")
        # A date has one row per side at most, so max only picks the side that has the value.
        .agg(F.max("previous_value").alias("previous_value"), F.max("value").alias("value"), F.sum("_side").alias("_sides"))
    )
    by_code = Window.partitionBy("code")
    kind = (
        F.when(F.col("_sides") == 2, ADDED)
        .when(F.col("_sides") == 1, REMOVED)
        .when(~F.col("value").eqNullSafe(F.col("previous_value")), REVISED)
    )
    return (
        by_date.withColumn("_newest", F.max(F.when(F.col("_sides") != 2, F.col("date"))).over(by_code))
        .withColumn("_has_now", F.max(F.col("_sides") >= 2).over(by_code))
        # For a code that is new there is no newest date before, and the comparison is null.
        .where((F.col("date") <= F.col("_newest")) & F.col("_has_now"))
        .withColumn("kind", kind)
        .where(F.col("kind").isNotNull())
        .withColumn("previous_dataproc", F.lit(previous_dataproc))
        .select(*REVISIONS.column_names)
        .orderBy("code", "date")
    )
