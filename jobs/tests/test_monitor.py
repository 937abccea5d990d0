"""Realised errors by hand, the rule of falling back, and the job itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from jobs.tests.test_container import extract_report, final_table

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.ml.commands import main
from oleoduto_jobs.ml.container.forecast import forecast
from oleoduto_jobs.ml.container.hyperparameters import Hyperparameters
from oleoduto_jobs.ml.container.monitor import fallen_back, read_predictions
from oleoduto_jobs.ml.container.train import train
from oleoduto_jobs.ml.data import Monthly, month_text
from oleoduto_jobs.ml.evaluation.backtest import one_by_one
from oleoduto_jobs.ml.evaluation.judgement import Judgement, judge, limit, realized
from oleoduto_jobs.ml.features import training_window
from oleoduto_jobs.ml.models.artifact import Artifact, SavedModel, read_artifact, write_archive
from oleoduto_jobs.ml.models.candidates import BENCHMARK, candidate

WIDTHS = {"80": [0.1, 0.1], "95": [0.2, 0.2]}
ORIGINS = range(120, 140)


def saved(name: str, monthly: Monthly) -> SavedModel:
    settings = {"alpha": 1.0} if name == "ridge" else {}
    fitted = candidate(name).fit(training_window(monthly, len(monthly) - 1, 2), settings, 0)
    return SavedModel.of(name, monthly, WIDTHS, fitted)


def backtest(model: float, benchmark: float = 1.0, origins: int = 40) -> list[dict[str, Any]]:
    """Squared errors of a training job whose ratio is the same at every origin."""
    return [
        {"origin": month_text(23000 + o), "horizon": h, "model": model, "benchmark": benchmark}
        for o in range(origins)
        for h in (1, 2)
    ]


def artifact(name: str, monthly: Monthly) -> Artifact:
    return Artifact(saved(name, monthly), {"training_job": "job"}, {"realised": backtest(1.0)}, saved(BENCHMARK, monthly))


def predictions(name: str, monthly: Monthly, factor: float = 1.0) -> pd.DataFrame:
    """What runs at the end of each of ``ORIGINS`` wrote, with points ``factor`` times the model's."""
    made = artifact(name, monthly)
    frames = []
    for row in ORIGINS:
        frame = forecast(made, monthly.upto(row), None)
        frame["point"] = factor * frame["point"]
        frames.append(frame.assign(dataproc=f"{int(monthly.months[row])}"))
    return pd.concat(frames, ignore_index=True)


def test_realised_errors_by_hand(monthly: Monthly) -> None:
    made = predictions(BENCHMARK, monthly, 1.5)
    again = made[made["dataproc"] == made["dataproc"].max()].assign(dataproc="99999999", point=1.0)
    found = realized(pd.concat([made, again]), monthly.upto(139), BENCHMARK)
    assert found["horizon"].tolist() == [1] * 19 + [2] * 18
    first = found.iloc[0]
    assert first["origin"] == monthly.months[120]
    assert first["error"] == pytest.approx(1.5 * monthly.last[120] - monthly.mean[121])
    assert first["benchmark_error"] == pytest.approx(monthly.last[120] - monthly.mean[121])
    # A later run of the same origin counts instead of the earlier one.
    rerun = realized(pd.concat([made, again]), monthly, BENCHMARK)
    newest = rerun[(rerun["origin"] == monthly.months[139]) & (rerun["horizon"] == 1)]
    assert newest["error"].item() == pytest.approx(1.0 - monthly.mean[140])
    assert realized(made, monthly, "ridge").empty


def test_the_limit_is_what_the_backtest_saw(monthly: Monthly) -> None:
    assert limit(backtest(0.9), 1) == 1.02
    assert limit(backtest(1.3), 1) == pytest.approx(1.3)
    assert limit(backtest(1.3, origins=11), 1) == 1.02
    rows = backtest(1.0)
    for row in rows[:24]:
        row["model"] = 3.0
    assert 1.02 < limit(rows, 1) < 3.0


def test_the_rule_needs_a_full_window_and_both_conditions() -> None:
    def judgement(origins: int, ratio: float, most: float) -> Judgement:
        return Judgement(1, origins, 1.0, ratio, most, {})

    assert judgement(12, 1.2, 1.1).degraded
    assert not judgement(11, 9.9, 1.1).degraded
    assert not judgement(12, 1.1, 1.1).degraded


