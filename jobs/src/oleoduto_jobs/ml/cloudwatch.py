"""The monitor's figures as CloudWatch metrics, on which the stack `stepfunctions` declares alarms."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from oleoduto_jobs.errors import JobError


@dataclass(frozen=True)
class Target:
    """Whose figures they are, and where they go: the state machine says it, so a run by hand needs no AWS."""

    namespace: str
    pipeline: str
    series: str
    region: str


@dataclass(frozen=True)
class Figure:
    """One value; ``horizon`` is None for what concerns the whole forecast."""

    name: str
    value: float
    unit: str = "None"
    horizon: int | None = None


def figures(document: dict[str, Any]) -> list[Figure]:
    """What ``monitoring.json`` says, as figures.

    ``MspeToLimit`` is the realised ratio over the largest that the rule allows, so 1 is the limit whatever the model;
    it exists on full windows only, as the rule does, by horizon and as the worst of them: an alarm watches one metric,
    and CloudWatch does not aggregate over dimensions.
    """
    found = [
        Figure("FellBack", float(document["fell_back"]), "Count"),
        Figure("DriftedFeatures", float(len(document["drifted_features"])), "Count"),
        Figure("DataAgeMonths", float(document["data_age_months"]), "Count"),
    ]
    for row in document["realised"]:
        found.append(Figure("MeanAbsoluteError", row["mae"], horizon=row["horizon"]))
        found.append(Figure("MspeToBenchmark", row["ratio"], horizon=row["horizon"]))
        if row["origins"] >= document["window_origins"]:
            found.append(Figure("MspeToLimit", row["ratio"] / row["limit"], horizon=row["horizon"]))
    for row in document["estimated"]:
        found.append(Figure("EstimatedAbsoluteError", row["mae"], horizon=row["horizon"]))
    if document["not_estimated_because"] is None:
        found.append(Figure("EstimateAlerts", float(sum(row["alert"] for row in document["estimated"])), "Count"))
        found.append(Figure("DistantFeatures", float(sum(row["alert"] for row in document["estimated_drift"])), "Count"))
    full = [figure.value for figure in found if figure.name == "MspeToLimit"]
    return [*found, Figure("MspeToLimit", max(full))] if full else found


def data(target: Target, found: Sequence[Figure]) -> Iterator[dict[str, Any]]:
    """The ``MetricData`` of one call; CloudWatch refuses what is not finite, so that is an error of ours first."""
    for figure in found:
        if not math.isfinite(figure.value):
            raise JobError(f"the figure {figure.name} is {figure.value}: CloudWatch takes finite numbers only")
        dimensions = {"Pipeline": target.pipeline, "Series": target.series}
        if figure.horizon is not None:
            dimensions["Horizon"] = str(figure.horizon)
        yield {
            "MetricName": figure.name,
            "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
            "Value": figure.value,
            "Unit": figure.unit,
        }


def publish(target: Target, found: Sequence[Figure]) -> None:
    """Put all figures in one call, so that either all of a run are there or none."""
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
