"""Which candidate is shipped: a rule written down before any figure was seen."""

from __future__ import annotations

from dataclasses import dataclass

from oleoduto_jobs.ml.backtest import Scores
from oleoduto_jobs.ml.models import BENCHMARK

TOLERANCE = 1.02
"""A model may be at most 2 % worse than the benchmark at any horizon."""


@dataclass(frozen=True)
class Selection:
    """The shipped candidate, why, and each challenger's MSPE over the benchmark's, per horizon."""

    model: str
    reason: str
    mspe_to_benchmark: dict[str, list[float]]


def select(selection_scores: dict[str, Scores]) -> Selection:
    """Choose on the selection window.

    A challenger replaces the benchmark (the end-of-month no-change) only if its mean squared error over the
    benchmark's, averaged over the horizons, is below 1 AND is not above 1.02 at any horizon. Of several the
    lowest average wins. If none passes the benchmark ships. Origins after the selection window have no say.
    """
    base = selection_scores[BENCHMARK].rmse
    ratios = {
        name: [(a / b) ** 2 for a, b in zip(scored.rmse, base, strict=True)]
        for name, scored in selection_scores.items()
        if name != BENCHMARK
    }
    average = {name: sum(values) / len(values) for name, values in ratios.items()}
    passing = [name for name in ratios if average[name] < 1.0 and max(ratios[name]) <= TOLERANCE]
    figures = "; ".join(f"{n}: average {average[n]:.4f}, worst {max(ratios[n]):.4f}" for n in ratios)
    if not passing:
        return Selection(
            BENCHMARK,
            f"no candidate beat {BENCHMARK} on the selection window (MSPE over its MSPE: {figures})",
            ratios,
        )
    best = min(passing, key=lambda name: average[name])
    return Selection(best, f"{best} beat {BENCHMARK} on the selection window (MSPE over its MSPE: {figures})", ratios)
