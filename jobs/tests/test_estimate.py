"""Estimates see no outcome, nothing after the oldest open origin, and tell calm from stormy months where features do."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
from jobs.tests.conftest import PROVENANCE

from oleoduto_jobs.ml.container.forecast import forecast, report
from oleoduto_jobs.ml.container.hyperparameters import Hyperparameters
from oleoduto_jobs.ml.container.monitor import foreseen
from oleoduto_jobs.ml.container.train import train
from oleoduto_jobs.ml.data import Monthly, month_text
from oleoduto_jobs.ml.evaluation import estimate
from oleoduto_jobs.ml.evaluation.backtest import one_by_one
from oleoduto_jobs.ml.evaluation.estimate import (
    COLUMNS,
    Estimate,
    distances,
    estimated,
    frame,
    loss,
    pending,
    reference_of,
    why_not,
)
from oleoduto_jobs.ml.evaluation.judgement import realized
from oleoduto_jobs.ml.models.artifact import Artifact
from oleoduto_jobs.ml.page.html import Run, page
from oleoduto_jobs.ml.page.past import Past

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


@pytest.fixture(scope="module")
def trained(monthly: Monthly) -> Artifact:
    names = ("no_change_monthly_mean", "no_change_last_price", "ridge")
    return train(monthly, Hyperparameters(monthly.code, horizons=2, evaluation_origins=60, candidates=names), "job", one_by_one)


@pytest.fixture(scope="module")
def predictions(trained: Artifact, monthly: Monthly) -> pd.DataFrame:
    """Of the last four months' runs."""
    made = [
        forecast(trained, monthly.upto(row), None).assign(dataproc=str(row)) for row in range(len(monthly) - 4, len(monthly))
    ]
    return pd.concat(made, ignore_index=True)


def test_open_forecasts_are_those_whose_month_has_not_ended(
    trained: Artifact, monthly: Monthly, predictions: pd.DataFrame
) -> None:
    last = int(monthly.months[-1])
    again = predictions[predictions["dataproc"] == predictions["dataproc"].max()].assign(dataproc="999", point=1.0)
    found = pending(pd.concat([predictions, again]), monthly, trained.model.model)
    assert found[["origin", "horizon"]].to_numpy().tolist() == [[last, 1], [last - 1, 2], [last, 2]]
    # The newest run's counts.
    assert found["point"].tolist()[0] == found["point"].tolist()[2] == 1.0 != found["point"].tolist()[1]
    assert pending(predictions, monthly, "no model").empty


def test_the_reference_ends_before_the_oldest_open_origin(trained: Artifact, monthly: Monthly) -> None:
    backtest = trained.metrics["realised"]
    first = int(monthly.months[-10])
    found = reference_of(backtest, monthly, 2, first)
    allowed = [row for row in backtest if row["horizon"] == 2 and row["origin"] <= month_text(first - 2)]
    assert len(found) == len(allowed) > 30
    # Whatever comes after that origin changes nothing, bit for bit.
    later = monthly.months > first
    changed = dataclasses.replace(monthly, prices={k: np.where(later, 3.0 * v, v) for k, v in monthly.prices.items()})
    pd.testing.assert_frame_equal(found, reference_of(backtest, changed, 2, first), check_exact=True)


def states(rows: int, seed: int) -> pd.DataFrame:
    """Months whose errors are five times as large where the first feature is positive."""
    generator = np.random.default_rng(seed)
    table = pd.DataFrame(generator.normal(size=(rows, len(COLUMNS))), columns=COLUMNS).assign(forecast=0.0)
    return table.assign(outcome=generator.normal(size=rows) * np.where(table[COLUMNS[0]] > 0, 0.25, 0.05))


def test_storms_that_the_features_show_are_foreseen() -> None:
    reference, current = states(150, 0), states(6, 1).drop(columns="outcome")
    calm, _ = loss(reference, current.assign(**{COLUMNS[0]: -1.0}))
    storm, threshold = loss(reference, current.assign(**{COLUMNS[0]: 1.0}))
    assert calm < 0.08 < 0.14 < storm
    assert threshold > storm, "a storm of six months is not beyond what the reference had"
    assert loss(reference, current) == loss(reference, current)
    assert Estimate(1, 6, 150, 0.5, 0.1, threshold, 30.0).alert and not Estimate(1, 6, 150, storm, 0.1, threshold, 9.0).alert


