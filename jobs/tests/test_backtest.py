"""Origins, measures, intervals and the rule of selection, by hand."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.ml.data import Floats, Monthly
from oleoduto_jobs.ml.evaluation.backtest import (
    MIN_TRAINING_MONTHS,
    Origins,
    forecasts_of,
    in_processes,
    plan_origins,
    run_backtest,
)
from oleoduto_jobs.ml.evaluation.intervals import (
    ensemble_crps,
    half_width,
    half_widths,
    rolling_intervals,
    volatility_scale,
    winkler,
)
from oleoduto_jobs.ml.evaluation.metrics import diebold_mariano, interval_scores, scores
from oleoduto_jobs.ml.evaluation.selection import choose, holm
from oleoduto_jobs.ml.features import Window
from oleoduto_jobs.ml.models.candidates import candidate
from oleoduto_jobs.ml.models.combination import MEMBERS, factor
from oleoduto_jobs.ml.models.interface import Model, Settings

LAST = "no_change_last_price"
MEAN = "no_change_monthly_mean"


def test_models_are_searched_and_fitted_as_often_as_they_say(monthly: Monthly) -> None:
    fits: list[tuple[int, int]] = []
    searches: list[int] = []

    def fit(window: Window, settings: Settings, seed: int) -> Model:
        fits.append((len(window.x), settings["searched_at"]))
        return candidate(LAST).fit(window, {}, seed)

    def search(window: Window, seed: int) -> Settings:
        searches.append(len(window.x))
        return {"searched_at": len(window.x)}

    counted = dataclasses.replace(candidate(LAST), fit=fit, search=search, refit_every=12, search_every=24)
    forecasts_of(counted, monthly, np.arange(80, 120), 6, 0)
    assert searches == [81, 105]
    assert fits == [(81, 81), (93, 81), (105, 105), (117, 105)]


def test_origins_before_the_reported_ones(make_monthly: Callable[..., Monthly]) -> None:
    monthly = make_monthly(150)
    origins = plan_origins(monthly, 6, np.arange(120, 140), most=40, warm_up=10)
    # The newest selection origin's last target is the month before the first reported origin.
    assert origins.rows[origins.selection].tolist() == list(range(74, 114))
    assert origins.rows[origins.reported].tolist() == list(range(120, 140))
    assert origins.rows.tolist() == list(range(64, 140))
    assert plan_origins(monthly, 6, np.arange(120, 140)).rows[0] == MIN_TRAINING_MONTHS


def test_origins_that_cannot_be_are_errors(monthly: Monthly) -> None:
    with pytest.raises(JobError, match=r"89 months before .* leave 23 origins to choose a model on .*at least 24"):
        plan_origins(monthly, 6, np.arange(89, 100))
    assert len(plan_origins(monthly, 6, np.arange(90, 100)).selection) == 24
    with pytest.raises(JobError, match=r"no month of series .* among the wanted origins"):
        plan_origins(monthly, 6, np.array([], dtype=np.int64))
    with pytest.raises(JobError, match="measured against"):
        run_backtest(monthly, plan_origins(monthly, 6, np.arange(90, 100)), 6, 0, ["ridge", LAST])


def column(*values: float) -> Floats:
    return np.array(values)[:, None]


def test_scores_by_hand() -> None:
    nan = float("nan")
    actual = column(100.0, 50.0, nan)
    found = scores(
        column(110.0, 45.0, 70.0), actual, column(120.0, 50.0, 70.0), column(105.0, 52.0, 70.0), np.array([105.0, 52.0, 70.0])
    )
    assert found.origins == [2]
    assert found.mae == [7.5]
    assert found.mape == [pytest.approx(10.0)]
    assert found.rmse == [pytest.approx(np.sqrt(62.5))]
    assert found.mspe_ratio == [pytest.approx(62.5 / 200.0)]
    assert found.mspe_to_benchmark == [pytest.approx(62.5 / 14.5)]
    # 110 says up from 105 and it went down to 100; 45 says down from 52 and it did.
    assert found.direction == [0.5]


def test_a_no_change_says_no_direction_and_does_not_differ_from_itself() -> None:
    actual, last = column(1.0, 2.0, 3.0), column(2.0, 2.5, 2.0)
    found = scores(last, actual, column(3.0, 3.0, 3.0), last, last[:, 0])
    assert (found.direction, found.dm, found.dm_p) == ([None], [None], [None])
    assert found.mspe_to_benchmark == [1.0]


def test_a_constant_series_cannot_be_judged() -> None:
    flat = np.full((3, 2), 10.0)
    with pytest.raises(JobError, match="constant"):
        scores(flat, flat, flat, flat, flat[:, 0])


def test_diebold_mariano_one_step_is_a_t_test_and_longer_ones_are_by_hand() -> None:
    loss = np.random.default_rng(0).normal(0.3, 1.0, 50)
    statistic, p = diebold_mariano(loss, 1)
    # At one step the corrected statistic is Student's t of the mean.
    expected = stats.ttest_1samp(loss, 0.0)
    assert (statistic, p) == (pytest.approx(expected.statistic), pytest.approx(expected.pvalue))
    centred = loss - loss.mean()
    variance = (centred @ centred + 2.0 * centred[1:] @ centred[:-1]) / 50
    by_hand = loss.mean() / np.sqrt(variance / 50) * np.sqrt((50 + 1 - 4 + 2 / 50) / 50)
    assert diebold_mariano(loss, 2)[0] == pytest.approx(by_hand)
    assert diebold_mariano(np.append(loss, np.nan), 2)[0] == pytest.approx(by_hand)
    assert diebold_mariano(np.zeros(50), 1) == (None, None)
    # Alternating losses: the flat kernel's variance is negative, Bartlett's is not.
    alternating = np.tile([1.0, -0.9], 25)
    assert diebold_mariano(alternating, 2)[0] is not None


def test_diebold_mariano_has_its_size() -> None:
    """Of forecasts that are equally good, about 5 % look different at 5 %."""
    rng = np.random.default_rng(1)
    rejected = 0
    for _ in range(400):
        shocks = rng.normal(size=105)
        overlapping = np.convolve(shocks, np.ones(6), "valid")
        p = diebold_mariano(overlapping, 6)[1]
        rejected += p is not None and p < 0.05
    assert 8 <= rejected <= 60


def test_the_backtest_scores_what_happened(monthly: Monthly) -> None:
    origins = plan_origins(monthly, 6, np.arange(110, 144))
    backtest = run_backtest(monthly, origins, 6, 0, [LAST, MEAN])
    place = 120 - int(origins.rows[0])
    assert backtest.actual[place, 3] == monthly.mean[124]
    assert backtest.forecasts[LAST][place, 3] == monthly.last[120]
    errors = [abs(monthly.last[r] - monthly.mean[r + 1]) for r in range(110, 144)]
    assert backtest.scores(LAST, origins.reported).mae[0] == pytest.approx(np.mean(errors))
    assert backtest.scores(MEAN, origins.reported).mspe_ratio == [1.0] * 6
    assert len(backtest.months(origins.reported)) == 34


def test_processes_change_nothing(monthly: Monthly) -> None:
    origins = plan_origins(monthly, 3, np.arange(120, 125))
    names = [LAST, MEAN, "ridge", "lightgbm"]
    one, two = (run_backtest(monthly, origins, 3, 0, names, in_processes(n)) for n in (1, 2))
    for name in names:
        assert one.forecasts[name].tobytes() == two.forecasts[name].tobytes()


def test_the_combination_is_there_with_all_its_members(monthly: Monthly) -> None:
    origins = Origins(np.arange(60, 100), np.arange(10, 20), np.arange(30, 40))
    backtest = run_backtest(monthly, origins, 2, 0, [LAST, *MEMBERS])
    combined, last = backtest.forecasts["combination"], monthly.last[origins.rows][:, None]
    members = np.mean([np.log(backtest.forecasts[name] / last) for name in MEMBERS], axis=0)
    shrunk = np.log(combined / last)
    assert (np.abs(shrunk) <= np.abs(members) + 1e-12).all()
    assert (shrunk[0] == 0.0).all()


def test_the_factor_is_shrunk_and_bounded() -> None:
    x = np.random.default_rng(0).normal(size=600)
    # 600 origins against a prior of 60: 1 / 1.1.
    assert factor(x, x) == pytest.approx(1.0 / 1.1)
    assert factor(x, -x) == 0.0
    assert factor(x, 5.0 * x) == 1.0
    assert factor(np.array([np.nan]), np.array([1.0])) == 0.0


def losses(*ratios: float, noise: float = 0.0, origins: int = 160) -> Floats:
    """Squared errors whose mean is ``ratios``, the same at every origin or not."""
    rng = np.random.default_rng(5)
    rows = np.tile(np.array(ratios), (origins, 1))
    wobble = rng.normal(size=(origins, 1))
    return rows + noise * (wobble - wobble.mean())


@pytest.mark.parametrize(
    ("challengers", "winner"),
    [
        ({"a": losses(0.9, 0.9, noise=0.1)}, "a"),
        ({"a": losses(0.9, 0.9, noise=5.0)}, LAST),  # better by luck
        ({"a": losses(1.0, 1.0, noise=0.1)}, LAST),
        ({"a": losses(0.5, 1.03, noise=0.1)}, LAST),  # better on average, worse than allowed at one horizon
        ({"a": losses(0.9, 1.015, noise=0.1)}, "a"),
        ({"a": losses(0.999, 1.002, noise=0.001)}, LAST),  # within the tolerance but not better on average
        ({"a": losses(0.95, 0.95, noise=0.1), "b": losses(0.9, 0.98, noise=0.1)}, "b"),
        ({"a": losses(0.95, 0.95, noise=0.1), "b": losses(0.5, 1.2, noise=0.1)}, "a"),
    ],
)
def test_the_rule(challengers: dict[str, Floats], winner: str) -> None:
    chosen = choose({LAST: losses(1.0, 1.0), **challengers})
    assert chosen.model == winner
    assert set(chosen.verdicts) == set(challengers)
    assert winner in chosen.reason


def test_many_challengers_need_better_evidence() -> None:
    """One that passes alone does not among twenty that are as good as the benchmark: Holm's correction."""
    one = {"a": losses(0.98, 0.98, noise=0.12)}
    assert choose({LAST: losses(1.0, 1.0), **one}).model == "a"
    many = {f"b{i}": losses(1.0, 1.0, noise=0.1) for i in range(20)}
    assert choose({LAST: losses(1.0, 1.0), **one, **many}).model == LAST
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03}) == {"a": 0.03, "c": 0.06, "b": 0.06}


