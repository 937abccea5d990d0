"""The backtest does not look ahead, scores are right, and the rule chooses as it is written."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable

import numpy as np
import pytest

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.ml.backtest import (
    MIN_TRAINING_MONTHS,
    Scores,
    choose_origins,
    forecasts_of,
    run_backtest,
    scores,
)
from oleoduto_jobs.ml.data import Monthly
from oleoduto_jobs.ml.intervals import coverage, half_width, half_widths
from oleoduto_jobs.ml.models import CANDIDATES, Candidate, candidate
from oleoduto_jobs.ml.selection import select

LAST = "no_change_last_price"
MEAN = "no_change_monthly_mean"


def shaken(monthly: Monthly, first_row: int) -> Monthly:
    """The same series with every value from ``first_row`` on changed."""
    rng = np.random.default_rng(3)
    prices = {}
    for name, values in monthly.prices.items():
        factors = np.ones(len(values))
        factors[first_row:] = rng.uniform(0.2, 5.0, len(values) - first_row)
        prices[name] = values * factors
    return dataclasses.replace(monthly, prices=prices)


@pytest.mark.parametrize("tested", CANDIDATES, ids=lambda c: c.name)
def test_no_value_after_an_origin_changes_a_forecast_from_it(tested: Candidate, monthly: Monthly) -> None:
    rows = np.arange(90, 100)
    forecasts = forecasts_of(tested, monthly, rows, 6, 0)
    for origin in (90, 95, 99):
        before = slice(0, origin - 90 + 1)
        other = forecasts_of(tested, shaken(monthly, origin + 1), rows, 6, 0)
        assert other[before].tobytes() == forecasts[before].tobytes()
        if origin < 99:
            assert (other[origin - 90 + 1] != forecasts[origin - 90 + 1]).any()


@pytest.mark.parametrize("name", ["ridge", "gradient_boosting"])
def test_a_value_before_the_origin_does_change_it(name: str, monthly: Monthly) -> None:
    """Else the test above would also pass for a model that learns nothing."""
    rows = np.array([100])
    changed = dataclasses.replace(
        monthly, prices={n: np.concatenate([v[:50] * 1.5, v[50:]]) for n, v in monthly.prices.items()}
    )
    a, b = (forecasts_of(candidate(name), m, rows, 6, 0) for m in (monthly, changed))
    assert (a != b).any()


def test_models_are_fitted_again_as_often_as_they_say(monthly: Monthly) -> None:
    seen: list[int] = []

    def counting(window: object, seed: int) -> object:
        seen.append(len(window.x))  # type: ignore[attr-defined]
        return candidate(LAST).fit(window, seed)  # type: ignore[arg-type]

    counted = Candidate("counted", counting, 12, candidate(LAST).load)  # type: ignore[arg-type]
    forecasts_of(counted, monthly, np.arange(80, 110), 6, 0)
    assert seen == [81, 93, 105]


def test_origins(make_monthly: Callable[..., Monthly]) -> None:
    monthly = make_monthly(150)
    origins = choose_origins(monthly, 6, 40)
    evaluated = origins.rows[origins.evaluated]
    assert evaluated.tolist() == list(range(104, 144))
    assert (len(origins.selection), len(origins.held_out)) == (30, 10)
    assert origins.selection.max() < origins.held_out.min()
    assert origins.warm_up.tolist() == list(range(MIN_TRAINING_MONTHS, 104))
    assert origins.rows.tolist() == list(range(104, 150))


def test_too_few_months_for_the_origins_is_an_error(monthly: Monthly) -> None:
    with pytest.raises(JobError, match=r"150 months, which allow 84 evaluation origins .*`evaluation_origins` is 85"):
        choose_origins(monthly, 6, 85)
    assert len(choose_origins(monthly, 6, 84).warm_up) == 0


def test_scores_by_hand() -> None:
    actual = np.array([[100.0], [50.0]])
    found = scores(np.array([[110.0], [45.0]]), actual, np.array([[120.0], [50.0]]))
    assert found.mae == [7.5]
    assert found.mape == pytest.approx([10.0])
    assert found.rmse == pytest.approx([np.sqrt(62.5)])
    assert found.mspe_ratio == pytest.approx([62.5 / 200.0])


def test_a_constant_series_cannot_be_judged() -> None:
    flat = np.full((3, 2), 10.0)
    with pytest.raises(JobError, match="constant"):
        scores(flat, flat, flat)


def test_the_backtest_scores_what_happened(monthly: Monthly) -> None:
    wanted = [candidate(LAST), candidate(MEAN)]
    backtest = run_backtest(monthly, 6, 40, 0, wanted)
    row, h = 120, 4
    place = row - 104
    assert backtest.actual[place, h - 1] == monthly.mean[row + h]
    assert backtest.forecasts[LAST][place, h - 1] == monthly.last[row]
    errors = [abs(monthly.last[r] - monthly.mean[r + 1]) for r in range(104, 144)]
    assert backtest.scores(LAST, backtest.origins.evaluated).mae[0] == pytest.approx(np.mean(errors))
    assert backtest.scores(MEAN, backtest.origins.evaluated).mspe_ratio == [1.0] * 6
    assert re.fullmatch(r"\d{4}-\d{2}\.\.\d{4}-\d{2}", backtest.span(backtest.origins.evaluated))


def scored(*ratios: float) -> Scores:
    """Scores whose MSPE is ``ratios`` times the benchmark's."""
    rmse = [float(np.sqrt(r)) for r in ratios]
    return Scores(rmse, rmse, rmse, rmse)