def test_a_good_champion_stays_and_a_bad_one_is_found(monthly: Monthly) -> None:
    good = judge(realized(predictions(BENCHMARK, monthly), monthly, BENCHMARK), backtest(1.0))
    assert [(j.horizon, j.origins, j.ratio) for j in good] == [(1, 12, pytest.approx(1.0)), (2, 12, pytest.approx(1.0))]
    assert all(0.0 <= share <= 1.0 for j in good for share in j.coverage.values())
    bad = judge(realized(predictions("ridge", monthly, 1.4), monthly, "ridge"), backtest(1.0))
    assert all(j.degraded for j in bad)
    assert bad[0].mae > 5.0


def test_falling_back_keeps_where_it_came_from(monthly: Monthly) -> None:
    replaced = fallen_back(artifact("ridge", monthly))
    assert replaced.model.model == BENCHMARK
    assert replaced.metadata == {"training_job": "job", "fell_back_from": "ridge"}
    with pytest.raises(JobError, match="holds no benchmark"):
        fallen_back(Artifact(saved("ridge", monthly), {}, {}))


@pytest.fixture(scope="module")
def trained(monthly: Monthly) -> Artifact:
    """Of two horizons, as the model of these tests."""
    names = ("no_change_monthly_mean", "no_change_last_price", "ridge")
    return train(monthly, Hyperparameters(monthly.code, horizons=2, evaluation_origins=40, candidates=names), "job", one_by_one)


def test_without_predictions_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(JobError, match=r"no dataproc=.*forecast before monitoring"):
        read_predictions(tmp_path)


@pytest.mark.parametrize(("factor", "falls"), [(1.4, True), (1.0, False)])
def test_the_job_replaces_only_a_degraded_champion(
    factor: float,
    falls: bool,
    trained: Artifact,
    monthly: Monthly,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    inputs, output = tmp_path / "processing" / "input", tmp_path / "processing" / "output"
    for folder in ("model", "final", "extract_report"):
        (inputs / folder).mkdir(parents=True)
    made = artifact("ridge", monthly)
    # Ridge at its worst in the backtest is what it was here: only a forecast that is off by 40 % is worse.
    metrics = {**trained.metrics, "realised": backtest(1.6)}
    write_archive(Artifact(made.model, made.metadata, metrics, made.fall_back), inputs / "model" / "model.tar.gz")
    pq.write_table(final_table(monthly), inputs / "final" / "part-0.snappy.parquet")
    pq.write_table(extract_report(monthly.code), inputs / "extract_report" / "part-0.snappy.parquet")
    for dataproc, rows in predictions("ridge", monthly, factor).groupby("dataproc"):
        folder = inputs / "predictions" / f"dataproc={dataproc}"
        folder.mkdir(parents=True)
        rows.drop(columns="dataproc").to_parquet(folder / "predictions.parquet", index=False)
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))
    code = main(["monitor", "--series", monthly.code, "--dataproc", "20130110"])
    out, err = capsys.readouterr()
    assert code == 0, err
    document = json.loads((output / "monitoring" / "monitoring.json").read_text(encoding="utf-8"))
    assert document["fell_back"] is falls
    assert f"monitor fell_back={int(falls)};" in out and "monitor mspe_to_benchmark_h2=" in out
    assert (output / "champion").exists() is falls
    assert document["data"] == {
        **{"unit": "US$ per barrel", "source": "ipeadata", "last_observation": "2012-12-28", "run_date": "2013-01-10"},
        "stale": None,
    }
    shown = (output / "report" / "report.html").read_text(encoding="utf-8")
    assert "Earlier forecasts of this model (ridge regression)" in shown and "1 month ahead they were off by" in shown
    assert shown.count('<circle class="near"') == shown.count('<circle class="far"') > 2 * 12
    if falls:
        assert document["degraded_horizons"]
        again = pd.read_parquet(output / "parquet" / "predictions.parquet")
        assert set(again["model"]) == {BENCHMARK}
        assert "ridge regression was in use until" in (output / "report" / "report.html").read_text(encoding="utf-8")
        champion = read_artifact(output / "champion" / "model.tar.gz")
        assert champion.model.model == BENCHMARK
        np.testing.assert_allclose(forecast(champion, monthly, None)["point"], monthly.last[-1])
        assert json.loads((output / "champion" / "champion.json").read_text())["model"] == BENCHMARK


def test_a_broken_run_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))
    assert main(["monitor"]) == 1
    assert "bad arguments of monitor" in (tmp_path / "output" / "message").read_text(encoding="utf-8")
