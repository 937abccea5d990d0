"""The settings of a training job, read from the container's configuration and checked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.ml.container.folders import CHANNEL, TrainingFolders
from oleoduto_jobs.ml.documents import read_json
from oleoduto_jobs.ml.evaluation.plan import MIN_EVALUATION_ORIGINS
from oleoduto_jobs.ml.models.candidates import LAST_PRICE, MONTHLY_MEAN, SHIPPABLE
from oleoduto_jobs.parser import run_date
from oleoduto_jobs.schema import MAX_HORIZON, is_series_code


@dataclass(frozen=True)
class Hyperparameters:
    """Settings of a training job; ``candidates`` are names, empty for all shippable ones.

    Without ``evaluation_origins`` the length of the series decides; without ``dataproc`` (the run date) the model does not say
    where its data come from.
    """

    series: str
    horizons: int = MAX_HORIZON
    seed: int = 0
    evaluation_origins: int | None = None
    workers: int = 1
    candidates: tuple[str, ...] = ()
    dataproc: str = ""

    @property
    def run_date(self) -> dt.date | None:
        """The day of ``dataproc``."""
        return run_date(self.dataproc) if self.dataproc else None


_BOUNDS = {
    "horizons": (1, MAX_HORIZON),
    "seed": (0, 2**32 - 1),
    "evaluation_origins": (MIN_EVALUATION_ORIGINS, 10_000),
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
    # The state machine passes an empty text where nothing is set.
    numbers = {name: _whole(name, given[name], *_BOUNDS[name]) for name in _BOUNDS if given.get(name, "") != ""}
    dataproc = given.get("dataproc", "")
    if dataproc and run_date(str(dataproc)) is None:
        raise JobError(f"hyperparameter `dataproc` is {dataproc!r}; it must be a date as YYYYMMDD")
    return Hyperparameters(series, **numbers, candidates=_candidates(given.get("candidates", "")), dataproc=dataproc)


def _candidates(text: object) -> tuple[str, ...]:
    if not isinstance(text, str):
        raise JobError(f"hyperparameter `candidates` is {text!r}; it must be names separated by commas")
    names = [name.strip() for name in text.split(",") if name.strip()]
    measured_only = [name for name in names if name not in SHIPPABLE]
    if measured_only:
        raise JobError(f"hyperparameter `candidates` names `{measured_only[0]}`; it must be some of {', '.join(SHIPPABLE)}")
    # The two that the others are measured against are always included.
    return tuple(name for name in SHIPPABLE if name in {*names, MONTHLY_MEAN, LAST_PRICE}) if names else ()


def _whole(name: str, text: object, low: int, high: int) -> int:
    if not isinstance(text, str) or not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise JobError(f"hyperparameter `{name}` is {text!r}; it must be a whole number from {low} to {high}")
    return int(text)


def read_hyperparameters(folders: TrainingFolders) -> Hyperparameters:
    """Read and check; also that the job has the channel, and one instance only."""
    channels = read_json(folders.config / "inputdataconfig.json")
    if CHANNEL not in channels:
        found = ", ".join(sorted(channels)) or "none"
        raise JobError(f"the job has no input channel `{CHANNEL}` (channels: {found})")
    hosts = read_json(folders.config / "resourceconfig.json").get("hosts", [])
    if len(hosts) > 1:
        raise JobError(f"the job has {len(hosts)} instances; training one series uses one instance")
    return parse_hyperparameters(read_json(folders.config / "hyperparameters.json"))
