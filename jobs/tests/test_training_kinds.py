"""Trainings of series that are no price: constant, seasonal, alternating, negative, short."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from jobs.tests.conftest import PROVENANCE, pandas_features

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.ml.arrays import Floats
from oleoduto_jobs.ml.container.forecast import forecast, report
from oleoduto_jobs.ml.container.hyperparameters import Hyperparameters
from oleoduto_jobs.ml.container.train import train
from oleoduto_jobs.ml.data import Monthly, monthly_of
from oleoduto_jobs.ml.evaluation import tables
from oleoduto_jobs.ml.evaluation.backtest import one_by_one
from oleoduto_jobs.ml.models.artifact import Artifact
from oleoduto_jobs.ml.page.html import Run, page

CODE = "S"
CANDIDATES = ("no_change_monthly_mean", "no_change_last_price", "seasonal_naive", "ridge", "dynamic_theta", "auto_ces")


def series(values: Floats, freq: str = "M") -> Monthly:
    index = pd.period_range("1998-01", periods=len(values), freq=freq).to_timestamp()
    return monthly_of(pandas_features(pd.Series(values, index=index), CODE), CODE)


def seasonal(months: int) -> Floats:
    rng = np.random.default_rng(0)
    time = np.arange(months)
    values: Floats = np.exp(1.5 * np.sin(time * np.pi / 6.0) + rng.normal(0.0, 0.2, months))
    return values


def trained(monthly: Monthly) -> Artifact:
    artifact = train(monthly, Hyperparameters(CODE, candidates=CANDIDATES), "job", one_by_one)
    json.dumps(artifact.metrics, allow_nan=False)
    for window in ("selection", "reported"):
        assert CODE in tables.text(artifact.metrics, window)
    return artifact


def test_a_constant_series_is_forecast_by_its_value() -> None:
    monthly = series(np.full(150, 13.75))
    artifact = trained(monthly)
    assert artifact.model.model == "no_change_last_price"
    assert "no error at all" in artifact.metrics["reason"]
    # Its own optimizer has nothing to fit; the training goes on and says so.
    assert "model_" in artifact.metrics["excluded"]["auto_ces"]
    rows = forecast(artifact, monthly, None)
    assert (rows[["point", "lower_80", "upper_80", "lower_95", "upper_95"]] == 13.75).all(axis=None)


def test_a_seasonal_series_gets_a_seasonal_model() -> None:
    values = seasonal(206)
    monthly = series(values[:200])
    artifact = trained(monthly)
    assert artifact.model.model != "no_change_last_price"
    scored = artifact.metrics["candidates"][artifact.model.model]["reported"]
    assert max(scored["mspe_to_benchmark"]) < 0.5
    rows = forecast(artifact, monthly, None)
    np.testing.assert_allclose(np.log(rows["point"]), np.log(values[200:]), atol=0.6)
    # The errors of a seasonal model hardly grow with the horizon; a random walk's intervals would.
    width = np.log(rows["upper_80"] / rows["lower_80"])
    assert width.iloc[5] < 1.6 * width.iloc[0]


def test_a_series_with_negative_values_is_forecast_in_levels() -> None:
    rng = np.random.default_rng(1)
    values = 40.0 * np.sin(np.arange(200) * np.pi / 6.0) + np.cumsum(rng.normal(0.0, 3.0, 200))
    monthly = series(values)
    artifact = trained(monthly)
    assert artifact.metrics["transformation"] == "level"
    assert artifact.metrics["candidates"]["ridge"]["reported"]["mape"] == [None] * 6
    rows = forecast(artifact, monthly, None)
    assert (rows["lower_95"] < rows["lower_80"]).all() and (rows["lower_80"] < rows["point"]).all()
    assert rows["point"].between(-150.0, 150.0).all()
    scored = artifact.metrics["candidates"][artifact.model.model]["reported"]
    assert max(scored["mspe_to_benchmark"]) <= 1.02


def test_a_model_of_logs_is_refused_for_values_that_have_none() -> None:
    artifact = trained(series(seasonal(60)))
    with pytest.raises(JobError, match="series S now has values that are not positive: train again"):
        forecast(artifact, series(np.append(seasonal(60)[:-1], -1.0)), None)


def test_a_series_without_error_at_even_horizons_is_judged() -> None:
    artifact = trained(series(np.tile([5.0, 6.0], 80)))
    assert artifact.model.model != "no_change_last_price"
    rows = forecast(artifact, series(np.tile([5.0, 6.0], 80)), None)
    np.testing.assert_allclose(rows["point"], [5.0, 6.0] * 3, rtol=0.01)


def test_a_short_series_gets_the_simplest_model_and_wide_intervals() -> None:
    rng = np.random.default_rng(3)
    walk = np.exp(np.cumsum(rng.normal(0.0, 0.1, 20)))
    monthly = series(walk)
    artifact = trained(monthly)
    assert artifact.model.model == "no_change_last_price"
    assert "14 months are too few to choose a model" in artifact.metrics["reason"]
    rows = forecast(artifact, monthly, None)
    width = np.log(rows["upper_95"] / rows["lower_95"]) / 2.0
    # Wider than with a known spread of 0.1 a month, and growing.
    assert width.iloc[0] > 0.15
    assert width.is_monotonic_increasing


def test_a_short_series_with_clear_seasons_gets_the_seasonal_naive() -> None:
    monthly = series(seasonal(66))
    artifact = trained(monthly)
    assert artifact.model.model == "seasonal_naive"
    rows = forecast(artifact, monthly, None)
    np.testing.assert_allclose(rows["point"], seasonal(66)[54:60], rtol=1e-12)


def test_a_quarterly_series_has_seasons_of_four_and_targets_three_months_apart() -> None:
    rng = np.random.default_rng(0)
    values = np.exp(0.5 * np.sin(np.arange(126) * np.pi / 2.0 + 0.4) + np.cumsum(rng.normal(0.0, 0.03, 126)))
    monthly = series(values[:120], "Q")
    assert (monthly.frequency, monthly.season, len(monthly)) == ("quarterly", 4, 116)
    artifact = trained(monthly)
    assert artifact.model.model != "no_change_last_price"
    scored = artifact.metrics["candidates"][artifact.model.model]["reported"]
    # A year ahead the newest quarter is of the same season.
    assert max(v for h, v in enumerate(scored["mspe_to_benchmark"], 1) if h != 4) < 0.1
    rows = forecast(artifact, monthly, None)
    assert [f"{d:%Y-%m}" for d in rows["target_start"]] == ["2028-01", "2028-04", "2028-07", "2028-10", "2029-01", "2029-04"]
    np.testing.assert_allclose(np.log(rows["point"]), np.log(values[120:]), atol=0.25)
    # The newest quarter ends in December.
    assert monthly.age(2028, 2) == 2
    document = report(artifact, monthly, PROVENANCE, "job")
    told = page(Run(monthly, rows, document, artifact.metadata, PROVENANCE))
    assert "<dt>quarters</dt><dd>116</dd>" in told and "<dt>missing between them</dt><dd>0</dd>" in told
    last = monthly.mean[-1]
    assert np.sign(np.diff(np.append(last, rows["point"]))).tolist() == np.sign(np.diff(values[119:])).tolist()


def test_an_annual_series_is_forecast_by_years() -> None:
    rng = np.random.default_rng(1)
    monthly = series(np.exp(np.cumsum(rng.normal(0.0, 0.05, 30))), "Y")
    assert (monthly.frequency, monthly.season, len(monthly)) == ("annual", 1, 29)
    artifact = trained(monthly)
    assert "29 years are too few to choose a model" in artifact.metrics["reason"]
    rows = forecast(artifact, monthly, None)
    assert [d.year for d in rows["target_start"]] == list(range(2028, 2034))
    width = np.log(rows["upper_80"] / rows["lower_80"]) / 2.0
    # About that of a random walk with this spread.
    np.testing.assert_allclose(width / np.sqrt(np.arange(1, 7)), 1.28 * 0.05, rtol=0.4)


def test_lags_before_the_first_period_are_the_oldest_known() -> None:
    monthly = series(np.arange(1.0, 31.0), "Y")
    assert monthly.months[0] // 12 == 1999
    assert [monthly.prices[f"lag_{k}"][0] for k in range(1, 7)] == [1.0] * 6
    assert [monthly.prices[f"lag_{k}"][2] for k in range(1, 7)] == [3.0, 2.0, 1.0, 1.0, 1.0, 1.0]
    assert monthly.prices["rolling_std_6"][0] == 0.0


def test_a_series_of_a_few_months_is_refused_with_advice() -> None:
    with pytest.raises(JobError, match="series S has 7 months with all their features; a forecast needs at least 8: wait for"):
        trained(series(seasonal(13)))
