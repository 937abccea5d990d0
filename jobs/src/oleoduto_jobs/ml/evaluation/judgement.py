"""Realized errors of earlier forecasts, and whether their model is worse than its backtest allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from oleoduto_jobs.ml.arrays import Floats
from oleoduto_jobs.ml.data import Monthly, month_index
from oleoduto_jobs.ml.evaluation.intervals import LEVELS
from oleoduto_jobs.ml.evaluation.selection import TOLERANCE
from oleoduto_jobs.ml.features import values_at

WINDOW_ORIGINS = 12
"""Newest realized origins on which the champion is judged."""

QUANTILE = 0.95
"""Quantile of the same ratio over all windows of the backtest: one in twenty was worse."""


@dataclass(frozen=True)
class Judgement:
    """One horizon: realized MSPE over the benchmark's, the largest that is allowed, and from how many origins."""

    horizon: int
    origins: int
    mae: float
    ratio: float
    limit: float
    coverage: dict[str, float]

    @property
    def degraded(self) -> bool:
        """Whether the rule's condition holds: only on a full window."""
        return self.origins >= WINDOW_ORIGINS and self.ratio > self.limit


def newest_forecasts(predictions: pd.DataFrame, monthly: Monthly, model: str) -> pd.DataFrame:
    """Rows of ``model`` for the series by horizon and origin (calendar position), each as the newest run forecast it."""
    own = predictions[(predictions["code"] == monthly.code) & (predictions["model"] == model)].copy()
    own["origin"] = [month_index(d.year, d.month) for d in pd.to_datetime(own["origin"])]
    own = own.sort_values("dataproc", kind="stable").drop_duplicates(["origin", "horizon"], keep="last")
    return own.sort_values(["horizon", "origin"])


def realized(predictions: pd.DataFrame, monthly: Monthly, model: str) -> pd.DataFrame:
    """Forecasts of ``model`` whose target month is known now, oldest origin first, with errors in the unit of the series.

    Columns: origin (calendar position), horizon, point, error, benchmark_error, inside_80, inside_95.
    """
    own = newest_forecasts(predictions, monthly, model)
    origins = own["origin"].to_numpy(dtype=np.int64)
    actual = values_at(monthly.months, monthly.mean, origins + monthly.step * own["horizon"].to_numpy(dtype=np.int64))
    last = values_at(monthly.months, monthly.last, origins)
    found = own[["origin", "horizon", "point"]].assign(error=own["point"] - actual, benchmark_error=last - actual)
    for level in LEVELS:
        found[f"inside_{level}"] = (own[f"lower_{level}"] <= actual) & (actual <= own[f"upper_{level}"])
    known: pd.DataFrame = found[np.isfinite(found["error"]) & np.isfinite(found["benchmark_error"])]
    return known.reset_index(drop=True)


def limit(backtest: Sequence[dict[str, Any]], horizon: int) -> float:
    """The largest ratio that the rule allows, from the squared errors of the training job's backtest."""
    rows = sorted((row for row in backtest if row["horizon"] == horizon), key=lambda row: str(row["origin"]))
    model, benchmark = (np.array([row[name] for row in rows]) for name in ("model", "benchmark"))
    if len(rows) < WINDOW_ORIGINS:
        return TOLERANCE
    own, base = _sums(model), _sums(benchmark)
    ratios = own[base > 0.0] / base[base > 0.0]
    return max(TOLERANCE, float(np.quantile(ratios, QUANTILE))) if len(ratios) else TOLERANCE


def _sums(values: Floats) -> Floats:
    """Sums over all windows of ``WINDOW_ORIGINS`` neighbors."""
    sums: Floats = np.lib.stride_tricks.sliding_window_view(values, WINDOW_ORIGINS).sum(axis=1)
    return sums


def judge(found: pd.DataFrame, backtest: Sequence[dict[str, Any]]) -> list[Judgement]:
    """One judgement per horizon with a realized forecast, on its newest ``WINDOW_ORIGINS``."""
    judged = []
    for horizon, rows in found.groupby("horizon"):
        newest = rows.tail(WINDOW_ORIGINS)
        own, benchmark = float((newest["error"] ** 2).sum()), float((newest["benchmark_error"] ** 2).sum())
        ratio = own / benchmark if benchmark > 0.0 else 1.0
        coverage = {str(level): float(newest[f"inside_{level}"].mean()) for level in LEVELS}
        mae = float(newest["error"].abs().mean())
        number = int(str(horizon))
        judged.append(Judgement(number, len(newest), mae, ratio, limit(backtest, number), coverage))
    return judged
