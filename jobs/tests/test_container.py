"""The SageMaker contract: ``train`` and ``predict`` below a folder of their own.

What SageMaker starts as a process is one here wherever the process itself matters: signals, exit codes, streams, hash
seeds. The others call the same entry point in this process, which has imported everything already.
"""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from jobs.tests.conftest import PATIENCE

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.ml.arrow import arrow_schema
from oleoduto_jobs.ml.commands import main
from oleoduto_jobs.ml.container.folders import write_reason
from oleoduto_jobs.ml.container.hyperparameters import Hyperparameters, parse_hyperparameters
from oleoduto_jobs.ml.data import Monthly, month_text
from oleoduto_jobs.ml.models.candidates import SHIPPABLE
from oleoduto_jobs.schema import EXTRACT_REPORT, FINAL, PREDICTIONS

CODE = "EIA366_PBRENT366"
CANDIDATES = ["no_change_monthly_mean", "no_change_last_price", "ridge", "lightgbm", "auto_theta"]
HYPERPARAMETERS = {
    "series": CODE,
    "horizons": "6",
    "seed": "0",
    "evaluation_origins": "40",
    "candidates": ",".join(CANDIDATES[2:]),
    "dataproc": "20130110",
}
JOB = "oleoduto-train-1"


def final_table(monthly: Monthly) -> pa.Table:
    """The final table's file of ``monthly``, as the load job writes it."""
    columns: dict[str, list[Any]] = {}
    starts = [dt.date.fromisoformat(month_text(int(m)) + "-01") for m in monthly.months]
    for column in FINAL.columns:
        if column.name in monthly.prices:
            columns[column.name] = monthly.prices[column.name].tolist()
        else:
            fill = {"code": CODE, "value_count": 20, "filled_lags": 0, "unit": "US$ per barrel", "frequency": "monthly"}.get(
                column.name
            )
            columns[column.name] = starts if fill is None else [fill] * len(starts)
    # Null where there is no earlier month to look at, as in any final table; no model reads them.
    columns |= {c.name: [None] * len(starts) for c in FINAL.columns if c.nullable and c.name not in monthly.prices}
    columns |= {n: [getattr(d, n) for d in starts] for n in ("year", "month")}
    columns["quarter"] = [(d.month + 2) // 3 for d in starts]
    kinds = {"string": pa.string(), "int": pa.int32(), "date": pa.date32(), "double": pa.float64()}
    return pa.Table.from_pydict(columns, schema=pa.schema([(c.name, kinds[c.type]) for c in FINAL.columns]))


def extract_report(code: str = CODE, source: str = "ipeadata") -> pa.Table:
    """The report of extract on one series."""
    row = {**dict.fromkeys(EXTRACT_REPORT.column_names), "code": code, "status": "ok", "rows": 9000, "unit": "US$ per barrel"}
    row |= {"last_date": dt.date(2012, 12, 28), "source": source}
    return pa.Table.from_pylist([row], schema=arrow_schema(EXTRACT_REPORT))


def predict_command(series: str = CODE, job: str | None = JOB, dataproc: str = "20240801", age: str = "") -> list[str]:
    more = [*(["--training-job", job] if job else []), *(["--max-data-age", age] if age else [])]
    return ["predict", "--series", series, "--dataproc", dataproc, *more]


class Container:
    """One ``/opt/ml``."""

    def __init__(self, base: Path, package_env: dict[str, str]) -> None:
        self.base = base
        self._env = {**package_env, "SAGEMAKER_BASE_DIR": str(base), "TRAINING_JOB_NAME": JOB}

    def config(self, name: str, document: object) -> None:
        path = self.base / "input" / "config" / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document), encoding="utf-8")

    def prepare(self, monthly: Monthly, **changes: str) -> None:
        self.config("hyperparameters", {**HYPERPARAMETERS, **changes})
        self.config("inputdataconfig", {"training": {"TrainingInputMode": "File"}})
        self.config("resourceconfig", {"current_host": "algo-1", "hosts": ["algo-1"]})
        channel = self.base / "input" / "data" / "training"
        channel.mkdir(parents=True, exist_ok=True)
        pq.write_table(final_table(monthly), channel / "part-0.snappy.parquet")
        (channel / "_SUCCESS").touch()
        (channel.parent / "extract_report").mkdir(exist_ok=True)
        pq.write_table(extract_report(), channel.parent / "extract_report" / "part-0.snappy.parquet")
        (self.base / "model").mkdir(exist_ok=True)

    def prepare_forecast(self, trained: Container, monthly: Monthly) -> None:
        inputs = self.base / "processing" / "input"
        (inputs / "model").mkdir(parents=True)
        (inputs / "final").mkdir()
        with tarfile.open(inputs / "model" / "model.tar.gz", "w:gz") as archive:
            archive.add(trained.base / "model", arcname=".")
        pq.write_table(final_table(monthly), inputs / "final" / "part-0.snappy.parquet")
        (inputs / "extract_report").mkdir()
        pq.write_table(extract_report(), inputs / "extract_report" / "part-0.snappy.parquet")

    def popen(self, *command: str, **env: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "oleoduto_jobs.ml", *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**self._env, **env},
        )

    def process(self, *command: str, **env: str) -> tuple[int, str, str]:
        process = self.popen(*command, **env)
        out, err = process.communicate(timeout=PATIENCE)
        return process.returncode, out, err

    def run(self, *command: str) -> tuple[int, str, str]:
        """The command in this process."""
        with (
            mock.patch.dict(os.environ, self._env),
            contextlib.redirect_stdout(io.StringIO()) as out,
            contextlib.redirect_stderr(io.StringIO()) as err,
        ):
            code = main(command)
        return code, out.getvalue(), err.getvalue()

    def predict(
        self, series: str = CODE, job: str | None = JOB, dataproc: str = "20240801", age: str = ""
    ) -> tuple[int, str, str]:
        return self.run(*predict_command(series, job, dataproc, age))

    def model(self, name: str) -> Any:
        return json.loads((self.base / "model" / f"{name}.json").read_text(encoding="utf-8"))

    def model_bytes(self) -> dict[str, bytes]:
        return {p.name: p.read_bytes() for p in (self.base / "model").iterdir()}

    @property
    def reason(self) -> str:
        return (self.base / "output" / "failure").read_text(encoding="utf-8")