def test_the_monitor_tells_of_every_horizon_and_the_page_shows_it(
    trained: Artifact, monthly: Monthly, predictions: pd.DataFrame
) -> None:
    found = foreseen(trained, monthly, predictions, 1)
    assert found["not_estimated_because"] is None
    assert [(row["horizon"], row["origins"]) for row in found["estimated"]] == [(1, 1), (2, 2)]
    for row in found["estimated"]:
        assert row["reference"] >= 30 and 0.0 < row["error"] < 0.5 and row["mae"] > 0.0
    assert {row["feature"] for row in found["estimated_drift"]} == set(COLUMNS)
    realised: list[dict[str, Any]] = [{"horizon": 1, "origins": 3, "mae": 4.0, "ratio": 1.1, "limit": 1.5}]
    document = report(trained, monthly, PROVENANCE, "job")
    known = realized(predictions, monthly, trained.model.model)
    past = Past({**found, "model": trained.model.model, "realised": realised}, known)
    run = Run(monthly, forecast(trained, monthly, "job"), document, trained.metadata, PROVENANCE, past=past)
    assert "Estimated for the open forecasts" in page(run) and "Realizado nas origens" in page(run)
    fresh = dataclasses.replace(run, past=Past({**found, "realised": [], "estimated": [], "estimated_drift": []}, known[:0]))
    assert "No earlier forecast of this model" in page(fresh) and "Direct loss estimation" not in page(fresh)


def test_what_is_not_estimated_says_why(
    trained: Artifact, monthly: Monthly, predictions: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = [{key: value for key, value in row.items() if key != "forecast"} for row in trained.metrics["realised"]]
    before = dataclasses.replace(trained, metrics={**trained.metrics, "realised": old})
    found = foreseen(before, monthly, predictions, 1)
    assert found["estimated"] == [] and "train again" in found["not_estimated_because"]
    document = report(trained, monthly, PROVENANCE, "job")
    past = Past({**found, "realised": []}, realized(predictions, monthly, "none"))
    run = Run(monthly, forecast(trained, monthly, "job"), document, trained.metadata, PROVENANCE, past=past)
    told = page(run)
    assert "Errors of the open forecasts were not estimated: the champion was trained before" in told
    assert "não foram estimados: o modelo em uso foi treinado antes" in told
    few = [row for row in trained.metrics["realised"] if row["origin"] > month_text(int(monthly.months[-30]))]
    assert estimated(few, pending(predictions, monthly, trained.model.model), monthly) == []
    assert distances(monthly.upto(100)) == []
    monkeypatch.setattr(estimate, "find_spec", lambda name: None)
    assert "NannyML is not installed" in str(why_not(trained.metrics["realised"]))


def test_without_an_outcome_nannyml_is_not_asked(
    trained: Artifact, monthly: Monthly, predictions: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> None:
        raise AssertionError("imported")

    monkeypatch.setattr(estimate, "nannyml", fails)
    found = foreseen(trained, monthly, predictions, 0)
    reason = "no earlier forecast of this model has reached its month yet"
    assert found == {"estimated": [], "estimated_drift": [], "not_estimated_because": reason}


def test_it_is_imported_beside_spark(package_env: dict[str, str]) -> None:
    """FLAML would import pyspark.pandas, which does not import beside NumPy 2; in a process that imported neither."""
    code = (
        "import sys; from oleoduto_jobs.ml.evaluation import estimate; "
        "print(estimate.nannyml().__version__, sys.modules['pyspark.pandas'])"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=package_env, capture_output=True, text=True, timeout=300, check=False)
    assert done.stdout == "0.13.1 None\n", done.stderr


def test_features_are_of_the_origins_own_month(monthly: Monthly) -> None:
    origins = monthly.months[[50, 60]]
    found = frame(monthly, origins, 1.1 * monthly.last[[50, 60]])
    np.testing.assert_allclose(found["forecast"], np.log(1.1))
    np.testing.assert_allclose(found["mean_to_last"], np.log(monthly.mean[[50, 60]] / monthly.last[[50, 60]]))
