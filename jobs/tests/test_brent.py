"""The whole way on the real Brent prices, against figures that were measured elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import DataFrame

from oleoduto_jobs.etl.load import load
from oleoduto_jobs.etl.transform import transform
from oleoduto_jobs.ml.backtest import forecasts_of, scores
from oleoduto_jobs.ml.container import Hyperparameters
from oleoduto_jobs.ml.data import Monthly, month_index, monthly_of
from oleoduto_jobs.ml.features import future_means
from oleoduto_jobs.ml.models import candidate
from oleoduto_jobs.ml.predict import forecast
from oleoduto_jobs.ml.train import metric_lines, table, train

CODE = "EIA366_PBRENT366"


@pytest.fixture(scope="module")
def final(brent_raw: DataFrame) -> pd.DataFrame:
    frame: pd.DataFrame = load(transform(brent_raw)).toPandas()
    return frame


@pytest.fixture(scope="module")
def brent(final: pd.DataFrame) -> Monthly:
    return monthly_of(final, CODE)


def test_the_final_table_equals_the_oracle(final: pd.DataFrame, brent_file: Path, oracle: Callable[..., pd.DataFrame]) -> None:
    daily = pd.read_csv(brent_file, parse_dates=["Date"], index_col="Date")["Price"]
    expected = oracle(daily)
    assert len(expected) == 434
    for column in expected.columns:
        if expected[column].dtype == float:
            np.testing.assert_allclose(final[column].astype(float), expected[column], atol=5.1e-7)
        else:
            assert final[column].tolist() == expected[column].tolist()


def test_the_no_changes_have_the_errors_measured_elsewhere(brent: Monthly) -> None:
    """162 origins 2005-01 to 2018-06; the figures are the forecasting notes', found with other code."""
    first, last = month_index(2005, 1), month_index(2018, 6)
    rows = np.flatnonzero((brent.months >= first) & (brent.months <= last))
    assert len(rows) == 162
    mean, newest = (
        forecasts_of(candidate(name), brent, rows, 6, 0) for name in ("no_change_monthly_mean", "no_change_last_price")
    )
    actual = future_means(brent, 6)[rows]
    assert np.round(scores(mean, actual, mean).mae, 2).tolist() == [4.76, 7.48, 9.67, 11.36, 13.20, 14.67]
    found = scores(newest, actual, mean)
    assert np.round(found.mae, 2).tolist() == [3.59, 6.77, 9.20, 10.91, 12.81, 14.29]
    assert np.round(found.mspe_ratio, 3).tolist() == [0.563, 0.816, 0.890, 0.924, 0.947, 0.965]


def test_training_and_forecast(brent: Monthly) -> None:
    artefact = train(brent, Hyperparameters(CODE), "job")
    report = artefact.metrics
    assert report["origins"]["evaluated"] == {"count": 120, "span": "2013-07..2023-06"}
    benchmark = report["candidates"]["no_change_last_price"]["evaluated"]["mspe_ratio"]
    shipped = report["candidates"][report["model"]]["selection"]["mspe_ratio"]
    allowed = report["candidates"]["no_change_last_price"]["selection"]["mspe_ratio"]
    assert benchmark[0] < 0.6
    assert all(a <= 1.02 * b for a, b in zip(shipped, allowed, strict=True))
    for shares, low, high in ((report["coverage"]["80"], 0.7, 0.9), (report["coverage"]["95"], 0.9, 1.0)):
        assert all(low <= share <= high for share in shares)
    assert f"* {report['model']}" in table(report)
    assert len(metric_lines(report)) == 6 * 6

    rows = forecast(artefact, brent, "job")
    assert [f"{d:%Y-%m}" for d in rows["target_month"]] == [f"2024-{m:02d}" for m in range(1, 7)]
    assert ((rows["point"] > 0.8 * 77.69) & (rows["point"] < 1.25 * 77.69)).all()
