"""MLflow's own SQLite store holds what the bucket holds, once, with the right aliases."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import json
import os
import re
import shutil
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from jobs.tests.conftest import PROVENANCE
from moto import mock_aws

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.ml import tracking_many
from oleoduto_jobs.ml.arrow import arrow_schema
from oleoduto_jobs.ml.commands import main
from oleoduto_jobs.ml.container.hyperparameters import Hyperparameters
from oleoduto_jobs.ml.container.train import train
from oleoduto_jobs.ml.data import Monthly
from oleoduto_jobs.ml.evaluation.backtest import one_by_one
from oleoduto_jobs.ml.many.publish import PROVENANCE_KEY
from oleoduto_jobs.ml.models.artifact import Artifact, read_artifact, write_archive
from oleoduto_jobs.ml.tracking import (
    CALLS,
    CLIENT_VERSION,
    SERVER_VERSION,
    Store,
    Trained,
    metrics_of,
    parameters_of,
    record,
    synchronize,
    tags_of,
)
from oleoduto_jobs.provenance import ListProvenance, Provenance
from oleoduto_jobs.schema import VERDICTS

BUCKET = "data"
ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


@pytest.fixture(scope="module")
def artifact(monthly: Monthly) -> Artifact:
    names = ("no_change_monthly_mean", "no_change_last_price", "ridge")
    return train(monthly, Hyperparameters(monthly.code, evaluation_origins=40, candidates=names), "job-1", one_by_one)


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with its tables and no rows: making the tables takes MLflow seconds."""
    from mlflow import MlflowClient

    path = tmp_path_factory.mktemp("store") / "mlflow.db"
    MlflowClient(f"sqlite:///{path}").search_registered_models()
    return path


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name, value in (("AWS_ACCESS_KEY_ID", "x"), ("AWS_SECRET_ACCESS_KEY", "x"), ("AWS_DEFAULT_REGION", "us-east-1")):
        monkeypatch.setenv(name, value)
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket=BUCKET)
        yield client


def put(s3: Any, artifact: Artifact, job: str, folder: Path, champion: bool = False) -> None:
    path = folder / f"{job}.tar.gz"
    write_archive(artifact, path)
    s3.upload_file(str(path), BUCKET, f"models/{job}/output/model.tar.gz")
    if champion:
        body = f'{{"training_job": "{job}"}}'.encode()
        s3.put_object(Bucket=BUCKET, Key=f"models/champion/{artifact.model.series}/champion.json", Body=body)


def options(series: str, uri: str | None = None) -> Store:
    return Store(BUCKET, series, uri)


def test_the_store_in_the_bucket_is_brought_up_to_date(s3: Any, artifact: Artifact, tmp_path: Path, empty_store: Path) -> None:
    from mlflow import MlflowClient

    series = artifact.model.series
    # A store from nothing is what the job below begins with.
    s3.upload_file(str(empty_store), BUCKET, "mlflow/mlflow.db")
    artifact = dataclasses.replace(artifact, metadata={**artifact.metadata, "data": PROVENANCE.document()})
    put(s3, artifact, "job-1", tmp_path, champion=True)
    first, second, third = (tmp_path / name for name in ("first", "second", "third"))
    for folder in (first, second, third):
        folder.mkdir()
    assert synchronize(s3, options(series), first) == ["job-1"]
    # A second machine finds the store of the first in the bucket.
    assert synchronize(s3, options(series), second) == []
    put(s3, artifact, "job-2", tmp_path)
    assert synchronize(s3, options(series), third) == ["job-2"]

    client = MlflowClient(f"sqlite:///{third / 'mlflow.db'}")
    experiment = client.get_experiment_by_name(series)
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id])
    assert sorted(run.data.tags["training_job"] for run in runs) == ["job-1", "job-2"]
    for run in runs:
        assert run.info.status == "FINISHED"
        assert run.data.params == parameters_of(artifact)
        known = {"source": "ipeadata", "unit": "US$ per barrel", "last_observation": "2012-12-31", "run_date": "2013-01-10"}
        assert known.items() <= run.data.tags.items()
        assert run.data.metrics == pytest.approx(metrics_of(artifact.metrics))
    by_alias = {a: client.get_model_version_by_alias(series, a).tags["training_job"] for a in ("champion", "challenger")}
    assert by_alias == {"champion": "job-1", "challenger": "job-2"}
    version = client.get_model_version_by_alias(series, "champion")
    _, key = version.source.removeprefix("s3://").split("/", 1)
    copy = tmp_path / "copy.tar.gz"
    s3.download_file(BUCKET, key, str(copy))
    found = read_artifact(copy)
    assert found.metadata == json.loads(json.dumps(artifact.metadata))
    assert dataclasses.replace(found, metadata=artifact.metadata) == artifact