@pytest.fixture
def container(tmp_path: Path, package_env: dict[str, str]) -> Container:
    return Container(tmp_path / "ml", package_env)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, monthly: Monthly, package_env: dict[str, str]) -> Container:
    made = Container(tmp_path_factory.mktemp("trained"), package_env)
    made.prepare(monthly)
    code, out, err = made.process("train")
    assert code == 0, err
    (made.base / "stdout.txt").write_text(out, encoding="utf-8")
    return made


def test_training_writes_model_metrics_and_metadata(trained: Container, monthly: Monthly) -> None:
    assert sorted(trained.model_bytes()) == ["fall_back.json", "metadata.json", "metrics.json", "model.json"]
    assert not (trained.base / "output" / "failure").exists()
    metadata, metrics, model = (trained.model(n) for n in ("metadata", "metrics", "model"))
    assert metadata["training_job"] == JOB
    assert metadata["origin_month"] == model["origin_month"] == monthly.origin
    assert metadata["hyperparameters"] == {
        **{"series": CODE, "horizons": 6, "seed": 0, "evaluation_origins": 40},
        "candidates": CANDIDATES,
    }
    known = {"source": "ipeadata", "unit": "US$ per barrel", "last_observation": "2012-12-28", "run_date": "2013-01-10"}
    assert known.items() <= metadata["data"].items()
    assert re.fullmatch("[0-9a-f]{64}", metadata["data_sha256"])
    assert {"numpy", "scikit-learn", "lightgbm", "statsforecast", "python", "oleoduto_jobs"} <= set(metadata["versions"])
    assert set(metrics["candidates"]) == set(CANDIDATES)
    for measured in metrics["candidates"].values():
        for window in ("selection", "reported"):
            assert all(v > 0.0 for v in measured[window]["mae"])
            assert len(measured[window]["coverage"]["80"]) == 6
    assert {n: o["count"] for n, o in metrics["origins"].items()} == {"selection": 24, "reported": 10}
    assert len(metrics["realised"]) == 34 * 6
    assert metrics["model"] == model["model"]
    assert metrics["model"] in metrics["reason"]


