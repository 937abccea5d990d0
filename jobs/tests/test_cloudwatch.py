"""The figures of a monitored run arrive in CloudWatch, under the names and dimensions that the alarms watch."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.etl.quality import metrics as quality
from oleoduto_jobs.etl.quality.evaluate import Finding
from oleoduto_jobs.etl.quality.rules import RULES
from oleoduto_jobs.metrics import Figure, MetricTarget, publish
from oleoduto_jobs.ml.container.cloudwatch import Metric, figures
from oleoduto_jobs.ml.container.monitor import COMMAND

TARGET = MetricTarget("Oleoduto", "oleoduto-dev-x", "X", "eu-west-1")
WHOLE = {"Pipeline": "oleoduto-dev-x", "Series": "X"}


def row(horizon: int, origins: int, ratio: float, limit: float) -> dict[str, Any]:
    return {"horizon": horizon, "origins": origins, "mae": 4.0, "ratio": ratio, "limit": limit}


DOCUMENT: dict[str, Any] = {
    "fell_back": True,
    "drifted_features": ["lag_1_to_last"],
    "data_age_months": 1,
    "window_origins": 12,
    "estimated": [{"horizon": 1, "mae": 6.5, "alert": True}],
    "estimated_drift": [{"alert": True}, {"alert": False}],
    "not_estimated_because": None,
    "realised": [row(1, 12, 1.2, 1.5), row(2, 12, 1.8, 1.5), row(3, 7, 9.0, 1.5)],
}


@pytest.fixture
def cloudwatch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    # As in a Processing container: the region is an argument.
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        yield boto3.client("cloudwatch", region_name=TARGET.region)


def value(client: Any, name: str, **dimensions: str) -> float:
    """The value of the metric with exactly these dimensions: CloudWatch takes no others, moto would take more."""
    wanted = [{"Name": key, "Value": text} for key, text in {**WHOLE, **dimensions}.items()]
    listed = client.list_metrics(Namespace="Oleoduto", MetricName=name)["Metrics"]
    assert [metric for metric in listed if metric["Dimensions"] == wanted], (name, wanted, listed)
    now = dt.datetime.now(dt.UTC)
    span = {"StartTime": now - dt.timedelta(minutes=5), "EndTime": now + dt.timedelta(minutes=5), "Period": 600}
    asked = {"Namespace": "Oleoduto", "MetricName": name, "Dimensions": wanted, "Statistics": ["Maximum"]}
    [point] = client.get_metric_statistics(**asked, **span)["Datapoints"]
    return float(point["Maximum"])


def test_what_the_monitor_says_arrives(cloudwatch: Any) -> None:
    publish(TARGET, figures(DOCUMENT))
    assert value(cloudwatch, "FellBack") == 1.0
    assert value(cloudwatch, "DriftedFeatures") == 1.0
    assert value(cloudwatch, "DataAgeMonths") == 1.0
    # The worst of the full windows: the third horizon's is not full.
    assert value(cloudwatch, "MspeToLimit") == pytest.approx(1.2)
    assert value(cloudwatch, "MspeToLimit", Horizon="1") == pytest.approx(0.8)
    assert value(cloudwatch, "MspeToBenchmark", Horizon="3") == pytest.approx(9.0)
    assert value(cloudwatch, "EstimatedAbsoluteError", Horizon="1") == pytest.approx(6.5)
    assert (value(cloudwatch, "EstimateAlerts"), value(cloudwatch, "DistantFeatures")) == (1.0, 1.0)
    assert value(cloudwatch, "MeanAbsoluteError", Horizon="2") == pytest.approx(4.0)
    assert len(cloudwatch.list_metrics(Namespace="Oleoduto")["Metrics"]) == 3 + 3 * 2 + 2 + 1 + 3


def test_without_a_full_window_there_is_no_ratio_to_the_limit() -> None:
    names = [figure.name for figure in figures({**DOCUMENT, "realised": [row(1, 11, 9.0, 1.5)]})]
    assert "MspeToBenchmark" in names and "MspeToLimit" not in names


def test_what_cannot_be_put_is_an_error_that_says_why(cloudwatch: Any) -> None:
    with pytest.raises(JobError, match=r"MspeToBenchmark is inf: CloudWatch takes finite numbers"):
        publish(TARGET, [Figure(Metric.MSPE_TO_BENCHMARK, float("inf"))])
    refused = MetricTarget("", "p", "X", TARGET.region)
    with pytest.raises(JobError, match=r"(?s)1 figures could not be put .*cloudwatch:PutMetricData"):
        publish(refused, [Figure(Metric.FELL_BACK, 1.0)])


def test_the_arguments_of_publishing_go_together() -> None:
    words = ["--series", "X", "--dataproc", "20240131"]
    assert COMMAND.parse(words).metrics is None
    whole = [*words, "--metrics", "Oleoduto", "--pipeline", "oleoduto-dev-x", "--region", "eu-west-1"]
    assert COMMAND.parse(whole).metrics == TARGET
    with pytest.raises(JobError, match="go together"):
        COMMAND.parse([*words, "--metrics", "Oleoduto"])
    with pytest.raises(JobError, match=r"`--dataproc` of monitor is `2024`; it must be a date"):
        COMMAND.parse(["--series", "X", "--dataproc", "2024"])


def test_what_the_quality_job_found_arrives(cloudwatch: Any) -> None:
    broken = {next(rule.name for rule in RULES if rule.severity == severity) for severity in ("warn", "fail")}
    findings = [Finding(rule, 7, int(rule.name in broken), int(rule.name in broken), ()) for rule in RULES]
    publish(TARGET, quality.figures(findings))
    assert value(cloudwatch, "RulesHeld") == len(RULES) - 2
    assert (value(cloudwatch, "RulesWarned"), value(cloudwatch, "RulesFailed")) == (1.0, 1.0)
    assert value(cloudwatch, "RowsChecked") == 7.0


def test_the_quality_job_publishes_if_it_is_told_where() -> None:
    where = {"metrics": "Oleoduto", "pipeline": "oleoduto-dev-x", "region": "eu-west-1"}
    assert quality.target_of(where, "X") == TARGET
    assert quality.target_of({"series": "X"}, "X") is None
    with pytest.raises(JobError, match="`--metrics` of quality needs --pipeline and --region"):
        quality.target_of({"metrics": "Oleoduto"}, "X")