def test_the_champion_is_no_challenger_and_any_store_will_do(
    s3: Any, artifact: Artifact, tmp_path: Path, empty_store: Path
) -> None:
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    series = artifact.model.series
    uri = f"sqlite:///{shutil.copyfile(empty_store, tmp_path / 'other.db')}"
    put(s3, artifact, "job-1", tmp_path, champion=True)
    synchronize(s3, options(series, uri), tmp_path)
    client = MlflowClient(uri)
    assert client.get_model_version_by_alias(series, "champion").tags["training_job"] == "job-1"
    with pytest.raises(MlflowException, match="challenger"):
        client.get_model_version_by_alias(series, "challenger")
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert "mlflow/mlflow.db" not in keys


def verdicts(s3: Any, dataproc: str, ratio: float, data: ListProvenance | None = None, status: str = "ok") -> None:
    """A table of 40 series, of which some were judged; of an older package if it does not say where its values come from."""
    rows = [
        {
            **dict.fromkeys(VERDICTS.column_names),
            "code": f"S{place}",
            "status": status if place else "failed",
            "periods": 90,
            "mase": 0.8 if place else None,
            "realised_origins": 3 if place else None,
            "realised_ratio": ratio,
            "realised_mase": 0.9,
            "realised_inside_80": 0.75,
        }
        for place in range(40)
    ]
    file = io.BytesIO()
    metadata = None if data is None else {PROVENANCE_KEY: json.dumps(data.document())}
    pq.write_table(pa.Table.from_pylist(rows, schema=arrow_schema(VERDICTS).with_metadata(metadata)), file)
    s3.put_object(Bucket=BUCKET, Key=f"verdicts/dataproc={dataproc}/verdicts.parquet", Body=file.getvalue())


def test_each_run_of_many_series_is_recorded_once(s3: Any, artifact: Artifact, tmp_path: Path, empty_store: Path) -> None:
    """With figures over all series and their table; a date that ran again is another run."""
    from mlflow import MlflowClient

    series = artifact.model.series
    uri = f"sqlite:///{shutil.copyfile(empty_store, tmp_path / 'many.db')}"
    put(s3, artifact, "job-1", tmp_path)
    for dataproc in ("20240215", "20240115"):
        verdicts(s3, dataproc, 0.5)
    assert synchronize(s3, options(series, uri), tmp_path) == ["job-1", "many-20240115", "many-20240215"]
    assert synchronize(s3, options(series, uri), tmp_path) == []
    verdicts(s3, "20240215", 2.0)
    assert synchronize(s3, options(series, uri), tmp_path) == ["many-20240215"]
    client = MlflowClient(uri)
    experiment = client.get_experiment_by_name(f"{series}-many")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id], order_by=["attributes.created DESC"])
    assert sorted(run.data.tags["dataproc"] for run in runs) == ["20240115", "20240215", "20240215"]
    by_ratio = {run.data.metrics["realised/ratio_median"]: run.data.metrics for run in runs}
    expected = {"series": 40.0, "status/ok": 39.0, "status/failed": 1.0, "mase_median": 0.8, "realised/judged": 39.0}
    expected |= {"realised/mase_median": 0.9, "realised/inside_80": 0.75, "realised/ratio_median": 2.0, "realised/worse": 1.0}
    assert by_ratio[2.0] == pytest.approx(expected)
    assert by_ratio[0.5]["realised/worse"] == 0.0
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET, Prefix="mlflow/artifacts/")["Contents"]]
    assert sum(key.endswith("/artifacts/verdicts.parquet") for key in keys) == 3


def test_a_run_of_many_series_says_where_its_values_come_from(
    s3: Any, artifact: Artifact, tmp_path: Path, empty_store: Path
) -> None:
    """As the training of one series does; of an older table nothing is known."""
    from mlflow import MlflowClient

    series = artifact.model.series
    uri = f"sqlite:///{shutil.copyfile(empty_store, tmp_path / 'many.db')}"
    put(s3, artifact, "job-1", tmp_path)
    last, day = dt.date(2023, 12, 29), dt.date(2024, 2, 15)
    verdicts(s3, "20240115", 0.5)
    verdicts(s3, "20240215", 0.5, ListProvenance(("file",), "R$", last, day))
    verdicts(s3, "20240315", 0.5, ListProvenance(("ipeadata", "sample"), None, last, day), "stale")
    synchronize(s3, options(series, uri), tmp_path)
    client = MlflowClient(uri)
    experiment = client.get_experiment_by_name(f"{series}-many")
    assert experiment is not None
    tags = {run.data.tags["dataproc"]: run.data.tags for run in client.search_runs([experiment.experiment_id])}
    assert "source" not in tags["20240115"]
    known = {"last_observation": "2023-12-29", "run_date": "2024-02-15", "series": "40"}
    whole = {**known, "source": "file", "unit": "R$", "sample": "False", "stale": "False"}
    assert whole.items() <= tags["20240215"].items() and tracking_many.NOTE_TAG not in tags["20240215"]
    assert {**known, "source": "ipeadata, sample", "sample": "True", "stale": "True"}.items() <= tags["20240315"].items()
    assert "unit" not in tags["20240315"]
    note = tags["20240315"][tracking_many.NOTE_TAG]
    assert note.startswith("Sample data. ") and "Stale data. 39 of 40 series ended" in note