def test_training_prints_what_sagemaker_parses(trained: Container) -> None:
    out = (trained.base / "stdout.txt").read_text(encoding="utf-8")
    metrics = trained.model("metrics")
    shipped = metrics["candidates"][metrics["model"]]["reported"]
    for key in ("mae", "mape", "rmse", "mspe_ratio", "crps"):
        for horizon in range(1, 7):
            found = re.search(rf"^metric {key}_h{horizon}=([0-9.]+);$", out, re.MULTILINE)
            assert found, (key, horizon)
            assert float(found.group(1)) == pytest.approx(shipped[key][horizon - 1], abs=1e-6)
    assert "EIA366_PBRENT366, selection origins" in out


def test_the_same_data_gives_the_same_bytes(trained: Container, container: Container, monthly: Monthly) -> None:
    container.prepare(monthly)
    code, _, err = container.process("train", PYTHONHASHSEED="7", OPENBLAS_NUM_THREADS="2")
    assert code == 0, err
    assert container.model_bytes() == trained.model_bytes()


def test_the_seed_matters_only_to_what_is_random(trained: Container, container: Container, monthly: Monthly) -> None:
    container.prepare(monthly, seed="5")
    assert container.run("train")[0] == 0
    mine, theirs = container.model("metrics")["candidates"], trained.model("metrics")["candidates"]
    assert [name for name in mine if mine[name] != theirs[name]] == ["lightgbm", "ridge"]


def test_forecast(trained: Container, container: Container, monthly: Monthly) -> None:
    container.prepare_forecast(trained, monthly)
    code, out, err = container.process(*predict_command())
    assert (code, err) == (0, "")
    output = container.base / "processing" / "output"
    assert sorted(str(p.relative_to(output)) for p in output.rglob("*") if p.is_file()) == [
        *("champion/champion.json", "champion/model.tar.gz"),
        *("parquet/predictions.parquet", "report/metrics.json", "report/predictions.csv"),
        "report/report.html",
    ]
    table = pq.read_table(output / "parquet" / "predictions.parquet")
    arrow = {"string": "string", "int": "int32", "double": "double", "date": "date32[day]"}
    assert [(f.name, str(f.type)) for f in table.schema] == [(c.name, arrow[c.type]) for c in PREDICTIONS.columns]
    rows = table.to_pandas()
    origin = int(monthly.months[-1])
    assert rows["horizon"].tolist() == [1, 2, 3, 4, 5, 6]
    assert [f"{d:%Y-%m-%d}" for d in rows["target_start"]] == [f"{month_text(origin + h)}-01" for h in range(1, 7)]
    assert {f"{d:%Y-%m-%d}" for d in rows["origin"]} == {f"{monthly.origin}-01"}
    assert set(rows["training_job"]) == {JOB}
    assert set(rows["model"]) == {trained.model("metrics")["model"]}
    ordered = rows[["lower_95", "lower_80", "point", "upper_80", "upper_95"]].to_numpy()
    assert (np.diff(ordered, axis=1) > 0).all()
    assert (np.abs(np.log(rows["point"] / monthly.last[-1])) < 0.2).all()
    with open(output / "report" / "predictions.csv", encoding="utf-8", newline="") as file:
        written = list(csv.DictReader(file))
    known = {"source": "ipeadata", "last_observation": "2012-12-28", "run_date": "2024-08-01", "stale": ""}
    assert list(written[0]) == [*PREDICTIONS.column_names[:-1], *known, "unit"]
    assert {name: written[0][name] for name in known} == known
    assert "source: ipeadata; last observation: 2012-12-28; run date: 2024-08-01; unit: US$ per barrel\n" in out
    assert [float(r["point"]) for r in written] == rows["point"].tolist()
    report = json.loads((output / "report" / "metrics.json").read_text(encoding="utf-8"))
    assert report["forecast"]["last_observation"] == "2012-12-28" and report["forecast"]["source"] == "ipeadata"
    assert report["forecast"]["data_sha256"] == report["forecast"]["trained_on_sha256"]
    for row in rows.itertuples():
        assert f"{row.target_start:%Y-%m}" in out
        assert f"{row.point:.2f}" in out


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"series": "OTHER"}, ["no rows of series OTHER", CODE]),
        ({"horizons": "7"}, ["`horizons`", "'7'", "1 to 6"]),
        ({"learning_rate": "1"}, ["unknown hyperparameter `learning_rate`"]),
        ({"evaluation_origins": "120"}, ["`evaluation_origins` is 120"]),
        ({"evaluation_origins": "44", "horizons": "6", "candidates": "ridge,existing_chain"}, ["`existing_chain`", "ridge"]),
    ],
)
def test_a_failed_training_says_why(container: Container, monthly: Monthly, changes: dict[str, str], words: list[str]) -> None:
    container.prepare(monthly, **changes)
    code, _, err = container.run("train")
    assert code == 1
    assert err == f"error: {container.reason}\n"
    for word in words:
        assert word in container.reason
    assert list((container.base / "model").iterdir()) == []


