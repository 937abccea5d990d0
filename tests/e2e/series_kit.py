"""Twenty series of every kind as files, and what a run says of each."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from pathlib import Path

Value = Callable[[int], float]
MONTHS = range(2004 * 12, 2024 * 12)
"""January 2004 to December 2023, as months since the year 0."""


def walk(seed: int, start: float = 100.0) -> Value:
    """Levels that change by some percent a month, with a season."""
    draw = random.Random(seed)
    levels = [start]
    for _ in MONTHS:
        levels.append(levels[-1] * math.exp(draw.gauss(0.0, 0.03)))
    return lambda place: levels[place] * (1.0 + 0.1 * math.sin(place * math.pi / 6.0))


def rate(seed: int) -> Value:
    """Monthly rates around zero, some of them zero."""
    draw = random.Random(seed)
    values = [round(draw.gauss(0.3, 0.5), 1) for _ in MONTHS]
    return lambda place: values[place]


def rows(value: Value, months: range = MONTHS, step: int = 1) -> str:
    """A file of values on the first day of every ``step`` months."""
    given = [(month, value(place)) for place, month in enumerate(months) if place % step == 0]
    lines = [f"{month // 12:04d}-{month % 12 + 1:02d}-01,{number!r}" for month, number in given]
    return "\n".join(["Date,Price", *lines, ""])


def without(text: str, date: str) -> str:
    """A file without the value of a date."""
    return "\n".join(f"{date}," if line.startswith(date) else line for line in text.split("\n"))


SERIES: Mapping[str, tuple[str, str | None]] = {
    **{f"INDEX_{seed}": ("ok", rows(walk(seed))) for seed in range(5)},
    "TINY": ("ok", rows(walk(5, 1e-9))),
    "HUGE": ("ok", rows(walk(6, 1e12))),
    "INFLATION": ("ok", rows(rate(7))),
    "BALANCE": ("ok", rows(lambda place: walk(8)(place) - 100.0)),
    "GAP": ("ok", without(rows(walk(9)), "2015-03-01")),
    "QUARTERLY": ("ok", rows(walk(10), step=3)),
    "ANNUAL": ("ok", rows(walk(11), step=12)),
    "TARIFF": ("constant", rows(lambda place: 3.0)),
    "YOUNG": ("short", rows(walk(12), MONTHS[-20:])),
    "FIVE": ("short", rows(walk(13), MONTHS[-5:])),
    "MISSING": ("failed", None),
    "TEXTS": ("failed", rows(walk(14)).replace(",", ";")),
    "BLANK": ("failed", "Date,Price\n2020-01-01,\n2020-02-01,\n"),
    "DECADES": ("failed", "Date,Price\n1980-01-01,1\n1990-01-01,2\n2000-01-01,3\n2010-01-01,4\n2020-01-01,5\n"),
}
"""Codes with their status and the content of their file: nineteen beside the main series."""


def write(folder: Path, main: str, prices: str) -> str:
    """Write the files, also that of the main series; the source that reads them."""
    folder.mkdir()
    contents = {main: prices, **{code: content for code, (_, content) in SERIES.items() if content is not None}}
    for code, content in contents.items():
        (folder / f"{code}.csv").write_text(content, encoding="utf-8")
    return f"file:{folder}/{{code}}.csv"
