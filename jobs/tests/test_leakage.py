"""Nothing after an origin reaches a search, a fit, a forecast, an interval or a weight from it: bit for bit."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from oleoduto_jobs.ml.data import Monthly
from oleoduto_jobs.ml.evaluation.backtest import Backtest, forecasts_of, run_backtest
from oleoduto_jobs.ml.evaluation.plan import Origins
from oleoduto_jobs.ml.models import combination
from oleoduto_jobs.ml.models.candidates import CANDIDATES, EXISTING, candidate
from oleoduto_jobs.ml.models.interface import Candidate

HORIZONS = 6
BENCHMARKS = ["no_change_monthly_mean", "no_change_last_price", "drift", "seasonal_naive"]


def shaken(monthly: Monthly, first_row: int) -> Monthly:
    """The same series with every value from ``first_row`` on changed."""
    rng = np.random.default_rng(3)
    prices = {}
    for name, values in monthly.prices.items():
        factors = np.ones(len(values))
        factors[first_row:] = rng.uniform(0.2, 5.0, len(values) - first_row)
        prices[name] = values * factors
    return dataclasses.replace(monthly, prices=prices)


def light(tested: Candidate) -> Candidate:
    """The same candidate fitted more often; the existing method's search is 40 seconds, so its settings are given."""
    search = (lambda window, seed: {"n_estimators": 20, "max_depth": 3}) if tested.name == EXISTING else tested.search
    return dataclasses.replace(tested, refit_every=min(tested.refit_every, 3), search=search, search_every=3)


@pytest.mark.parametrize("name", [c.name for c in CANDIDATES])
def test_no_value_after_an_origin_changes_a_forecast_from_it(name: str, monthly: Monthly) -> None:
    tested = light(candidate(name))
    rows = np.arange(90, 96)
    forecasts = forecasts_of(tested, monthly, rows, HORIZONS, 0)
    # Origin 93 searches and fits again, 94 uses that fit.
    for origin in (93, 94):
        other = forecasts_of(tested, shaken(monthly, origin + 1), rows, HORIZONS, 0)
        before = slice(0, origin - 90 + 1)
        assert other[before].tobytes() == forecasts[before].tobytes()
        assert (other[origin - 90 + 1] != forecasts[origin - 90 + 1]).any()


@pytest.mark.parametrize("name", [c.name for c in CANDIDATES if c.name not in BENCHMARKS])
def test_a_value_before_the_origin_does_change_it(name: str, monthly: Monthly) -> None:
    """Else the test above would also pass for a model that learns nothing."""
    rows = np.array([100])
    if name == "auto_arima":
        # On a random walk it rightly finds one.
        wave = np.exp(0.5 * np.sin(monthly.months * np.pi / 6.0) + 0.1 * np.sin(monthly.months * 0.9))
        monthly = dataclasses.replace(monthly, prices={n: v * wave for n, v in monthly.prices.items()})
    changed = dataclasses.replace(
        monthly, prices={n: np.concatenate([v[:50] * 1.5, v[50:]]) for n, v in monthly.prices.items()}
    )
    tested = light(candidate(name))
    if name == "elastic_net":
        # On a random walk the search rightly finds that all coefficients are zero.
        tested = dataclasses.replace(tested, search=lambda window, seed: {"alpha": 0.003, "l1_ratio": 0.1})
    a, b = (forecasts_of(tested, m, rows, HORIZONS, 0) for m in (monthly, changed))
    assert (a != b).any()


def whole(monthly: Monthly) -> Backtest:
    rows = np.arange(70, 120)
    return run_backtest(monthly, Origins(rows, np.arange(20, 30), np.arange(40, 50)), HORIZONS, 0, [*BENCHMARKS, "ridge"])


def test_intervals_and_volatility_do_not_look_ahead(monthly: Monthly) -> None:
    origin = 110
    made, other = whole(monthly), whole(shaken(monthly, origin + 1))
    until = slice(0, origin - 70 + 1)
    for name, given in made.intervals.items():
        for level, half in given.half.items():
            assert half[until].tobytes() == other.intervals[name].half[level][until].tobytes()
        after = slice(origin - 70 + 1, None)
        assert (given.half[80][after] != other.intervals[name].half[80][after]).any()


def test_the_weights_of_the_combination_do_not_look_ahead(monthly: Monthly) -> None:
    rng = np.random.default_rng(0)
    months = np.arange(100, 160)
    actual = rng.normal(size=(60, HORIZONS))
    mean = 0.5 * actual + rng.normal(size=(60, HORIZONS))
    changed = actual.copy()
    origin = 40
    for horizon in range(1, HORIZONS + 1):
        # Month t+h is after the origin's from row origin - h + 1 on.
        changed[origin - horizon + 1 :, horizon - 1] += 9.0
    a, b = (combination.rolling_factors(mean, values, months) for values in (actual, changed))
    assert a[: origin + 1].tobytes() == b[: origin + 1].tobytes()
    assert (a[origin + 1] != b[origin + 1]).all()
    assert ((a >= 0.0) & (a <= 1.0)).all() and a[-1].max() > 0.1
