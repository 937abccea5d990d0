"""What training costs: one series against the existing search, then many series.

``python bench/ml.py --prices FILE.csv [--series 1,5] [--parts NAMES] [--out bench/ml.json]`` with the project's
environment. CPU is that of whole processes, start and imports included, all in one run of this program.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CODE = "EIA366_PBRENT366"
CHEAP = "no_change_monthly_mean,no_change_last_price,ridge,auto_theta"

EXISTING = """
import sys, pickle
from oleoduto_jobs.ml.models.existing import search_chain, fit_chain
from oleoduto_jobs.ml.features import training_window
monthly = pickle.load(open(sys.argv[1], "rb"))
window = training_window(monthly, len(monthly) - 1, 6)
fit_chain(window, search_chain(window, 0), 0)
"""

TRAIN = """
import sys, pickle
from oleoduto_jobs.ml.evaluation.backtest import one_by_one
from oleoduto_jobs.ml.container.hyperparameters import parse_hyperparameters
from oleoduto_jobs.ml.container.train import train
monthly = pickle.load(open(sys.argv[1], "rb"))
for _ in range(int(sys.argv[2])):
    settings = parse_hyperparameters({"series": monthly.code, "candidates": sys.argv[3]})
    train(monthly, settings, None, one_by_one)
"""

SPARK = """
import sys, pickle
import pandas as pd
from pyspark.sql import SparkSession
monthly = pickle.load(open(sys.argv[1], "rb"))
count, names = int(sys.argv[2]), sys.argv[3]
spark = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
spark.sparkContext.setLogLevel("ERROR")
spark.conf.set("spark.sql.shuffle.partitions", "2")
frame = pd.DataFrame({"code": [f"S{i}" for i in range(count)]})
def one(rows):
    from oleoduto_jobs.ml.evaluation.backtest import one_by_one
    from oleoduto_jobs.ml.container.hyperparameters import parse_hyperparameters
    from oleoduto_jobs.ml.container.train import train
    made = train(monthly, parse_hyperparameters({"series": monthly.code, "candidates": names}), None, one_by_one)
    return pd.DataFrame({"code": rows["code"], "model": [made.model.model]})
found = spark.createDataFrame(frame).groupBy("code").applyInPandas(one, "code string, model string").toPandas()
assert len(found) == count, len(found)
spark.stop()
"""


def measured(code: str, *arguments: str) -> dict[str, float]:
    """Seconds, CPU seconds of the process and all that it started, and their highest memory."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "jobs" / "src"),
        "OMP_NUM_THREADS": "1",
        "PYSPARK_PYTHON": sys.executable,
    }
    subprocess.run([sys.executable, "-W", "ignore", "-c", code, *arguments], check=True, env=environment, cwd=ROOT)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "seconds": round(time.perf_counter() - started, 2),
        "cpu_seconds": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 2),
        "highest_child_mb": round(after.ru_maxrss / 1024),
    }


def per_series(run: Callable[[int], dict[str, float]], few: int, many: int) -> dict[str, Any]:
    """Start-up and cost of one more series, from two sizes; 100 and 10,000 are on that line."""
    small, large = run(few), run(many)
    each = {k: (large[k] - small[k]) / (many - few) for k in ("seconds", "cpu_seconds") if k in small}
    line = {str(n): {k: round(small[k] + each[k] * (n - few), 1) for k in each} for n in (1, 100, 10_000)}
    return {"measured": {str(few): small, str(many): large}, "extrapolated": line}


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prices", required=True, type=Path)
    parser.add_argument("--series", default="1,5")
    parser.add_argument("--parts", default="", help="only these, by name, separated by commas")
    parser.add_argument("--out", type=Path, default=ROOT / "bench" / "ml.json")
    options = parser.parse_args()
    few, many = (int(n) for n in options.series.split(","))
    with tempfile.TemporaryDirectory() as scratch:
        path = str(Path(scratch) / "monthly.pickle")
        # Spark makes the table once, outside of all measurements.
        make = (
            "import sys, pickle; from oleoduto_jobs.ml.source import monthly_from; "
            f"pickle.dump(monthly_from('file:' + sys.argv[1], '{CODE}'), open(sys.argv[2], 'wb'))"
        )
        measured(make, str(options.prices.resolve()), path)
        parts: dict[str, Callable[[], dict[str, Any]]] = {
            "existing_search": lambda: measured(EXISTING, path),
            "training_all_candidates": lambda: measured(TRAIN, path, "1", ""),
            "many_one_process_cheap": lambda: per_series(lambda n: measured(TRAIN, path, str(n), CHEAP), few, many),
            # Spark's Python workers are nobody's waited-for children, so their CPU is not seen from here.
            "many_spark_cheap": lambda: per_series(
                lambda n: {"seconds": measured(SPARK, path, str(n), CHEAP)["seconds"]}, few, many
            ),
        }
        report: dict[str, Any] = json.loads(options.out.read_text()) if options.out.is_file() else {}
        for name in options.parts.split(",") if options.parts else parts:
            report[name] = parts[name]()
            options.out.write_text(json.dumps(report, indent=2) + "\n")
    if {"existing_search", "training_all_candidates"} <= set(report):
        ours, theirs = (report[name]["cpu_seconds"] for name in ("training_all_candidates", "existing_search"))
        report["cpu_ratio"] = round(ours / theirs, 3)
        options.out.write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
