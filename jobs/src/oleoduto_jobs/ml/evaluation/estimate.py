"""How large the champion's errors probably are where no outcome is known yet: NannyML's direct loss estimation (DLE).

DLE fits, per horizon, a small LightGBM on the absolute errors of the training job's backtest: which states of the market
(the model's own features) went with large errors. For the forecasts whose month has not ended it says how large their
errors would be if errors still depended on the features as they did. It sees no outcome, so it cannot see that this
dependence has changed; nothing is decided by it. All is in logs (shares of the price), because trees know no price level
that the reference did not have.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd

from oleoduto_jobs.ml.arrays import Floats, Ints
from oleoduto_jobs.ml.data import Monthly, month_position
from oleoduto_jobs.ml.evaluation.drift import RECENT_MONTHS, SEASONS
from oleoduto_jobs.ml.evaluation.judgement import newest_forecasts
from oleoduto_jobs.ml.features import FEATURES, features, values_at
from oleoduto_jobs.reasons.reason import because

MIN_REFERENCE = 30
"""Realised origins below which nothing is estimated: a leaf of the estimator has ten."""

ESTIMATOR = {
    # Few rows, so few and shallow trees; one thread and a seed, so that the same data give the same estimate.
    "n_estimators": 50,
    "learning_rate": 0.05,
    "num_leaves": 4,
    "min_child_samples": 10,
    "n_jobs": 1,
    "random_state": 0,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}

COLUMNS = [name for name in FEATURES if name not in SEASONS]


@dataclass(frozen=True)
class Estimate:
    """One horizon: of ``origins`` forecasts without an outcome, learned from ``reference`` realized ones.

    ``error``: estimated mean absolute log error; ``usual``: what the reference's was; ``threshold``: the mean plus three
    standard deviations of the reference in chunks of as many origins (NannyML's rule); ``mae``: the estimate at the
    forecast prices, in the unit of the series.
    """

    horizon: int
    origins: int
    reference: int
    error: float
    usual: float
    threshold: float
    mae: float

    @property
    def alert(self) -> bool:
        """Larger errors are likely than any usual stretch of so many origins had."""
        return self.error > self.threshold


@dataclass(frozen=True)
class Distance:
    """Jensen-Shannon distance of one feature's recent months from those before, and the largest usual one."""

    feature: str
    distance: float
    threshold: float

    @property
    def alert(self) -> bool:
        """Farther than any usual stretch of so many months."""
        return self.distance > self.threshold


def why_not(backtest: Sequence[dict[str, Any]]) -> str | None:
    """Why nothing can be estimated here, or None."""
    if find_spec("nannyml") is None:
        return because("no_nannyml")
    if not all("forecast" in row for row in backtest):
        return because("old_backtest")
    return None


def nannyml() -> Any:
    """NannyML, imported late: it takes seconds, and only the monitor uses it."""
    # No telemetry leaves a job.
    os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"
    # FLAML, which it imports, tries pyspark.pandas if pyspark is installed; that of Spark 3.5 does not import beside
    # NumPy 2. Nothing here uses either, and an import that finds nothing is one that FLAML knows to do without.
    sys.modules.setdefault("pyspark.pandas", None)  # type: ignore[arg-type]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import nannyml

    return nannyml


def pending(predictions: pd.DataFrame, monthly: Monthly, model: str) -> pd.DataFrame:
    """Forecasts of ``model`` whose target month has not ended: origin (calendar position), horizon, point."""
    own = newest_forecasts(predictions, monthly, model)
    last = int(monthly.months[-1])
    target = own["origin"] + monthly.step * own["horizon"]
    open_ = (own["origin"] <= last) & (target > last) & own["origin"].isin(monthly.months)
    return own.loc[open_, ["origin", "horizon", "point"]].reset_index(drop=True)


def reference_of(backtest: Sequence[dict[str, Any]], monthly: Monthly, horizon: int, first: int) -> pd.DataFrame:
    """The backtest's origins of one horizon whose target month had ended at ``first``, the oldest open origin."""
    rows = [(month_position(row["origin"]), row["forecast"]) for row in backtest if row["horizon"] == horizon]
    origins = np.array([origin for origin, _ in rows], dtype=np.int64)
    table = frame(monthly, origins, np.array([forecast for _, forecast in rows], dtype=np.float64))
    last, ahead = values_at(monthly.months, monthly.last, origins), horizon * monthly.step
    table["outcome"] = monthly.transformation.change(values_at(monthly.months, monthly.mean, origins + ahead), last)
    known: pd.DataFrame = table[(origins + ahead <= first) & np.isfinite(table["outcome"])]
    return known.reset_index(drop=True)


def frame(monthly: Monthly, origins: Ints, points: Floats) -> pd.DataFrame:
    """Features at the origins, and the forecasts as the model makes them: changes from the last price."""
    place = np.minimum(np.searchsorted(monthly.months, origins), len(monthly) - 1)
    table = pd.DataFrame(features(monthly)[place], columns=list(FEATURES))[COLUMNS]
    return table.assign(forecast=monthly.transformation.change(points, values_at(monthly.months, monthly.last, origins)))


def estimated(backtest: Sequence[dict[str, Any]], waiting: pd.DataFrame, monthly: Monthly) -> list[Estimate]:
    """One estimate per horizon with open forecasts and enough realized ones before them."""
    found = []
    for key, rows in waiting.groupby("horizon"):
        horizon = int(str(key))
        origins = rows["origin"].to_numpy(dtype=np.int64)
        reference = reference_of(backtest, monthly, horizon, int(origins[0]))
        if len(reference) >= MIN_REFERENCE:
            points = rows["point"].to_numpy(dtype=np.float64)
            error, threshold = loss(reference, frame(monthly, origins, points))
            usual = float((reference["outcome"] - reference["forecast"]).abs().mean())
            mae = error * float(points.mean())
            found.append(Estimate(horizon, len(rows), len(reference), error, usual, threshold, mae))
    return found


def loss(reference: pd.DataFrame, current: pd.DataFrame) -> tuple[float, float]:
    """DLE's estimate for all rows of ``current`` as one chunk, and the threshold."""
    with warnings.catch_warnings():
        # NannyML on pandas' future, and on chunks that are few by nature here.
        warnings.simplefilter("ignore")
        estimator = nannyml().DLE(
            feature_column_names=COLUMNS,
            y_pred="forecast",
            y_true="outcome",
            metrics=["mae"],
            chunk_size=len(current),
            hyperparameters=ESTIMATOR,
        )
        estimator.fit(reference)
        result = estimator.estimate(current).filter(period="analysis").to_df()["mae"]
    return float(result["value"].iloc[0]), float(result["upper_threshold"].iloc[0])


def distances(monthly: Monthly) -> list[Distance]:
    """NannyML's univariate drift of the last months, the farthest first; empty for a series too short to compare.

    Beside the Kolmogorov-Smirnov test of ``drift``: its threshold is what stretches of as many months had, so a series
    that always wanders does not drift by wandering.
    """
    if len(monthly) < 6 * RECENT_MONTHS:
        return []
    table = pd.DataFrame(features(monthly), columns=list(FEATURES))[COLUMNS]
    before, recent = table.iloc[:-RECENT_MONTHS].reset_index(drop=True), table.iloc[-RECENT_MONTHS:].reset_index(drop=True)
    # Whole stretches only, the newest: a shorter one is always farther off.
    before = before.tail(len(before) // RECENT_MONTHS * RECENT_MONTHS).reset_index(drop=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        calculator = nannyml().UnivariateDriftCalculator(
            column_names=COLUMNS, continuous_methods=["jensen_shannon"], chunk_size=RECENT_MONTHS
        )
        calculator.fit(before)
        result = calculator.calculate(recent).filter(period="analysis").to_df()
    rows = [(name, result[(name, "jensen_shannon")].iloc[0]) for name in COLUMNS]
    found = [Distance(name, float(row["value"]), float(row["upper_threshold"])) for name, row in rows]
    return sorted(found, key=lambda distance: (-distance.distance, distance.feature))
