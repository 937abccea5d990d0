"""The job: read the tables of a run, check them, write what was found, and stop the pipeline if a rule says so."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from oleoduto_jobs.errors import JobError, run_job
from oleoduto_jobs.etl.arguments import parse
from oleoduto_jobs.etl.quality import datasets
from oleoduto_jobs.etl.quality.evaluate import Finding, evaluate, quarantined
from oleoduto_jobs.etl.quality.report import page
from oleoduto_jobs.etl.quality.rules import RULES
from oleoduto_jobs.etl.session import spark_session
from oleoduto_jobs.etl.storage import partition_path, partitions, read_partition, spark_schema, write_partition, write_text
from oleoduto_jobs.schema import FINAL, QUALITY, QUARANTINE, RAW, Table

REPORT = "quality.html"


def findings_frame(spark: SparkSession, findings: Sequence[Finding]) -> DataFrame:
    """The quality table: one row per rule."""
    rows = [
        (
            finding.rule.name,
            finding.rule.dataset,
            finding.rule.severity,
            finding.rule.description,
            finding.checked_rows,
            finding.failed_rows,
            json.dumps(finding.sample, default=str) if finding.sample else None,
        )
        for finding in findings
    ]
    return spark.createDataFrame(rows, spark_schema(QUALITY))


def refuse(findings: Sequence[Finding]) -> None:
    """Fail when a rule of severity ``fail`` does not hold; names rule, count and sample rows."""
    broken = [finding for finding in findings if not finding.passed and finding.rule.severity == "fail"]
    if broken:
        listed = "; ".join(finding.describe() for finding in broken)
        raise JobError(f"{len(broken)} data-quality rule(s) failed, training would not be sound: {listed}")


def _previous(spark: SparkSession, uri: str, dataproc: str) -> str | None:
    earlier = [date for date in partitions(spark, uri) if date < dataproc]
    return earlier[-1] if earlier else None


def run() -> None:
    """Check the raw and final partitions of the run date; write quality, quarantine and the report; then judge."""
    values = parse("quality", ("dataproc", "series", "raw-uri", "final-uri", "quality-uri", "quarantine-uri", "reports-uri"))
    codes, dataproc = values["series"].split(","), values["dataproc"]
    run_date = dt.datetime.strptime(dataproc, "%Y%m%d").date()
    spark = spark_session("quality")

    def rows(table: Table, uri: str, date: str, written_by: str) -> DataFrame:
        return read_partition(spark, table, uri, date, written_by).where(F.col("code").isin(codes) | F.col("code").isNull())

    raw = rows(RAW, values["raw-uri"], dataproc, "extract")
    final = rows(FINAL, values["final-uri"], dataproc, "load")
    before = _previous(spark, values["raw-uri"], dataproc)
    previous = None if before is None else rows(RAW, values["raw-uri"], before, "extract")
    checked = {
        "raw": datasets.checked_raw(raw, run_date).cache(),
        "final": datasets.checked_final(final).cache(),
        "series": datasets.series(raw, final, previous, codes, run_date).cache(),
    }
    findings = evaluate(checked, RULES)
    path = write_partition(findings_frame(spark, findings), QUALITY, values["quality-uri"], dataproc)
    write_partition(quarantined(checked, RULES), QUARANTINE, values["quarantine-uri"], dataproc)
    report = partition_path(values["reports-uri"], dataproc) + REPORT
    write_text(spark, report, page(findings, dataproc, codes))
    for finding in findings:
        if not finding.passed:
            print(f"quality: {finding.rule.severity}: {finding.describe()}")
    held = sum(finding.passed for finding in findings)
    print(f"quality: {held} of {len(findings)} rules hold, to {path}; report {report}")
    refuse(findings)


def main() -> None:
    """Entry point of the script."""
    run_job(run)
