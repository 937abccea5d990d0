"""``record``: what was trained, into MLflow, as a step of the state machine (``tracking`` is the same by hand)."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from oleoduto_jobs import tracking
from oleoduto_jobs.errors import JobError
from oleoduto_jobs.ml.container.folders import ProcessingFolders, base_folder, write_reason


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise JobError(f"bad arguments of record: {message}")


def parser() -> _Parser:
    """``--series CODE --bucket NAME --region REGION [--tracking-uri URI]``."""
    parser = _Parser(prog="record", allow_abbrev=False, add_help=False)
    for name in ("series", "bucket", "region"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--tracking-uri")
    return parser


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The options."""
    return parser().parse_args(list(argv))


def run(argv: Sequence[str]) -> None:
    """Synchronise the store with the bucket."""
    import boto3

    options = parse(argv)
    # Processing containers know no default region, and MLflow's clients of S3 and SageMaker take no other.
    os.environ.setdefault("AWS_DEFAULT_REGION", options.region)
    with tempfile.TemporaryDirectory() as scratch:
        fresh = tracking.synchronise(boto3.client("s3"), options, Path(scratch))
    print(tracking.said(fresh))


def main(argv: Sequence[str]) -> int:
    """Entry point; on failure the reason goes to stderr and to Processing's exit message."""
    try:
        run(argv)
    except Exception as error:
        if not isinstance(error, JobError):
            traceback.print_exc()
        reason = str(error) if isinstance(error, JobError) else f"{type(error).__name__}: {error}"
        print(f"error: {reason}", file=sys.stderr)
        write_reason(ProcessingFolders(base_folder()).message, reason)
        return 1
    return 0
