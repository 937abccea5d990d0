"""Earlier forecasts against what happened: the dots of the chart, and how far off they were."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd

from oleoduto_jobs.ml.data import Monthly
from oleoduto_jobs.ml.page.values import digits_of
from oleoduto_jobs.ml.page.words import Words


@dataclass(frozen=True)
class Past:
    """``document`` is ``monitoring.json``; ``realized`` the forecasts whose period is known now, as ``judgement.realized`` has
    them."""

    document: dict[str, Any]
    realized: pd.DataFrame


@dataclass(frozen=True)
class Dot:
    """One earlier forecast: the calendar position of its target, its point and its kind."""

    kind: str
    month: int
    point: float


def kinds(past: Past | None) -> dict[str, int]:
    """The kinds of dots by their horizon: the shortest and the longest one that has an outcome."""
    if past is None or past.realized.empty:
        return {}
    shortest, longest = int(past.realized["horizon"].min()), int(past.realized["horizon"].max())
    return {"near": shortest} if shortest == longest else {"near": shortest, "far": longest}


def dots(past: Past | None, monthly: Monthly, first: int) -> list[Dot]:
    """The dots from the month ``first`` on."""
    if past is None:
        return []
    found = []
    for kind, ahead in kinds(past).items():
        rows = past.realized[past.realized["horizon"] == ahead]
        targets = rows["origin"] + ahead * monthly.step
        found += [Dot(kind, int(m), float(p)) for m, p in zip(targets, rows["point"], strict=True) if m >= first]
    return found


def misses(past: Past | None, monthly: Monthly, unit: str, words: Words) -> str:
    """How far off the newest earlier forecasts were in the mean, one period ahead and as far ahead as is known."""
    judged = past.document["realised"] if past is not None else []
    if past is None or not judged:
        return ""
    ends = [judged[0], *judged[1:][-1:]]
    told = [
        words(
            "miss" if row["origins"] > 1 else "miss_1",
            ahead=words.ahead(row["horizon"], monthly.periods),
            off=words.value(row["mae"], digits_of(monthly)),
            count=row["origins"],
        )
        for row in ends
    ]
    model = words.model(past.document["model"])
    return f"<p>{escape(words('misses', model=model, unit=unit, told='; '.join(told)))}</p>"
