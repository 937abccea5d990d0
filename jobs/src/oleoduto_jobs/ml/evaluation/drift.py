"""Drift of the features: are the last months unlike those before?"""

from __future__ import annotations

from dataclasses import dataclass

from oleoduto_jobs.ml.data import Monthly
from oleoduto_jobs.ml.evaluation.selection import holm
from oleoduto_jobs.ml.features import FEATURES, features

RECENT_MONTHS = 24
SIGNIFICANCE = 0.01
SEASONS = ("season_sin", "season_cos")
"""These repeat themselves every year whatever the prices do."""


@dataclass(frozen=True)
class Drift:
    """Kolmogorov-Smirnov distance of one feature between the recent months and those before."""

    feature: str
    distance: float
    p_holm: float

    @property
    def drifted(self) -> bool:
        """Unlikely by chance."""
        return self.p_holm < SIGNIFICANCE


def feature_drift(monthly: Monthly) -> list[Drift]:
    """One entry per feature, the largest distance first; empty for a series too short to compare.

    Months follow each other and features overlap, so the p value is too small by itself: the level is 1 %.
    """
    from scipy.stats import ks_2samp

    if len(monthly) < 3 * RECENT_MONTHS:
        return []
    table = features(monthly)
    tests = {}
    for column, name in enumerate(FEATURES):
        if name not in SEASONS:
            tests[name] = ks_2samp(table[-RECENT_MONTHS:, column], table[:-RECENT_MONTHS, column])
    corrected = holm({name: float(test.pvalue) for name, test in tests.items()})
    found = [Drift(name, float(test.statistic), corrected[name]) for name, test in tests.items()]
    return sorted(found, key=lambda drift: (-drift.distance, drift.feature))
