"""What the jobs expect of the state machine, the Glue jobs and the Lambda function, as data.

``python -m oleoduto_jobs.contract`` prints it as JSON; the stacks read ``stacks/contract.json``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from oleoduto_jobs import recovery, training_vars
from oleoduto_jobs.etl import extract, load, steps, transform
from oleoduto_jobs.etl.quality import job as quality
from oleoduto_jobs.etl.quality import metrics as quality_metrics
from oleoduto_jobs.metrics import DIMENSIONS, NAMESPACE
from oleoduto_jobs.ml import tracking
from oleoduto_jobs.ml.commands import MODULES, command_of
from oleoduto_jobs.ml.container import cloudwatch, train
from oleoduto_jobs.ml.container.folders import BASE, CHANNEL, EXTRACT_CHANNEL, ProcessingFolders, TrainingFolders
from oleoduto_jobs.ml.container.hyperparameters import Hyperparameters
from oleoduto_jobs.schema import MAX_HORIZON, MAX_SERIES_CODE, SERIES_CODE

GLUE: Mapping[str, Sequence[Any]] = {"etl": (steps, extract, transform, load), "quality": (quality,)}
"""The modules that parse arguments of each Glue job."""


def contract() -> dict[str, Any]:
    """The whole document; keys of ``commands`` and ``glue`` are the words that call them."""
    return {
        "series_code": {"pattern": SERIES_CODE, "max_length": MAX_SERIES_CODE},
        "horizons": MAX_HORIZON,
        "training": _training(),
        "commands": {name: _options(command_of(name).parser) for name in MODULES},
        "glue": {name: _arguments(modules) for name, modules in GLUE.items()},
        "paths": _paths(),
        "run": [field.name for field in fields(training_vars.Run)],
        "recovery": [field.name for field in fields(recovery.Recovery)],
        "execution": {
            "input": list(training_vars.INPUT_KEYS),
            "modes": list(training_vars.MODES),
            "starts": list(training_vars.STARTS),
            "max_data_age_months": training_vars.FRESH_MONTHS,
        },
        "mlflow_version": tracking.SERVER_VERSION,
        "mlflow_calls": list(tracking.CALLS),
        "metrics": {
            "namespace": NAMESPACE,
            "dimensions": list(DIMENSIONS),
            "names": [*cloudwatch.Metric, *quality_metrics.Metric],
        },
    }


def _named(options: Mapping[str, bool]) -> list[dict[str, Any]]:
    return [{"name": name, "required": required} for name, required in options.items()]


def _training() -> dict[str, Any]:
    """``metric_regex`` holds ``{name}`` where a name made by ``metric_name`` goes."""
    return {
        "channel": CHANNEL,
        "extract_channel": EXTRACT_CHANNEL,
        "hyperparameters": _named({field.name: field.default is MISSING for field in fields(Hyperparameters)}),
        "metric_kinds": list(train.METRIC_KINDS),
        "metric_name": train.METRIC_NAME,
        "metric_regex": train.METRIC_LINE.format(name="{name}", value="([0-9.]+)"),
    }


def _options(parser: argparse.ArgumentParser) -> list[dict[str, Any]]:
    return _named({action.option_strings[0]: action.required for action in parser._actions})


def _arguments(modules: Sequence[Any]) -> list[dict[str, Any]]:
    """What a job needs if all of its modules run; required by one is required by the job."""
    options: dict[str, bool] = {}
    for module in modules:
        options |= {f"--{name}": True for name in module.REQUIRED}
        options |= {f"--{name}": options.get(f"--{name}", False) for name in module.OPTIONAL}
    return _named(options)


def _paths() -> dict[str, dict[str, str]]:
    processing, training = ProcessingFolders(Path(BASE)), TrainingFolders(Path(BASE))
    folders = {
        "inputs": {
            "model": processing.model.parent,
            "final": processing.final,
            "extract_report": processing.extract_report,
            "quality": processing.quality,
            "predictions": processing.predictions,
        },
        "outputs": {
            "predictions": processing.parquet,
            "verdicts": processing.verdicts,
            "forecasts": processing.forecasts,
            "report": processing.report,
            "monitoring": processing.monitoring,
            "champion": processing.champion,
        },
        "training": {"model": training.model, "checkpoints": training.checkpoints},
    }
    return {kind: {name: path.as_posix() for name, path in named.items()} for kind, named in folders.items()}


if __name__ == "__main__":
    print(json.dumps(contract(), indent=2))
