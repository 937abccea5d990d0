"""``backtest``: test every candidate from any origins of any source.

``python -m oleoduto_jobs.ml.evaluate --series CODE --source SOURCE --origins 2019-01..2023-06 [--json]``. The
table goes to stdout, progress to stderr.
"""

from __future__ import annotations

import json
import os
import platform
import re
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

from oleoduto_jobs import __version__
from oleoduto_jobs.errors import JobError, run_job
from oleoduto_jobs.ml.arrays import Ints
from oleoduto_jobs.ml.data import Monthly, month_index, month_text
from oleoduto_jobs.ml.evaluation import goals, tables
from oleoduto_jobs.ml.evaluation.backtest import Runner, Task, TaskResult, in_processes, run_backtest
from oleoduto_jobs.ml.evaluation.plan import plan_origins
from oleoduto_jobs.ml.evaluation.selection import select
from oleoduto_jobs.ml.models.candidates import CANDIDATES, named
from oleoduto_jobs.ml.source import monthly_from
from oleoduto_jobs.parser import Parser
from oleoduto_jobs.schema import MAX_HORIZON

PACKAGES = ("lightgbm", "numpy", "optuna", "scikit-learn", "statsforecast")


@dataclass(frozen=True)
class BacktestOptions:
    """``origins`` are the first and last month as calendar positions, ``candidates`` names."""

    series: str
    source: str
    origins: tuple[int, int]
    candidates: Sequence[str]
    seed: int
    workers: int
    json: bool


def parse(argv: Sequence[str]) -> BacktestOptions:
    """The options of a command line."""
    parser = Parser("backtest")
    for name in ("series", "source", "origins"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--candidates", default=",".join(c.name for c in CANDIDATES))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", action="store_true")
    given = vars(parser.parse_args(list(argv)))
    if given["workers"] < 1:
        raise JobError(f"`--workers` is {given['workers']}; it must be at least 1")
    candidates = [c.name for c in named(name.strip() for name in given["candidates"].split(","))]
    return BacktestOptions(**{**given, "origins": parse_origins(given["origins"]), "candidates": candidates})


def parse_origins(text: str) -> tuple[int, int]:
    """``2019-01..2023-06`` as two calendar positions."""
    found = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])\.\.(\d{4})-(0[1-9]|1[0-2])", text)
    if not found:
        raise JobError(f"`--origins` is `{text}`; it must be two months, as in 2019-01..2023-06")
    first, last = month_index(int(found[1]), int(found[2])), month_index(int(found[3]), int(found[4]))
    if last < first:
        raise JobError(f"`--origins` is `{text}`; the first month must not be after the last")
    return first, last


def reported_rows(monthly: Monthly, first: int, last: int) -> Ints:
    """The rows of the wanted months; months after the data are an error, not a shorter table."""
    if last > monthly.months[-1]:
        raise JobError(
            f"`--origins` ends in {month_text(last)}, but the last complete month of series {monthly.code} in this "
            f"source is {monthly.origin}: end the origins there or give newer data"
        )
    return np.flatnonzero((monthly.months >= first) & (monthly.months <= last))


def with_progress(runner: Runner) -> Runner:
    """The runner, telling stderr of each candidate that is ready."""

    def run(tasks: Sequence[Task]) -> Iterable[TaskResult]:
        for task, outcome in zip(tasks, runner(tasks), strict=True):
            print(f"{task.name}: {len(task.rows)} origins, {outcome.cpu_seconds:.1f} s of CPU", file=sys.stderr, flush=True)
            yield outcome

    return run


def evaluate(monthly: Monthly, options: BacktestOptions) -> dict[str, Any]:
    """The whole document."""
    started = time.perf_counter()
    origins = plan_origins(monthly, MAX_HORIZON, reported_rows(monthly, *options.origins))
    runner = with_progress(in_processes(options.workers))
    backtest = run_backtest(monthly, origins, MAX_HORIZON, options.seed, options.candidates, runner)
    report = tables.document(backtest, select(backtest))
    return {
        **report,
        "source": options.source,
        "seed": options.seed,
        "goals": goals.goals(report),
        "forecasts": tables.forecasts(backtest),
        "cpu_seconds": {name: round(v, 3) for name, v in backtest.cpu_seconds.items()},
        "seconds": round(time.perf_counter() - started, 3),
        "versions": {"oleoduto_jobs": __version__, "python": platform.python_version(), **{p: version(p) for p in PACKAGES}},
    }


def text(report: dict[str, Any]) -> str:
    """For people: the reported origins in full, the selection window in short, the choice, the goals."""
    parts = [
        tables.text(report, "reported"),
        tables.text(report, "selection", tables.SHORT),
        f"* chosen on the selection window: {report['reason']}",
        "Goals for what was chosen, on the reported origins:\n" + goals.text(report["goals"]),
    ]
    return "\n\n".join(parts)


def run() -> None:
    """Parse, fetch, backtest, print."""
    options = parse(sys.argv[1:])
    report = evaluate(monthly_from(options.source, options.series), options)
    print(json.dumps(report, indent=2, allow_nan=False) if options.json else text(report))


if __name__ == "__main__":
    run_job(run)
