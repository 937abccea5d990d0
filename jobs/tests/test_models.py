"""Data, features and models: what a forecast is made of."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from jobs.tests.conftest import pandas_features

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.ml.arrays import Floats
from oleoduto_jobs.ml.data import Monthly, month_index, month_text, monthly_of, read_final
from oleoduto_jobs.ml.features import FEATURES, features, future_means, training_window
from oleoduto_jobs.ml.models import combination, existing, statistical
from oleoduto_jobs.ml.models.candidates import CANDIDATES, EXISTING, candidate, load
from oleoduto_jobs.ml.models.gbm import fit_lightgbm
from oleoduto_jobs.ml.models.interface import FeatureModel
from oleoduto_jobs.ml.models.linear import fit_elastic_net, fit_ridge, search_ridge
from oleoduto_jobs.ml.transformation import LOGS, transformation_of

CODE = "EIA366_PBRENT366"
MakeMonthly = Callable[..., Monthly]
Frame = Callable[..., pd.DataFrame]


@pytest.fixture
def frame(oracle: Frame, random_prices: Callable[..., pd.Series]) -> pd.DataFrame:
    return oracle(random_prices("2020-01-01", "2021-12-31"))


def test_months() -> None:
    assert month_text(month_index(1999, 12) + 1) == "2000-01"


def test_rows_are_ordered_and_other_series_left_out(frame: pd.DataFrame) -> None:
    other = frame.assign(code="OTHER", mean_value=1.0)
    mixed = pd.concat([frame.sample(frac=1.0, random_state=0), other])
    found = monthly_of(mixed, CODE)
    assert found.mean.tolist() == frame["mean_value"].tolist()
    assert found.origin == "2021-12"


def test_the_hash_follows_the_values_only(frame: pd.DataFrame) -> None:
    shuffled = frame.sample(frac=1.0, random_state=0)
    changed = frame.copy()
    changed.loc[3, "lag_2"] += 1e-6
    assert monthly_of(frame, CODE).sha256() == monthly_of(shuffled, CODE).sha256()
    assert monthly_of(frame, CODE).sha256() != monthly_of(changed, CODE).sha256()


def test_unusable_data_is_named(frame: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(JobError, match=r"no rows of series X .*EIA366_PBRENT366"):
        monthly_of(frame, "X")
    with pytest.raises(JobError, match=r"2020-09 .* twice"):
        monthly_of(pd.concat([frame, frame.iloc[[2]]]), CODE)
    missing = frame.assign(last_value=[float("nan"), *frame["last_value"][1:]])
    with pytest.raises(JobError, match=r"last_value .* is nan in 2020-07; .*a number in every month"):
        monthly_of(missing, CODE)
    with pytest.raises(JobError, match=r"series EIA366_PBRENT366 is weekly; .* rows that are monthly, quarterly, annual"):
        monthly_of(frame.assign(frequency="weekly"), CODE)
    with pytest.raises(JobError, match="no parquet file"):
        read_final(tmp_path, CODE)
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    with pytest.raises(JobError, match="cannot be read"):
        read_final(tmp_path, CODE)
    frame.drop(columns="lag_4").to_parquet(tmp_path / "a.parquet")
    with pytest.raises(JobError, match="lacks the columns lag_4"):
        read_final(tmp_path, CODE)


def test_features_are_free_of_the_price_level(monthly: Monthly) -> None:
    doubled = dataclasses.replace(monthly, prices={n: 2.0 * v for n, v in monthly.prices.items()})
    assert features(monthly).shape == (len(monthly), len(FEATURES))
    np.testing.assert_allclose(features(doubled), features(monthly), atol=1e-12)
    row = features(monthly)[10]
    expected = np.log(monthly.prices["lag_2"][10] / monthly.last[10])
    assert row[FEATURES.index("lag_2_to_last")] == pytest.approx(expected)


def test_targets_are_of_exactly_h_months_later(monthly: Monthly) -> None:
    kept = np.delete(np.arange(len(monthly)), 20)
    gap = Monthly(CODE, monthly.months[kept], {n: v[kept] for n, v in monthly.prices.items()})
    targets = future_means(gap, 3)
    assert targets[0].tolist() == monthly.mean[1:4].tolist()
    assert np.isnan(targets[19, 0])
    assert targets[19, 1:].tolist() == monthly.mean[21:23].tolist()
    assert np.isnan(targets[-1]).all()
    assert np.isnan(targets[-2]).tolist() == [False, True, True]


def test_a_window_knows_no_target_after_its_origin(monthly: Monthly) -> None:
    window = training_window(monthly, 30, 6)
    assert len(window.x) == 31
    for horizon in range(1, 7):
        assert len(window.rows(horizon)[1]) == 31 - horizon


def test_momentum_looks_at_the_calendar(monthly: Monthly) -> None:
    found = features(monthly)[:, FEATURES.index("momentum_3")]
    assert found[20] == pytest.approx(np.log(monthly.last[20] / monthly.last[17]))
    assert found[:3].tolist() == [0.0] * 3
    kept = np.delete(np.arange(len(monthly)), 17)
    gap = Monthly(CODE, monthly.months[kept], {n: v[kept] for n, v in monthly.prices.items()})
    assert features(gap)[19, FEATURES.index("momentum_3")] == 0.0


def ratios(name: str, monthly: Monthly) -> Floats:
    """The fixed forecasts of a candidate that learns nothing."""
    return candidate(name).fit(training_window(monthly, len(monthly) - 1, 6), {}, 0).changes(monthly)


def test_benchmarks_by_hand(monthly: Monthly) -> None:
    known = monthly.upto(50)
    last = known.last[-1]
    assert ratios("no_change_last_price", known).tolist() == [0.0] * 6
    np.testing.assert_allclose(last * np.exp(ratios("no_change_monthly_mean", known)), known.mean[-1])
    np.testing.assert_allclose(last * np.exp(ratios("seasonal_naive", known)), monthly.mean[39:45])
    slope = (np.log(last) - np.log(known.last[0])) / 50
    np.testing.assert_allclose(ratios("drift", known), slope * np.arange(1, 7))


ALPHAS = (1.0, 30.0, 100.0, 300.0, 1000.0, 3000.0, 10000.0, 30000.0)


def test_ridge_equals_scikit_learns(monthly: Monthly) -> None:
    from sklearn.linear_model import Ridge as Reference
    from sklearn.preprocessing import StandardScaler

    window = training_window(monthly, 100, 6)
    scaler = StandardScaler().fit(window.x)
    found = fit_ridge(window, {"alpha": 300.0}, 0).at(window.x)
    for horizon in range(1, 7):
        x, y = window.rows(horizon)
        reference = Reference(alpha=300.0, fit_intercept=False).fit(scaler.transform(x), y)
        np.testing.assert_allclose(found[:, horizon - 1], reference.predict(scaler.transform(window.x)))


def test_more_shrinkage_goes_to_no_change(monthly: Monthly) -> None:
    window = training_window(monthly, 100, 6)
    sizes = [np.abs(fit_ridge(window, {"alpha": alpha}, 0).at(window.x)).max() for alpha in (*ALPHAS, 1e9)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < 1e-5
    assert np.abs(fit_elastic_net(window, {"alpha": 10.0, "l1_ratio": 0.5}, 0).at(window.x)).max() == 0.0


def with_signal(monthly: Monthly) -> Monthly:
    """The mean of the next month follows this month's momentum strongly, so there is something to learn."""
    last = monthly.last
    mean = monthly.mean.copy()
    mean[1:] = last[:-1] * (last[:-1] / monthly.prices["rolling_mean_6"][:-1]) ** 0.9
    return dataclasses.replace(monthly, prices={**monthly.prices, "mean_value": mean})


