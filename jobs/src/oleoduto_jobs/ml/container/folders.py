"""The folders and files of the SageMaker container contract, below ``/opt/ml`` or SAGEMAKER_BASE_DIR."""

from __future__ import annotations

import os
from pathlib import Path

BASE_VARIABLE = "SAGEMAKER_BASE_DIR"
FAILURE_BYTES = 1024
"""SageMaker shows this much of the failure file."""

CHANNEL = "training"
EXTRACT_CHANNEL = "extract_report"
BASE = "/opt/ml"


def base_folder() -> Path:
    """``/opt/ml``, or the folder that the local runner sets."""
    return Path(os.environ.get(BASE_VARIABLE) or BASE)


class TrainingFolders:
    """Where a training job reads and writes."""

    def __init__(self, base: Path) -> None:
        self.channel = base / "input" / "data" / CHANNEL
        """The final table's files."""
        self.extract_report = base / "input" / "data" / EXTRACT_CHANNEL
        """What extract says of each series of the run."""
        self.model = base / "model"
        """What SageMaker packs into model.tar.gz."""
        self.config = base / "input" / "config"
        """The job's configuration by SageMaker, as JSON files."""
        self.checkpoints = base / "checkpoints"
        """Copied to and from S3 while the job runs, if it has a CheckpointConfig."""


class ProcessingFolders:
    """Where a forecast job reads and writes."""

    def __init__(self, base: Path) -> None:
        self.model = base / "processing" / "input" / "model" / "model.tar.gz"
        """The training job's artifact."""
        self.final = base / "processing" / "input" / "final"
        """The final table's files."""
        self.parquet = base / "processing" / "output" / "parquet"
        """Uploaded to the predictions table: nothing but parquet may be here."""
        self.report = base / "processing" / "output" / "report"
        """Uploaded to the reports: the same forecast as CSV, and figures."""
        self.quality = base / "processing" / "input" / "quality"
        """The data-quality job's findings on this run's data."""
        self.predictions = base / "processing" / "input" / "predictions"
        """Every partition of the predictions table."""
        self.monitoring = base / "processing" / "output" / "monitoring"
        """Uploaded to the reports: how earlier forecasts turned out."""
        self.extract_report = base / "processing" / "input" / "extract_report"
        """What extract says of each series of the run."""
        self.verdicts = base / "processing" / "output" / "verdicts"
        """Uploaded to the table of verdicts: nothing but parquet may be here."""
        self.forecasts = base / "processing" / "output" / "forecasts"
        """Uploaded to the table of forecasts; likewise."""
        self.champion = base / "processing" / "output" / "champion"
        """Uploaded to where the forecast path finds its model."""


def write_reason(path: Path, reason: str) -> None:
    """Write why a job failed, cut to what SageMaker shows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cut = reason.encode("utf-8")[:FAILURE_BYTES].decode("utf-8", "ignore")
    path.write_text(cut, encoding="utf-8")
