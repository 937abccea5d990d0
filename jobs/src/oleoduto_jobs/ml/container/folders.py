"""The folders and files of the SageMaker container contract, below ``/opt/ml`` or SAGEMAKER_BASE_DIR."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.ml.models.candidates import LAST_PRICE, MONTHLY_MEAN, SHIPPABLE
from oleoduto_jobs.schema import MAX_HORIZON, is_series_code

BASE_VARIABLE = "SAGEMAKER_BASE_DIR"
FAILURE_BYTES = 1024
"""SageMaker shows this much of the failure file."""

CHANNEL = "training"
BASE = "/opt/ml"


def base_folder() -> Path:
    """``/opt/ml``, or what the local runner puts in its place."""
    return Path(os.environ.get(BASE_VARIABLE) or BASE)


@dataclass(frozen=True)
class Hyperparameters:
    """Settings of a training job; ``candidates`` are names, empty for all that can be shipped."""

    series: str
    horizons: int = MAX_HORIZON
    seed: int = 0
    evaluation_origins: int = 120
    workers: int = 1
    candidates: tuple[str, ...] = ()


_BOUNDS = {
    "horizons": (1, MAX_HORIZON),
    "seed": (0, 2**32 - 1),
    "evaluation_origins": (40, 10_000),
    "workers": (1, 256),
}


def parse_hyperparameters(given: Mapping[str, Any]) -> Hyperparameters:
    """SageMaker passes all values as strings; unknown names and bad values are errors."""
    allowed = [field.name for field in fields(Hyperparameters)]
    unknown = sorted(set(given) - set(allowed))
    if unknown:
        raise JobError(f"unknown hyperparameter `{unknown[0]}`; known: {', '.join(allowed)}")
    series = given.get("series")
    if not isinstance(series, str) or not is_series_code(series):
        raise JobError(f"hyperparameter `series` is {series!r}; it must be an Ipeadata code")
    numbers = {name: _whole(name, given[name], *_BOUNDS[name]) for name in _BOUNDS if name in given}
    return Hyperparameters(series, **numbers, candidates=_candidates(given.get("candidates", "")))


def _candidates(text: object) -> tuple[str, ...]:
    if not isinstance(text, str):
        raise JobError(f"hyperparameter `candidates` is {text!r}; it must be names separated by commas")
    names = [name.strip() for name in text.split(",") if name.strip()]
    measured_only = [name for name in names if name not in SHIPPABLE]
    if measured_only:
        raise JobError(f"hyperparameter `candidates` names `{measured_only[0]}`; it must be some of {', '.join(SHIPPABLE)}")
    # What the others are measured against is always there.
    return tuple(name for name in SHIPPABLE if name in {*names, MONTHLY_MEAN, LAST_PRICE}) if names else ()


def _whole(name: str, text: object, low: int, high: int) -> int:
    if not isinstance(text, str) or not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise JobError(f"hyperparameter `{name}` is {text!r}; it must be a whole number from {low} to {high}")
    return int(text)


def read_json(path: Path) -> Any:
    """A JSON object of the contract, with errors that name the file."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise JobError(f"{path} does not exist; the container must be run under the SageMaker contract") from error
    except (OSError, ValueError) as error:
        raise JobError(f"{path} cannot be read as JSON: {error}") from error
    if not isinstance(document, dict):
        raise JobError(f"{path} holds no JSON object")
    return document


@dataclass(frozen=True)
class TrainingFolders:
    """Where a training job reads and writes."""

    base: Path

    @property
    def channel(self) -> Path:
        """The final table's files."""
        return self.base / "input" / "data" / CHANNEL

    @property
    def model(self) -> Path:
        """What SageMaker packs into model.tar.gz."""
        return self.base / "model"

    @property
    def checkpoints(self) -> Path:
        """Copied to and from S3 while the job runs, where it has a CheckpointConfig."""
        return self.base / "checkpoints"

    @property
    def failure(self) -> Path:
        """Why the job failed."""
        return self.base / "output" / "failure"

    def hyperparameters(self) -> Hyperparameters:
        """Read and check; also that the job has the channel, and one instance only."""
        config = self.base / "input" / "config"
        channels = read_json(config / "inputdataconfig.json")
        if CHANNEL not in channels:
            found = ", ".join(sorted(channels)) or "none"
            raise JobError(f"the job has no input channel `{CHANNEL}` (channels: {found})")
        hosts = read_json(config / "resourceconfig.json").get("hosts", [])
        if len(hosts) > 1:
            raise JobError(f"the job has {len(hosts)} instances; training one series uses one instance")
        return parse_hyperparameters(read_json(config / "hyperparameters.json"))


@dataclass(frozen=True)
class ProcessingFolders:
    """Where a forecast job reads and writes."""

    base: Path

    @property
    def model(self) -> Path:
        """The training job's artefact."""
        return self.base / "processing" / "input" / "model" / "model.tar.gz"

    @property
    def final(self) -> Path:
        """The final table's files."""
        return self.base / "processing" / "input" / "final"

    @property
    def parquet(self) -> Path:
        """Uploaded to the predictions table: nothing but parquet may be here."""
        return self.base / "processing" / "output" / "parquet"

    @property
    def report(self) -> Path:
        """Uploaded to the reports: the same forecast as CSV, and figures."""
        return self.base / "processing" / "output" / "report"

    @property
    def quality(self) -> Path:
        """What the data-quality job found of this run's data."""
        return self.base / "processing" / "input" / "quality"

    @property
    def predictions(self) -> Path:
        """Every partition of the predictions table."""
        return self.base / "processing" / "input" / "predictions"

    @property
    def monitoring(self) -> Path:
        """Uploaded to the reports: how earlier forecasts turned out."""
        return self.base / "processing" / "output" / "monitoring"

    @property
    def champion(self) -> Path:
        """Uploaded to where the forecast path finds its model."""
        return self.base / "processing" / "output" / "champion"

    @property
    def message(self) -> Path:
        """The exit message of a failed job."""
        return self.base / "output" / "message"


def write_reason(path: Path, reason: str) -> None:
    """Write why a job failed, cut to what SageMaker shows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cut = reason.encode("utf-8")[:FAILURE_BYTES].decode("utf-8", "ignore")
    path.write_text(cut, encoding="utf-8")


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Write a JSON file that is the same for the same content; NaN is refused."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(document, indent=2, sort_keys=True, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")
