"""MLflow: every training job of the bucket as a run, its model as a registered version with aliases; runs of many series.

``python -m oleoduto_jobs.ml.tracking --bucket NAME --series CODE [--tracking-uri URI] [--folder PATH]``. The bucket's
``models/`` is the source of truth: the tracking store can always be rebuilt from it, and a job needs no server.
The tracking URI is any that MLflow takes: without one, a SQLite file that is kept in the bucket
(``mlflow/mlflow.db``); SageMaker's managed MLflow is an ARN (with the package ``sagemaker-mlflow``).
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oleoduto_jobs.errors import JobError, run_job
from oleoduto_jobs.languages import LANGUAGES
from oleoduto_jobs.ml import tracking_many
from oleoduto_jobs.ml.models.artifact import Artifact, read_artifact
from oleoduto_jobs.page.words import Phrases
from oleoduto_jobs.parser import Parser
from oleoduto_jobs.provenance import Provenance

SERVER_VERSION = "3.0"
"""MLflow of SageMaker's tracking server, the newest that AWS offers.
Source: https://docs.aws.amazon.com/sagemaker/latest/dg/mlflow-create-tracking-server.html
"""
CLIENT_VERSION = "3.17.2"
"""The client that was tried with a server of ``SERVER_VERSION``; the locks must pin it. AWS names 3.0.0 for that server, but
the client of the image is also that of the SQLite file and of MLflow's own UI. docs/forecasting.md says how to try another.
"""
CALLS = (
    "CreateExperiment",
    "CreateModelVersion",
    "CreateRegisteredModel",
    "CreateRun",
    "DeleteRegisteredModelAlias",
    "GetExperimentByName",
    "GetRegisteredModel",
    "LogBatch",
    "SearchModelVersions",
    "SearchRuns",
    "SetRegisteredModelAlias",
    "UpdateRun",
)
"""The calls of MLflow's REST API that recording makes, which are also the actions that its role needs at SageMaker's server.
Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemakerwithmlflow.html
"""
STORE_KEY = "mlflow/mlflow.db"
JOB_TAG = "training_job"
MEASURES = ("mae", "mape", "rmse", "mspe_ratio", "mspe_to_benchmark", "crps")


@dataclass(frozen=True)
class Store:
    """The training jobs of one series in a bucket, and the tracking store; without a URI the one in the bucket."""

    bucket: str
    series: str
    uri: str | None = None


@dataclass(frozen=True)
class Trained:
    """One training job as the bucket has it."""

    job: str
    created_ms: int
    archive: Path
    artifact: Artifact


def metrics_of(report: dict[str, Any]) -> dict[str, float]:
    """Metrics by name: the shipped model's as ``mae_h1``, every candidate's as ``candidates/ridge/mae_h1``."""
    found: dict[str, float] = {}
    for name, windows in report["candidates"].items():
        scored = windows["reported"]
        values = {key: scored[key] for key in MEASURES}
        values |= {f"coverage_{level}": shares for level, shares in scored["coverage"].items()}
        for key, numbers in values.items():
            for horizon, number in enumerate(numbers, 1):
                if number is None:
                    continue
                found[f"candidates/{name}/{key}_h{horizon}"] = number
                if name == report["model"]:
                    found[f"{key}_h{horizon}"] = number
    return found


def parameters_of(artifact: Artifact) -> dict[str, str]:
    """What the model was made of and with."""
    settings = {
        name: ",".join(value) if isinstance(value, list | tuple) else value
        for name, value in artifact.metadata["hyperparameters"].items()
        if value not in ([], ())
    }
    about = {"model": artifact.model.model, "origin_month": artifact.model.origin_month}
    about |= {"data_sha256": artifact.metadata["data_sha256"], "rows": artifact.metadata["rows"]}
    versions = {f"version/{name}": version for name, version in artifact.metadata["versions"].items()}
    return {name: str(value) for name, value in {**settings, **about, **versions}.items()}


def tags_of(artifact: Artifact) -> dict[str, str]:
    """Why it was chosen, its version, and where its data come from; a model of an older package does not know that."""
    about = {"reason": artifact.metrics["reason"], "model_version": artifact.model.version}
    document = artifact.metadata.get("data")
    if document is None:
        return about
    data = Provenance.of_document(document)
    about |= {name: str(value) for name, value in document.items() if value is not None} | {"sample": str(data.sample)}
    cautions = Phrases(next(iter(LANGUAGES))).cautions(data)
    return about | ({tracking_many.NOTE_TAG: " ".join(cautions)} if cautions else {})


def record(client: Any, trained: Sequence[Trained], champion_job: str | None, artifact_root: str) -> list[str]:
    """Bring the store up to date; the jobs that are new in it, oldest first.

    An already recorded job is skipped: recording twice changes only the aliases. ``champion`` is the
    version that forecasts now; ``challenger`` is the newest one, if that is another.
    """
    fresh = []
    for one in sorted(trained, key=lambda t: (t.created_ms, t.job)):
        name = one.artifact.model.series
        experiment = _experiment(client, name, artifact_root)
        if not client.search_runs(
            [experiment], f"tags.{JOB_TAG} = '{one.job}' and attributes.status = 'FINISHED'", max_results=1
        ):
            _record_one(client, experiment, one)
            fresh.append(one.job)
    for series in sorted({one.artifact.model.series for one in trained}):
        _name_versions(client, series, champion_job)
    return fresh


def _experiment(client: Any, name: str, artifact_root: str) -> str:
    found = client.get_experiment_by_name(name)
    if found is not None:
        return str(found.experiment_id)
    return str(client.create_experiment(name, artifact_location=f"{artifact_root.rstrip('/')}/{name}"))


def _record_one(client: Any, experiment: str, one: Trained) -> None:
    from mlflow.entities import Metric, Param, RunTag
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    artifact = one.artifact
    run = client.create_run(experiment, start_time=one.created_ms, run_name=one.job, tags={JOB_TAG: one.job}).info
    metrics = [Metric(name, value, one.created_ms, 0) for name, value in metrics_of(artifact.metrics).items()]
    params = [Param(name, value) for name, value in parameters_of(artifact).items()]
    tags = [RunTag(name, value) for name, value in tags_of(artifact).items()]
    client.log_batch(run.run_id, metrics=metrics, params=params, tags=tags)
    # Not by the client: it would ask the server for the run first, to learn the address that is known here.
    artifacts: Any = get_artifact_repository(run.artifact_uri, client.tracking_uri)
    artifacts.log_artifact(str(one.archive))
    metrics_file = one.archive.with_name("metrics.json")
    metrics_file.write_text(json.dumps(artifact.metrics, indent=2), encoding="utf-8")
    artifacts.log_artifact(str(metrics_file))
    name = artifact.model.series
    _register(client, name)
    source = f"{run.artifact_uri.rstrip('/')}/{one.archive.name}"
    client.create_model_version(name, source, run.run_id, tags={JOB_TAG: one.job, "model": artifact.model.model})
    # Last: a run that is not finished was interrupted and is recorded again.
    client.set_terminated(run.run_id, "FINISHED", one.created_ms)


def _register(client: Any, name: str) -> None:
    """Create the registered model if it is missing."""
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def _name_versions(client: Any, series: str, champion_job: str | None) -> None:
    versions = {v.tags[JOB_TAG]: v for v in client.search_model_versions(f"name = '{series}'")}
    newest = max(versions.values(), key=lambda v: int(v.version))
    aliases = {"champion": versions.get(champion_job or ""), "challenger": newest}
    if aliases["champion"] is not None and aliases["champion"].version == newest.version:
        aliases["challenger"] = None
    for alias, version in aliases.items():
        if version is None:
            client.delete_registered_model_alias(series, alias)
        else:
            client.set_registered_model_alias(series, alias, version.version)


def downloaded(s3: Any, bucket: str, series: str, folder: Path) -> Iterator[Trained]:
    """The archives of all training jobs of one series."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="models/")
    for item in (item for page in pages for item in page.get("Contents", [])):
        parts = item["Key"].split("/")
        if len(parts) != 4 or parts[2:] != ["output", "model.tar.gz"]:
            continue
        target = folder / parts[1] / "model.tar.gz"
        target.parent.mkdir(parents=True, exist_ok=True)
        s3.download_file(bucket, item["Key"], str(target))
        artifact = read_artifact(target)
        if artifact.model.series == series:
            yield Trained(parts[1], int(item["LastModified"].timestamp() * 1000), target, artifact)