def test_the_search_follows_the_data(monthly: Monthly) -> None:
    noise = search_ridge(training_window(monthly, 140, 1), 0)["alpha"]
    signal = search_ridge(training_window(with_signal(monthly), 140, 1), 0)["alpha"]
    assert signal < 100.0 < 1000.0 < noise


@pytest.mark.parametrize("name", [c.name for c in CANDIDATES if c.search is not None and c.name != EXISTING])
def test_searches_repeat_themselves(name: str, monthly: Monthly) -> None:
    search = candidate(name).search
    assert search is not None
    window = training_window(monthly, 90, 2)
    assert search(window, 0) == search(window, 0)
    assert search(window, 0) != search(window, 1)


@pytest.mark.parametrize("name", ["ridge", "elastic_net", "lightgbm"])
def test_models_find_a_signal(name: str, monthly: Monthly) -> None:
    """With something to learn a learner beats the no-change on months that it has not seen."""
    tested, data = candidate(name), with_signal(monthly)
    window = training_window(data, 110, 1)
    assert tested.search is not None
    model = tested.fit(window, tested.search(window, 0), 0)
    assert isinstance(model, FeatureModel)
    rows = np.arange(112, 149)
    actual = np.log(data.mean[rows + 1] / data.last[rows])
    error = model.at(features(data)[rows])[:, 0] - actual
    assert np.mean(error**2) < 0.5 * np.mean(actual**2)


