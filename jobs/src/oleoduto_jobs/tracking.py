"""MLflow: every training job of the bucket as a run, its model as a registered version with aliases.

``python -m oleoduto_jobs.tracking --bucket NAME --series CODE [--tracking-uri URI] [--folder PATH]``. The bucket's
``models/`` is what happened; the tracking store is made from it, so it can be made again, and a job needs no server.
The tracking URI is any that MLflow takes: without one, a SQLite file that is kept in the bucket
(``mlflow/mlflow.db``); SageMaker's managed MLflow is an ARN (with the package ``sagemaker-mlflow``).
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from oleoduto_jobs.errors import JobError, run_job
from oleoduto_jobs.ml.models.artifact import Artefact, read_artefact

STORE_KEY = "mlflow/mlflow.db"
JOB_TAG = "training_job"
MEASURES = ("mae", "mape", "rmse", "mspe_ratio", "mspe_to_benchmark", "crps")


@dataclass(frozen=True)
class Trained:
    """One training job as the bucket has it."""

    job: str
    created_ms: int
    archive: Path
    artefact: Artefact


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


def parameters_of(artefact: Artefact) -> dict[str, str]:
    """What the model was made of and with."""
    settings = {
        name: ",".join(value) if isinstance(value, list | tuple) else value
        for name, value in artefact.metadata["hyperparameters"].items()
        if value not in ([], ())
    }
    about = {"model": artefact.model.model, "origin_month": artefact.model.origin_month}
    about |= {"data_sha256": artefact.metadata["data_sha256"], "rows": artefact.metadata["rows"]}
    versions = {f"version/{name}": version for name, version in artefact.metadata["versions"].items()}
    return {name: str(value) for name, value in {**settings, **about, **versions}.items()}


def record(client: Any, trained: Sequence[Trained], champion_job: str | None, artefact_root: str) -> list[str]:
    """Bring the store up to date; the jobs that are new in it, oldest first.

    A job that is there already is left alone: recording twice changes nothing but the aliases. ``champion`` is the
    version that forecasts now; ``challenger`` is the newest one, where that is another.
    """
    fresh = []
    for one in sorted(trained, key=lambda t: (t.created_ms, t.job)):
        name = one.artefact.model.series
        experiment = _experiment(client, name, artefact_root)
        if not client.search_runs(
            [experiment], f"tags.{JOB_TAG} = '{one.job}' and attributes.status = 'FINISHED'", max_results=1
        ):
            _record_one(client, experiment, one)
            fresh.append(one.job)
    for series in sorted({one.artefact.model.series for one in trained}):
        _name_versions(client, series, champion_job)
    return fresh


def _experiment(client: Any, name: str, artefact_root: str) -> str:
    found = client.get_experiment_by_name(name)
    if found is not None:
        return str(found.experiment_id)
    return str(client.create_experiment(name, artifact_location=f"{artefact_root.rstrip('/')}/{name}"))


def _record_one(client: Any, experiment: str, one: Trained) -> None:
    from mlflow.entities import Metric, Param, RunTag

    artefact = one.artefact
    run = client.create_run(experiment, start_time=one.created_ms, run_name=one.job, tags={JOB_TAG: one.job}).info
    metrics = [Metric(name, value, one.created_ms, 0) for name, value in metrics_of(artefact.metrics).items()]
    params = [Param(name, value) for name, value in parameters_of(artefact).items()]
    tags = [RunTag("reason", artefact.metrics["reason"]), RunTag("model_version", artefact.model.version)]
    client.log_batch(run.run_id, metrics=metrics, params=params, tags=tags)
    client.log_artifact(run.run_id, str(one.archive))
    client.log_dict(run.run_id, artefact.metrics, "metrics.json")
    name = artefact.model.series
    if not client.search_registered_models(f"name = '{name}'"):
        client.create_registered_model(name)
    source = f"{run.artifact_uri.rstrip('/')}/{one.archive.name}"
    client.create_model_version(name, source, run.run_id, tags={JOB_TAG: one.job, "model": artefact.model.model})
    # Last: a run that is not finished was broken off and is recorded again.
    client.set_terminated(run.run_id, "FINISHED", one.created_ms)


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


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise JobError(f"bad arguments of tracking: {message}")


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Arguments; the folder is where the archives and the default store are on this machine."""
    parser = _Parser(prog="tracking", allow_abbrev=False, add_help=False)
    parser.add_argument("--bucket", required=True)
    parser.add_argument("--series", required=True)
    parser.add_argument("--tracking-uri")
    parser.add_argument("--folder", type=Path)
    return parser.parse_args(argv)


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
        artefact = read_artefact(target)
        if artefact.model.series == series:
            yield Trained(parts[1], int(item["LastModified"].timestamp() * 1000), target, artefact)


def champion(s3: Any, bucket: str, series: str) -> str | None:
    """The training job of the model that forecasts now, or None where there is none yet."""
    key = f"models/champion/{series}/champion.json"
    if not s3.list_objects_v2(Bucket=bucket, Prefix=key).get("KeyCount"):
        return None
    document = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    job: str | None = document.get("training_job")
    return job


def synchronise(s3: Any, options: argparse.Namespace, folder: Path) -> list[str]:
    """Record what is new; the default store is fetched from the bucket before and put back after."""
    # Before the import: nothing of a job is anybody else's business.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    from mlflow import MlflowClient

    store = folder / "mlflow.db"
    own = options.tracking_uri is None
    if own and s3.list_objects_v2(Bucket=options.bucket, Prefix=STORE_KEY).get("KeyCount"):
        s3.download_file(options.bucket, STORE_KEY, str(store))
    client = MlflowClient(options.tracking_uri or f"sqlite:///{store}")
    trained = list(downloaded(s3, options.bucket, options.series, folder / "models"))
    if not trained:
        raise JobError(f"no training job of series {options.series} in s3://{options.bucket}/models/; train first")
    fresh = record(client, trained, champion(s3, options.bucket, options.series), f"s3://{options.bucket}/mlflow/artifacts")
    if own:
        s3.upload_file(str(store), options.bucket, STORE_KEY)
    return fresh


def said(fresh: Sequence[str]) -> str:
    """What a run did."""
    return f"tracking: {len(fresh)} new training jobs recorded" + "".join(f"\n  {job}" for job in fresh)


def run() -> None:
    """Parse, synchronise, say what was new."""
    import boto3

    options = parse(None)
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        fresh = synchronise(boto3.client("s3"), options, folder)
    print(said(fresh))


if __name__ == "__main__":
    run_job(run)
