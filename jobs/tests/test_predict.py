"""The forecast of a model that uses its features (the container tests ship what the backtest chose)."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from oleoduto_jobs.ml.container.forecast import forecast
from oleoduto_jobs.ml.data import Monthly
from oleoduto_jobs.ml.evaluation.intervals import volatility_scale
from oleoduto_jobs.ml.features import training_window
from oleoduto_jobs.ml.models.artifact import Artifact, SavedModel
from oleoduto_jobs.ml.models.candidates import candidate

WIDTHS = {"80": [0.1, 0.2, 0.3], "95": [0.2, 0.4, 0.6]}


def artifact(name: str, monthly: Monthly) -> Artifact:
    settings = {"ridge": {"alpha": 10.0}, "lightgbm": {"rounds": 20, "num_leaves": 4, "min_data_in_leaf": 5}}.get(name, {})
    fitted = candidate(name).fit(training_window(monthly, len(monthly) - 1, 3), settings, 0)
    return Artifact(SavedModel.of(name, monthly, WIDTHS, fitted), {}, {})


@pytest.mark.parametrize("name", ["no_change_monthly_mean", "ridge", "lightgbm", "auto_theta"])
def test_all_horizons_start_from_the_last_row(name: str, monthly: Monthly) -> None:
    made = artifact(name, monthly)
    rows = forecast(made, monthly, "job")
    ratios, earlier = (made.model.fitted().changes(monthly.upto(len(monthly) - k)) for k in (1, 2))
    np.testing.assert_allclose(rows["point"], monthly.last[-1] * np.exp(ratios), rtol=1e-12)
    assert not np.allclose(rows["point"], monthly.last[-1] * np.exp(earlier), rtol=1e-6)


def test_intervals_are_factors_around_the_point(monthly: Monthly) -> None:
    rows = forecast(artifact("ridge", monthly), monthly, "job")
    scale = volatility_scale(monthly)[-1]
    assert scale != 1.0
    for level, at_one in WIDTHS.items():
        widths = scale * np.array(at_one)
        np.testing.assert_allclose(np.log(rows[f"upper_{level}"] / rows["point"]), widths)
        np.testing.assert_allclose(np.log(rows["point"] / rows[f"lower_{level}"]), widths)


def test_the_newest_month_matters(monthly: Monthly) -> None:
    made = artifact("ridge", monthly)
    newest = monthly.prices["last_value"].copy()
    newest[-1] *= 1.1
    moved = dataclasses.replace(monthly, prices={**monthly.prices, "last_value": newest})
    assert (forecast(made, moved, "job")["point"] > 1.05 * forecast(made, monthly, "job")["point"]).all()
