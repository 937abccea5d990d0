"""Data, features and models: what a forecast is made of."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.ml.boosting import fit_boosting, grow
from oleoduto_jobs.ml.data import Monthly, month_index, month_text, monthly_of, read_final
from oleoduto_jobs.ml.features import FEATURES, Window, features, future_means, training_window
from oleoduto_jobs.ml.models import ALPHAS, CANDIDATES, Ridge, _ridge_at, candidate, fit_ridge

CODE = "EIA366_PBRENT366"
MakeMonthly = Callable[..., Monthly]
Frame = Callable[..., pd.DataFrame]


@pytest.fixture
def frame(oracle: Frame, random_prices: Callable[..., pd.Series]) -> pd.DataFrame:
    return oracle(random_prices("2020-01-01", "2021-12-31"))


def test_months() -> None:
    assert month_text(month_index(1999, 12) + 1) == "2000-01"


def test_rows_are_ordered_and_other_series_left_out(frame: pd.DataFrame) -> None:
    other = frame.assign(code="OTHER", mean_price_usd=1.0)
    mixed = pd.concat([frame.sample(frac=1.0, random_state=0), other])
    found = monthly_of(mixed, CODE)
    assert found.mean.tolist() == frame["mean_price_usd"].tolist()
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
    negative = frame.assign(last_price_usd=[-36.98, *frame["last_price_usd"][1:]])
    with pytest.raises(JobError, match=r"last_price_usd .* is -36\.98 in 2020-07; .*positive"):
        monthly_of(negative, CODE)
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
        assert len(window.known(horizon)[1]) == 31 - horizon


def test_no_changes(monthly: Monthly) -> None:
    window = training_window(monthly, 50, 6)
    x = window.x[-1:]
    last = candidate("no_change_last_price").fit(window, 0).log_ratios(x)
    mean = candidate("no_change_monthly_mean").fit(window, 0).log_ratios(x)
    assert last.tolist() == [[0.0] * 6]
    np.testing.assert_allclose(monthly.last[50] * np.exp(mean), monthly.mean[50])


def test_ridge_equals_scikit_learns(monthly: Monthly) -> None:
    from sklearn.linear_model import Ridge as Reference
    from sklearn.preprocessing import StandardScaler

    window = training_window(monthly, 100, 6)
    scaler = StandardScaler().fit(window.x)
    found = _ridge_at(window, 300.0).log_ratios(window.x)
    for horizon in range(1, 7):
        x, y = window.known(horizon)
        reference = Reference(alpha=300.0, fit_intercept=False).fit(scaler.transform(x), y)
        np.testing.assert_allclose(found[:, horizon - 1], reference.predict(scaler.transform(window.x)))


def test_more_shrinkage_goes_to_no_change(monthly: Monthly) -> None:
    window = training_window(monthly, 100, 6)
    sizes = [np.abs(_ridge_at(window, alpha).log_ratios(window.x)).max() for alpha in (1.0, *ALPHAS, 1e9)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < 1e-5


def test_the_shrinkage_follows_the_data() -> None:
    chosen: dict[str, list[float]] = {"noise": [], "signal": []}
    for seed in range(9):
        rng = np.random.default_rng(seed)
        x, noise = rng.normal(size=(300, 13)), rng.normal(size=(300, 2))
        chosen["noise"].append(fit_ridge(Window(x, noise), 0).alpha)
        chosen["signal"].append(fit_ridge(Window(x, x[:, :2] + 0.1 * noise), 0).alpha)
    assert set(chosen["signal"]) == {min(ALPHAS)}
    assert np.median(chosen["noise"]) >= 1000.0


def test_ridge_stands_a_feature_that_never_changes(monthly: Monthly) -> None:
    flat = dataclasses.replace(monthly, prices={**monthly.prices, "mean_price_usd": monthly.last})
    model = fit_ridge(training_window(flat, 100, 6), 0)
    assert isinstance(model, Ridge)
    assert np.isfinite(model.coefficients).all()


def test_trees_equal_scikit_learns(monthly: Monthly) -> None:
    window = training_window(monthly, 120, 2)
    found = fit_boosting(window, 5).log_ratios(features(monthly))
    for horizon in (1, 2):
        reference = grow(*window.known(horizon), 5).predict(features(monthly))
        np.testing.assert_allclose(found[:, horizon - 1], reference, rtol=0, atol=1e-12)
    assert np.ptp(found) > 0.0


@pytest.mark.parametrize("name", [c.name for c in CANDIDATES])
def test_a_model_survives_json_to_the_last_bit(name: str, monthly: Monthly) -> None:
    window = training_window(monthly, 100, 6)
    fitted = candidate(name).fit(window, 0)
    loaded = candidate(name).load(json.loads(json.dumps(fitted.parameters())))
    assert loaded.log_ratios(window.x).tobytes() == fitted.log_ratios(window.x).tobytes()


def test_unknown_models_are_named() -> None:
    with pytest.raises(JobError, match=r"`prophet`.*ridge"):
        candidate("prophet")
