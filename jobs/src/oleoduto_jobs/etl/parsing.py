"""Stored responses to rows: on the driver for a few codes, on Spark's workers for many."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.etl.buckets import series_id
from oleoduto_jobs.etl.files import Files
from oleoduto_jobs.etl.observations import Observation
from oleoduto_jobs.etl.outcome import SeriesOutcome, judge
from oleoduto_jobs.etl.publish import partition_path
from oleoduto_jobs.etl.responses import from_bytes, response_path
from oleoduto_jobs.etl.rows import frame_of
from oleoduto_jobs.etl.storage import spark_schema
from oleoduto_jobs.schema import EXTRACT_REPORT, RAW

FEW = 8
"""Largest number of codes that the driver parses: starting Python workers costs more than that."""

CODES_PER_TASK = 64

_OF_REPORT = ("code", "status", "source", "unit", "frequency", "updated", "reused_from", "message")

OBSERVATION = T.StructType([spark_schema(RAW)[name] for name in ("date", "raw_date", "value", "previous_value")])
OUTCOME = T.StructType(
    [
        *(spark_schema(EXTRACT_REPORT)[name] for name in _OF_REPORT),
        spark_schema(RAW)["per_year"],
        T.StructField("observations", T.ArrayType(OBSERVATION, False), False),
    ]
)


@dataclass(frozen=True)
class Judge:
    """The units that codes had, the codes whose new unit is accepted, and the run date; goes to the workers."""

    units: Mapping[str, str | None]
    accepted: AbstractSet[str]
    as_of: dt.date | None = None

    def row(self, where: str, content: bytes) -> tuple[object, ...]:
        """One row of ``OUTCOME`` from a stored response."""
        response = from_bytes(where, content)
        return row_of(judge(response, self.units.get(response.code), response.code in self.accepted, self.as_of))


def row_of(outcome: SeriesOutcome) -> tuple[object, ...]:
    """One row of ``OUTCOME``."""
    row = {
        **vars(outcome),
        "status": outcome.status.value,
        "frequency": outcome.frequency.frequency,
        "per_year": outcome.frequency.per_year,
        "observations": list(with_previous(outcome.observations)),
    }
    return tuple(row[name] for name in OUTCOME.names)


def with_previous(observations: Sequence[Observation]) -> Iterator[tuple[dt.date, str, float | None, float | None]]:
    """date, raw_date, value and the value of the nearest earlier day that has one; in the order of the dates."""
    previous = None
    for o in observations:
        yield o.date, o.raw_date, o.value, previous
        previous = previous if o.value is None else o.value


def outcomes(spark: SparkSession, files: Files, uri: str, dataproc: str, codes: Sequence[str], judge_of: Judge) -> DataFrame:
    """One row of ``OUTCOME`` per code, from the stored responses of a run date."""
    if len(codes) <= FEW:
        rows = []
        for code in codes:
            path = response_path(uri, dataproc, code)
            content = files.read(path)
            if content is None:
                raise JobError(f"{path} is gone, though it was just written; does another run of {dataproc} run too?")
            rows.append(judge_of.row(path, content))
        return frame_of(spark, rows, OUTCOME)
    wanted = spark.sparkContext.broadcast(frozenset(codes))
    shared = spark.sparkContext.broadcast(judge_of)

    def parse(rows: Iterable[Row]) -> Iterable[tuple[object, ...]]:
        for row in rows:
            # The folder may hold codes of an earlier run of this date that are not asked for now.
            if str(row["path"]).rpartition("/")[2].removesuffix(".json") in wanted.value:
                yield shared.value.row(str(row["path"]), bytes(row["content"]))

    # binaryFile packs small files into large partitions; parsing is the work here, not reading.
    tasks = max(1, -(-len(codes) // CODES_PER_TASK))
    found = spark.read.format("binaryFile").option("pathGlobFilter", "*.json").load(partition_path(uri, dataproc))
    return spark.createDataFrame(found.select("path", "content").repartition(tasks).rdd.mapPartitions(parse), OUTCOME)


def report_of(judged: DataFrame) -> DataFrame:
    """The table of the report, from rows of ``OUTCOME``."""
    days = F.col("observations")
    spans = {
        "rows": F.size(days),
        # Observations are ordered by date; an empty array has none, and null represents it.
        "first_date": F.get(days, F.lit(0))["date"],
        "last_date": F.get(days, F.size(days) - 1)["date"],
    }
    return judged.withColumns(spans).select(*EXTRACT_REPORT.column_names)


def raw_of(judged: DataFrame) -> DataFrame:
    """The raw table, from rows of ``OUTCOME``; values in the unit of each series."""
    rows = judged.select("code", "per_year", F.explode("observations").alias("o")).select("code", "per_year", "o.*")
    parts = {"day": F.dayofmonth("date"), "month": F.month("date"), "year": F.year("date")}
    return rows.withColumns({**parts, "series_id": series_id(F.col("code"))}).select(*RAW.column_names)
