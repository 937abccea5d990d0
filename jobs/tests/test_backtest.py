"""Origins, measures, intervals and the rule of selection, by hand."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.ml.arrays import Floats
from oleoduto_jobs.ml.data import Monthly
from oleoduto_jobs.ml.evaluation import backtest as backtest_module
from oleoduto_jobs.ml.evaluation import tables
from oleoduto_jobs.ml.evaluation.backtest import Task, forecasts_of, in_processes, one_by_one, run_backtest, unusable
from oleoduto_jobs.ml.evaluation.intervals import (
    Past,
    calibrate,
    ensemble_crps,
    half_widths,
    rolling_intervals,
    target_days,
    volatility_scale,
    winkler,
)
from oleoduto_jobs.ml.evaluation.metrics import diebold_mariano, interval_scores, scores
from oleoduto_jobs.ml.evaluation.plan import Origins, evaluated_origins, min_training, plan_origins
from oleoduto_jobs.ml.evaluation.selection import UNBOUNDED, choose, holm, select
from oleoduto_jobs.ml.features import Window
from oleoduto_jobs.ml.models.candidates import candidate
from oleoduto_jobs.ml.models.combination import MEMBERS, factor
from oleoduto_jobs.ml.models.interface import Candidate, Model, PlainModel, Settings
from oleoduto_jobs.ml.transformation import LOGS

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
    assert plan_origins(monthly, 6, np.arange(120, 140)).rows[0] == min_training(monthly)


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


def test_a_constant_series_has_no_ratios() -> None:
    flat = np.full((3, 2), 10.0)
    found = scores(flat, flat, flat, flat, flat[:, 0])
    assert (found.mae, found.mspe_ratio, found.mspe_to_benchmark) == ([0.0, 0.0], [None, None], [None, None])


def test_percentages_need_positive_values() -> None:
    actual = column(-1.0, 2.0)
    assert scores(actual, actual, 2.0 * actual, 3.0 * actual, actual[:, 0]).mape == [None]


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


def test_a_horizon_without_error_is_judged_without_a_division() -> None:
    """5, 6, 5, 6, ...: the no-change is exact at even horizons."""
    base = np.tile([1.0, 0.0], (60, 1))
    exact, inexact = np.zeros((60, 2)), np.tile([0.0, 0.1], (60, 1))
    exact[::2, 0] = 0.1
    chosen = choose({LAST: base, "a": exact, "b": inexact})
    assert chosen.model == "a"
    assert chosen.verdicts["b"].worst_ratio == UNBOUNDED
    assert choose({LAST: np.zeros((60, 2)), "a": exact}).model == LAST
    assert "no error at all" in choose({LAST: np.zeros((60, 2)), "a": exact}).reason


DAYS = np.array([1.0, 4.0])


def test_errors_of_all_horizons_make_one_quantile() -> None:
    errors = np.column_stack([np.arange(1.0, 100.0), 2.0 * np.arange(1.0, 100.0)])
    found = calibrate(-errors, DAYS)
    # Errors that grow with the square root of the days are equal after division.
    assert found.growth.tolist() == [1.0, 2.0]
    assert found.half_widths(80)[0] == pytest.approx(np.quantile(np.repeat(np.arange(1.0, 100.0), 2), 0.8 * (1 + 3 / 99)))
    assert found.half_widths(80)[1] == pytest.approx(2.0 * found.half_widths(80)[0])
    assert calibrate(errors[:20], DAYS).half_widths(95)[0] == 20.0


def test_errors_that_do_not_grow_have_intervals_that_do_not() -> None:
    rng = np.random.default_rng(0)
    flat = calibrate(rng.normal(0.0, 1.0, (400, 2)), DAYS)
    grown = calibrate(rng.normal(0.0, [1.0, 2.1], (400, 2)), DAYS)
    assert flat.growth[1] < 1.25
    # As good as a random walk's.
    assert grown.growth[1] == 2.0


def test_few_errors_have_students_quantile() -> None:
    errors = np.random.default_rng(0).normal(0.0, 1.0, (10, 1))
    found = calibrate(errors, np.array([1.0]))
    size = np.sqrt(np.mean(errors**2))
    assert found.half_widths(95)[0] == pytest.approx(stats.t.ppf(0.975, 9) * size * np.sqrt(1.1))
    with pytest.raises(JobError, match="needs 5 past errors, there are 4"):
        half_widths(errors[:4], np.array([1.0]))


def test_intervals_widen_with_the_level() -> None:
    widths = half_widths(np.random.default_rng(0).normal(0, [0.1, 0.2], (200, 2)), DAYS)
    assert all(n < w for n, w in zip(widths["80"], widths["95"], strict=True))


@pytest.mark.parametrize("count", [8, 25, 200])
@pytest.mark.parametrize("shape", [(1.0, 2.0), (1.0, 1.0), (2.0, 1.0)], ids=["growing", "even", "falling"])
def test_a_farther_interval_is_never_narrower(count: int, shape: tuple[float, float]) -> None:
    """Even if past errors were smaller at the farther horizons; the newest targets have not ended."""
    errors = np.random.default_rng(0).normal(0.0, np.linspace(*shape, 6), (count, 6))
    for h in range(6):
        errors[count - h :, h] = np.nan
    for widths in half_widths(errors, np.arange(1.0, 7.0)).values():
        assert (np.diff(widths) >= 0.0).all()


def test_the_days_of_a_target(monthly: Monthly) -> None:
    """The variance of a monthly mean of a daily random walk, simulated."""
    days = target_days(dataclasses.replace(monthly, daily={"value_count": np.full(len(monthly), 21.0)}), 3)
    walks = np.cumsum(np.random.default_rng(0).normal(size=(20_000, 63)), axis=1).reshape(20_000, 3, 21)
    np.testing.assert_allclose(days, walks.mean(axis=2).var(axis=0), rtol=0.05)
    assert target_days(dataclasses.replace(monthly, daily={}), 3).tolist() == [1.0, 2.0, 3.0]


def without_days(monthly: Monthly, last: Floats) -> Monthly:
    return dataclasses.replace(monthly, prices={**monthly.prices, "last_value": last}, daily={})


def test_volatility_follows_the_prices(monthly: Monthly) -> None:
    wild = monthly.last.copy()
    wild[100:110] *= np.tile([1.3, 0.75], 5)
    calm, scale = (volatility_scale(without_days(monthly, last)) for last in (monthly.last, wild))
    assert scale[108] > 1.5 > calm[108]
    assert scale[:100].tolist() == calm[:100].tolist()
    assert (volatility_scale(without_days(monthly, np.full(len(monthly), 9.0))) == 1.0).all()


def test_volatility_follows_the_days(monthly: Monthly) -> None:
    """A month that ends where it began, with wild days, is volatile; so is the start of the next one."""
    realized = monthly.daily["realised_volatility"].copy()
    realized[100] *= 5.0
    scale = volatility_scale(dataclasses.replace(monthly, daily={**monthly.daily, "realised_volatility": realized}))
    calm = volatility_scale(monthly)
    assert scale[:100].tolist() == calm[:100].tolist()
    assert scale[100] > 1.8 * calm[100]
    assert calm[103] < scale[103] < scale[101] < scale[100]


def test_intervals_cover_what_they_say_and_use_ended_months_only() -> None:
    rng = np.random.default_rng(0)
    months, scale = np.arange(400), np.where(np.arange(400) % 2, 2.0, 0.5)
    forecast = np.full((400, 1), 50.0)
    actual = forecast * np.exp(rng.normal(0, 0.1, (400, 1)) * scale[:, None])
    given = rolling_intervals(forecast, actual, Past(LOGS, scale, months, np.array([1.0])))
    # One month ahead, the origins 0 to 4 have ended by month 5: the five errors that are needed.
    assert np.isnan(given.half[80][4, 0]) and np.isfinite(given.half[80][5, 0])
    assert given.half[80][301, 0] == pytest.approx(4.0 * given.half[80][302, 0], rel=0.1)
    found = interval_scores(forecast, actual, given, LOGS)
    assert found.coverage["80"][0] == pytest.approx(0.80, abs=0.05)
    assert found.coverage["95"][0] == pytest.approx(0.95, abs=0.03)


def broken(exception: Exception | None) -> Candidate:
    """A candidate that raises, or forecasts infinity."""

    def fit(window: Window, settings: Settings, seed: int) -> Model:
        if exception is not None:
            raise exception
        return Endless(window.horizons)

    return dataclasses.replace(candidate("ridge"), fit=fit, search=None)


@dataclasses.dataclass(frozen=True)
class Endless(PlainModel):
    horizons: int

    def changes(self, known: Monthly) -> Floats:
        return np.full(self.horizons, np.inf)


@pytest.mark.parametrize(
    ("exception", "reason"),
    [
        (AttributeError("no `model_`\n at all"), "AttributeError: no `model_` at all"),
        (JobError("ridge gave up"), "ridge gave up"),
        (None, "5 of 5 forecasts of series EIA366_PBRENT366 are no finite numbers"),
    ],
)
def test_a_candidate_that_fails_is_out_and_named(
    monthly: Monthly, monkeypatch: pytest.MonkeyPatch, exception: Exception | None, reason: str
) -> None:
    monkeypatch.setattr(backtest_module, "candidate", lambda name: broken(exception) if name == "ridge" else candidate(name))
    assert Task("ridge", monthly, np.arange(120, 125), 6, 0).run().failure == reason
    origins = evaluated_origins(monthly, 6, 40)
    made = run_backtest(monthly, origins, 6, 0, [LAST, MEAN, "ridge", "drift"], one_by_one)
    assert set(made.forecasts) == {LAST, MEAN, "drift"}
    assert list(made.excluded) == ["ridge"]
    document = tables.document(made, select(made))
    assert document["excluded"] == made.excluded
    assert "ridge" not in document["verdicts"]
    json.dumps(document, allow_nan=False)


def test_without_the_benchmark_there_is_no_backtest(monthly: Monthly, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backtest_module, "candidate", lambda name: broken(JobError("no")) if name == LAST else candidate(name))
    with pytest.raises(JobError, match="no_change_last_price, which the others are measured against, cannot forecast: no"):
        run_backtest(monthly, evaluated_origins(monthly, 6, 40), 6, 0, [LAST, MEAN], one_by_one)


def test_a_square_that_overflows_is_no_forecast() -> None:
    assert unusable(np.array([[1.0, 2.0]]), "S") is None
    assert unusable(np.array([[1.0, 2.0], [1e200, 2.0]]), "S") == "1 of 2 forecasts of series S are no finite numbers"


@pytest.mark.parametrize(("months", "evaluated"), [(106, 40), (150, 84), (300, 120)])
def test_the_evaluated_origins_follow_the_length(make_monthly: Callable[..., Monthly], months: int, evaluated: int) -> None:
    origins = evaluated_origins(make_monthly(months), 6, None)
    reported = round(0.25 * evaluated)
    assert (len(origins.reported), len(origins.selection)) == (reported, evaluated - reported - 6)


def test_a_short_series_has_no_selection(make_monthly: Callable[..., Monthly]) -> None:
    origins = evaluated_origins(make_monthly(105), 6, None)
    assert origins.short
    assert origins.rows.tolist() == list(range(12, 104))
    assert evaluated_origins(make_monthly(20), 6, None).rows.tolist() == list(range(19))
    with pytest.raises(JobError, match="has 7 months with all their features; a forecast needs at least 8"):
        evaluated_origins(make_monthly(150).upto(6), 6, None)
    with pytest.raises(JobError, match=r"`evaluation_origins` is 40: give a smaller one, or none to use what the series has"):
        evaluated_origins(make_monthly(105), 6, 40)


def test_interval_measures_by_hand() -> None:
    assert winkler(np.array([1.0, 1.0]), np.array([3.0, 3.0]), np.array([2.0, 4.0]), 80).tolist() == pytest.approx([2.0, 12.0])
    # Two members 0 and 2, outcome 1: mean distance 1, half the mean distance between members 0.5.
    assert ensemble_crps(np.array([2.0, 0.0]), 1.0) == pytest.approx(0.5)
    assert ensemble_crps(np.array([3.0]), 1.0) == 2.0
