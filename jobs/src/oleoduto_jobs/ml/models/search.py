"""Hyperparameters by Optuna, inside one training window."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from oleoduto_jobs.ml.features import Window
from oleoduto_jobs.ml.models.interface import FeatureModel, Search, Settings

if TYPE_CHECKING:
    from optuna import Trial
    from optuna.trial import BaseTrial

FOLDS = 2
VALIDATION_SHARE = 0.4
"""Newest part of the window on which settings are judged, in ``FOLDS`` blocks of equal length."""

Space = Callable[["BaseTrial"], dict[str, Any]]
"""Draws hyperparameters from an Optuna trial."""

FeatureFit = Callable[[Window, Settings, int], FeatureModel]


def optuna_search(fit: FeatureFit, space: Space, trials: int) -> Search:
    """A search that returns the settings with the lowest validation error.

    Each fold is fitted on the window as it was when its block began and judged on the block: mean over the
    horizons of the squared error of the log ratio. After the first block only the better half of the trials
    goes on (successive halving). Same window and seed, same settings.
    """

    def search(window: Window, seed: int) -> Settings:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        study = optuna.create_study(
            sampler=optuna.samplers.TPESampler(seed=seed, n_startup_trials=max(trials // 2, 1)),
            pruner=optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=2),
        )
        blocks = _blocks(len(window.x))
        heads = [window.head(start) for start, _ in blocks]

        def objective(trial: Trial) -> float:
            settings = space(trial)
            errors: list[float] = []
            for step, ((start, end), head) in enumerate(zip(blocks, heads, strict=True), 1):
                errors.append(_error(fit(head, settings, seed), window, start, end))
                trial.report(float(np.mean(errors)), step)
                if step < FOLDS and trial.should_prune():
                    raise optuna.TrialPruned
            return float(np.mean(errors))

        study.optimize(objective, n_trials=trials)
        return space(optuna.trial.FixedTrial(study.best_params))

    return search


def _blocks(rows: int) -> list[tuple[int, int]]:
    first = int(rows * (1.0 - VALIDATION_SHARE))
    edges = np.linspace(first, rows, FOLDS + 1).astype(int)
    return [(int(a), int(b)) for a, b in pairwise(edges)]


def _error(model: FeatureModel, window: Window, start: int, end: int) -> float:
    """Features look back only, so the window's rows are those that were known at each origin of the block."""
    actual = window.y[start:end]
    known = np.isfinite(actual)
    error = model.at(window.x[start:end]) - actual
    return float(np.mean(error[known] ** 2))
