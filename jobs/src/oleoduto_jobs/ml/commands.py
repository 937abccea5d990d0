"""The image's commands: ``train`` (SageMaker training) and those of processing jobs."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

from oleoduto_jobs.ml.container import command

MODULES = {
    "train": "train",
    "predict": "predict",
    "monitor": "monitor",
    "forecast-many": "many",
    "record": "mlflow_sync",
}
"""By the word that calls it, the module of each command, in ``container``."""


class Commands(Mapping[str, command.Command[Any]]):
    """All commands. One is imported when it is asked for: a job waits for no package that only others need."""

    def __getitem__(self, name: str) -> command.Command[Any]:
        found: command.Command[Any] = import_module(f"oleoduto_jobs.ml.container.{MODULES[name]}").COMMAND
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(MODULES)

    def __len__(self) -> int:
        return len(MODULES)


COMMANDS = Commands()


def usage() -> str:
    """Every command with its options, in one line."""
    lines = [" ".join(one.parser.format_usage().split()[1:]) for one in COMMANDS.values()]
    return f"usage: python -m oleoduto_jobs.ml {' | '.join(lines)}"


def main(argv: Sequence[str]) -> int:
    """Run the command and return its exit code."""
    if not argv or argv[0] not in COMMANDS:
        print(f"error: unknown command `{' '.join(argv)}`; {usage()}", file=sys.stderr)
        return 2
    return command.main(COMMANDS[argv[0]], argv[1:])
