"""The job: read the tables of a run, check them, write what was found, and stop the pipeline if a rule says so."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence

from oleoduto_jobs.errors import JobError, run_job
from oleoduto_jobs.etl.arguments import codes, parse
from oleoduto_jobs.etl.calendar import DEFAULT
from oleoduto_jobs.etl.code_list import every_code
from oleoduto_jobs.etl.files import Files
from oleoduto_jobs.etl.publish import partition_path, unreplaced
from oleoduto_jobs.etl.quality import datasets, metrics
from oleoduto_jobs.etl.quality.evaluate import Finding, evaluate, quarantined, shown_columns
from oleoduto_jobs.etl.quality.gate import refuse
from oleoduto_jobs.etl.quality.report import Checked, page
from oleoduto_jobs.etl.quality.rules import RULES
from oleoduto_jobs.etl.quality.tables import Connection, Tables, tables
from oleoduto_jobs.etl.session import spark_session
from oleoduto_jobs.metrics import publish
from oleoduto_jobs.page.words import QUALITY_PAGE
from oleoduto_jobs.provenance import Provenance
from oleoduto_jobs.schema import EXTRACT_REPORT, FINAL, FRESH_RULE, QUALITY, QUARANTINE, RAW, UNKNOWN_UNIT

SERIES_SHOWN = 20
REQUIRED = ("dataproc", "series", "raw-uri", "final-uri", "extract-report-uri", "quality-uri", "quarantine-uri", "reports-uri")
OPTIONAL = ("calendar", *metrics.OPTIONS)


def findings_rows(findings: Sequence[Finding]) -> list[tuple[object, ...]]:
    """The quality table: one row per rule."""
    return [
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


def read_previous(found: Tables, files: Files, uri: str, dataproc: str) -> None:
    """Make ``previous``: code and raw rows of the newest run before ``dataproc``, by the report of its extract; empty without
    one."""
    earlier = [date for date in files.run_dates(uri) if date < dataproc]
    if earlier:
        found.read("previous", EXTRACT_REPORT, uri, earlier[-1], "extract")
    else:
        found.connection.execute("CREATE TABLE previous (code VARCHAR, rows INTEGER)")


def provenance(
    found: Tables, values: Mapping[str, str], main_code: str, run_date: dt.date, findings: Sequence[Finding]
) -> Provenance:
    """Where the values of the main series come from, by the report of extract; whether they are stale, by the rule."""
    found.read("extracted", EXTRACT_REPORT, values["extract-report-uri"], values["dataproc"], "extract")
    query = "SELECT source, unit, last_date FROM extracted WHERE code = $1"
    row = found.connection.execute(query, [main_code]).fetchone()
    if row is None:
        raise JobError(f"the report of extract of {run_date} has no row of series {main_code}; run `extract` for it")
    source, unit, last_date = row
    stale = any(finding.rule.name == FRESH_RULE and finding.main_rows > 0 for finding in findings)
    return Provenance(source, unit or UNKNOWN_UNIT, last_date, run_date, stale)


def series_shown(connection: Connection) -> list[Mapping[str, object]]:
    """The first series, the main one before all."""
    names = list(shown_columns(connection, "series"))
    query = f"SELECT {', '.join(names)} FROM series ORDER BY is_main DESC, code LIMIT {SERIES_SHOWN}"
    return [dict(zip(names, row, strict=True)) for row in connection.execute(query).fetchall()]


def look(found: Tables, files: Files, values: Mapping[str, str], main_code: str) -> list[Finding]:
    """Check the raw and final partitions of the run date; write quality, quarantine and the report."""
    dataproc, calendar, connection = values["dataproc"], values.get("calendar", DEFAULT), found.connection
    run_date = dt.datetime.strptime(dataproc, "%Y%m%d").date()
    wanted = every_code(codes(values), main_code, files.must_read)
    found.read("raw_rows", RAW, values["raw-uri"], dataproc, "extract")
    found.read("final_rows", FINAL, values["final-uri"], dataproc, "load")
    read_previous(found, files, values["extract-report-uri"], dataproc)
    connection.execute("CREATE TABLE asked AS SELECT unnest($1::VARCHAR[]) AS code", [list(wanted)])
    datasets.make(connection, RULES, main_code, run_date, calendar)

    findings = evaluate(connection, RULES, main_code)
    # Written even where no row is bad: a second run of the date must not leave the first one's rows.
    if (query := quarantined(connection, findings)) is None:
        found.write_rows(QUARANTINE, values["quarantine-uri"], dataproc, [])
    else:
        found.write(QUARANTINE, values["quarantine-uri"], dataproc, query)
    path = found.write_rows(QUALITY, values["quality-uri"], dataproc, findings_rows(findings))
    told = provenance(found, values, main_code, run_date, findings)
    report = partition_path(values["reports-uri"], dataproc) + QUALITY_PAGE
    files.write(report, page(Checked(findings, series_shown(connection), len(wanted), told)).encode())

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
    files = Files(spark_session("quality"))
    with unreplaced(files, values["dataproc"], values["raw-uri"], values["final-uri"]), tables(files) as found:
        findings = look(found, files, values, main_code)
    if target is not None:
        publish(target, metrics.figures(findings))
    refuse(findings)


def main() -> None:
    """Entry point of the script."""
    run_job(run)
