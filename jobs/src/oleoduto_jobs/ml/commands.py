"""The image's commands: ``train`` (SageMaker training) and those of processing jobs."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from oleoduto_jobs.ml.container import command, many, mlflow_sync, monitor, predict, train

COMMANDS: Mapping[str, command.Command[Any]] = {
    one.name: one for one in (train.COMMAND, predict.COMMAND, monitor.COMMAND, many.COMMAND, mlflow_sync.COMMAND)
}


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
