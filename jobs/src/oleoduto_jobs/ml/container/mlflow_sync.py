"""``record``: synchronize MLflow with the training jobs of the bucket (``python -m oleoduto_jobs.ml.tracking`` by hand)."""

from __future__ import annotations

import argparse
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from oleoduto_jobs.ml import tracking
from oleoduto_jobs.ml.container.command import Command
from oleoduto_jobs.parser import Parser


@dataclass(frozen=True)
class RecordOptions:
    """The bucket, the store, and the region of both."""

    store: tracking.Store
    region: str


def _parser() -> Parser:
    parser = Parser("record")
    for name, metavar in (("series", "CODE"), ("bucket", "NAME"), ("region", "REGION")):
        parser.add_argument(f"--{name}", metavar=metavar, required=True)
    parser.add_argument("--tracking-uri", metavar="URI")
    return parser


def _options(given: argparse.Namespace) -> RecordOptions:
    return RecordOptions(tracking.Store(given.bucket, given.series, given.tracking_uri), given.region)


def run(options: RecordOptions) -> None:
    """Synchronize the store with the bucket."""
    import boto3

    # Processing containers know no default region, and MLflow's clients of S3 and SageMaker take no other.
    os.environ.setdefault("AWS_DEFAULT_REGION", options.region)
    with tempfile.TemporaryDirectory() as scratch:
        fresh = tracking.synchronize(boto3.client("s3"), options.store, Path(scratch))
    print(tracking.summary(fresh))


COMMAND = Command(_parser(), _options, run)
