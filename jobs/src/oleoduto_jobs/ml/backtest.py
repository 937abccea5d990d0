"""Rolling origins, expanding window: every candidate forecasts each month with what was known then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.ml.data import Floats, Ints, Monthly, month_text
from oleoduto_jobs.ml.features import features, future_means, training_window
from oleoduto_jobs.ml.models import CANDIDATES, MONTHLY_MEAN, Candidate, Model

MIN_TRAINING_MONTHS = 60
"""Months before the first origin; with fewer there is nothing to learn or to choose from."""

CALIBRATION_ORIGINS = 120
"""Origins before the evaluated ones whose errors warm up the prediction intervals (as many as exist)."""

MIN_EVALUATION_ORIGINS = 24

SELECTION_SHARE = 0.75
"""Oldest part of the evaluated origins; candidates are chosen there, the rest is only reported."""


@dataclass(frozen=True)
class Origins:
    """Rows of the series from which is forecast.

    ``warm_up``: the origins before the evaluated ones; ``rows``: from the first evaluated one to the newest
    month; ``selection`` and ``held_out``: places in ``rows`` of the evaluated ones, whose targets are known
    at every horizon.
    """

    warm_up: Ints
    rows: Ints
    selection: Ints
    held_out: Ints

    @property
    def evaluated(self) -> Ints:
        """Places of all evaluated origins."""
        return np.concatenate([self.selection, self.held_out])


def choose_origins(monthly: Monthly, horizons: int, evaluation_origins: int) -> Origins:
    """The last ``evaluation_origins`` rows with all targets known, and what warms up for them."""
    complete = np.flatnonzero(np.isfinite(future_means(monthly, horizons)).all(axis=1))
    usable = complete[complete >= MIN_TRAINING_MONTHS]
    if len(usable) < evaluation_origins:
        raise JobError(
            f"series {monthly.code} has {len(monthly)} months, which allow {len(usable)} evaluation origins "
            f"({MIN_TRAINING_MONTHS} months come before the first, {horizons} after the last); "
            f"`evaluation_origins` is {evaluation_origins}: give a smaller one "
            f"(at least {MIN_EVALUATION_ORIGINS}) or a longer series"
        )
    evaluated = usable[-evaluation_origins:]
    first = int(evaluated[0])
    warm_up = np.arange(max(MIN_TRAINING_MONTHS, first - CALIBRATION_ORIGINS), first, dtype=np.int64)
    rows = np.arange(first, len(monthly), dtype=np.int64)
    places = evaluated - first
    cut = round(evaluation_origins * SELECTION_SHARE)
    return Origins(warm_up, rows, places[:cut], places[cut:])


def forecasts_of(candidate: Candidate, monthly: Monthly, rows: Ints, horizons: int, seed: int) -> Floats:
    """Forecast mean prices (US$ per barrel): one row per origin, one column per horizon.

    At each origin the series is cut there first (``training_window``), so nothing later can reach a fit.
    """
    forecasts = np.empty((len(rows), horizons))
    model: Model | None = None
    for place, row in enumerate(rows):
        known = monthly.upto(int(row))
        if model is None or place % candidate.refit_every == 0:
            model = candidate.fit(training_window(monthly, int(row), horizons), seed)
        forecasts[place] = known.last[-1] * np.exp(model.log_ratios(features(known)[-1:])[0])
    return forecasts


@dataclass(frozen=True)
class Scores:
    """Errors of one candidate on some origins, one number per horizon."""

    mae: list[float]
    """Mean absolute error, US$ per barrel."""
    mape: list[float]
    """Mean absolute percentage error, %."""
    rmse: list[float]
    """Root mean squared error, US$ per barrel."""
    mspe_ratio: list[float]
    """Mean squared error over that of the monthly-mean no-change."""


def scores(forecast: Floats, actual: Floats, monthly_mean_forecast: Floats) -> Scores:
    """Score rows of forecasts against what happened."""
    error = forecast - actual
    squared = np.mean(error**2, axis=0)
    reference = np.mean((monthly_mean_forecast - actual) ** 2, axis=0)
    if not (reference > 0.0).all():
        raise JobError("the monthly-mean no-change has no error at all: a constant series cannot be judged")
    return Scores(
        mae=_numbers(np.mean(np.abs(error), axis=0)),
        mape=_numbers(100.0 * np.mean(np.abs(error) / actual, axis=0)),
        rmse=_numbers(np.sqrt(squared)),
        mspe_ratio=_numbers(squared / reference),
    )


@dataclass(frozen=True)
class Backtest:
    """Forecasts of every candidate from every origin, and what happened (NaN where not yet known)."""

    monthly: Monthly
    origins: Origins
    forecasts: dict[str, Floats]
    actual: Floats

    def scores(self, name: str, places: Ints) -> Scores:
        """Scores of one candidate on the origins at ``places``."""
        reference = self.forecasts[MONTHLY_MEAN][places]
        return scores(self.forecasts[name][places], self.actual[places], reference)

    def span(self, places: Ints) -> str:
        """First and last origin of ``places``, as ``2013-07..2023-06``."""
        months = self.monthly.months[self.origins.rows[places]]
        return f"{month_text(int(months[0]))}..{month_text(int(months[-1]))}"


def run_backtest(
    monthly: Monthly,
    horizons: int,
    evaluation_origins: int,
    seed: int,
    candidates: Sequence[Candidate] = CANDIDATES,
) -> Backtest:
    """Forecast from every origin with every candidate."""
    origins = choose_origins(monthly, horizons, evaluation_origins)
    forecasts = {c.name: forecasts_of(c, monthly, origins.rows, horizons, seed) for c in candidates}
    return Backtest(monthly, origins, forecasts, future_means(monthly, horizons)[origins.rows])


def log_errors(backtest: Backtest, candidate: Candidate, seed: int) -> tuple[Ints, Floats]:
    """Months of all origins, the warm-up's first, and absolute log errors (NaN where not yet known).

    Only the shipped candidate needs the warm-up origins, so the others are spared them.
    """
    monthly, warm_up = backtest.monthly, backtest.origins.warm_up
    horizons = backtest.actual.shape[1]
    rows = np.concatenate([warm_up, backtest.origins.rows])
    earlier = forecasts_of(candidate, monthly, warm_up, horizons, seed)
    forecast = np.vstack([earlier, backtest.forecasts[candidate.name]])
    return monthly.months[rows], np.abs(np.log(future_means(monthly, horizons)[rows] / forecast))


def _numbers(values: Floats) -> list[float]:
    return [float(v) for v in values]
