"""The monitor's figures as CloudWatch metrics, on which the stack `stepfunctions` declares alarms."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from oleoduto_jobs.errors import JobError

NAMESPACE = "Oleoduto"
"""The namespace that the state machine gives to ``--metrics``."""

DIMENSIONS = ("Pipeline", "Series", "Horizon")
"""Dimensions of a metric; the last only for metrics of one horizon."""


class Metric(StrEnum):
    """Names of the metrics."""

    FELL_BACK = "FellBack"
    DRIFTED_FEATURES = "DriftedFeatures"
    DATA_AGE_MONTHS = "DataAgeMonths"
    MEAN_ABSOLUTE_ERROR = "MeanAbsoluteError"
    MSPE_TO_BENCHMARK = "MspeToBenchmark"
    MSPE_TO_LIMIT = "MspeToLimit"
    ESTIMATED_ABSOLUTE_ERROR = "EstimatedAbsoluteError"
    ESTIMATE_ALERTS = "EstimateAlerts"
    DISTANT_FEATURES = "DistantFeatures"


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

    name: Metric
    value: float
    unit: str = "None"
    horizon: int | None = None


def figures(document: dict[str, Any]) -> list[Figure]:
    """The figures of ``monitoring.json``.

    ``MspeToLimit`` is the realized ratio over the largest that the rule allows, so 1 is the limit whatever the model;
    it exists on full windows only, as the rule does, by horizon and as the worst of them: an alarm watches one metric,
    and CloudWatch does not aggregate over dimensions.
    """
    found = [
        Figure(Metric.FELL_BACK, float(document["fell_back"]), "Count"),
        Figure(Metric.DRIFTED_FEATURES, float(len(document["drifted_features"])), "Count"),
        Figure(Metric.DATA_AGE_MONTHS, float(document["data_age_months"]), "Count"),
    ]
    for row in document["realised"]:
        found.append(Figure(Metric.MEAN_ABSOLUTE_ERROR, row["mae"], horizon=row["horizon"]))
        found.append(Figure(Metric.MSPE_TO_BENCHMARK, row["ratio"], horizon=row["horizon"]))
        if row["origins"] >= document["window_origins"]:
            found.append(Figure(Metric.MSPE_TO_LIMIT, row["ratio"] / row["limit"], horizon=row["horizon"]))
    for row in document["estimated"]:
        found.append(Figure(Metric.ESTIMATED_ABSOLUTE_ERROR, row["mae"], horizon=row["horizon"]))
    if document["not_estimated_because"] is None:
        found.append(Figure(Metric.ESTIMATE_ALERTS, float(sum(row["alert"] for row in document["estimated"])), "Count"))
        found.append(Figure(Metric.DISTANT_FEATURES, float(sum(row["alert"] for row in document["estimated_drift"])), "Count"))
    full = [figure.value for figure in found if figure.name is Metric.MSPE_TO_LIMIT]
    return [*found, Figure(Metric.MSPE_TO_LIMIT, max(full))] if full else found


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
