"""The backtest command: arguments, errors, document, tables, goals."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np
import pytest

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.ml.data import Monthly, month_index
from oleoduto_jobs.ml.evaluate import evaluate, parse, parse_origins, reported_rows, text
from oleoduto_jobs.ml.evaluation import goals, tables
from oleoduto_jobs.ml.evaluation.band import coverage_band
from oleoduto_jobs.ml.models.candidates import CANDIDATES

NAMES = "no_change_monthly_mean,no_change_last_price,ridge"
WORDS = ["--series", "S", "--source", "sample", "--origins", "2010-09..2012-12", "--workers", "1", "--candidates", NAMES]


@pytest.fixture(scope="module")
def report(monthly: Monthly) -> dict[str, Any]:
    return evaluate(monthly, parse(WORDS))


def test_arguments() -> None:
    options = parse(WORDS)
    assert options.origins == (month_index(2010, 9), month_index(2012, 12))
    assert options.candidates == NAMES.split(",")
    assert parse(WORDS[:6]).candidates == [c.name for c in CANDIDATES]


@pytest.mark.parametrize("bad", ["2019-01", "2019-01..2023-13", "2019-1..2023-06", "2023-06..2019-01", "2019-01...2023-06"])
def test_origins_that_are_none(bad: str) -> None:
    with pytest.raises(JobError, match=r"`--origins` is `.*`; (it must be two months|the first month must not be)"):
        parse_origins(bad)


def test_other_bad_arguments_are_named() -> None:
    with pytest.raises(JobError, match="required: --origins"):
        parse(WORDS[:4])
    with pytest.raises(JobError, match="unknown model `prophet`"):
        parse([*WORDS[:-1], "prophet"])
    with pytest.raises(JobError, match="`--workers` is 0"):
        parse([*WORDS, "--workers", "0"])


def test_origins_after_the_data_are_an_error(monthly: Monthly) -> None:
    assert len(reported_rows(monthly, month_index(2012, 11), month_index(2012, 12))) == 2
    with pytest.raises(JobError, match=r"`--origins` ends in 2013-01, but the last complete month .* is 2012-12"):
        reported_rows(monthly, month_index(2012, 11), month_index(2013, 1))


def test_the_document_holds_everything(report: dict[str, Any], monthly: Monthly) -> None:
    json.dumps(report, allow_nan=False)
    assert report["origins"]["reported"] == {"count": 28, "first": "2010-09", "last": "2012-12"}
    assert report["origins"]["selection"]["last"] == "2010-02"
    assert len(report["forecasts"]) == 3 * 28 * 6
    # The last origin's months are not known yet: it is forecast all the same, and not scored.
    newest = [f for f in report["forecasts"] if f["origin"] == "2012-12"]
    assert len(newest) == 18 and all(f["actual"] is None and f["point"] > 0.0 for f in newest)
    assert report["candidates"]["ridge"]["reported"]["origins"] == [27, 26, 25, 24, 23, 22]
    for forecast in report["forecasts"]:
        assert forecast["lower_95"] < forecast["lower_80"] < forecast["point"] < forecast["upper_80"] < forecast["upper_95"]


def test_later_data_change_no_forecast_of_the_document(report: dict[str, Any], monthly: Monthly) -> None:
    """The leakage test of the whole command: intervals and all."""
    rng = np.random.default_rng(0)
    factors = np.where(np.arange(len(monthly)) > 140, rng.uniform(0.3, 3.0, len(monthly)), 1.0)
    shaken = dataclasses.replace(monthly, prices={name: values * factors for name, values in monthly.prices.items()})
    other = evaluate(shaken, parse(WORDS))
    last = monthly.upto(140).origin

    def known(document: dict[str, Any]) -> list[dict[str, Any]]:
        return [{k: v for k, v in f.items() if k != "actual"} for f in document["forecasts"] if f["origin"] <= last]

    assert known(other) == known(report)
    assert len(known(report)) > 300
    assert other["forecasts"] != report["forecasts"]
    assert other["verdicts"] == report["verdicts"]


def test_the_tables_show_every_candidate(report: dict[str, Any]) -> None:
    shown = text(report)
    for _, title, _ in tables.BLOCKS:
        assert title in shown
    for name in NAMES.split(","):
        assert shown.count(f" {name} ") >= len(tables.BLOCKS)
    mae = report["candidates"]["ridge"]["reported"]["mae"]
    assert "".join(f"{v:8.2f}" for v in mae) in shown


def test_the_band_is_that_of_a_daily_random_walk() -> None:
    """Against walks drawn day by day, and against independent draws."""
    days = np.cumsum(np.random.default_rng(1).normal(size=(1000, 60 * 21)), axis=1).reshape(1000, 60, 21)
    ends, means = days[:, :, -1], days.mean(axis=2)
    error = means[:, 6:] - ends[:, :-6]
    inside = np.abs(error) <= 1.2816 * error.std()
    low, high = np.quantile(inside.mean(axis=1), [0.05, 0.95])
    band = coverage_band(54, 6, 80)
    assert (band.low, band.high) == (pytest.approx(low, abs=0.03), pytest.approx(high, abs=0.03))
    one = coverage_band(400, 1, 80)
    assert (one.low, one.high) == (pytest.approx(0.8 - 1.645 * 0.02, abs=0.005), pytest.approx(0.8 + 1.645 * 0.02, abs=0.005))
    assert band.holds(0.75) and not band.holds(0.5) and not one.holds(0.75)


def test_the_former_intervals_are_in_the_report(report: dict[str, Any]) -> None:
    former, present = report["former_winkler"]["reported"], report["candidates"][report["model"]]["reported"]["winkler"]
    for level in ("80", "95"):
        assert all(0.5 < own / before < 2.0 for own, before in zip(present[level], former[level], strict=True))


def judged(**measures: Any) -> list[dict[str, Any]]:
    model = {
        **{"mspe_ratio": [0.6, 0.88], "mspe_to_benchmark": [1.0, 1.03], "mae": [4.0, 5.0]},
        **{"coverage": {"80": [0.84, 0.99], "95": [0.9, None]}, "origins": [54, 53]},
        **{"winkler": {"95": [10.0, None]}},
        **measures,
    }
    candidates = {"m": {"reported": model}, "existing_chain": {"reported": {"mae": [10.0, 10.0]}}}
    former = {"reported": {"95": [10.1, 20.0]}}
    return goals.goals({"model": "m", "candidates": candidates, "former_winkler": former})


def test_goals_are_checked_as_they_are_written() -> None:
    missed = [g["goal"] for g in judged() if not g["met"]]
    assert missed == [
        "MSPE over the monthly-mean no-change's, h2",
        "MSPE over the end-of-month no-change's, h2",
        "coverage of the 80 % interval, h2",
    ]
    assert "MAE over the existing method's, h1" in [g["goal"] for g in judged(mae=[4.1, 5.0]) if not g["met"]]
    worse = judged(winkler={"95": [10.2, 20.0]})
    assert "Winkler score of the 95 % intervals over the former ones', mean" in [g["goal"] for g in worse if not g["met"]]
    assert len(judged()) == 2 + 2 + 1 + 3 + 1
    assert "MISS" in goals.text(judged()) and "met" in goals.text(judged())
