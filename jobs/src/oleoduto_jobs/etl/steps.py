"""Glue job ``etl``: extract, transform and load one after another in one Spark.

Three jobs would be three Spark starts, and Glue bills each at least a minute. A small file that the state machine reads
says what each step did, so the execution's history still shows the steps one by one.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

from oleoduto_jobs.errors import JobError, run_job
from oleoduto_jobs.etl import extract, load, transform
from oleoduto_jobs.etl.arguments import parse
from oleoduto_jobs.etl.files import Files
from oleoduto_jobs.etl.publish import partition_path
from oleoduto_jobs.etl.session import spark_session

STEPS: Mapping[str, Callable[[], None]] = {"extract": extract.run, "transform": transform.run, "load": load.run}
REPORT = "etl.json"
REQUIRED = ("dataproc", "reports-uri")
OPTIONAL = ("steps",)


@dataclass(frozen=True)
class StepReport:
    """What one step did; ``seconds`` are wall-clock time, ``error`` is empty if it succeeded."""

    name: str
    seconds: float
    error: str = ""


def chosen(text: str) -> list[str]:
    """The steps of ``--steps extract,transform``, which must be in the order of the pipeline."""
    names = text.split(",")
    wanted = [name for name in STEPS if name in names]
    if names != wanted:
        raise JobError(f"`--steps` of etl is `{text}`: it must be some of {','.join(STEPS)} in this order, each once")
    return wanted


def run_steps(names: Sequence[str], report: Callable[[Sequence[StepReport]], None]) -> None:
    """Run the steps in order and ``report`` after each; the first failure ends it and names its step."""
    done: list[StepReport] = []
    for name in names:
        started = time.monotonic()
        try:
            STEPS[name]()
        except JobError as error:
            report([*done, StepReport(name, round(time.monotonic() - started, 1), str(error))])
            raise JobError(f"{name}: {error}") from error
        done.append(StepReport(name, round(time.monotonic() - started, 1)))
        report(done)


def run() -> None:
    """Run the steps of ``--steps`` (all without it); each parses the arguments that it needs itself."""
    values = parse("etl", REQUIRED, OPTIONAL)
    names = chosen(values.get("steps", ",".join(STEPS)))
    files = Files(spark_session("etl"))
    path = partition_path(values["reports-uri"], values["dataproc"]) + REPORT

    def report(steps: Sequence[StepReport]) -> None:
        files.write(path, json.dumps({"steps": [asdict(step) for step in steps]}).encode())

    run_steps(names, report)


def main() -> None:
    """Entry point of the script."""
    run_job(run)