def test_a_training_without_its_inputs_says_which(container: Container, monthly: Monthly) -> None:
    code, _, _ = container.run("train")
    assert code == 1
    assert "inputdataconfig.json does not exist" in container.reason
    container.prepare(monthly)
    container.config("inputdataconfig", {"train": {}})
    assert container.run("train")[0] == 1
    assert "no input channel `training` (channels: train)" in container.reason
    container.config("inputdataconfig", {"training": {}})
    container.config("resourceconfig", {"hosts": ["algo-1", "algo-2"]})
    assert container.run("train")[0] == 1
    assert "2 instances" in container.reason
    container.prepare(monthly)
    shutil.rmtree(container.base / "input" / "data" / "training")
    assert container.run("train")[0] == 1
    assert "no parquet file" in container.reason


def test_a_stopped_training_ends_at_once(container: Container, monthly: Monthly) -> None:
    container.prepare(monthly)
    process = container.popen("train")
    assert process.stdout is not None
    assert process.stdout.readline().startswith("train: ")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 143
    assert list((container.base / "model").iterdir()) == []


def test_a_killed_training_resumes_and_ends_with_the_same_model(
    trained: Container, container: Container, monthly: Monthly
) -> None:
    """Spot: killed without a warning in the middle, started again with what the checkpoints hold."""
    container.prepare(monthly)
    process = container.popen("train")
    assert process.stdout is not None
    for line in process.stdout:
        if line == "train: ridge ready\n":
            break
    process.kill()
    process.communicate(timeout=PATIENCE)
    checkpoints = container.base / "checkpoints"
    left = sorted(p.name for p in checkpoints.glob("[!.]*"))
    assert "ridge.npz" in left and "auto_theta.npz" not in left
    assert list((container.base / "model").iterdir()) == []

    (checkpoints / "no_change_last_price.npz").write_bytes(b"half a file")
    code, out, err = container.run("train")
    assert code == 0, err
    assert "checkpoint no_change_last_price.npz is unusable" in out
    assert f"{len(left) - 1} of {len(CANDIDATES)} candidates resumed from checkpoints" in out
    assert "train: ridge ready" not in out
    assert container.model_bytes() == trained.model_bytes()


