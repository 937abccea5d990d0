"""Glue job ``extract``: a list of series from their source to the raw table.

The codes are requested concurrently. Each response is stored byte for byte and the rows are parsed from the stored
bytes, so a replay cannot differ from the run. If one code fails, the others are still loaded and the report says so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from oleoduto_jobs.errors import JobError, run_job
from oleoduto_jobs.etl.arguments import beside, codes, number, parse, switch
from oleoduto_jobs.etl.buckets import spread
from oleoduto_jobs.etl.code_list import every_code
from oleoduto_jobs.etl.files import Files
from oleoduto_jobs.etl.gather import MAX_PARALLELISM, gather
from oleoduto_jobs.etl.history import Known, known_codes
from oleoduto_jobs.etl.ipeadata import PATIENT
from oleoduto_jobs.etl.observations import MAX_BYTES, SourceError, too_large
from oleoduto_jobs.etl.outcome import LOADED
from oleoduto_jobs.etl.parsing import Judge, outcomes, raw_of, report_of
from oleoduto_jobs.etl.publish import partition_path
from oleoduto_jobs.etl.responses import Response, from_bytes, response_path
from oleoduto_jobs.etl.revisions import COMPARED, revisions
from oleoduto_jobs.etl.rows import frame_of
from oleoduto_jobs.etl.session import spark_session
from oleoduto_jobs.etl.sources import Asker, ReadBytes, Stored, base_url, read_local_bytes
from oleoduto_jobs.etl.storage import read_partition, spark_schema, write_partition
from oleoduto_jobs.etl.verdict import summary_of, verdict
from oleoduto_jobs.parser import run_date
from oleoduto_jobs.reasons.reason import because
from oleoduto_jobs.schema import EXTRACT_REPORT, RAW, REVISIONS

PARALLELISM = 8
"""Codes requested at the same time: few enough for a public service, enough to hide its latency."""

LIMITS = PATIENT

ROWS_PER_FILE = 5_000_000
"""About 64 MB of raw parquet: large enough to be read fast, small enough to be read by many."""

REQUIRED = ("dataproc", "series", "source", "raw-uri")
OPTIONAL = (
    *("responses-uri", "extract-report-uri", "revisions-uri"),
    *("ipeadata-url", "parallelism", "strict", "accept-unit-change"),
)


@dataclass(frozen=True)
class Places:
    """Folders of the tables; by default beside the raw table."""

    raw: str
    responses: str
    report: str
    revisions: str


def places(values: Mapping[str, str]) -> Places:
    """The folders from the arguments."""
    return Places(values["raw-uri"], beside(values, "responses"), beside(values, "extract_report"), beside(values, "revisions"))


def files_of(rows: int) -> int:
    """Number of files for this many raw rows."""
    return max(1, math.ceil(rows / ROWS_PER_FILE))


def reader(files: Files) -> ReadBytes:
    """Reads paths with a scheme (``s3://``) by Hadoop's file systems and others from this machine; what is no series by its
    size is not read."""

    def read(path: str) -> bytes:
        if "://" not in path:
            return read_local_bytes(path)
        size = files.length(path)
        if size is not None and size > MAX_BYTES:
            raise too_large(path, size)
        content = None if size is None else files.read(path)
        if content is None:
            raise SourceError(because("file_missing", path=path))
        return content

    return read


def stored_in(files: Files, uri: str) -> Stored:
    """Reads stored responses."""

    def stored(dataproc: str, code: str) -> Response | None:
        path = response_path(uri, dataproc, code)
        content = files.read(path)
        return None if content is None else from_bytes(path, content)

    return stored


def write_raw(files: Files, loaded: DataFrame, rows: int, where: Places, dataproc: str) -> str:
    """Write the raw partition from rows of ``OUTCOME``; if it takes several files, each series is whole in one."""
    buckets = files_of(rows)
    if buckets == 1:
        return write_partition(files, raw_of(loaded).coalesce(1), RAW, where.raw, dataproc)
    return write_partition(files, raw_of(spread(loaded, buckets)), RAW, where.raw, dataproc, buckets=buckets)


def write_revisions(spark: SparkSession, files: Files, where: Places, dataproc: str) -> tuple[int, str | None]:
    """Compare the raw partition with the newest earlier one; return how many differ, and its date."""
    earlier = [date for date in files.run_dates(where.raw) if date < dataproc]
    if earlier:
        previous, current = (
            read_partition(spark, RAW, where.raw, date, "extract", COMPARED) for date in (earlier[-1], dataproc)
        )
        frame: DataFrame = revisions(previous, current, earlier[-1])
    else:
        frame = frame_of(spark, [], spark_schema(REVISIONS))
    # Written even if nothing differs: a second run of the date must replace the first one's rows.
    path = write_partition(files, frame.coalesce(1), REVISIONS, where.revisions, dataproc)
    if not earlier:
        return 0, None
    return spark.read.schema(spark_schema(REVISIONS)).parquet(path).count(), earlier[-1]


def run() -> None:
    """Request, store, parse, report; then write one partition of the raw table and of the revisions."""
    values = parse("extract", REQUIRED, OPTIONAL)
    main_code, dataproc, source = codes(values)[0], values["dataproc"], values["source"]
    parallelism = number("extract", values, "parallelism", PARALLELISM, 1, MAX_PARALLELISM)
    strict = switch("extract", values, "strict")
    accepted = set(values.get("accept-unit-change", "").split(","))
    where = places(values)
    spark = spark_session("extract")
    files = Files(spark)
    wanted = every_code(codes(values), main_code, files.must_read)
    known: dict[str, Known] = known_codes(spark, files, where.report, dataproc)

    asker = Asker(
        source,
        main_code,
        stored_in(files, where.responses),
        reader(files),
        base_url(values.get("ipeadata-url")),
        lambda code: known[code].update if code in known else None,
        LIMITS,
    )

    def keep(response: Response) -> None:
        files.write(response_path(where.responses, dataproc, response.code), response.to_bytes())

    gather(wanted, source, asker.respond(), keep, parallelism)

    judge = Judge({code: known[code].unit for code in wanted if code in known}, accepted, run_date(dataproc))
    judged = outcomes(spark, files, where.responses, dataproc, wanted, judge).persist()
    # In one task: `orderBy` would read all rows once before, to divide them.
    rows = report_of(judged).repartition(1).sortWithinPartitions("code")
    write_partition(files, rows, EXTRACT_REPORT, where.report, dataproc)
    report = spark.read.schema(spark_schema(EXTRACT_REPORT)).parquet(partition_path(where.report, dataproc))
    summary = summary_of(report, main_code, len(wanted))
    for line in summary.lines():
        print(f"extract: {line}")
    problem = verdict(summary, strict)
    if problem:
        raise JobError(problem)
    loaded = judged.where(F.col("status").isin(*(status.value for status in LOADED)))
    path = write_raw(files, loaded, summary.rows, where, dataproc)
    judged.unpersist()
    print(f"extract: {summary.rows} rows of {summary.loaded} series from {source} to {path}")
    differing, previous = write_revisions(spark, files, where, dataproc)
    if previous:
        print(f"extract: {differing} values differ from the extract of {previous}, see {where.revisions}")


def main() -> None:
    """Entry point of the script."""
    run_job(run)
