"""The monitor's figures as CloudWatch metrics, on which the stack `monitoring` declares alarms."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from oleoduto_jobs.metrics import Figure
from oleoduto_jobs.ml.many.realized import Together


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
    SERIES_JUDGED = "SeriesJudged"
    SERIES_WORSE = "SeriesWorse"
    MEDIAN_SCALED_ERROR = "MedianScaledError"


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


def figures_of_many(found: Together) -> list[Figure]:
    """The figures over all series of a run.

    ``MspeToLimit`` is the median series' squared error over that of the seasonal naive, the largest that the rule allows. It
    has the name and the dimensions of the main series' figure, so that the same alarm watches both.
    """
    figures = [Figure(Metric.SERIES_JUDGED, float(found.judged), "Count")]
    if found.worse is not None:
        figures.append(Figure(Metric.SERIES_WORSE, 100.0 * found.worse, "Percent"))
    if found.median_mase is not None:
        figures.append(Figure(Metric.MEDIAN_SCALED_ERROR, found.median_mase))
    if found.median_ratio is not None:
        figures.append(Figure(Metric.MSPE_TO_LIMIT, found.median_ratio))
    return figures
