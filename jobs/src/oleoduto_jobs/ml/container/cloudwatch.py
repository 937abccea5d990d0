"""The monitor's figures as CloudWatch metrics, on which the stack `monitoring` declares alarms."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from oleoduto_jobs.metrics import Figure


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
