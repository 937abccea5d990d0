"""LightGBM, one booster per horizon, saved in its own text format."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from oleoduto_jobs.ml.arrays import Floats
from oleoduto_jobs.ml.features import Window
from oleoduto_jobs.ml.models.interface import FeatureModel, Settings
from oleoduto_jobs.ml.models.search import optuna_search

if TYPE_CHECKING:
    from optuna.trial import BaseTrial

FIXED = {
    "objective": "l2",
    "verbosity": -1,
    # One thread and a fixed order of sums: the same data give the same model, bit for bit.
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "bagging_freq": 1,
}


@dataclass(frozen=True)
class LightGbm(FeatureModel):
    """Boosters in LightGBM's text format, one per horizon."""

    boosters: list[str]

    @cached_property
    def _loaded(self) -> list[Any]:
        from lightgbm import Booster

        return [Booster(model_str=text) for text in self.boosters]

    def at(self, x: Floats) -> Floats:
        """Rows by horizons."""
        return np.column_stack([booster.predict(x, num_threads=1) for booster in self._loaded])


def fit_lightgbm(window: Window, settings: Settings, seed: int) -> LightGbm:
    """One booster per horizon, on the rows whose target is known at the origin."""
    import lightgbm

    options = {**FIXED, **settings, "seed": seed}
    rounds = options.pop("rounds")
    texts = []
    for horizon in range(1, window.horizons + 1):
        x, y = window.rows(horizon)
        booster = lightgbm.train(options, lightgbm.Dataset(x, y, params={"verbosity": -1}), rounds)
        texts.append(booster.model_to_string())
    return LightGbm(texts)


def _space(trial: BaseTrial) -> dict[str, Any]:
    return {
        "rounds": trial.suggest_int("rounds", 10, 80, log=True),
        "num_leaves": trial.suggest_int("num_leaves", 2, 12),
        "learning_rate": trial.suggest_float("learning_rate", 0.01, 0.2, log=True),
        "min_data_in_leaf": trial.suggest_int("min_data_in_leaf", 5, 60, log=True),
        "lambda_l2": trial.suggest_float("lambda_l2", 1e-3, 100.0, log=True),
        "bagging_fraction": trial.suggest_float("bagging_fraction", 0.5, 1.0),
    }


search_lightgbm = optuna_search(fit_lightgbm, _space, trials=8)
