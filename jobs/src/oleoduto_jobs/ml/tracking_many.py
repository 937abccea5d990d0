"""MLflow: every run of many series as one run, with figures over all of them and the table of verdicts as its artifact."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.ml.evaluation.intervals import LEVELS
from oleoduto_jobs.ml.many.path import Status
from oleoduto_jobs.ml.many.publish import provenance_in
from oleoduto_jobs.ml.many.realized import Realized, together
from oleoduto_jobs.ml.page.index import cautions
from oleoduto_jobs.ml.partitions import run_date_of
from oleoduto_jobs.provenance import ListProvenance

PREFIX = "verdicts/"
NOTE_TAG = "mlflow.note.content"
"""MLflow shows it as the description of a run."""
PARTITION_TAG = "partition"
"""The run date, and the digest of its table: a date that ran again has another."""


@dataclass(frozen=True)
class Partition:
    """A table of verdicts in the bucket."""

    key: str
    dataproc: str
    digest: str
    created_ms: int

    @property
    def name(self) -> str:
        """The name of its run."""
        return f"many-{self.dataproc}"

    @property
    def tag(self) -> str:
        """What tells it from every other."""
        return f"{self.dataproc} {self.digest}"


def partitions(s3: Any, bucket: str) -> Iterator[Partition]:
    """The tables of verdicts, oldest run date first."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=PREFIX):
        for item in page.get("Contents", []):
            run = run_date_of(item["Key"], PREFIX)
            if run is not None:
                created = int(item["LastModified"].timestamp() * 1000)
                yield Partition(item["Key"], run, item["ETag"].strip('"'), created)


def metrics_of(verdicts: pd.DataFrame) -> dict[str, float]:
    """Numbers of series by status, their errors on the newest periods, and what became of earlier forecasts."""
    found: dict[str, float] = {"series": float(len(verdicts))}
    found |= {f"status/{status}": float(count) for status, count in verdicts["status"].value_counts().items()}
    errors = verdicts["mase"].dropna()
    if len(errors):
        found["mase_median"] = float(errors.median())
    past = together(_realized(verdicts))
    figures = {"judged": past.judged, "worse": past.worse, "ratio_median": past.median_ratio, "mase_median": past.median_mase}
    figures |= {f"inside_{level}": share for level, share in (past.coverage or {}).items()}
    return found | {f"realised/{name}": float(value) for name, value in figures.items() if value is not None}


def tags_of(data: ListProvenance, verdicts: pd.DataFrame) -> dict[str, str]:
    """Where the values of a table come from, as a training of one series says it. What a reader must know first is a note."""
    statuses = {str(name): int(count) for name, count in verdicts["status"].value_counts().items()}
    note = [texts[0] for texts in cautions(statuses, data)]
    known = {
        "source": ", ".join(data.sources),
        "unit": data.unit,
        "last_observation": data.last,
        "run_date": data.run_date.isoformat(),
        "series": str(len(verdicts)),
        "sample": str(data.sample),
        "stale": str(Status.STALE in statuses),
        NOTE_TAG: " ".join(note) or None,
    }
    return {name: value for name, value in known.items() if value is not None}


def _realized(verdicts: pd.DataFrame) -> dict[str, Realized]:
    """Of the series with an outcome; a table of an older package has none."""
    if "realised_origins" not in verdicts:
        return {}
    known = verdicts[verdicts["realised_origins"].notna()]
    return {
        str(row["code"]): Realized(
            int(row["realised_origins"]),
            _number(row["realised_ratio"]),
            _number(row["realised_mase"]),
            {level: _number(row[f"realised_inside_{level}"]) for level in LEVELS},
        )
        for row in known.to_dict("records")
    }


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def record(client: Any, s3: Any, bucket: str, experiment: str, folder: Path) -> list[str]:
    """Record the tables that the experiment lacks; the names of their runs, oldest first."""
    recorded = set(_recorded(client, experiment))
    fresh = [one for one in partitions(s3, bucket) if one.tag not in recorded]
    for one in fresh:
        _record_one(client, experiment, one, _download(s3, bucket, one, folder))
    return [one.name for one in fresh]


def _recorded(client: Any, experiment: str) -> Iterator[str]:
    token = None
    while True:
        page = client.search_runs([experiment], "attributes.status = 'FINISHED'", page_token=token)
        yield from (run.data.tags.get(PARTITION_TAG, "") for run in page)
        token = page.token
        if not token:
            return


def _download(s3: Any, bucket: str, one: Partition, folder: Path) -> Path:
    path = folder / one.name / "verdicts.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    s3.download_file(bucket, one.key, str(path))
    return path


def _record_one(client: Any, experiment: str, one: Partition, path: Path) -> None:
    from mlflow.entities import Metric
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    try:
        # One file: pandas would read a column from the name of its folder.
        with pq.ParquetFile(path) as file:
            verdicts, data = file.read().to_pandas(), provenance_in(file)
    except (OSError, pa.ArrowException) as error:
        raise JobError(f"the table of verdicts {one.key} cannot be read: {error}; run its date again") from error
    tags = {PARTITION_TAG: one.tag, "dataproc": one.dataproc, **({} if data is None else tags_of(data, verdicts))}
    run = client.create_run(experiment, start_time=one.created_ms, run_name=one.name, tags=tags).info
    metrics = [Metric(name, value, one.created_ms, 0) for name, value in metrics_of(verdicts).items()]
    client.log_batch(run.run_id, metrics=metrics)
    artifacts: Any = get_artifact_repository(run.artifact_uri, client.tracking_uri)
    artifacts.log_artifact(str(path))
    # Last: a run that is not finished was interrupted and is recorded again.
    client.set_terminated(run.run_id, "FINISHED", one.created_ms)
