"""What all series say together: whether own choices gain, and how wide intervals are."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from oleoduto_jobs.ml.arrays import Floats
from oleoduto_jobs.ml.evaluation.intervals import LEVELS, calibrate
from oleoduto_jobs.ml.many.verdict import Option, Verdict

FEWEST_GAINS = 30
"""Series with a choice of their own below which nobody can tell whether choosing helps."""

ONE_SIDED = 1.645
"""Normal quantile of 95 %."""

OWN_QUANTILE = 200
"""Errors of one horizon from which its quantiles are its own; below, all horizons share one."""


@dataclass(frozen=True)
class Pooled:
    """By season: whether series use their own choices, and half widths by level of a series whose changes have size 1."""

    choosing: Mapping[int, bool]
    widths: Mapping[int, Mapping[int, Floats]]


@dataclass
class _Season:
    """Errors of the series with one season: of the usual forecasts, and of those that choices would use instead."""

    usual: list[Floats] = field(default_factory=list)
    chosen: list[Floats] = field(default_factory=list)
    gains: list[float] = field(default_factory=list)

    def add(self, usual: Option, own: Option | None) -> None:
        self.usual.append(usual.errors)
        self.chosen.append(usual.errors if own is None else own.errors)
        if own is not None and len(own.errors) == len(usual.errors) > 0:
            self.gains.append(float(np.abs(usual.errors[0]).mean() - np.abs(own.errors[0]).mean()))


def pool(verdicts: Iterable[Verdict]) -> Pooled:
    """Over all series that models forecast; only errors are kept of each."""
    seasons: dict[int, _Season] = {}
    for one in verdicts:
        if one.pooled and one.usual is not None:
            seasons.setdefault(one.season, _Season()).add(one.usual, one.own)
    choosing = {season: choices_gain(found.gains) for season, found in seasons.items()}
    used = {season: found.chosen if choosing[season] else found.usual for season, found in seasons.items()}
    return Pooled(choosing, {season: _widths(np.concatenate(errors)) for season, errors in used.items()})


def choices_gain(gains: Sequence[float]) -> bool:
    """Whether choosing is better than the combination on average, by more than chance explains (one-sided, 5 %)."""
    if len(gains) < FEWEST_GAINS:
        return False
    return float(np.mean(gains)) > ONE_SIDED * float(np.std(gains, ddof=1)) / math.sqrt(len(gains))


def _widths(errors: Floats) -> Mapping[int, Floats]:
    """Half widths by level; empty if too few errors are known."""
    errors = errors[np.isfinite(errors).all(axis=1)]
    count, horizon = errors.shape
    if count >= OWN_QUANTILE:
        sizes = np.abs(errors)
        return {level: np.quantile(sizes, min(level / 100 * (1.0 + 1.0 / count), 1.0), axis=0) for level in LEVELS}
    if not count:
        return {}
    found = calibrate(errors, np.arange(1.0, horizon + 1.0))
    if not found.usable:
        return {}
    return {level: found.half_widths(level) for level in LEVELS}