def test_conformal_quantile() -> None:
    errors = np.array([*np.arange(1.0, 100.0), np.nan])
    assert half_width(-errors, 80) == 80.0
    assert half_width(errors, 95) == 95.0
    assert half_width(np.arange(1.0, 21.0), 95) == 20.0
    with pytest.raises(JobError, match="needs 20 past errors, there are 19"):
        half_width(np.arange(19.0), 95)


def test_intervals_widen_with_the_level() -> None:
    widths = half_widths(np.random.default_rng(0).normal(0, [0.1, 0.2], (200, 2)))
    assert all(n < w for n, w in zip(widths["80"], widths["95"], strict=True))


def test_volatility_follows_the_prices(monthly: Monthly) -> None:
    wild = monthly.last.copy()
    wild[100:110] *= np.tile([1.3, 0.75], 5)
    scale = volatility_scale(dataclasses.replace(monthly, prices={**monthly.prices, "last_value": wild}))
    assert scale[108] > 1.5 > volatility_scale(monthly)[108]
    assert scale[:100].tolist() == volatility_scale(monthly)[:100].tolist()
    flat = dataclasses.replace(monthly, prices={**monthly.prices, "last_value": np.full(len(monthly), 9.0)})
    assert (volatility_scale(flat) == 1.0).all()


