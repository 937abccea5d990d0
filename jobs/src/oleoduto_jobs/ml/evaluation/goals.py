"""The goals of the project for the shipped model, checked on the reported origins."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from oleoduto_jobs.ml.models.candidates import EXISTING

MSPE_RATIO = (0.60, 0.87, 1.02, 1.02, 1.02, 1.02)
"""Largest MSPE over the monthly-mean no-change's, h1 to h6."""
TO_BENCHMARK = 1.02
"""Largest MSPE over the end-of-month no-change's, at every horizon."""
BELOW_EXISTING = {1: 0.60, 6: 0.30}
"""How far MAE must be below the existing method's, by horizon."""
COVERAGE_POINTS = 0.05


@dataclass(frozen=True)
class Goal:
    """One number that was wanted and what was found."""

    goal: str
    wanted: str
    found: float
    met: bool


def goals(report: dict[str, Any]) -> list[dict[str, Any]]:
    """All goals that this report can judge, as found."""
    model = report["candidates"][report["model"]]["reported"]
    existing = report["candidates"].get(EXISTING, {}).get("reported")
    found = []
    for h, (limit, value) in enumerate(zip(MSPE_RATIO, model["mspe_ratio"], strict=False), 1):
        found += _at_most(f"MSPE over the monthly-mean no-change's, h{h}", value, limit)
    for h, value in enumerate(model["mspe_to_benchmark"], 1):
        found += _at_most(f"MSPE over the end-of-month no-change's, h{h}", value, TO_BENCHMARK)
    if existing is not None:
        for h, share in BELOW_EXISTING.items():
            if h <= len(model["mae"]) and model["mae"][h - 1] is not None:
                ratio = model["mae"][h - 1] / existing["mae"][h - 1]
                found += _at_most(f"MAE over the existing method's, h{h}", ratio, 1.0 - share)
    for level, shares in model["coverage"].items():
        for h, value in enumerate(shares, 1):
            if value is not None:
                gap = abs(value - int(level) / 100)
                wanted = f"{level} % within {100 * COVERAGE_POINTS:.0f} points"
                found.append(Goal(f"coverage of the {level} % interval, h{h}", wanted, value, gap <= COVERAGE_POINTS))
    return [asdict(goal) for goal in found]


def _at_most(goal: str, value: float | None, limit: float) -> list[Goal]:
    return [] if value is None else [Goal(goal, f"<= {limit:.2f}", value, value <= limit)]


def text(checked: list[dict[str, Any]]) -> str:
    """One line per goal."""
    return "\n".join(f"{'met ' if g['met'] else 'MISS'}  {g['goal']}: {g['found']:.3f} (wanted {g['wanted']})" for g in checked)
