"""The folders and files of the SageMaker container contract, below ``/opt/ml`` or SAGEMAKER_BASE_DIR."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

BASE_VARIABLE = "SAGEMAKER_BASE_DIR"
FAILURE_BYTES = 1024
"""SageMaker shows this much of the failure file."""

CHANNEL = "training"
BASE = "/opt/ml"


def base_folder() -> Path:
    """``/opt/ml``, or the folder that the local runner sets."""
    return Path(os.environ.get(BASE_VARIABLE) or BASE)


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
    def config(self) -> Path:
        """The job's configuration by SageMaker, as JSON files."""
        return self.base / "input" / "config"

    @property
    def checkpoints(self) -> Path:
        """Copied to and from S3 while the job runs, if it has a CheckpointConfig."""
        return self.base / "checkpoints"


@dataclass(frozen=True)
class ProcessingFolders:
    """Where a forecast job reads and writes."""

    base: Path

    @property
    def model(self) -> Path:
        """The training job's artifact."""
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
        """The data-quality job's findings on this run's data."""
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


def write_reason(path: Path, reason: str) -> None:
    """Write why a job failed, cut to what SageMaker shows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cut = reason.encode("utf-8")[:FAILURE_BYTES].decode("utf-8", "ignore")
    path.write_text(cut, encoding="utf-8")
