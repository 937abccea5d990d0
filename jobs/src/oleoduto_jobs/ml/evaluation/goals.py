"""The goals of the project for the shipped model, checked on the reported origins."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from oleoduto_jobs.ml.evaluation.band import SHARE, coverage_band
from oleoduto_jobs.ml.models.candidates import EXISTING

MSPE_RATIO = (0.60, 0.87, 1.02, 1.02, 1.02, 1.02)
"""Largest MSPE over the monthly-mean no-change's, h1 to h6."""
TO_BENCHMARK = 1.02
"""Largest MSPE over the end-of-month no-change's, at every horizon."""
BELOW_EXISTING = {1: 0.60, 6: 0.30}
"""How far MAE must be below the existing method's, by horizon."""
WINKLER = 1.00
"""Largest Winkler score of the 95 % intervals over that of the former ones, mean over the horizons."""


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
        for h, (value, origins) in enumerate(zip(shares, model["origins"], strict=True), 1):
            if value is not None:
                band = coverage_band(origins, h, int(level))
                wanted = f"{band.low:.2f} to {band.high:.2f}, as {SHARE:.0%} of perfect forecasters"
                found.append(Goal(f"coverage of the {level} % interval, h{h}", wanted, value, band.holds(value)))
    pairs = zip(model["winkler"]["95"], report["former_winkler"]["reported"]["95"], strict=True)
    ratios = [own / former for own, former in pairs if own is not None and former]
    mean = sum(ratios) / len(ratios) if ratios else None
    found += _at_most("Winkler score of the 95 % intervals over the former ones', mean", mean, WINKLER)
    return [asdict(goal) for goal in found]


def _at_most(goal: str, value: float | None, limit: float) -> list[Goal]:
    return [] if value is None else [Goal(goal, f"<= {limit:.2f}", value, value <= limit)]


def text(checked: list[dict[str, Any]]) -> str:
    """One line per goal."""
    return "\n".join(f"{'met ' if g['met'] else 'MISS'}  {g['goal']}: {g['found']:.3f} (wanted {g['wanted']})" for g in checked)
