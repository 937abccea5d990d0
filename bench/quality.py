"""The Glue job ``quality`` over growing numbers of series; with ``--against``, in turns with that of another checkout.

    PYTHONPATH=jobs/src .venv/bin/python bench/quality.py [--series 1,1000,10000] [--days 1000] [--against ../before] [--json F]

The prices are those of ``bench/etl.py``, transformed and loaded. Each run is a process of its own with a fresh Spark, as on
Glue. Seconds are of the whole process, its Spark included; the peak of memory is that of its Python (GNU time).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from etl import DATE, codes, session, write_prices
from oleoduto_jobs.etl.buckets import buckets_of
from oleoduto_jobs.etl.files import Files
from oleoduto_jobs.etl.load import load
from oleoduto_jobs.etl.publish import partition_path
from oleoduto_jobs.etl.session import tune
from oleoduto_jobs.etl.storage import read_rows, spark_schema, write_partition
from oleoduto_jobs.etl.transform import named_series, transform
from oleoduto_jobs.schema import EXTRACT_REPORT, FINAL, INTERIM, RAW

ROOT = Path(__file__).resolve().parents[1]
GNU_TIME = "/usr/bin/time"
MAIN = "SERIES_000000"


def prepare(spark: SparkSession, series: int, days: int, folder: Path) -> None:
    """The partitions that the job reads, and its list of codes."""
    raw, files = str(folder / "raw"), Files(spark)
    write_prices(spark, series, days, raw)
    report = codes(spark, series).select(
        "code",
        *(
            F.lit("ok" if column.name in ("status", "source") else None).alias(column.name)
            for column in EXTRACT_REPORT.columns[1:]
        ),
    )
    typed = report.select(*(F.col(field.name).cast(field.dataType).alias(field.name) for field in spark_schema(EXTRACT_REPORT)))
    write_partition(files, typed.fillna(days, ["rows"]).coalesce(1), EXTRACT_REPORT, str(folder / "extract_report"), DATE)
    rows = read_rows(spark, files, RAW, partition_path(raw, DATE))
    many = buckets_of(files.names(partition_path(raw, DATE))) > 0
    named = named_series(codes(spark, series).select("code", F.lit("US$").alias("unit"))) if many else None
    interim = transform(rows, named=named, bucketed=many)
    write_partition(files, interim, INTERIM, str(folder / "interim"), DATE)
    kept = spark.read.schema(spark_schema(INTERIM)).parquet(partition_path(str(folder / "interim"), DATE))
    write_partition(files, load(kept), FINAL, str(folder / "final"), DATE)
    (folder / "codes.txt").write_text("".join(f"SERIES_{number:06d}\n" for number in range(series)))


def run(checkout: Path, folder: Path, scratch: Path, memory: str) -> dict[str, float]:
    """One run of a checkout's job: seconds, MB of its Python, and how many rules hold."""
    tables = ("raw", "final", "extract-report", "quality", "quarantine", "reports")
    places = [word for table in tables for word in (f"--{table}-uri", f"file://{folder}/{table.replace('-', '_')}/")]
    program = "from oleoduto_jobs.etl.quality.job import main; main()"
    words = ["--dataproc", DATE, "--series", f"{MAIN},file://{folder}/codes.txt", *places]
    environment = {
        **os.environ,
        "PYTHONPATH": str(checkout / "jobs" / "src"),
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_SUBMIT_ARGS": f"--driver-memory {memory} --conf spark.local.dir={scratch} pyspark-shell",
        "TMPDIR": str(scratch),
    }
    command = [GNU_TIME, "-f", "%e %M", sys.executable, "-c", program, *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    held = [line for line in done.stdout.splitlines() if "rules hold" in line]
    if not held:
        raise SystemExit(f"error: the job of {checkout} failed with code {done.returncode}:\n{done.stderr}")
    seconds, kilobytes = map(float, done.stderr.split()[-2:])
    return {"seconds": seconds, "python_mb": kilobytes / 1024, "held": float(held[0].split()[1])}


def main() -> None:
    """Measure every size and print a row for each checkout."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", default="1,1000,10000")
    parser.add_argument("--days", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--against", type=Path, help="another checkout of this repository")
    parser.add_argument("--memory", default="3g", help="of each Spark: that of the data, and that of each run [default: 3g]")
    parser.add_argument("--scratch", type=Path, default=Path(".bench"))
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    arguments.scratch.mkdir(parents=True, exist_ok=True)
    checkouts = [ROOT, *([arguments.against.resolve()] if arguments.against else [])]
    rows: list[dict[str, Any]] = []
    for series in (int(number) for number in arguments.series.split(",")):
        folder = (arguments.scratch / f"quality-{series}-{arguments.days}").resolve()
        if not (folder / "codes.txt").exists():
            spark = session(arguments.memory, arguments.scratch)
            tune(spark)
            prepare(spark, series, arguments.days, folder)
            spark.stop()
        runs: dict[Path, list[dict[str, float]]] = {checkout: [] for checkout in checkouts}
        for _ in range(arguments.repeats):
            # In turns: a change in the machine's load meets both.
            for checkout in checkouts:
                runs[checkout].append(run(checkout, folder, arguments.scratch.resolve(), arguments.memory))
        for checkout in checkouts:
            medians = {key: round(statistics.median(one[key] for one in runs[checkout]), 2) for key in runs[checkout][0]}
            rows.append(
                {"checkout": "this" if checkout == ROOT else "against", "series": series, "days": arguments.days, **medians}
            )
            print("  ".join(f"{key}={value}" for key, value in rows[-1].items()), flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
