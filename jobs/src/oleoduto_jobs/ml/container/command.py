"""How every command of the image runs: its options, SageMaker's stop, its exit code, and the reason of a failure."""

from __future__ import annotations

import argparse
import datetime as dt
import signal
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.metrics import MetricTarget
from oleoduto_jobs.ml.container.folders import base_folder, write_reason
from oleoduto_jobs.parser import Parser, run_date

TERMINATED = 143
"""Exit code after SIGTERM."""

Options = TypeVar("Options")


@dataclass(frozen=True)
class Command(Generic[Options]):
    """One command: ``options`` converts the parsed arguments, ``failure`` is the failure file below the base folder."""

    parser: Parser
    options: Callable[[argparse.Namespace], Options]
    run: Callable[[Options], None]
    failure: str = "output/message"

    @property
    def name(self) -> str:
        """The word that calls it."""
        return self.parser.prog

    def parse(self, argv: Sequence[str]) -> Options:
        """The options of a command line."""
        return self.options(self.parser.parse_args(list(argv)))


def parser_of(command: str, required: Mapping[str, str], optional: Mapping[str, str]) -> Parser:
    """A parser of options, each with the word for its value."""
    parser = Parser(command)
    for name, metavar in {**required, **optional}.items():
        parser.add_argument(f"--{name}", metavar=metavar, required=name in required)
    return parser


def add_many(parser: Parser) -> None:
    """``--many``: whether the run has several series; an argument of a job is a text."""
    parser.add_argument("--many", choices=("true", "false"), default="false")


def metric_target(given: argparse.Namespace, command: str) -> MetricTarget | None:
    """Where ``--metrics`` puts figures; None without it."""
    if bool(given.metrics) != bool(given.pipeline) or (given.metrics and not given.region):
        raise JobError(f"bad arguments of {command}: `--metrics`, `--pipeline` and `--region` go together")
    return MetricTarget(given.metrics, given.pipeline, given.series, given.region) if given.metrics else None


def day_of(given: argparse.Namespace, command: str) -> dt.date:
    """The day of ``--dataproc``."""
    day = run_date(given.dataproc)
    if day is None:
        raise JobError(f"`--dataproc` of {command} is `{given.dataproc}`; it must be a date as YYYYMMDD")
    return day


def main(command: Command[Options], argv: Sequence[str]) -> int:
    """Run the command and return its exit code; the reason of a failure goes to stderr and to the failure file."""
    signal.signal(signal.SIGTERM, _terminate)
    try:
        command.run(command.parse(argv))
    except Exception as error:
        known = isinstance(error, JobError)
        if not known:
            traceback.print_exc()
        reason = str(error) if known else f"{type(error).__name__}: {error}"
        print(f"error: {reason}", file=sys.stderr)
        write_reason(base_folder() / command.failure, reason)
        return 1
    return 0


def _terminate(number: int, frame: object) -> None:
    """Exit at once on SageMaker's stop signal: no file is half written at any time."""
    del number, frame
    raise SystemExit(TERMINATED)
