"""Raw rows in buckets: each series is in one file, and Spark reads the files without a shuffle.

A partition of several files is spread by ``series_id`` as Spark spreads a bucketed table. A file's name says which
bucket of how many it holds: ``part-of-00020_00003.parquet`` is the fourth of twenty. For other readers they are plain
parquet files. ``read`` declares them to Spark as a bucketed table, which saves the shuffle.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.schema import Table

KEY = "series_id"

_TARGET = re.compile(r"part-of-([0-9]{5})_([0-9]{5})\.parquet")
_WRITTEN = re.compile(r"part-([0-9]{5})-.*\.parquet")


def series_id(code: Column) -> Column:
    """The number of a code: a key of eight bytes is grouped in half the time of a text."""
    return F.xxhash64(code)


def spread(frame: DataFrame, buckets: int) -> DataFrame:
    """Rows that have ``code``, so that each code's are in the task of its bucket."""
    return frame.repartition(buckets, series_id(F.col("code")))


def file_name(bucket: int, buckets: int) -> str:
    """Name of the file of a bucket; Spark reads the number after the last ``_``."""
    return f"part-of-{buckets:05d}_{bucket:05d}.parquet"


def buckets_of(names: Sequence[str]) -> int:
    """Number of buckets of a folder with these file names; 0 if any file is in no bucket."""
    found = [_TARGET.fullmatch(name) for name in names if name.endswith(".parquet")]
    counts = {match[1] if match else "0" for match in found}
    return int(counts.pop()) if len(counts) == 1 else 0


def bucket_of_written(name: str) -> int:
    """The task, and so the bucket, that wrote a file to which Spark gave its name (``part-00003-…parquet``)."""
    match = _WRITTEN.fullmatch(name)
    if match is None:
        raise JobError(f"{name} is no name that Spark gives to a parquet file; nothing else may write into the staging folder")
    return int(match[1])


def check_placement(written: DataFrame, buckets: int) -> None:
    """Refuse rows (with their ``series_id``) that are not in the file of their bucket.

    Readers trust the files' names, so a series in two files would silently become two. Spark has no setting for this
    check, which costs one column.
    """
    bucket = F.pmod(F.hash(KEY), F.lit(buckets)).alias("bucket")
    for name, found in written.select(F.col("_metadata.file_name"), bucket).distinct().collect():
        if bucket_of_written(name) != found:
            raise JobError(
                f"{name} holds series of bucket {found} of {buckets}: Spark did not keep the order of the tasks; "
                "is a setting of spark.sql.adaptive or of an extension at work?"
            )


def can_read(spark: SparkSession) -> bool:
    """Whether the session's catalog is its own: in a shared one (Hive's, Glue's) others would see the table."""
    return spark.conf.get("spark.sql.catalogImplementation") == "in-memory"


def read(spark: SparkSession, table: Table, path: str, buckets: int) -> DataFrame:
    """The rows of a partition that is spread into ``buckets``.

    For Spark only tables have buckets, so a table exists while the frame is made; dropping it keeps the files.
    """
    name = f"oleoduto_{table.name}_{uuid.uuid4().hex}"
    columns = ", ".join(f"`{column.name}` {column.type}" for column in table.columns)
    location = path.replace("\\", "\\\\").replace("'", "\\'")
    spark.sql(
        f"CREATE TABLE {name} ({columns}) USING parquet CLUSTERED BY ({KEY}) INTO {buckets} BUCKETS LOCATION '{location}'"
    )
    try:
        return spark.table(name)
    finally:
        spark.sql(f"DROP TABLE {name}")
