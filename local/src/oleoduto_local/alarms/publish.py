"""Metrics that services publish of themselves, put into moto's CloudWatch in-process."""

from collections.abc import Mapping

from oleoduto_local.patching import load


def publish(
    account: str, region: str, namespace: str, dimensions: Mapping[str, str], values: Mapping[str, tuple[float, str]]
) -> None:
    """Put values (number and unit by metric) that share their dimensions."""
    named = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    data = [
        {"MetricName": metric, "Value": value, "Unit": unit, "Dimensions": named} for metric, (value, unit) in values.items()
    ]
    load("moto.cloudwatch.models").cloudwatch_backends[account][region].put_metric_data(namespace, data)
