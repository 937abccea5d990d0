"""What an alarm is, and its state by the points of its metric: CloudWatch's rules, as its documentation has them.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from oleoduto_local.errors import LocalAwsError

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
Missing = Literal["missing", "notBreaching", "breaching", "ignore"]
COMPARISONS: dict[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanThreshold": (float.__gt__, "greater than"),
    "GreaterThanOrEqualToThreshold": (float.__ge__, "greater than or equal to"),
    "LessThanThreshold": (float.__lt__, "less than"),
    "LessThanOrEqualToThreshold": (float.__le__, "less than or equal to"),
}


class UnknownAlarmError(LocalAwsError):
    """An alarm has something that is not evaluated here."""


@dataclass(frozen=True)
class Datum:
    """Values that were published together: one value, or a set of which the statistics are known."""

    at: datetime
    total: float
    low: float
    high: float
    count: float


@dataclass(frozen=True)
class Rule:
    """An alarm on one metric. `period` is seconds; `needed` of `periods` points make an alarm."""

    statistic: str
    period: int
    periods: int
    needed: int
    comparison: str
    threshold: float
    missing: Missing


@dataclass(frozen=True)
class Judgement:
    """The state of an alarm, and why. The state is none if missing data leave it as it is."""

    state: State | None
    reason: str


def statistic_of(name: str, data: Sequence[Datum]) -> float | None:
    """A statistic over data; none without data."""
    if not data:
        return None
    total, count = sum(datum.total for datum in data), sum(datum.count for datum in data)
    match name:
        case "Sum":
            return total
        case "SampleCount":
            return count
        case "Average":
            return total / count
        case "Minimum":
            return min(datum.low for datum in data)
        case "Maximum":
            return max(datum.high for datum in data)
    raise UnknownAlarmError(f"the statistic {name} is not computed here: use Sum, SampleCount, Average, Minimum or Maximum")


def points(rule: Rule, data: Sequence[Datum], now: datetime) -> list[float | None]:
    """The statistic of each period, the newest first; a period without data has none."""
    found = []
    for index in range(rule.periods):
        end = now - timedelta(seconds=index * rule.period)
        start = end - timedelta(seconds=rule.period)
        found.append(statistic_of(rule.statistic, [datum for datum in data if start < datum.at <= end]))
    return found


def judge(rule: Rule, data: Sequence[Datum], now: datetime) -> Judgement:
    """The state that the data of the last periods give."""
    if rule.comparison not in COMPARISONS:
        raise UnknownAlarmError(f"the comparison {rule.comparison} is not computed here: use one of {', '.join(COMPARISONS)}")
    compare, words = COMPARISONS[rule.comparison]
    found = points(rule, data, now)
    known = [value for value in found if value is not None]
    absent = len(found) - len(known)
    bad = sum(compare(value, rule.threshold) for value in known) + (absent if rule.missing == "breaching" else 0)
    shown = ", ".join(f"{value:g}" for value in known) or "no datapoint"
    if not known and rule.missing == "missing":
        return Judgement("INSUFFICIENT_DATA", f"Insufficient Data: {absent} datapoints were unknown.")
    if rule.missing == "ignore" and bad < rule.needed and len(known) < rule.needed:
        return Judgement(None, "")
    treated = f"; {absent} missing datapoints were treated as [{_word(rule.missing)}]" if absent else ""
    verb = "Threshold Crossed" if bad >= rule.needed else "Threshold not crossed"
    reason = (
        f"{verb}: {bad} out of the last {rule.periods} datapoints were {words} the threshold ({rule.threshold:g}), "
        f"where {rule.needed} are needed [{shown}]{treated}."
    )
    return Judgement("ALARM" if bad >= rule.needed else "OK", reason)


def _word(missing: Missing) -> str:
    return {"breaching": "Breaching", "notBreaching": "NonBreaching"}.get(missing, missing)
