"""The image's commands: ``train`` (SageMaker training) and those of processing jobs.

A module is imported when its command is called: half of a short command's time would be the packages that only others need.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from oleoduto_jobs.ml.container import command

MODULES: Mapping[str, str] = {
    "train": "train",
    "predict": "predict",
    "monitor": "monitor",
    "forecast-many": "many",
    "record": "mlflow_sync",
}
"""The module of each command, in ``oleoduto_jobs.ml.container``."""


def command_of(name: str) -> command.Command[Any]:
    """A command by its name."""
    found: command.Command[Any] = importlib.import_module(f"oleoduto_jobs.ml.container.{MODULES[name]}").COMMAND
    return found


def usage() -> str:
    """Every command with its options, in one line."""
    lines = [" ".join(command_of(name).parser.format_usage().split()[1:]) for name in MODULES]
    return f"usage: python -m oleoduto_jobs.ml {' | '.join(lines)}"


def main(argv: Sequence[str]) -> int:
    """Run the command and return its exit code."""
    if not argv or argv[0] not in MODULES:
        print(f"error: unknown command `{' '.join(argv)}`; {usage()}", file=sys.stderr)
        return 2
    return command.main(command_of(argv[0]), argv[1:])
