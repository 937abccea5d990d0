"""What earlier runs of extract reported, by code."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from oleoduto_jobs.etl.files import Files
from oleoduto_jobs.etl.outcome import FILE, LOADED
from oleoduto_jobs.etl.publish import partition_path
from oleoduto_jobs.etl.sources import Update
from oleoduto_jobs.etl.storage import spark_schema
from oleoduto_jobs.schema import EXTRACT_REPORT, SAMPLE

RUNS = 30
"""Number of earlier runs to read: a code that one run left out, or that failed once, is still known."""


@dataclass(frozen=True)
class Known:
    """``unit`` by the newest report that names one (this run date's own included: it may hold an accepted
    change), ``update`` by the newest earlier run that loaded the code."""

    unit: str | None
    update: Update | None


def known_codes(spark: SparkSession, files: Files, report_uri: str, dataproc: str) -> dict[str, Known]:
    """Read the reports up to ``dataproc``; only one row per code reaches the driver."""
    dates = [date for date in files.run_dates(report_uri) if date <= dataproc][-RUNS:]
    if not dates:
        return {}
    # The schema is given, so reports of a version with fewer columns are read too, with nulls.
    reports = spark.read.schema(spark_schema(EXTRACT_REPORT)).parquet(*(partition_path(report_uri, date) for date in dates))
    dated = reports.withColumn("dataproc", F.regexp_extract(F.input_file_name(), r"dataproc=(\d{8})", 1))
    return {
        row["code"]: Known(row["unit"], Update(row["dataproc"], row["updated"]) if row["dataproc"] else None)
        for row in newest(dated, dataproc).collect()
    }


def newest(reports: DataFrame, dataproc: str) -> DataFrame:
    """One row per code of report rows with their ``dataproc``: code, unit, dataproc and updated of the newest
    earlier run that loaded it (null if none did)."""
    usable = (
        F.col("status").isin(*(status.value for status in LOADED))
        & F.col("updated").isNotNull()
        & (F.col("dataproc") < dataproc)
    )
    names_unit = F.col("unit").isNotNull() & ~F.col("source").isin(FILE, SAMPLE)
    update = F.when(usable, F.struct("dataproc", "updated"))
    return (
        reports.groupBy("code")
        .agg(
            F.max_by("unit", F.when(names_unit, F.col("dataproc"))).alias("unit"),
            F.max(update).alias("update"),
        )
        .select("code", "unit", "update.dataproc", "update.updated")
    )
