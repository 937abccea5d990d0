"""The table of candidate models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.ml.models import benchmarks, combination, existing, gbm, linear, statistical
from oleoduto_jobs.ml.models.interface import Candidate, Model

LAST_PRICE = "no_change_last_price"
MONTHLY_MEAN = "no_change_monthly_mean"
SEASONAL_NAIVE = "seasonal_naive"
EXISTING = "existing_chain"

BENCHMARK = LAST_PRICE
"""The end-of-month no-change: what a model must beat to be shipped."""


def _statistical(name: str, kind: str, refit_every: int) -> Candidate:
    return Candidate(name, statistical.of(kind), statistical.Statistical.load, refit_every=refit_every)


CANDIDATES: Sequence[Candidate] = (
    Candidate(MONTHLY_MEAN, benchmarks.of(benchmarks.MonthlyMean), benchmarks.MonthlyMean.load),
    Candidate(LAST_PRICE, benchmarks.of(benchmarks.LastPrice), benchmarks.LastPrice.load, "benchmark"),
    Candidate("drift", benchmarks.of(benchmarks.Drift), benchmarks.Drift.load),
    Candidate(SEASONAL_NAIVE, benchmarks.of(benchmarks.SeasonalNaive), benchmarks.SeasonalNaive.load),
    Candidate("ridge", linear.fit_ridge, linear.Linear.load, search=linear.search_ridge),
    Candidate("elastic_net", linear.fit_elastic_net, linear.Linear.load, refit_every=6, search=linear.search_elastic_net),
    # Every one to three years: many times cheaper, and the forecasts in between use an older model, never newer data.
    Candidate("lightgbm", gbm.fit_lightgbm, gbm.LightGbm.load, refit_every=24, search=gbm.search_lightgbm),
    _statistical("auto_arima", "AutoARIMA", 36),
    _statistical("auto_theta", "AutoTheta", 12),
    _statistical("dynamic_theta", "DynamicOptimizedTheta", 12),
    _statistical("auto_ces", "AutoCES", 12),
    Candidate(EXISTING, existing.fit_chain, existing.Chain.load, "comparison", 12, existing.search_chain),
)

SHIPPABLE = tuple(c.name for c in CANDIDATES if c.role != "comparison")


def load(name: str, parameters: Mapping[str, Any]) -> Model:
    """A saved model of that name."""
    if name == combination.NAME:
        return combination.Combination.load(parameters, load)
    return candidate(name).load(parameters)


def candidate(name: str) -> Candidate:
    """The candidate of that name."""
    return named([name])[0]


def named(names: Iterable[str]) -> list[Candidate]:
    """The candidates of these names, in the order of the table."""
    wanted = set(names)
    unknown = sorted(wanted - {c.name for c in CANDIDATES})
    if unknown:
        raise JobError(f"unknown model `{unknown[0]}`; known: {', '.join(c.name for c in CANDIDATES)}")
    return [c for c in CANDIDATES if c.name in wanted]