def test_ridge_stands_a_feature_that_never_changes(monthly: Monthly) -> None:
    flat = dataclasses.replace(monthly, prices={**monthly.prices, "mean_value": monthly.last})
    model = fit_ridge(training_window(flat, 100, 6), {"alpha": 10.0}, 0)
    assert np.isfinite(model.coefficients).all()


def test_the_existing_chain_equals_scikit_learns(monthly: Monthly) -> None:
    settings = {"n_estimators": 20, "max_depth": 3}
    window = training_window(monthly, 120, 3)
    inputs, targets = existing._rows(window)
    reference = existing.pipeline(settings, 2).fit(inputs, targets)
    found = existing.fit_chain(window, settings, 2)
    for row in (118, 119, 120):
        known = monthly.upto(row)
        expected = reference.predict(existing._inputs(known)[-1:])[0]
        np.testing.assert_allclose(known.last[-1] * np.exp(found.changes(known)), expected)
    # The current month's price is no input, as it was not there.
    moved = dataclasses.replace(monthly, prices={**monthly.prices, "mean_value": monthly.mean * 2.0})
    assert (existing._inputs(moved) == existing._inputs(monthly)).all()


@pytest.mark.parametrize("kind", list(statistical.OPTIONS))
def test_a_statistical_model_is_statsforecasts(kind: str, monthly: Monthly) -> None:
    from statsforecast import models

    known = monthly.upto(120)
    fitted = statistical.of(kind)(training_window(monthly, 120, 6), {}, 0)
    new = getattr(models, kind)(season_length=12, **statistical.OPTIONS[kind])
    shift = np.log(known.last[0]) - statistical.START
    ends = new.fit(np.log(known.last) - shift).predict(6)["mean"] + shift
    # The mean of a month lies between its two ends.
    expected = (np.append(np.log(known.last[-1]), ends[:-1]) + ends) / 2.0
    np.testing.assert_allclose(fitted.changes(known) + np.log(known.last[-1]), expected, rtol=1e-7)
    # With something to learn its state follows the data.
    data = one_value_a_month(monthly, seasonal(monthly))
    fitted = statistical.of(kind)(training_window(data, 120, 6), {}, 0)
    assert (fitted.changes(data.upto(121)) != fitted.changes(data.upto(120))).all()


def one_value_a_month(monthly: Monthly, values: Floats) -> Monthly:
    """The series as a source of monthly values gives it."""
    prices = {**monthly.prices, "mean_value": values, "last_value": values}
    daily = {"value_count": np.ones(len(values)), "realised_volatility": np.full(len(values), np.nan)}
    return dataclasses.replace(monthly, prices=prices, daily=daily)


def seasonal(monthly: Monthly) -> Floats:
    """Positive, with a season that grows with the level."""
    rng = np.random.default_rng(4)
    time = np.arange(len(monthly))
    values: Floats = np.exp(0.01 * time + 0.5 * np.sin(time * np.pi / 6.0) + rng.normal(0.0, 0.05, len(monthly)))
    return values


@pytest.mark.parametrize("kind", list(statistical.OPTIONS))
def test_a_statistical_forecast_does_not_depend_on_the_unit(kind: str, monthly: Monthly) -> None:
    """Seasons that multiply logs would be another model in every unit."""
    found = []
    for unit in (0.01, 1.0, 100.0, 10_000.0):
        scaled = one_value_a_month(monthly, unit * seasonal(monthly))
        known = scaled.upto(130)
        found.append(statistical.of(kind)(training_window(scaled, 130, 6), {}, 0).changes(known))
    for other in found[1:]:
        np.testing.assert_allclose(other, found[0], atol=1e-6)


def test_statistical_models_see_what_is_nearer_to_the_next_month(monthly: Monthly) -> None:
    assert statistical.better_seen(monthly) == "last"
    assert statistical.better_seen(one_value_a_month(monthly, seasonal(monthly))) == "mean"
    noisy = monthly.last * np.exp(np.random.default_rng(0).normal(0.0, 1.0, len(monthly)))
    assert statistical.better_seen(dataclasses.replace(monthly, prices={**monthly.prices, "last_value": noisy})) == "mean"


