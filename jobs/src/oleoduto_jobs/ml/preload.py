"""What a process can import before it runs a command.

Who starts many commands, as a local AWS does, imports it once and forks: ``preload(None)`` what every command imports,
``preload(name)`` what one needs besides. Importing must start no thread.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping, Sequence

EVERY = ("boto3", "pandas", "pyarrow.parquet", "scipy.special")
"""Packages of all commands, when they start or when their work begins."""

WORK: Mapping[str, Sequence[str]] = {
    "train": ("lightgbm", "optuna", "scipy.stats", "sklearn.linear_model", "statsforecast.models", "threadpoolctl"),
    "predict": ("threadpoolctl",),
    "monitor": ("threadpoolctl",),
    "forecast-many": ("lightgbm", "statsforecast.models"),
    "record": ("mlflow", "mlflow.store.model_registry.sqlalchemy_store", "mlflow.store.tracking.sqlalchemy_store"),
}
"""Packages that a command imports when its work begins."""


def preload(name: str | None) -> None:
    """Import what every command needs, or what the work of one needs."""
    if name is None:
        _import(EVERY)
        return
    from oleoduto_jobs.ml import commands

    if name in commands.MODULES:
        # As `record` does: MLflow reads it when it is imported.
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        commands.command_of(name)
        _import(WORK[name])


def _import(names: Sequence[str]) -> None:
    for name in names:
        importlib.import_module(name)


if __name__ == "__main__":
    # Once, where modules are written as byte code: a process that may not write any would compile them each time.
    for command in (None, *WORK):
        preload(command)
