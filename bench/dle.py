"""Whether NannyML's estimate foresees anything: the estimator as the monitor uses it, at every origin of a long stretch.

``python bench/dle.py --source file:PATH [--origins 2013-07..2023-06] [--out bench/dle.json]`` with the project's environment.
At each origin and horizon h it learns from the end-of-month no-change's errors whose months had ended before the oldest of the
h open forecasts, and estimates their mean error; ``usual`` is the plain mean of the errors that it learned from. Nothing of
this chose a setting of the estimator.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from oleoduto_jobs.ml.data import month_position, month_text
from oleoduto_jobs.ml.evaluation.estimate import MIN_REFERENCE, frame, loss, reference_of
from oleoduto_jobs.ml.features import values_at
from oleoduto_jobs.ml.source import monthly_from

CODE = "EIA366_PBRENT366"
WARM_UP = "2005-01"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--source", required=True)
    parser.add_argument("--origins", default="2013-07..2023-06")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    monthly = monthly_from(options.source, CODE)
    first, last = (month_position(month) for month in options.origins.split(".."))
    known = monthly.months[(monthly.months >= month_position(WARM_UP)) & (monthly.months <= last)]
    forecasts = values_at(monthly.months, monthly.last, known)
    rows: dict[str, Any] = {}
    started = time.process_time()
    for horizon in range(1, 7):
        backtest = [
            {"origin": month_text(int(m)), "horizon": horizon, "forecast": float(f)}
            for m, f in zip(known, forecasts, strict=True)
        ]
        found = []
        for origin in known[known >= first]:
            at = known[(known > origin - horizon) & (known <= origin)]
            reference = reference_of(backtest, monthly, horizon, int(at[0]))
            if len(reference) < MIN_REFERENCE:
                continue
            point = values_at(monthly.months, monthly.last, at)
            estimate, threshold = loss(reference, frame(monthly, at, point))
            actual = values_at(monthly.months, monthly.mean, at + horizon)
            realised = float(np.abs(np.log(actual / point)).mean())
            usual = float((reference["outcome"] - reference["forecast"]).abs().mean())
            found.append((estimate, usual, realised, float(estimate > threshold)))
        table = np.array(found)
        estimates, usuals, realised_all, alerts = table.T
        rank = spearmanr(estimates, realised_all)
        rows[str(horizon)] = {
            "origins": len(found),
            "mean_realised": float(realised_all.mean()),
            "mean_estimate": float(estimates.mean()),
            "miss_of_estimate": float(np.abs(estimates - realised_all).mean()),
            "miss_of_usual": float(np.abs(usuals - realised_all).mean()),
            "rank_correlation": float(rank.statistic),
            "alerts": int(alerts.sum()),
        }
        print(horizon, json.dumps(rows[str(horizon)]), flush=True)
    document = {"source": options.source.rsplit("/", 1)[-1], "origins": options.origins, "horizons": rows}
    document["cpu_seconds"] = round(time.process_time() - started, 1)
    if options.out is not None:
        options.out.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
