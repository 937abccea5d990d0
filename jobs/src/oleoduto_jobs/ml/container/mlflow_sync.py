"""``record``: synchronize MLflow with the training jobs of the bucket (``python -m oleoduto_jobs.ml.tracking`` by hand)."""

from __future__ import annotations

import argparse
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from oleoduto_jobs.ml import tracking
from oleoduto_jobs.ml.container.command import Command, parser_of


@dataclass(frozen=True)
class RecordOptions:
    """The bucket, the store, and the region of both."""

    store: tracking.Store
    region: str


PARSER = parser_of("record", {"series": "CODE", "bucket": "NAME", "region": "REGION"}, {"tracking-uri": "URI"})


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


COMMAND = Command(PARSER, _options, run)