@pytest.mark.parametrize(
    ("challengers", "winner"),
    [
        ({"a": scored(0.9, 0.9)}, "a"),
        ({"a": scored(1.0, 1.0)}, LAST),
        ({"a": scored(0.5, 1.03)}, LAST),  # better on average, worse than allowed at one horizon
        ({"a": scored(0.9, 1.015)}, "a"),
        ({"a": scored(0.999, 1.002)}, LAST),  # within the tolerance but not better on average
        ({"a": scored(0.95, 0.95), "b": scored(0.9, 0.98)}, "b"),
        ({"a": scored(0.95, 0.95), "b": scored(0.5, 1.2)}, "a"),
    ],
)
def test_the_rule(challengers: dict[str, Scores], winner: str) -> None:
    chosen = select({LAST: scored(1.0, 1.0), **challengers})
    assert chosen.model == winner
    assert set(chosen.mspe_to_benchmark) == set(challengers)
    for name in challengers:
        assert name in chosen.reason


def test_conformal_quantile() -> None:
    errors = np.array([*np.arange(1.0, 100.0), np.nan])
    assert half_width(errors, 80) == 80.0
    assert half_width(errors, 95) == 95.0
    assert half_width(np.arange(1.0, 21.0), 95) == 20.0
    with pytest.raises(JobError, match="needs 20 past errors, there are 19"):
        half_width(np.arange(19.0), 95)


def test_intervals_widen_with_the_level() -> None:
    errors = np.abs(np.random.default_rng(0).normal(0, [0.1, 0.2], (200, 2)))
    widths = half_widths(errors)
    assert all(n < w for n, w in zip(widths["80"], widths["95"], strict=True))


def test_coverage_uses_ended_months_only() -> None:
    months = np.arange(400)
    errors = np.abs(np.random.default_rng(0).normal(0, 1.0, (400, 1)))
    shares = coverage(errors, months, np.arange(100, 400), 80)
    assert shares[0] == pytest.approx(0.80, abs=0.05)
    # One month ahead, the origins 0 to 19 have ended by month 20: the 20 errors that are needed.
    assert coverage(errors, months, np.array([19]), 80) == [None]
    assert coverage(errors, months, np.array([20]), 80) != [None]
    huge = errors.copy()
    huge[50:] = 100.0
    assert coverage(huge, months, np.array([50]), 95) == [0.0]
