"""The saved model: ``model.json`` (numbers only, no pickle), ``metadata.json``, ``metrics.json``, ``fall_back.json``."""

from __future__ import annotations

import hashlib
import json
import tarfile
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any, Self

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.ml.data import Monthly
from oleoduto_jobs.ml.documents import write_json
from oleoduto_jobs.ml.features import FEATURES
from oleoduto_jobs.ml.models.candidates import load
from oleoduto_jobs.ml.models.interface import Model
from oleoduto_jobs.ml.transformation import Transformation

FORMAT = 3
MODEL_FILE, METADATA_FILE, METRICS_FILE = "model.json", "metadata.json", "metrics.json"
FALL_BACK_FILE = "fall_back.json"
MAX_FILE_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class SavedModel:
    """A fitted candidate with everything a forecast needs.

    ``origin_month``: newest month it was fitted on (YYYY-MM); ``transformation``: the scale of its forecasts (``kind`` and
    ``unit``); ``half_widths``: interval half widths on that scale at volatility 1 (``intervals.volatility_scale``), by
    level in percent, one per horizon.
    """

    format: int
    model: str
    series: str
    horizons: int
    origin_month: str
    features: list[str]
    transformation: dict[str, Any]
    half_widths: dict[str, list[float]]
    parameters: dict[str, Any]

    @classmethod
    def of(cls, name: str, monthly: Monthly, half_widths: dict[str, list[float]], fitted: Model) -> Self:
        """Put a candidate that was fitted on ``monthly`` into its saved form."""
        horizons, scale = len(next(iter(half_widths.values()))), asdict(monthly.transformation)
        about = (name, monthly.code, horizons, monthly.origin, list(FEATURES))
        return cls(FORMAT, *about, scale, half_widths, fitted.parameters())

    def on_its_scale(self, monthly: Monthly) -> Monthly:
        """The series on the scale that the model was fitted on."""
        scale = Transformation(**self.transformation)
        if scale.kind == "log" and monthly.transformation.kind != "log":
            raise JobError(
                f"the model takes logarithms and series {monthly.code} now has values that are not positive: train again"
            )
        return replace(monthly, transformation=scale)

    @property
    def version(self) -> str:
        """The beginning of the SHA-256 of all of it: the same version forecasts the same."""
        document = json.dumps(asdict(self), sort_keys=True, allow_nan=False)
        return hashlib.sha256(document.encode()).hexdigest()[:12]

    def fitted(self) -> Model:
        """The candidate, ready to forecast."""
        return load(self.model, self.parameters)


@dataclass(frozen=True)
class Artifact:
    """The files of a training job; ``fall_back`` is the benchmark, ready to take the model's place."""

    model: SavedModel
    metadata: dict[str, Any]
    metrics: dict[str, Any]
    fall_back: SavedModel | None = None

    def champion(self) -> dict[str, Any]:
        """``champion.json``: which model is the champion."""
        model = self.model
        about = {"series": model.series, "model": model.model, "model_version": model.version}
        return {**about, "origin_month": model.origin_month, "training_job": self.metadata.get("training_job")}

    def write(self, folder: Path) -> None:
        """Write the files; the same content gives the same bytes."""
        write_json(folder / MODEL_FILE, asdict(self.model))
        write_json(folder / METADATA_FILE, self.metadata)
        write_json(folder / METRICS_FILE, self.metrics)
        if self.fall_back is not None:
            write_json(folder / FALL_BACK_FILE, asdict(self.fall_back))


def write_archive(artifact: Artifact, path: Path) -> None:
    """``model.tar.gz`` as SageMaker makes it of the model folder."""
    with tempfile.TemporaryDirectory() as scratch:
        artifact.write(Path(scratch))
        with tarfile.open(path, "w:gz") as archive:
            for file in sorted(Path(scratch).iterdir()):
                archive.add(file, arcname=file.name)


def read_artifact(path: Path) -> Artifact:
    """Read ``model.tar.gz`` without unpacking it to disk."""
    documents: dict[str, dict[str, Any]] = {}
    try:
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:
                name = str(PurePosixPath(member.name))
                if name in (MODEL_FILE, METADATA_FILE, METRICS_FILE, FALL_BACK_FILE):
                    documents[name] = _document(archive, member)
    except FileNotFoundError as error:
        raise JobError(f"{path} does not exist; the training job's artifact is an input of this job") from error
    except (OSError, EOFError, ValueError, tarfile.TarError) as error:
        raise JobError(f"{path} is no readable model archive: {error}") from error
    missing = {MODEL_FILE, METADATA_FILE, METRICS_FILE} - set(documents)
    if missing:
        raise JobError(f"{path} lacks {', '.join(sorted(missing))}; train the model again")
    fall_back = _saved(path, documents[FALL_BACK_FILE]) if FALL_BACK_FILE in documents else None
    return Artifact(_saved(path, documents[MODEL_FILE]), documents[METADATA_FILE], documents[METRICS_FILE], fall_back)


def _document(archive: tarfile.TarFile, member: tarfile.TarInfo) -> dict[str, Any]:
    file = archive.extractfile(member) if member.size <= MAX_FILE_BYTES else None
    document = json.load(file) if file is not None else None
    if not isinstance(document, dict):
        raise ValueError(f"{member.name} is no JSON object of at most {MAX_FILE_BYTES} bytes")
    return document


def _saved(path: Path, document: dict[str, Any]) -> SavedModel:
    if document.get("format") != FORMAT:
        raise JobError(f"the model in {path} has format {document.get('format')!r}, this package reads {FORMAT}; train again")
    try:
        saved = SavedModel(**document)
    except TypeError as error:
        raise JobError(f"the model in {path} is damaged: {error}") from error
    if saved.features != list(FEATURES):
        raise JobError(f"the model in {path} was made with other features than this package's; train again")
    return saved
