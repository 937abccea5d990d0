"""Reads and writes one partition of a table by its explicit path, and turns schemas into Spark's."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.etl import buckets as spread
from oleoduto_jobs.etl.files import Files
from oleoduto_jobs.etl.publish import finish, partition_path, replacing
from oleoduto_jobs.schema import Table

_SPARK_TYPES: dict[str, T.DataType] = {
    "string": T.StringType(),
    "int": T.IntegerType(),
    "bigint": T.LongType(),
    "double": T.DoubleType(),
    "date": T.DateType(),
}

ONE_TASK_BYTES = 16 * 2**20
"""Partitions up to this size are read by one task: what is then grouped or ordered needs no shuffle, which
costs a small run more than a second core saves it."""


def spark_schema(table: Table) -> T.StructType:
    """The columns of ``table`` inside its files, as a Spark schema."""
    return T.StructType([T.StructField(c.name, _SPARK_TYPES[c.type], c.nullable) for c in table.columns])


def write_rows(frame: DataFrame, path: str, plain: Sequence[str] = ()) -> None:
    """Write ``frame`` as parquet files; columns in ``plain``, whose values hardly repeat, are not put into dictionaries.

    Parquet drops a dictionary that grows too large, which costs time and saves no space.
    """
    writer = frame.write.mode("overwrite").option("compression", "zstd")
    for name in plain:
        writer = writer.option(f"parquet.enable.dictionary#{name}", "false")
    writer.parquet(path)


def in_one_task_if_small(files: Files, frame: DataFrame, path: str) -> DataFrame:
    """``frame``, which reads ``path``, as one task if that has no more than ``ONE_TASK_BYTES``."""
    return frame.coalesce(1) if files.size(path) <= ONE_TASK_BYTES else frame


def write_partition(
    files: Files,
    frame: DataFrame,
    table: Table,
    uri: str,
    dataproc: str,
    *,
    buckets: int = 0,
    plain: Sequence[str] = (),
    check: Callable[[DataFrame], None] | None = None,
) -> str:
    """Replace one partition of ``table`` as a whole with ``frame`` and return its path.

    Only the partition's own path is touched, so other run dates stay, and a second run of the same date
    gives the same rows. Readers see the earlier rows until all new ones are written (see ``publish``) and
    ``check``, which gets the written rows, has not refused them. ``plain`` is for
    ``write_rows``. ``buckets`` is the number of buckets that ``frame`` is spread into (see ``buckets.spread``).
    """
    with replacing(files, uri, dataproc, buckets) as staging:
        write_rows(frame.select(*table.column_names), staging, plain)
        if buckets or check is not None:
            written = frame.sparkSession.read.schema(spark_schema(table)).parquet(staging)
            if buckets:
                spread.check_placement(written, buckets)
            if check is not None:
                check(written)
    return partition_path(uri, dataproc)


def in_buckets(spark: SparkSession, files: Files, table: Table, path: str) -> DataFrame | None:
    """The rows of a folder in its buckets; None if it has none, or if the session shares its catalog."""
    buckets = spread.buckets_of(files.names(path))
    return spread.read(spark, table, path, buckets) if buckets and spread.can_read(spark) else None


def read_rows(spark: SparkSession, files: Files, table: Table, path: str) -> DataFrame:
    """The rows of a folder, unchecked: in its buckets if it has any, as one task if it is small."""
    found = in_buckets(spark, files, table, path)
    return in_one_task_if_small(files, spark.read.schema(spark_schema(table)).parquet(path), path) if found is None else found


def no_data(table: Table, path: str, reason: str, written_by: str) -> JobError:
    """What to say of a partition without rows to read."""
    return JobError(f"no {table.name} data at {path} ({reason}); run `{written_by}` for this date first")


def check_columns(
    table: Table, path: str, dtypes: Sequence[tuple[str, str]], written_by: str, columns: Sequence[str] | None = None
) -> None:
    """Refuse rows whose columns (name and type, in order) are not the schema's; with ``columns``, only these count."""
    expected = [(c.name, c.type) for c in table.columns if columns is None or c.name in columns]
    found = [(name, kind) for name, kind in dtypes if columns is None or name in columns]
    if found != expected:
        wrong = [f"{n} {t}" for n, t in expected if (n, t) not in found]
        extra = [f"{n} {t}" for n, t in found if (n, t) not in expected]
        raise JobError(
            f"{table.name} data at {path} has other columns than the schema "
            f"(missing: {', '.join(wrong) or 'none'}; unexpected: {', '.join(extra) or 'none'}); "
            f"run `{written_by}` for this date again"
        )


def read_partition(
    spark: SparkSession, table: Table, uri: str, dataproc: str, written_by: str, columns: Sequence[str] | None = None
) -> DataFrame:
    """Read one partition of ``table``; its columns and types must be the schema's.

    With ``columns``, only these are read and checked: partitions of a version whose table had fewer columns
    can still be read so.
    """
    path, files = partition_path(uri, dataproc), Files(spark)
    finish(files, uri, dataproc)
    try:
        frame = spark.read.parquet(path)
    except AnalysisException as error:
        raise no_data(table, path, error.getErrorClass() or "unreadable", written_by) from error
    check_columns(table, path, frame.dtypes, written_by, columns)
    if columns is not None:
        return in_one_task_if_small(files, frame.select(*columns), path)
    bucketed = in_buckets(spark, files, table, path)
    return in_one_task_if_small(files, frame, path) if bucketed is None else bucketed