def test_intervals_cover_what_they_say_and_use_ended_months_only() -> None:
    rng = np.random.default_rng(0)
    months, scale = np.arange(400), np.where(np.arange(400) % 2, 2.0, 0.5)
    forecast = np.full((400, 1), 50.0)
    actual = forecast * np.exp(rng.normal(0, 0.1, (400, 1)) * scale[:, None])
    given = rolling_intervals(forecast, actual, scale, months)
    # One month ahead, the origins 0 to 19 have ended by month 20: the 20 errors that are needed.
    assert np.isnan(given.half[80][19, 0]) and np.isfinite(given.half[80][20, 0])
    assert given.half[80][301, 0] == pytest.approx(4.0 * given.half[80][302, 0], rel=0.1)
    found = interval_scores(forecast, actual, given)
    assert found.coverage["80"][0] == pytest.approx(0.80, abs=0.05)
    assert found.coverage["95"][0] == pytest.approx(0.95, abs=0.03)


def test_interval_measures_by_hand() -> None:
    assert winkler(np.array([1.0, 1.0]), np.array([3.0, 3.0]), np.array([2.0, 4.0]), 80).tolist() == pytest.approx([2.0, 12.0])
    # Two members 0 and 2, outcome 1: mean distance 1, half the mean distance between members 0.5.
    assert ensemble_crps(np.array([2.0, 0.0]), 1.0) == pytest.approx(0.5)
    assert ensemble_crps(np.array([3.0]), 1.0) == 2.0