def test_a_model_of_the_sample_has_a_note(artifact: Artifact) -> None:
    def of(data: Provenance) -> dict[str, str]:
        return tags_of(dataclasses.replace(artifact, metadata={**artifact.metadata, "data": data.document()}))

    assert of(PROVENANCE)["sample"] == "False" and tracking_many.NOTE_TAG not in of(PROVENANCE)
    sample = of(dataclasses.replace(PROVENANCE, source="sample"))
    assert sample["sample"] == "True" and "the sample that comes with the program" in sample[tracking_many.NOTE_TAG]


def test_a_table_of_an_older_package_has_no_outcomes() -> None:
    old = pd.DataFrame({"code": ["A", "B"], "status": ["ok", "failed"], "mase": [0.7, None]})
    assert tracking_many.metrics_of(old) == {
        "series": 2,
        "status/ok": 1,
        "status/failed": 1,
        "mase_median": 0.7,
        "realised/judged": 0,
    }


def test_a_broken_table_of_verdicts_is_named(s3: Any, artifact: Artifact, tmp_path: Path, empty_store: Path) -> None:
    put(s3, artifact, "job-1", tmp_path)
    s3.put_object(Bucket=BUCKET, Key="verdicts/dataproc=20240115/verdicts.parquet", Body=b"no parquet")
    uri = f"sqlite:///{shutil.copyfile(empty_store, tmp_path / 'broken.db')}"
    with pytest.raises(JobError, match=r"verdicts/dataproc=20240115/verdicts.parquet cannot be read.*run its date again"):
        synchronize(s3, options(artifact.model.series, uri), tmp_path)


def test_a_run_that_broke_off_is_recorded_again(s3: Any, artifact: Artifact, tmp_path: Path, empty_store: Path) -> None:
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{shutil.copyfile(empty_store, tmp_path / 'mlflow.db')}")
    missing = Trained("job-1", 1, tmp_path / "gone.tar.gz", artifact)
    with pytest.raises(Exception, match=r"gone\.tar\.gz"):
        record(client, [missing], None, f"s3://{BUCKET}/mlflow/artifacts")
    path = tmp_path / "model.tar.gz"
    write_archive(artifact, path)
    again = Trained("job-1", 1, path, artifact)
    assert record(client, [again], None, f"s3://{BUCKET}/mlflow/artifacts") == ["job-1"]
    assert len(client.search_model_versions(f"name = '{artifact.model.series}'")) == 1


