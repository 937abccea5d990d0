"""The candidates. Each learns log(mean price of month t+h / newest daily price of month t), h = 1, 2, ...

A candidate fits a ``Window`` and gives a model; a model is numbers only, so it is saved as JSON (never
pickle) and the backtest judges exactly what is shipped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.ml.boosting import Boosting, fit_boosting
from oleoduto_jobs.ml.data import Floats
from oleoduto_jobs.ml.features import FEATURES, Window

LAST_PRICE = "no_change_last_price"
MONTHLY_MEAN = "no_change_monthly_mean"
RIDGE = "ridge"
BOOSTING = "gradient_boosting"

BENCHMARK = LAST_PRICE
"""The end-of-month no-change: what a model must beat to be shipped."""

ALPHAS = (30.0, 100.0, 300.0, 1000.0, 3000.0, 10000.0, 30000.0)
"""Shrinkage tried inside each training window; the last ones are almost the no-change forecast."""

VALIDATION_SHARE = 0.25
"""Newest part of the training window on which the shrinkage is chosen."""


class Model(Protocol):
    """A fitted candidate."""

    def log_ratios(self, x: Floats) -> Floats:
        """Forecast log ratios: one row per row of features, one column per horizon."""
        ...

    def parameters(self) -> dict[str, Any]:
        """Everything needed to forecast, as JSON values."""
        ...


@dataclass(frozen=True)
class LastPrice:
    """Every future monthly mean equals the newest daily price (the end-of-month no-change)."""

    horizons: int

    def log_ratios(self, x: Floats) -> Floats:
        """Zero: no change."""
        return np.zeros((len(x), self.horizons))

    def parameters(self) -> dict[str, Any]:
        """Horizons only."""
        return asdict(self)


@dataclass(frozen=True)
class MonthlyMean:
    """Every future monthly mean equals this month's mean."""

    horizons: int

    def log_ratios(self, x: Floats) -> Floats:
        """The log ratio of this month's mean to its newest price, at every horizon."""
        return np.repeat(x[:, [FEATURES.index("mean_to_last")]], self.horizons, axis=1)

    def parameters(self) -> dict[str, Any]:
        """Horizons only."""
        return asdict(self)


@dataclass(frozen=True)
class Ridge:
    """Linear in standardised features without intercept: shrinking it ends at no change, not at a drift."""

    centre: list[float]
    scale: list[float]
    coefficients: list[list[float]]
    alpha: float

    def log_ratios(self, x: Floats) -> Floats:
        """Standardise, then multiply by one coefficient vector per horizon."""
        standardised: Floats = (x - np.array(self.centre)) / np.array(self.scale)
        coefficients: Floats = np.array(self.coefficients)
        forecast: Floats = standardised @ coefficients.T
        return forecast

    def parameters(self) -> dict[str, Any]:
        """Coefficients, one list per horizon, and the standardisation."""
        return asdict(self)


def _ridge_at(window: Window, alpha: float, rows: int | None = None) -> Ridge:
    """Fit with one shrinkage, on the first ``rows`` rows only if given."""
    x = window.x[:rows]
    y = window.y[:rows]
    centre, scale = x.mean(axis=0), x.std(axis=0)
    # A feature that never changes (a monthly series' mean_to_last) carries nothing.
    scale = np.where(scale > 1e-9, scale, 1.0)
    z = (x - centre) / scale
    penalty = alpha * np.eye(z.shape[1])
    coefficients = []
    for h in range(window.horizons):
        known = np.isfinite(y[:, h])
        zk, yk = z[known], y[known, h]
        coefficients.append([float(b) for b in np.linalg.solve(zk.T @ zk + penalty, zk.T @ yk)])
    return Ridge([float(v) for v in centre], [float(v) for v in scale], coefficients, alpha)


def fit_ridge(window: Window, seed: int) -> Ridge:
    """Choose the shrinkage on the newest quarter of the window, then fit the whole window with it.

    The fit that is judged ends ``horizons`` rows before that quarter, so none of its targets lies in it.
    """
    del seed
    split = int(len(window.x) * (1.0 - VALIDATION_SHARE))
    actual = window.y[split:]
    known = np.isfinite(actual)

    def validation_error(alpha: float) -> float:
        forecast = _ridge_at(window, alpha, split - window.horizons).log_ratios(window.x[split:])
        return float(np.mean((forecast[known] - actual[known]) ** 2))

    errors = [validation_error(alpha) for alpha in ALPHAS]
    return _ridge_at(window, ALPHAS[int(np.argmin(errors))])


Fit = Callable[[Window, int], Model]


@dataclass(frozen=True)
class Candidate:
    """A way to forecast; the backtest fits it again every ``refit_every`` origins."""

    name: str
    fit: Fit
    refit_every: int
    load: Callable[[Mapping[str, Any]], Model]


CANDIDATES: Sequence[Candidate] = (
    Candidate(MONTHLY_MEAN, lambda window, _: MonthlyMean(window.horizons), 1, lambda p: MonthlyMean(**p)),
    Candidate(LAST_PRICE, lambda window, _: LastPrice(window.horizons), 1, lambda p: LastPrice(**p)),
    Candidate(RIDGE, fit_ridge, 1, lambda p: Ridge(**p)),
    # Yearly: twelve times cheaper, and the forecasts in between use an older model, never newer data.
    Candidate(BOOSTING, fit_boosting, 12, Boosting.load),
)


def candidate(name: str) -> Candidate:
    """The candidate of that name."""
    for known in CANDIDATES:
        if known.name == name:
            return known
    raise JobError(f"unknown model `{name}`; known: {', '.join(c.name for c in CANDIDATES)}")
