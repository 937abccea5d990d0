"""Glue job ``load``: the interim table, checked, as the final table."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from oleoduto_jobs.errors import JobError, run_job
from oleoduto_jobs.etl.arguments import codes, parse
from oleoduto_jobs.etl.files import Files
from oleoduto_jobs.etl.session import spark_session
from oleoduto_jobs.etl.storage import read_partition, write_partition
from oleoduto_jobs.schema import FINAL, INTERIM

REQUIRED = ("dataproc", "series", "interim-uri", "final-uri")
OPTIONAL: tuple[str, ...] = ()


def load(interim: DataFrame) -> DataFrame:
    """Interim -> final: the same columns."""
    return interim.select(*FINAL.column_names)


def nulls_by_column(frame: DataFrame) -> dict[str, int]:
    """How many nulls each column has, columns without any left out (one row reaches the driver)."""
    counts = frame.agg(*(F.count(F.when(F.col(n).isNull(), 1)).alias(n) for n in frame.columns)).head()
    return {} if counts is None else {name: count for name, count in counts.asDict().items() if count}


def run() -> None:
    """Read the interim partition of the run date, write the final one."""
    values = parse("load", REQUIRED, OPTIONAL)
    main_code, dataproc = codes(values)[0], values["dataproc"]
    spark = spark_session("load")
    interim = read_partition(spark, INTERIM, values["interim-uri"], dataproc, "transform")

    def check(written: DataFrame) -> None:
        rows, of_main = written.agg(F.count("*"), F.count_if(F.col("code") == main_code)).head() or (0, 0)
        if of_main == 0:
            raise JobError(f"the interim data of {dataproc} has no rows of series {main_code}; run `transform` for it first")
        of_main_series = written.where(F.col("code") == main_code)
        nulls = nulls_by_column(of_main_series.select(*(c.name for c in FINAL.columns if not c.nullable)))
        if nulls:
            named = ", ".join(f"{name} ({count} rows)" for name, count in nulls.items())
            raise JobError(
                f"series {main_code} lacks values in the interim data of {dataproc}: {named}; "
                "run `transform` for this date again"
            )
        print(f"load: {rows} months")

    path = write_partition(Files(spark), load(interim), FINAL, values["final-uri"], dataproc, check=check)
    print(f"load: to {path}")


def main() -> None:
    """Entry point of the script."""
    run_job(run)