def balance(monthly: Monthly) -> Monthly:
    """A series with negative values and seasons, as the oracle's table gives it."""
    rng = np.random.default_rng(2)
    rows = len(monthly) + 6
    values = 100.0 * np.sin(np.arange(rows) * np.pi / 6.0) + np.cumsum(rng.normal(0.0, 5.0, rows))
    index = pd.period_range("2000-01", periods=rows, freq="M").to_timestamp()
    return monthly_of(pandas_features(pd.Series(values, index=index)), CODE)


@pytest.mark.parametrize("name", [c.name for c in CANDIDATES])
def test_a_series_that_is_not_positive_is_forecast_in_levels(name: str, monthly: Monthly) -> None:
    series = balance(monthly)
    assert series.transformation.kind == "level"
    window = training_window(series, 120, 6)
    model = candidate(name).fit(window, SETTINGS.get(name, {}), 0)
    known = series.upto(120)
    forecast = known.transformation.moved(known.last[-1:], model.changes(known))
    assert forecast.shape == (6,)
    assert np.isfinite(forecast).all() and np.abs(forecast).max() < 1000.0


def test_levels_have_a_unit_that_no_later_value_changes(monthly: Monthly) -> None:
    levels = balance(monthly)
    unit = levels.transformation.unit
    assert unit == pytest.approx(np.abs(levels.last[:24]).mean())
    assert levels.upto(100).transformation.unit == unit
    thousands = transformation_of(1000.0 * levels.last)
    np.testing.assert_allclose(
        thousands.change(1000.0 * levels.mean, 1000.0 * levels.last), levels.transformation.change(levels.mean, levels.last)
    )
    assert transformation_of(np.zeros(40)).unit == 1.0
    base, change = levels.last, np.linspace(-1.0, 1.0, len(levels))
    for scale in (levels.transformation, LOGS):
        np.testing.assert_allclose(scale.change(scale.moved(np.abs(base), change), np.abs(base)), change, atol=1e-12)


def test_a_missing_month_lies_between_its_neighbors(monthly: Monthly) -> None:
    kept = np.delete(np.arange(30), 20)
    gap = Monthly(CODE, monthly.months[kept], {n: v[kept] for n, v in monthly.prices.items()})
    means = statistical._path(gap, "mean")
    assert len(means) == 30
    assert means[20] == pytest.approx((means[19] + means[21]) / 2.0)


def test_lightgbm_learns_only_with_rows(monthly: Monthly) -> None:
    settings = {"rounds": 30, "num_leaves": 4, "min_data_in_leaf": 5}
    window = training_window(monthly, 120, 2)
    assert (np.ptp(fit_lightgbm(window, settings, 0).at(window.x), axis=0) > 0.0).all()
    short = training_window(monthly, 8, 2)
    assert (np.ptp(fit_lightgbm(short, settings, 0).at(short.x), axis=0) == 0.0).all()


SETTINGS = {
    "ridge": {"alpha": 10.0},
    "elastic_net": {"alpha": 0.003, "l1_ratio": 0.1},
    "lightgbm": {"rounds": 10, "min_data_in_leaf": 5},
    EXISTING: {"n_estimators": 10, "max_depth": 2},
}


@pytest.mark.parametrize("name", [c.name for c in CANDIDATES])
def test_a_model_survives_json_to_the_last_bit(name: str, monthly: Monthly) -> None:
    window = training_window(monthly, 100, 6)
    fitted = candidate(name).fit(window, SETTINGS.get(name, {}), 0)
    loaded = load(name, json.loads(json.dumps(fitted.parameters(), allow_nan=False)))
    for row in (100, 101):
        known = monthly.upto(row)
        assert loaded.changes(known).tobytes() == fitted.changes(known).tobytes()


def test_a_combination_survives_json(monthly: Monthly) -> None:
    window = training_window(monthly, 100, 3)
    members = {n: candidate(n).fit(window, SETTINGS.get(n, {}), 0) for n in ("ridge", "dynamic_theta")}
    made = combination.Combination(members, [0.5, 0.25, 0.0])
    loaded = load(combination.NAME, json.loads(json.dumps(made.parameters())))
    assert loaded.changes(monthly).tobytes() == made.changes(monthly).tobytes()
    both = [m.changes(monthly) for m in members.values()]
    np.testing.assert_allclose(loaded.changes(monthly), np.array([0.5, 0.25, 0.0]) * (both[0] + both[1]) / 2.0)


def test_unknown_models_are_named() -> None:
    with pytest.raises(JobError, match=r"`prophet`.*ridge"):
        candidate("prophet")
