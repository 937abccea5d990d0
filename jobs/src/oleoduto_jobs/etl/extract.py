"""Glue job ``extract``: one series from its source to the raw table."""

from __future__ import annotations

from pyspark.sql import DataFrame, SparkSession

from oleoduto_jobs.errors import run_job
from oleoduto_jobs.etl.arguments import parse
from oleoduto_jobs.etl.observations import Series, SourceError
from oleoduto_jobs.etl.session import spark_session
from oleoduto_jobs.etl.sources import ReadText, fetch, read_local_text
from oleoduto_jobs.etl.storage import spark_schema, write_partition
from oleoduto_jobs.schema import RAW


def raw_rows(series: Series) -> list[tuple[object, ...]]:
    """Rows of the raw table: code, date, raw_date, day, month, year, value (the series' unit)."""
    return [(series.code, o.date, o.raw_date, o.date.day, o.date.month, o.date.year, o.value) for o in series.observations]


def text_reader(spark: SparkSession) -> ReadText:
    """Reads ``s3://`` paths with Spark's file system and others from this machine."""

    def read(path: str) -> str:
        if "://" not in path:
            return read_local_text(path)
        try:
            row = spark.read.text(path, wholetext=True).first()
        except Exception as error:
            # Py4J wraps whatever Hadoop's file systems throw; its first line says which path and why.
            reason = str(error).strip().splitlines()[0]
            raise SourceError(f"the file {path} of `--source file:{path}` cannot be read: {reason}") from error
        return "" if row is None else str(row[0]).removeprefix("\ufeff")

    return read


def raw_frame(spark: SparkSession, series: Series) -> DataFrame:
    """The raw table of one series."""
    return spark.createDataFrame(raw_rows(series), spark_schema(RAW))


def run() -> None:
    """Fetch, check and write one partition of the raw table."""
    values = parse("extract", ("dataproc", "series", "source", "raw-uri"), ("ipeadata-url",))
    spark = spark_session("extract")
    series = fetch(values["source"], values["series"], values.get("ipeadata-url"), text_reader(spark))
    path = write_partition(raw_frame(spark, series), RAW, values["raw-uri"], values["dataproc"])
    first, last = series.observations[0], series.observations[-1]
    prices = sum(o.value is not None for o in series.observations)
    print(f"extract: {series.code} from {values['source']}: {series.description}")
    print(f"extract: {len(series.observations)} rows ({prices} with a price), {first.date} to {last.date}, to {path}")


def main() -> None:
    """Entry point of the script."""
    run_job(run)
