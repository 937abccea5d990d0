"""One LightGBM over all series with the same season: what it sees of a series, and its forecasts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path as File
from typing import Any

import numpy as np

from oleoduto_jobs.ml.arrays import Floats, Ints
from oleoduto_jobs.ml.many.cuts import size_of
from oleoduto_jobs.ml.many.path import Path

GLOBAL = "global_lightgbm"
"""The name of this member."""

YEARS = 3
"""Years of the long change that the model sees."""


def features(path: Path, origins: Ints, horizon: int, size: float) -> Floats:
    """What is known at the origins (positions of values): origins by horizons by features, NaN where the series is too short.

    The horizon; the changes to the newest values of the target's season in the two years before, and that season's change a
    year ago over the same horizon; the changes from the values of a year; their mean and spread, and the change in three
    years. All are on the scale of the path, over ``size``: they depend on no unit.
    """
    scaled, ahead = path.scaled, np.arange(1, horizon + 1)
    base = scaled[origins]
    years = -(-ahead // path.season) * path.season
    same = origins[:, None] + ahead - years
    before = np.arange(1, max(path.season, 4) + 1)
    lags = _at(scaled, origins[:, None] - before) - base[:, None]
    per_horizon = [
        _at(scaled, same) - base[:, None],
        _at(scaled, same - path.season) - base[:, None],
        _at(scaled, same) - _at(scaled, origins[:, None] - years),
    ]
    with_own = np.hstack([np.zeros((len(origins), 1)), lags])
    steps = np.diff(with_own, axis=1)
    per_origin = np.hstack(
        [
            lags,
            np.nanmean(with_own, axis=1, keepdims=True),
            _at(scaled, origins[:, None] - YEARS * path.season) - base[:, None],
            np.nanstd(steps, axis=1, keepdims=True),
        ]
    )
    wide = np.broadcast_to(per_origin[:, None, :], (len(origins), horizon, per_origin.shape[1]))
    changes = np.concatenate([np.stack(per_horizon, axis=2), wide], axis=2) / size
    numbers = np.broadcast_to(ahead[None, :, None], (len(origins), horizon, 1))
    return np.concatenate([numbers, changes], axis=2)


def targets(path: Path, origins: Ints, horizon: int, size: float) -> Floats:
    """The changes to forecast over ``size``: origins by horizons, NaN where the series has ended."""
    scaled = path.scaled
    found: Floats = (_at(scaled, origins[:, None] + np.arange(1, horizon + 1)) - scaled[origins][:, None]) / size
    return found


def _at(values: Floats, places: Ints) -> Floats:
    found = np.full(places.shape, np.nan)
    inside = (places >= 0) & (places < len(values))
    found[inside] = values[places[inside]]
    return found


@dataclass(frozen=True)
class GlobalModel:
    """A booster in LightGBM's text, which has seen no value of any series after ``last_month``."""

    season: int
    last_month: int
    text: str

    @cached_property
    def _booster(self) -> Any:
        from lightgbm import Booster

        return Booster(model_str=self.text)

    def forecast(self, path: Path, horizon: int) -> Floats:
        """Values forecast from the newest period of a path, one per horizon."""
        size = size_of(path)
        if not size > 0.0:
            return np.repeat(path.values[-1], horizon)
        seen = features(path, np.array([len(path.values) - 1]), horizon, size)[0].astype(np.float32)
        return path.transformation.moved(path.values[-1], size * self._booster.predict(seen, num_threads=1))


@dataclass(frozen=True)
class GlobalModels:
    """The models of a run; ``said``: by frequency, whether there are any and why not."""

    models: tuple[GlobalModel, ...] = ()
    said: Mapping[str, str] = field(default_factory=dict)

    def of(self, path: Path) -> GlobalModel | None:
        """The newest model that has seen nothing after the newest period of the path; None without one."""
        known = [one for one in self.models if one.season == path.season and one.last_month <= path.last_month]
        return max(known, key=lambda one: one.last_month, default=None)

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of all models."""
        return hashlib.sha256(self._text().encode()).hexdigest()

    def write(self, file: File) -> None:
        """Write the models, which ``read_models`` reads."""
        file.write_text(self._text(), encoding="utf-8")

    def _text(self) -> str:
        return json.dumps([asdict(one) for one in self.models])


WITHOUT = GlobalModels()


def read_models(file: File) -> GlobalModels:
    """The models of a file, without what is said of them."""
    return GlobalModels(tuple(GlobalModel(**one) for one in json.loads(file.read_text(encoding="utf-8"))))