def test_checkpoints_of_other_data_are_not_used(trained: Container, container: Container, monthly: Monthly) -> None:
    shutil.copytree(trained.base / "checkpoints", container.base / "checkpoints")
    container.prepare(monthly.upto(len(monthly) - 2), candidates="ridge")
    code, out, err = container.run("train")
    assert code == 0, err
    assert "resumed" not in out
    assert container.model("metadata")["origin_month"] == month_text(int(monthly.months[-2]))


def test_every_shippable_candidate_can_train(container: Container, monthly: Monthly) -> None:
    container.prepare(monthly, candidates="", horizons="1")
    code, _, err = container.run("train")
    assert code == 0, err
    metrics = container.model("metrics")
    assert metrics["excluded"] == {}
    assert set(metrics["candidates"]) == {*SHIPPABLE, "combination"}
    assert set(metrics["verdicts"]) == set(metrics["candidates"]) - {"no_change_last_price"}


def test_a_champion_that_this_package_does_not_have_is_refused(
    trained: Container, container: Container, monthly: Monthly
) -> None:
    container.prepare_forecast(trained, monthly)
    changed = container.base / "changed"
    shutil.copytree(trained.base / "model", changed)
    (changed / "model.json").write_text(json.dumps({**trained.model("model"), "model": "auto_ets"}), encoding="utf-8")
    with tarfile.open(container.base / "processing" / "input" / "model" / "model.tar.gz", "w:gz") as archive:
        archive.add(changed, arcname=".")
    assert "unknown model `auto_ets`; known: no_change_monthly_mean" in refused(container)


def test_a_champion_forecasts_newer_data_without_training(
    trained: Container, container: Container, monthly: Monthly, make_monthly: Any
) -> None:
    container.prepare_forecast(trained, make_monthly(152))
    code, _, err = container.predict(job=None)
    assert (code, err) == (0, "")
    output = container.base / "processing" / "output"
    assert not (output / "champion").exists()
    rows = pq.read_table(output / "parquet" / "predictions.parquet").to_pandas()
    assert {f"{d:%Y-%m}" for d in rows["origin"]} == {month_text(int(monthly.months[-1]) + 2)}
    assert set(rows["training_job"]) == {JOB}
    report = json.loads((output / "report" / "metrics.json").read_text(encoding="utf-8"))["forecast"]
    assert set(rows["model_version"]) == {report["model_version"]}
    assert report["model_origin_month"] == monthly.origin != report["origin_month"]


def test_a_champion_of_long_ago_is_refused(trained: Container, container: Container, make_monthly: Any) -> None:
    container.prepare_forecast(trained, make_monthly(163))
    assert "older than the data; train" in refused(container, job=None)


def test_stale_data_are_refused(trained: Container, container: Container, monthly: Monthly) -> None:
    """The data end in 2012-12: from March 2013 on that is three months."""
    container.prepare_forecast(trained, monthly)
    assert monthly.origin == "2012-12"
    message = refused(container, dataproc="20130301", age="2")
    assert "the data are stale: series EIA366_PBRENT366 ends in 2012-12, 3 months before the run's 2013-03" in message
    assert "`max_data_age_months`" in message
    assert container.predict(dataproc="20130228", age="2")[0] == 0


def refused(container: Container, **options: str | None) -> str:
    code, _, err = container.predict(**options)  # type: ignore[arg-type]
    assert code == 1
    message = (container.base / "output" / "message").read_text(encoding="utf-8")
    assert err.splitlines()[-1] == f"error: {message}"
    assert not (container.base / "processing" / "output").exists()
    return message


def test_a_model_older_than_the_data_is_refused(trained: Container, container: Container, make_monthly: Any) -> None:
    container.prepare_forecast(trained, make_monthly(151))
    message = refused(container)
    assert "the model ends in 2012-12 and the data in 2013-01" in message
    assert "older" in message


def test_a_model_newer_than_the_data_is_refused(trained: Container, container: Container, monthly: Monthly) -> None:
    container.prepare_forecast(trained, monthly.upto(len(monthly) - 2))
    assert "newer" in refused(container)


