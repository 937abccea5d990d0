"""Budgets: the bill is the metric `AWS/Billing EstimatedCharges`, which AWS publishes of the account as a whole."""

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from oleoduto_local.alarms.rule import COMPARISONS
from oleoduto_local.alarms.topics import Message, notify
from oleoduto_local.patching import load

# The words of a budget's comparison, by those of an alarm.
OPERATORS = {"GREATER_THAN": "GreaterThanThreshold", "LESS_THAN": "LessThanThreshold"}


@dataclass(frozen=True)
class Bill:
    """What the month cost so far, and what it will have cost if it goes on like that; US$."""

    actual: float
    forecast: float


def bill(account: str, now: datetime) -> Bill:
    """The newest value of this month in the region where AWS publishes it."""
    data = load("moto.cloudwatch.models").cloudwatch_backends[account]["us-east-1"].metric_data
    own = [
        datum
        for datum in data
        if (datum.namespace, datum.name) == ("AWS/Billing", "EstimatedCharges")
        and [dimension.name for dimension in datum.dimensions] == ["Currency"]
        and (datum.timestamp.year, datum.timestamp.month) == (now.year, now.month)
    ]
    actual = float(max(own, key=lambda datum: datum.timestamp).value) if own else 0.0
    days = calendar.monthrange(now.year, now.month)[1]
    return Bill(actual, actual * days / (now.day - 1 + (now.hour * 60 + now.minute + 1) / 1440))


def budgets(account: str) -> Iterable[Any]:
    """Every budget."""
    for backend in list(load("moto.budgets.models").budgets_backends[account].values()):
        yield from list(backend.budgets[account].values())


def exceeded(details: dict[str, Any], limit: float, found: Bill) -> bool:
    """Whether a notification's threshold is crossed."""
    value = found.forecast if details["NotificationType"] == "FORECASTED" else found.actual
    percent = details.get("ThresholdType", "PERCENTAGE") == "PERCENTAGE"
    threshold = limit * float(details["Threshold"]) / 100 if percent else float(details["Threshold"])
    compare, _ = COMPARISONS[OPERATORS[details["ComparisonOperator"]]]
    return compare(value, threshold)


def look(account: str, told: set[tuple[str, str]], now: datetime) -> None:
    """Notify the subscribers of every threshold that is crossed and was not before; `told` remembers which were."""
    found = bill(account, now)
    for budget in budgets(account):
        name, limit = budget.budget["BudgetName"], float(budget.budget["BudgetLimit"]["Amount"])
        for notification in budget.notifications:
            details = notification.details
            key = (name, f"{details['NotificationType']} {details['Threshold']}")
            if not exceeded(details, limit, found):
                told.discard(key)
            elif key not in told:
                told.add(key)
                tell(account, name, limit, details, notification.subscribers, found)


def tell(account: str, name: str, limit: float, details: dict[str, Any], subscribers: Any, found: Bill) -> None:
    """One message to each topic; addresses get none here."""
    kind = str(details["NotificationType"])
    amount = found.forecast if kind == "FORECASTED" else found.actual
    text = (
        f"AWS Budget Notification. AWS Account {account}. Budget Name: {name}. Budget Type: Cost. "
        f"Budgeted Amount: ${limit:.2f}. Alert Type: {kind}. Alert Threshold: {details['Threshold']:g} %. "
        f"{kind} Amount: ${amount:.2f}"
    )
    message = Message(f"AWS Budgets: {name} has exceeded your alert threshold", text)
    for subscriber in subscribers:
        if subscriber["SubscriptionType"] == "SNS":
            notify(account, subscriber["Address"], "budgets", f"arn:aws:budgets::{account}:budget/{name}", message)