def champion(s3: Any, bucket: str, series: str) -> str | None:
    """The training job of the model that forecasts now, or None if there is no champion yet."""
    key = f"models/champion/{series}/champion.json"
    if not s3.list_objects_v2(Bucket=bucket, Prefix=key).get("KeyCount"):
        return None
    document = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    job: str | None = document.get("training_job")
    return job


def synchronize(s3: Any, store: Store, folder: Path) -> list[str]:
    """Record what is new, and name it; the default store is fetched from the bucket before and put back after."""
    trained = list(downloaded(s3, store.bucket, store.series, folder / "models"))
    if not trained:
        raise JobError(f"no training job of series {store.series} in s3://{store.bucket}/models/; train first")
    # Before the import, so that no telemetry leaves a job.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    # A link into a server that asks for signed requests is of no use, and costs a call for each run.
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
    from mlflow import MlflowClient

    file = folder / "mlflow.db"
    own = store.uri is None
    if own and s3.list_objects_v2(Bucket=store.bucket, Prefix=STORE_KEY).get("KeyCount"):
        s3.download_file(store.bucket, STORE_KEY, str(file))
    client = MlflowClient(store.uri or f"sqlite:///{file}")
    root = f"s3://{store.bucket}/mlflow/artifacts"
    fresh = record(client, trained, champion(s3, store.bucket, store.series), root)
    if next(tracking_many.partitions(s3, store.bucket), None) is not None:
        experiment = _experiment(client, f"{store.series}-many", root)
        fresh += tracking_many.record(client, s3, store.bucket, experiment, folder / "many")
    if own:
        s3.upload_file(str(file), store.bucket, STORE_KEY)
    return fresh


def summary(fresh: Sequence[str]) -> str:
    """The summary of a run."""
    return f"tracking: {len(fresh)} new runs recorded" + "".join(f"\n  {job}" for job in fresh)


def run() -> None:
    """Parse, synchronize, print what was new."""
    import boto3

    parser = Parser("tracking")
    parser.add_argument("--bucket", required=True)
    parser.add_argument("--series", required=True)
    parser.add_argument("--tracking-uri")
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        # Where the archives and the default store are on this machine.
        folder = given.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        fresh = synchronize(boto3.client("s3"), Store(given.bucket, given.series, given.tracking_uri), folder)
    print(summary(fresh))


if __name__ == "__main__":
    run_job(run)
