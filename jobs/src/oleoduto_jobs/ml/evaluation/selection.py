"""Which candidate is shipped: the rule of ``docs/forecasting.md``, written down before any later figure was seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from oleoduto_jobs.ml.arrays import Floats
from oleoduto_jobs.ml.evaluation.backtest import Backtest
from oleoduto_jobs.ml.evaluation.metrics import diebold_mariano
from oleoduto_jobs.ml.models.candidates import BENCHMARK, EXISTING, SEASONAL_NAIVE

TOLERANCE = 1.02
"""A model may be at most 2 % worse than the benchmark at any horizon."""

SIGNIFICANCE = 0.05
"""Largest p value, after Holm's correction, with which a challenger is believed to be better."""


CLEARLY = 0.5
"""Largest MSPE of the seasonal naive over the benchmark's with which a short series is seasonal."""

UNBOUNDED = 1e9
"""The ratio at a horizon where the benchmark had no error and the challenger had one."""


@dataclass(frozen=True)
class Verdict:
    """One challenger on the selection window: MSPE over the benchmark's, and how likely chance explains it."""

    mean_ratio: float
    worst_ratio: float
    p: float
    p_holm: float

    @property
    def passes(self) -> bool:
        """All three conditions of the rule."""
        return self.worst_ratio <= TOLERANCE and self.mean_ratio < 1.0 and self.p_holm < SIGNIFICANCE


@dataclass(frozen=True)
class Selection:
    """The shipped candidate, why, and the verdict on every challenger."""

    model: str
    reason: str
    verdicts: dict[str, Verdict]


def select(backtest: Backtest) -> Selection:
    """Choose by the selection window alone."""
    if backtest.origins.short:
        return _simplest(backtest)
    places = backtest.origins.selection
    actual = backtest.actual[places]
    squared = {n: (f[places] - actual) ** 2 for n, f in backtest.forecasts.items() if n != EXISTING}
    return choose(squared)


def _simplest(backtest: Backtest) -> Selection:
    """For a short series: the benchmark, or the seasonal naive of a series with clear seasons."""
    months = f"{len(backtest.monthly)} {backtest.monthly.periods} are too few to choose a model"
    if SEASONAL_NAIVE in backtest.forecasts and backtest.origins.rows[0] >= backtest.monthly.season:
        forecasts, actual = backtest.forecasts, backtest.actual
        own, base = (float(np.nanmean((forecasts[name] - actual) ** 2)) for name in (SEASONAL_NAIVE, BENCHMARK))
        if own < CLEARLY * base:
            share = f"its MSPE is {own / base:.2f} of that of {BENCHMARK}"
            return Selection(SEASONAL_NAIVE, f"{months}: {SEASONAL_NAIVE} forecasts, because {share}", {})
    return Selection(BENCHMARK, f"{months}: {BENCHMARK} forecasts, with intervals as wide as so few errors ask for", {})


def choose(squared: dict[str, Floats]) -> Selection:
    """The rule on squared errors: one row per selection origin, one column per horizon, by candidate.

    A challenger replaces the benchmark only if its MSPE is at most 1.02 times the benchmark's at every horizon,
    below it on average over the horizons, and significantly so: one-sided Diebold-Mariano on the difference of
    losses, each horizon divided by the benchmark's MSPE, averaged over the horizons; Holm's correction.
    """
    base = squared[BENCHMARK]
    mspe = base.mean(axis=0)
    if not mspe.any():
        return Selection(BENCHMARK, f"{BENCHMARK} made no error at all on the selection window: nothing can be better", {})
    judged = mspe > 0.0
    raw: dict[str, tuple[float, float, float]] = {}
    for name, errors in squared.items():
        if name == BENCHMARK:
            continue
        own = errors.mean(axis=0)
        ratios = np.where(judged, own / np.where(judged, mspe, 1.0), np.where(own > 0.0, UNBOUNDED, 1.0))
        loss = ((errors - base)[:, judged] / mspe[judged]).mean(axis=1)
        raw[name] = float(ratios.mean()), float(ratios.max()), _one_sided(loss, base.shape[1])
    corrected = holm({name: p for name, (_, _, p) in raw.items()})
    verdicts = {name: Verdict(mean, worst, p, corrected[name]) for name, (mean, worst, p) in raw.items()}
    passing = sorted((v.mean_ratio, name) for name, v in verdicts.items() if v.passes)
    if passing:
        best = passing[0][1]
        return Selection(best, f"{best} beat {BENCHMARK} on the selection window ({_figures(verdicts[best])})", verdicts)
    if not verdicts:
        return Selection(BENCHMARK, "there is no challenger", verdicts)
    nearest = min(verdicts, key=lambda name: verdicts[name].mean_ratio)
    reason = f"no candidate beat {BENCHMARK} on the selection window; the nearest was {nearest} ({_figures(verdicts[nearest])})"
    return Selection(BENCHMARK, reason, verdicts)


def holm(p: dict[str, float]) -> dict[str, float]:
    """Holm's step-down correction for choosing among many (Holm 1979)."""
    corrected, highest = {}, 0.0
    for rank, name in enumerate(sorted(p, key=lambda n: (p[n], n))):
        highest = max(highest, min(1.0, (len(p) - rank) * p[name]))
        corrected[name] = highest
    return corrected


def _one_sided(loss: Floats, horizons: int) -> float:
    statistic, p = diebold_mariano(np.asarray(loss), horizons)
    if statistic is None or p is None:
        return 1.0
    return p / 2.0 if statistic < 0.0 else 1.0 - p / 2.0


def _figures(verdict: Verdict) -> str:
    return (
        f"MSPE over its MSPE: mean {verdict.mean_ratio:.4f}, worst horizon {verdict.worst_ratio:.4f}; "
        f"p {verdict.p:.3f}, corrected {verdict.p_holm:.3f}"
    )
