"""One Glue job with three steps against three jobs, each with a Spark of its own: seconds and cost of one run.

    .venv/bin/python bench/steps.py --source file:PATH [--repeats 5]

Seconds are of whole processes, the start of Spark included, on this machine. The cost is Glue's price for so many
seconds on two G.1X workers; Glue bills each run by the second, one minute at least, and its own start-up not at all.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DPU_HOUR_USD = 0.44
DPUS = 2
MINIMUM_SECONDS = 60.0
CODE = "EIA366_PBRENT366"
STEPS = ("extract", "transform", "load")
TABLES = ("raw", "responses", "extract-report", "revisions", "interim", "final", "reports")


def cost(seconds: Sequence[float]) -> float:
    """US$ of runs of so many seconds each."""
    return sum(max(MINIMUM_SECONDS, run) for run in seconds) / 3600 * DPUS * DPU_HOUR_USD


def run_job(module: str, folder: Path, source: str) -> float:
    """Seconds of one job in a process of its own, as Glue runs it."""
    places = [word for table in TABLES for word in (f"--{table}-uri", f"file://{folder}/{table.replace('-', '_')}/")]
    words = ["--dataproc", "20240102", "--series", CODE, "--source", source, *places]
    program = f"from oleoduto_jobs.etl.{module} import main; main()"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "jobs" / "src"), "PYSPARK_PYTHON": sys.executable}
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-c", program, *words], env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"error: the job {module} failed with code {done.returncode}:\n{done.stderr}")
    return time.monotonic() - started


def main() -> None:
    """Measure both in turns and print medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", required=True)
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    three: list[list[float]] = []
    one: list[float] = []
    for _ in range(arguments.repeats):
        with tempfile.TemporaryDirectory() as folder:
            three.append([run_job(step, Path(folder), arguments.source) for step in STEPS])
        with tempfile.TemporaryDirectory() as folder:
            one.append(run_job("steps", Path(folder), arguments.source))
            report = Path(folder, "reports", "dataproc=20240102", "etl.json").read_text()
    each = [statistics.median(runs) for runs in zip(*three, strict=True)]
    print(f"three jobs: {', '.join(f'{s:.1f}' for s in each)} s = {sum(each):.1f} s, US$ {cost(each):.4f}")
    alone = statistics.median(one)
    print(f"one job:    {alone:.1f} s, US$ {cost([alone]):.4f}; its steps: {json.loads(report)['steps']}")


if __name__ == "__main__":
    main()
