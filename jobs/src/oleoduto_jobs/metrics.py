"""Figures of the jobs as CloudWatch metrics."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from oleoduto_jobs.errors import JobError

NAMESPACE = "Oleoduto"
"""The namespace that the stacks give to ``--metrics``."""

DIMENSIONS = ("Pipeline", "Series", "Horizon")
"""Dimensions of a metric; the last only for metrics of one horizon."""


@dataclass(frozen=True)
class MetricTarget:
    """Where the figures go, and their dimensions; without it, as in a run by hand, nothing calls AWS."""

    namespace: str
    pipeline: str
    series: str
    region: str


@dataclass(frozen=True)
class Figure:
    """One value; ``horizon`` is None for what concerns the whole forecast."""

    name: StrEnum
    value: float
    unit: str = "None"
    horizon: int | None = None


def data(target: MetricTarget, found: Sequence[Figure]) -> Iterator[dict[str, Any]]:
    """The ``MetricData`` of one call; a number that is not finite, which CloudWatch refuses, is an error."""
    for figure in found:
        if not math.isfinite(figure.value):
            raise JobError(f"the figure {figure.name} is {figure.value}: CloudWatch takes finite numbers only")
        given = (target.pipeline, target.series, figure.horizon)
        dimensions = {name: str(value) for name, value in zip(DIMENSIONS, given, strict=True) if value is not None}
        yield {
            "MetricName": figure.name.value,
            "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
            "Value": figure.value,
            "Unit": figure.unit,
        }


def publish(target: MetricTarget, found: Sequence[Figure]) -> None:
    """Put all figures in one call, so that a run's figures arrive together or not at all."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    metrics = list(data(target, found))
    try:
        # Processing containers know no default region.
        client = boto3.client("cloudwatch", region_name=target.region)
        client.put_metric_data(Namespace=target.namespace, MetricData=metrics)
    except (BotoCoreError, ClientError) as error:
        raise JobError(
            f"{len(metrics)} figures could not be put into CloudWatch (namespace {target.namespace}, region "
            f"{target.region}): {error}; the job's role needs cloudwatch:PutMetricData for this namespace"
        ) from error
