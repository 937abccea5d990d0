"""The scale on which models see a series: logs of positive values, else the values themselves over a fixed unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from oleoduto_jobs.ml.arrays import Floats

UNIT_ROWS = 24
"""Oldest rows whose size is the unit: every origin knows them, so the unit never changes."""


@dataclass(frozen=True)
class Transformation:
    """``log``, or ``level``: values over ``unit``."""

    kind: Literal["log", "level"] = "log"
    unit: float = 1.0

    def of(self, values: Floats) -> Floats:
        """Transformed values."""
        transformed: Floats = np.log(values) if self.kind == "log" else values / self.unit
        return transformed

    def back(self, transformed: Floats) -> Floats:
        """The inverse of ``of``."""
        values: Floats = np.exp(transformed) if self.kind == "log" else transformed * self.unit
        return values

    def change(self, values: Floats, base: Floats) -> Floats:
        """Transformed ``values`` minus transformed ``base``."""
        change: Floats = np.log(values / base) if self.kind == "log" else (values - base) / self.unit
        return change

    def moved(self, base: Floats, change: Floats) -> Floats:
        """The values that are ``change`` away from ``base``."""
        moved: Floats = base * np.exp(change) if self.kind == "log" else base + self.unit * change
        return moved

    def spread(self, deviation: Floats, mean: Floats) -> Floats:
        """A standard deviation around ``mean`` on this scale, to first order."""
        spread: Floats = deviation / mean if self.kind == "log" else deviation / self.unit
        return spread


LOGS = Transformation()


def transformation_of(*values: Floats) -> Transformation:
    """Logs if all values are positive; else levels, in units of the mean size of the oldest rows."""
    if all((column > 0.0).all() for column in values):
        return LOGS
    size = float(np.mean(np.abs(values[0][:UNIT_ROWS])))
    return Transformation("level", size or 1.0)
