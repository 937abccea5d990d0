"""The method of the pipeline that this one replaces, for comparison: its features, its search, its model.

A chain of gradient boosting models on price *levels*: each horizon's model takes the forecasts before it. Its features
are lags and rolling statistics of earlier months, quarter, year and month, without the current month's price. Two
faults of that method are corrected here, to its advantage: this one is fitted on all known rows, and every horizon is
forecast from the newest row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from oleoduto_jobs.ml.arrays import Floats
from oleoduto_jobs.ml.data import Monthly
from oleoduto_jobs.ml.features import Window, future_means
from oleoduto_jobs.ml.models.interface import PlainModel, Settings
from oleoduto_jobs.ml.models.trees import Sum
from oleoduto_jobs.schema import LAGS

GRID = {"n_estimators": [100, 200, 300], "max_depth": [3, 5, 8]}
SPLITS = 6
COLUMNS = (*(f"lag_{k}" for k in LAGS), *(f"rolling_{name}_6" for name in ("mean", "std", "min", "max")))


def _inputs(known: Monthly) -> Floats:
    """One row per month: values in the unit of the series, then quarter, year and month as numbers."""
    month = known.months % 12
    calendar = [month // 3 + 1, known.months // 12, month + 1]
    return np.column_stack([*(known.prices[name] for name in COLUMNS), *calendar]).astype(np.float64)


@dataclass(frozen=True)
class Chain(PlainModel):
    """Standardized inputs; each link also sees the forecasts of the links before it."""

    centre: list[float]
    scale: list[float]
    links: list[Sum]

    def changes(self, known: Monthly) -> Floats:
        """Forecast price levels, as changes from the newest price."""
        row = (_inputs(known)[-1:] - np.array(self.centre)) / np.array(self.scale)
        for link in self.links:
            row = np.hstack([row, link.at(row)])
        return known.transformation.change(row[0, -len(self.links) :], known.last[-1:])

    @classmethod
    def load(cls, parameters: Mapping[str, Any]) -> Self:
        """The inverse of ``parameters``."""
        return cls(parameters["centre"], parameters["scale"], [Sum.load(link) for link in parameters["links"]])


def _rows(window: Window) -> tuple[Floats, Floats]:
    targets = future_means(window.known, window.horizons)
    complete = np.isfinite(targets).all(axis=1)
    return _inputs(window.known)[complete], targets[complete]


def pipeline(settings: Settings, seed: int) -> Any:
    """scikit-learn's own model."""
    from sklearn.ensemble import GradientBoostingRegressor
    from sklearn.multioutput import RegressorChain
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), RegressorChain(GradientBoostingRegressor(**settings, random_state=seed)))


def search_chain(window: Window, seed: int) -> Settings:
    """The existing search: halving over its grid, six splits in time."""
    from sklearn.experimental import enable_halving_search_cv  # noqa: F401 - importing it is what enables the search
    from sklearn.model_selection import HalvingGridSearchCV, TimeSeriesSplit

    grid = {f"regressorchain__estimator__{name}": values for name, values in GRID.items()}
    found = HalvingGridSearchCV(
        pipeline({}, seed), grid, cv=TimeSeriesSplit(SPLITS), scoring="neg_root_mean_squared_error", random_state=seed
    ).fit(*_rows(window))
    return {name.rsplit("__", 1)[1]: int(value) for name, value in found.best_params_.items()}


def fit_chain(window: Window, settings: Settings, seed: int) -> Chain:
    """Fit the chain on every row whose targets are known."""
    grown = pipeline(settings, seed).fit(*_rows(window))
    scaler, chain = grown.named_steps["standardscaler"], grown.named_steps["regressorchain"]
    links = [Sum.of_boosting(link) for link in chain.estimators_]
    return Chain([float(v) for v in scaler.mean_], [float(v) for v in scaler.scale_], links)
