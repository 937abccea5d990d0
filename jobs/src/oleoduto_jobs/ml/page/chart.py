"""The fan chart as SVG: history, forecast, intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import pandas as pd

from oleoduto_jobs.ml.data import Monthly, month_text
from oleoduto_jobs.ml.page.past import Dot, Past, dots
from oleoduto_jobs.ml.page.values import digits_of
from oleoduto_jobs.ml.page.words import Words

WIDTH, HEIGHT = 760, 320
LEFT, RIGHT, TOP, BOTTOM = 48, 64, 16, 32
HISTORY_MONTHS = 96


@dataclass(frozen=True)
class Frame:
    """Months and prices to places in the picture."""

    first: int
    last: int
    low: float
    high: float

    def x(self, month: float) -> float:
        """Place of a month."""
        return LEFT + (WIDTH - LEFT - RIGHT) * (month - self.first) / (self.last - self.first)

    def y(self, price: float) -> float:
        """Place of a value."""
        return TOP + (HEIGHT - TOP - BOTTOM) * (self.high - price) / (self.high - self.low)

    def path(self, months: Sequence[float], prices: Sequence[float]) -> str:
        """Points of a line or an outline."""
        return " ".join(f"{self.x(m):.1f},{self.y(p):.1f}" for m, p in zip(months, prices, strict=True))


def step(span: float) -> float:
    """A round distance of axis marks: about five of them."""
    raw = span / 5.0
    power = 10.0 ** math.floor(math.log10(raw))
    return next(power * m for m in (1.0, 2.0, 5.0, 10.0) if power * m >= raw)


def fan(monthly: Monthly, predictions: pd.DataFrame, words: Words, identity: str, past: Past | None = None) -> str:
    """History of the means, the forecast, and earlier ones of known months; ``identity`` makes ids unique within the page."""
    months = [int(m) for m in monthly.months[-HISTORY_MONTHS:]]
    means = [float(v) for v in monthly.mean[-HISTORY_MONTHS:]]
    origin = months[-1]
    ahead = [origin, *(origin + int(h) * monthly.step for h in predictions["horizon"])]
    start = means[-1]
    lines = {name: [start, *(float(v) for v in predictions[name])] for name in _COLUMNS}
    earlier = dots(past, monthly, months[0])
    # Zero is always in the picture.
    known = [0.0, *means, *(dot.point for dot in earlier)]
    lowest, highest = min(*known, *lines["lower_95"]), max(*known, *lines["upper_95"])
    mark = step((highest - lowest) or 1.0)
    frame = Frame(months[0], ahead[-1], mark * math.floor(lowest / mark), mark * math.ceil(highest / mark) or mark)
    text = words("chart", first=month_text(months[0]), last=month_text(origin), end=month_text(ahead[-1]))
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="{identity}">',
        f'<title id="{identity}">{escape(text)}</title>',
        *_grid(frame, mark, words),
        *(_band(frame, ahead, lines, level) for level in (95, 80)),
        f'<polyline class="past" points="{frame.path(months, means)}"/>',
        f'<polyline class="ahead" points="{frame.path(ahead, lines["point"])}"/>',
        *(_dot(frame, dot) for dot in earlier),
        _label(frame, ahead[-1], lines["point"][-1], words.value(lines["point"][-1], digits_of(monthly))),
        "</svg>",
    ]
    return "\n".join(parts)


_COLUMNS = ("point", "lower_80", "upper_80", "lower_95", "upper_95")


def _band(frame: Frame, months: list[int], lines: dict[str, list[float]], level: int) -> str:
    lower, upper = lines[f"lower_{level}"], lines[f"upper_{level}"]
    points = frame.path([*months, *reversed(months)], [*upper, *reversed(lower)])
    return f'<polygon class="band b{level}" points="{points}"/>'


def _dot(frame: Frame, dot: Dot) -> str:
    return f'<circle class="{dot.kind}" cx="{frame.x(dot.month):.1f}" cy="{frame.y(dot.point):.1f}" r="3"/>'


def _label(frame: Frame, month: float, price: float, text: str) -> str:
    return f'<text class="value" x="{frame.x(month) + 6:.1f}" y="{frame.y(price) + 4:.1f}">{text}</text>'


def _grid(frame: Frame, mark: float, words: Words) -> list[str]:
    found = []
    for count in range(round(frame.low / mark), round(frame.high / mark) + 1):
        y = frame.y(count * mark)
        found.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        found.append(f'<text class="tick end" x="{LEFT - 6}" y="{y + 4:.1f}">{words.decimal(count * mark)}</text>')
    years = max(round((frame.last - frame.first) / 12 / 8), 1)
    for month in range(frame.first, frame.last + 1):
        if month % 12 == 0 and (month // 12) % years == 0:
            # On a phone every second year is read.
            kind = "year even" if month // 12 // years % 2 else "year"
            found.append(f'<text class="tick {kind}" x="{frame.x(month):.1f}" y="{HEIGHT - 10}">{month // 12}</text>')
    return found
