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


def counted(written: DataFrame, code: str) -> tuple[int, int, dict[str, int]]:
    """Rows, those of a code, and how many of these lack a value that the table demands, by column. One query, one row."""
    is_main = F.col("code") == code
    names = [column.name for column in FINAL.columns if not column.nullable]
    lacking = (F.count_if(is_main & F.col(name).isNull()) for name in names)
    [(rows, of_main, *nulls)] = written.agg(F.count("*"), F.count_if(is_main), *lacking).collect()
    return rows, of_main, {name: count for name, count in zip(names, nulls, strict=True) if count}


def run() -> None:
    """Read the interim partition of the run date, write the final one."""
    values = parse("load", REQUIRED, OPTIONAL)
    main_code, dataproc = codes(values)[0], values["dataproc"]
    spark = spark_session("load")
    interim = read_partition(spark, INTERIM, values["interim-uri"], dataproc, "transform")

    def check(written: DataFrame) -> None:
        rows, of_main, nulls = counted(written, main_code)
        if of_main == 0:
            raise JobError(f"the interim data of {dataproc} has no rows of series {main_code}; run `transform` for it first")
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
