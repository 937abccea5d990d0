"""Linear models in standardized features, without intercept: shrinking one ends at no change, not at a drift."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from oleoduto_jobs.ml.arrays import Floats
from oleoduto_jobs.ml.features import Window
from oleoduto_jobs.ml.models.interface import FeatureModel, Settings
from oleoduto_jobs.ml.models.search import optuna_search

if TYPE_CHECKING:
    from optuna.trial import BaseTrial


@dataclass(frozen=True)
class Linear(FeatureModel):
    """One coefficient vector per horizon on standardized features."""

    centre: list[float]
    scale: list[float]
    coefficients: list[list[float]]

    def at(self, x: Floats) -> Floats:
        """Standardize, then multiply."""
        standardized: Floats = (x - np.array(self.centre)) / np.array(self.scale)
        forecast: Floats = standardized @ np.array(self.coefficients).T
        return forecast


def _standardized(window: Window) -> tuple[Floats, Floats, Floats]:
    centre, scale = window.x.mean(axis=0), window.x.std(axis=0)
    # A feature that never changes (a monthly series' mean_to_last) carries nothing.
    scale = np.where(scale > 1e-9, scale, 1.0)
    return (window.x - centre) / scale, centre, scale


Solve = Callable[[Floats, Floats], Floats]
"""Coefficients of standardized features (rows by columns) for targets (rows)."""


def _fit(window: Window, solve: Solve) -> Linear:
    z, centre, scale = _standardized(window)
    coefficients = []
    for horizon in range(window.horizons):
        known = np.isfinite(window.y[:, horizon])
        coefficients.append([float(b) for b in solve(z[known], window.y[known, horizon])])
    return Linear([float(v) for v in centre], [float(v) for v in scale], coefficients)


def fit_ridge(window: Window, settings: Settings, seed: int) -> Linear:
    """Ridge regression, ``alpha`` in scikit-learn's units (a tenth of its time: a backtest fits thousands)."""
    del seed
    return _fit(window, lambda z, y: np.linalg.solve(z.T @ z + settings["alpha"] * np.eye(z.shape[1]), z.T @ y))


def fit_elastic_net(window: Window, settings: Settings, seed: int) -> Linear:
    """Elastic net, ``alpha`` and ``l1_ratio`` in scikit-learn's units."""
    from sklearn.linear_model import ElasticNet

    del seed
    net = ElasticNet(alpha=settings["alpha"], l1_ratio=settings["l1_ratio"], fit_intercept=False, max_iter=10_000, tol=1e-3)
    return _fit(window, lambda z, y: net.fit(z, y).coef_)


def _ridge_space(trial: BaseTrial) -> dict[str, Any]:
    return {"alpha": trial.suggest_float("alpha", 10.0, 100_000.0, log=True)}


def _elastic_net_space(trial: BaseTrial) -> dict[str, Any]:
    return {
        "alpha": trial.suggest_float("alpha", 3e-3, 0.3, log=True),
        "l1_ratio": trial.suggest_float("l1_ratio", 0.05, 0.95),
    }


search_ridge = optuna_search(fit_ridge, _ridge_space, trials=12)
search_elastic_net = optuna_search(fit_elastic_net, _elastic_net_space, trials=12)
