"""Late and revised values: what differs between two extracts of the same codes."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from oleoduto_jobs.schema import REVISIONS

ADDED, REMOVED, REVISED = "added", "removed", "revised"


def revisions(previous: DataFrame, current: DataFrame, previous_dataproc: str) -> DataFrame:
    """The table of revisions between two raw partitions, of the codes that both hold.

    Columns: code, date, kind, previous_value and value (in the unit of the series), previous_dataproc.
    Dates after the newest one of the previous extract are news and no revision; a date before it that the
    previous extract lacked came late (``added``).
    """
    span = previous.groupBy("code").agg(F.max("date").alias("_newest"))
    codes = span.join(current.select("code").distinct(), "code")
    before = previous.select("code", "date", F.col("value").alias("previous_value"), F.lit(True).alias("_before"))
    now = current.select("code", "date", "value", F.lit(True).alias("_now"))
    kind = (
        F.when(F.col("_before").isNull(), ADDED)
        .when(F.col("_now").isNull(), REMOVED)
        .when(~F.col("value").eqNullSafe(F.col("previous_value")), REVISED)
    )
    return (
        before.join(now, ["code", "date"], "full_outer")
        .join(codes, "code")
        .where(F.col("date") <= F.col("_newest"))
        .withColumn("kind", kind)
        .where(F.col("kind").isNotNull())
        .withColumn("previous_dataproc", F.lit(previous_dataproc))
        .select(*REVISIONS.column_names)
        .orderBy("code", "date")
    )