def test_the_image_records_as_a_job(
    s3: Any, artifact: Artifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As the state machine calls it: the store in the bucket, a region from the arguments."""
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    put(s3, artifact, "job-1", tmp_path, champion=True)
    words = ["record", "--series", artifact.model.series, "--bucket", BUCKET, "--region", "us-east-1"]
    assert main(words) == 0
    assert "1 new runs recorded\n  job-1" in capsys.readouterr().out
    assert s3.list_objects_v2(Bucket=BUCKET, Prefix="mlflow/mlflow.db")["KeyCount"] == 1
    assert main(words) == 0
    assert "0 new runs recorded" in capsys.readouterr().out


def test_what_cannot_be_recorded_fails_the_job_with_its_reason(
    s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))
    message = tmp_path / "output" / "message"
    assert main(["record", "--series", "ABC"]) == 1
    assert "bad arguments of record: the following arguments are required: --bucket, --region" in message.read_text()
    words = ["record", "--series", "ABC", "--region", "us-east-1", "--bucket"]
    assert main([*words, BUCKET]) == 1
    assert message.read_text() == f"no training job of series ABC in s3://{BUCKET}/models/; train first"
    assert main([*words, "nobodys"]) == 1
    assert "nobodys" in message.read_text() or "NoSuchBucket" in message.read_text()


def test_metrics_are_named_by_candidate_and_horizon(artifact: Artifact) -> None:
    found = metrics_of(artifact.metrics)
    shipped = artifact.metrics["candidates"][artifact.model.model]["reported"]
    assert found["mae_h6"] == shipped["mae"][5] == found[f"candidates/{artifact.model.model}/mae_h6"]
    assert found["candidates/ridge/coverage_80_h1"] == artifact.metrics["candidates"]["ridge"]["reported"]["coverage"]["80"][0]


def test_a_bucket_without_training_says_so(s3: Any, tmp_path: Path) -> None:
    with pytest.raises(JobError, match=r"no training job of series ABC in s3://data/models/; train first"):
        synchronize(s3, options("ABC"), tmp_path)


@pytest.fixture
def server(empty_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, set[tuple[str, str]]]]:
    """MLflow's own server: its address, and the methods and paths that it is asked for."""
    from flask import request
    from mlflow.server import app, handlers
    from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore as Registry
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore as Tracking
    from werkzeug.serving import make_server

    database = f"sqlite:///{shutil.copyfile(empty_store, tmp_path / 'server.db')}"
    monkeypatch.setattr(handlers, "_tracking_store", Tracking(database, str(tmp_path)))
    monkeypatch.setattr(handlers, "_model_registry_store", Registry(database))
    asked: set[tuple[str, str]] = set()

    def note() -> None:
        asked.add((request.method, request.path))

    monkeypatch.setitem(app.before_request_funcs, None, [*app.before_request_funcs.get(None, []), note])
    listening = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{listening.server_port}", asked
    listening.shutdown()
    thread.join()


def test_recording_at_a_server_makes_the_calls_that_its_role_is_granted_and_no_others(
    s3: Any, artifact: Artifact, tmp_path: Path, server: tuple[str, set[tuple[str, str]]]
) -> None:
    from mlflow.protos.model_registry_pb2 import ModelRegistryService
    from mlflow.protos.service_pb2 import MlflowService
    from mlflow.utils.rest_utils import extract_all_api_info_for_service

    uri, asked = server
    series = artifact.model.series
    put(s3, artifact, "job-1", tmp_path, champion=True)
    assert synchronize(s3, options(series, uri), tmp_path) == ["job-1"]
    put(s3, artifact, "job-2", tmp_path)
    assert synchronize(s3, options(series, uri), tmp_path) == ["job-2"]
    services = [extract_all_api_info_for_service(one, "/api/2.0") for one in (MlflowService, ModelRegistryService)]
    names = {(m, path): call.DESCRIPTOR.name for one in services for call, all_ in one.items() for path, m in all_}
    assert {names[one] for one in asked} == set(CALLS)
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET, Prefix="mlflow/artifacts/")["Contents"]]
    assert sorted(key.rpartition("/")[2] for key in keys) == ["metrics.json", "metrics.json", "model.tar.gz", "model.tar.gz"]


@pytest.mark.parametrize("lock", ["requirements.lock", "jobs/image.lock"])
def test_the_client_is_the_one_that_was_tried_with_the_server(lock: str) -> None:
    pins = re.findall(r"^mlflow-skinny==(\S+)", (ROOT / lock).read_text(), re.MULTILINE)
    assert pins == [CLIENT_VERSION], f"try the client with a server of MLflow {SERVER_VERSION}, as docs/forecasting.md says"


@pytest.mark.skipif("MLFLOW_SERVER" not in os.environ, reason="docs/forecasting.md says when and how to start a server")
def test_recording_at_a_server_of_the_pinned_version(s3: Any, artifact: Artifact, tmp_path: Path) -> None:
    import mlflow

    uri, series = os.environ["MLFLOW_SERVER"], artifact.model.series
    with urllib.request.urlopen(f"{uri}/version", timeout=60) as answer:
        assert answer.read().decode().startswith(f"{SERVER_VERSION}.")
    assert mlflow.__version__ == CLIENT_VERSION
    put(s3, artifact, "job-1", tmp_path, champion=True)
    assert synchronize(s3, options(series, uri), tmp_path) == ["job-1"]
    put(s3, artifact, "job-2", tmp_path)
    assert synchronize(s3, options(series, uri), tmp_path) == ["job-2"]
    assert synchronize(s3, options(series, uri), tmp_path) == []
    client = mlflow.MlflowClient(uri)
    (model,) = client.search_registered_models()
    assert model.aliases == {"champion": "1", "challenger": "2"}
    for version in client.search_model_versions(f"name = '{model.name}'"):
        run = client.get_run(version.run_id)
        assert run.info.status == "FINISHED" and len(run.data.metrics) > 10 and run.data.params