def test_other_series_jobs_and_arguments_are_refused(trained: Container, container: Container, monthly: Monthly) -> None:
    container.prepare_forecast(trained, monthly)
    assert "other-job" in refused(container, job="other-job")
    assert "no rows of series OTHER" in refused(container, series="OTHER")
    assert "`2024-08-01`" in refused(container, dataproc="2024-08-01")
    path = container.base / "processing" / "input" / "final" / "part-0.snappy.parquet"
    frame = pq.read_table(path).to_pandas()
    pa_table = pa.Table.from_pandas(frame.assign(code="OTHER"), preserve_index=False)
    pq.write_table(pa_table, path)
    assert "the model is of series EIA366_PBRENT366, the data of OTHER" in refused(container, series="OTHER")


def test_a_broken_artifact_is_refused(trained: Container, container: Container, monthly: Monthly) -> None:
    container.prepare_forecast(trained, monthly)
    path = container.base / "processing" / "input" / "model" / "model.tar.gz"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert "no readable model archive" in refused(container)
    with tarfile.open(path, "w:gz") as archive:
        archive.add(trained.base / "model" / "model.json", arcname="model.json")
    assert "lacks metadata.json, metrics.json" in refused(container)
    path.unlink()
    assert "does not exist" in refused(container)


@pytest.mark.parametrize("change", [{"format": 2}, {"features": ["x"]}, {"surprise": 1}])
def test_a_model_of_another_package_is_refused(
    trained: Container, container: Container, monthly: Monthly, change: dict[str, object]
) -> None:
    container.prepare_forecast(trained, monthly)
    changed = container.base / "changed"
    shutil.copytree(trained.base / "model", changed)
    (changed / "model.json").write_text(json.dumps({**trained.model("model"), **change}), encoding="utf-8")
    path = container.base / "processing" / "input" / "model" / "model.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        archive.add(changed, arcname=".")
    assert {"format": "format 2", "features": "other features", "surprise": "surprise"}[next(iter(change))] in refused(
        container
    )


def test_commands_that_do_not_exist(container: Container) -> None:
    code, _, err = container.process("serve")
    assert code == 2
    assert "unknown command `serve`" in err


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, ["`series`", "None"]),
        ({"series": " "}, ["`series`"]),
        ({"series": "A", "seed": "-1"}, ["`seed`", "'-1'"]),
        ({"series": "A", "seed": "1.0"}, ["`seed`", "'1.0'"]),
        ({"series": "A", "seed": 1}, ["`seed`", "1"]),
        ({"series": "A", "evaluation_origins": "5"}, ["`evaluation_origins`", "40"]),
        ({"series": "A", "dataproc": "2013-01-10"}, ["`dataproc`", "'2013-01-10'", "YYYYMMDD"]),
        ({"series": "A", "horizons": " "}, ["`horizons`", "' '"]),
        ({"series": "A", "Seed": "1"}, ["`Seed`", "seed"]),
    ],
)
def test_hyperparameters_are_named(given: dict[str, object], words: list[str]) -> None:
    with pytest.raises(JobError) as caught:
        parse_hyperparameters(given)
    for word in words:
        assert word in str(caught.value)


def test_empty_hyperparameters_are_those_of_the_series() -> None:
    given = {"series": "A", "horizons": "3", "evaluation_origins": "", "candidates": ""}
    assert parse_hyperparameters(given) == Hyperparameters("A", horizons=3)


def test_a_long_reason_is_cut_between_characters(tmp_path: Path) -> None:
    path = tmp_path / "output" / "failure"
    write_reason(path, "x" + "é" * 1000)
    assert len(path.read_bytes()) == 1023
    assert path.read_text(encoding="utf-8").endswith("é")


def test_the_helper_makes_the_final_table(monthly: Monthly) -> None:
    frame: pd.DataFrame = final_table(monthly).to_pandas()
    assert list(frame.columns) == FINAL.column_names
    assert frame[[c.name for c in FINAL.columns if not c.nullable]].notna().all().all()
