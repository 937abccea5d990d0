"""The job: read the tables of a run, check them, write what was found, and stop the pipeline if a rule says so."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from oleoduto_jobs.errors import JobError, run_job
from oleoduto_jobs.etl.arguments import codes, parse
from oleoduto_jobs.etl.calendar import DEFAULT
from oleoduto_jobs.etl.code_list import every_code
from oleoduto_jobs.etl.files import Files
from oleoduto_jobs.etl.publish import partition_path, unreplaced
from oleoduto_jobs.etl.quality import datasets, metrics
from oleoduto_jobs.etl.quality.evaluate import Finding, evaluate, quarantined
from oleoduto_jobs.etl.quality.gate import refuse
from oleoduto_jobs.etl.quality.report import Checked, page
from oleoduto_jobs.etl.quality.rules import RULES, Dataset
from oleoduto_jobs.etl.session import spark_session
from oleoduto_jobs.etl.storage import read_partition, spark_schema, write_partition
from oleoduto_jobs.metrics import publish
from oleoduto_jobs.page.words import QUALITY_PAGE
from oleoduto_jobs.provenance import Provenance
from oleoduto_jobs.schema import EXTRACT_REPORT, FINAL, FRESH_RULE, QUALITY, QUARANTINE, RAW, UNKNOWN_UNIT

SERIES_SHOWN = 20
REQUIRED = ("dataproc", "series", "raw-uri", "final-uri", "extract-report-uri", "quality-uri", "quarantine-uri", "reports-uri")
OPTIONAL = ("calendar", *metrics.OPTIONS)


def findings_frame(spark: SparkSession, findings: Sequence[Finding]) -> DataFrame:
    """The quality table: one row per rule."""
    rows = [
        (
            finding.rule.name,
            finding.rule.dataset,
            finding.severity,
            finding.rule.description,
            finding.checked_rows,
            finding.failed_rows,
            json.dumps(finding.sample, default=str) if finding.sample else None,
        )
        for finding in findings
    ]
    return spark.createDataFrame(rows, spark_schema(QUALITY))


def previous_rows(spark: SparkSession, files: Files, uri: str, dataproc: str) -> DataFrame:
    """Code and raw rows of the newest run before ``dataproc``, by the report of its extract; empty without one."""
    earlier = [date for date in files.run_dates(uri) if date < dataproc]
    if not earlier:
        return spark.createDataFrame([], "code string, rows int")
    return read_partition(spark, EXTRACT_REPORT, uri, earlier[-1], "extract").select("code", "rows")


def provenance(
    spark: SparkSession, values: Mapping[str, str], main_code: str, run_date: dt.date, findings: Sequence[Finding]
) -> Provenance:
    """Where the values of the main series come from, by the report of extract; whether they are stale, by the rule."""
    report = read_partition(spark, EXTRACT_REPORT, values["extract-report-uri"], values["dataproc"], "extract")
    row = report.where(F.col("code") == main_code).select("source", "unit", "last_date").first()
    if row is None:
        raise JobError(f"the report of extract of {run_date} has no row of series {main_code}; run `extract` for it")
    stale = any(finding.rule.name == FRESH_RULE and finding.main_rows > 0 for finding in findings)
    return Provenance(row["source"], row["unit"] or UNKNOWN_UNIT, row["last_date"], run_date, stale)


def look(spark: SparkSession, files: Files, values: Mapping[str, str], main_code: str) -> list[Finding]:
    """Check the raw and final partitions of the run date; write quality, quarantine and the report."""
    dataproc, calendar = values["dataproc"], values.get("calendar", DEFAULT)
    run_date = dt.datetime.strptime(dataproc, "%Y%m%d").date()
    wanted = every_code(codes(values), main_code, files.must_read)
    raw = datasets.dated(read_partition(spark, RAW, values["raw-uri"], dataproc, "extract"), run_date)
    final = read_partition(spark, FINAL, values["final-uri"], dataproc, "load")
    previous = previous_rows(spark, files, values["extract-report-uri"], dataproc)

    by_month = datasets.months(raw, [rule for rule in RULES if rule.dataset == "raw"]).persist()
    by_code = datasets.series(by_month, final, previous, wanted, run_date, calendar).persist()
    checked: dict[Dataset, DataFrame] = {
        "raw": raw,
        "months": by_month,
        "final": datasets.checked_final(final, by_month),
        "series": by_code,
    }
    findings = evaluate(checked, RULES, main_code)
    rows = quarantined(checked, findings)
    empty = spark.createDataFrame([], spark_schema(QUARANTINE))
    # Written even where no row is bad: a second run of the date must not leave the first one's rows.
    write_partition(files, empty if rows is None else rows, QUARANTINE, values["quarantine-uri"], dataproc)
    path = write_partition(files, findings_frame(spark, findings).coalesce(1), QUALITY, values["quality-uri"], dataproc)
    told = provenance(spark, values, main_code, run_date, findings)
    shown = [row.asDict() for row in by_code.orderBy("is_main", "code", ascending=[False, True]).limit(SERIES_SHOWN).collect()]
    report = partition_path(values["reports-uri"], dataproc) + QUALITY_PAGE
    files.write(report, page(Checked(findings, shown, len(wanted), told)).encode())
    by_code.unpersist()
    by_month.unpersist()

    for finding in findings:
        if not finding.passed:
            print(f"quality: {finding.severity}: {finding.describe()}")
    held = sum(finding.passed for finding in findings)
    print(f"quality: {held} of {len(findings)} rules hold, to {path}; report {report}")
    print(f"quality: {told.text()}")
    return findings


def run() -> None:
    """Look at the run date's partitions, publish the figures, then judge."""
    values = parse("quality", REQUIRED, OPTIONAL)
    main_code = codes(values)[0]
    target = metrics.target_of(values, main_code)
    spark = spark_session("quality")
    files = Files(spark)
    with unreplaced(files, values["dataproc"], values["raw-uri"], values["final-uri"]):
        findings = look(spark, files, values, main_code)
    if target is not None:
        publish(target, metrics.figures(findings))
    refuse(findings)


def main() -> None:
    """Entry point of the script."""
    run_job(run)
