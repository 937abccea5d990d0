"""The forecast of a model that uses its features (the container tests ship what the backtest chose)."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from oleoduto_jobs.ml.container.forecast import forecast, number_format, table
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


@pytest.mark.parametrize("scale", [1e-9, 1e-4, 1e-2, 1.0, 1e4, 1e9, 1e16])
def test_the_table_of_large_and_of_small_numbers_can_be_read(monthly: Monthly, scale: float) -> None:
    """Every number is there with its digits, and blanks are between the columns."""
    scaled = dataclasses.replace(monthly, prices={name: values * scale for name, values in monthly.prices.items()})
    made = artifact("no_change_last_price", scaled)
    rows = forecast(made, scaled, "job")
    head, *lines = table(rows, scaled).split("\n")
    newest = float(head.split("last value ")[1].split(",")[0])
    assert newest == pytest.approx(scaled.last[-1], rel=1e-3)
    for line, row in zip(lines[1:], rows.itertuples(), strict=True):
        month, point, low, _, high, lowest, _, highest = line.split()
        assert month == f"{row.target_start:%Y-%m}"
        shown = [float(text) for text in (point, low, high, lowest, highest)]
        assert shown == pytest.approx([row.point, row.lower_80, row.upper_80, row.lower_95, row.upper_95], rel=1e-3)
    assert len({len(line) for line in lines}) == 1


def test_numbers_have_five_digits_of_the_largest() -> None:
    found = {
        largest: format(largest, number_format(largest))
        for largest in (0.0, 4.2e-9, 0.0123456789, 0.5, 83.1, 163.98, 1.5e6, 2e15)
    }
    assert list(found.values()) == ["0.00", "4.20000e-09", "0.012346", "0.50000", "83.100", "163.98", "1500000", "2.00000e+15"]
