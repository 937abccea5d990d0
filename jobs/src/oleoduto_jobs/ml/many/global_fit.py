"""Fits the models over all series of a run, on a sample of them, one per cutoff of the backtest."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence

import numpy as np

from oleoduto_jobs.ml.arrays import Floats
from oleoduto_jobs.ml.many.cuts import YEAR, fewest_of, left_out, size_of
from oleoduto_jobs.ml.many.global_model import GlobalModel, GlobalModels, features, targets
from oleoduto_jobs.ml.many.path import Path
from oleoduto_jobs.ml.many.verdict import Wanted

SEASONS = {"monthly": 12, "quarterly": 4}
"""Frequencies with a model over all series, and their periods in a year. By the gain of the median on M1, which is judged
nowhere, over its standard error: annual series gain nothing."""

FEWEST_SERIES = 50
"""Series of a frequency below which there is no model."""

ORIGINS = 24
"""Newest origins of a series that a model learns from."""

ROUNDS = 200

OPTIONS = {
    # The absolute error: MASE is one, and a few wild series would rule squares.
    "objective": "l1",
    "learning_rate": 0.05,
    "num_leaves": 31,
    "min_data_in_leaf": 100,
    "feature_fraction": 0.7,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "seed": 1,
    "verbosity": -1,
    # One thread and a fixed order of sums: the same data give the same model, bit for bit.
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
}


def fitted(sample: Iterable[Path], wanted: Wanted) -> GlobalModels:
    """The models of a run. One that cannot be fitted is missing, and what is said of its frequency tells why."""
    by_season: dict[int, list[Path]] = {season: [] for season in SEASONS.values()}
    for path in sorted(sample, key=lambda path: path.code):
        if path.season in by_season and not wanted.ended(path):
            by_season[path.season].append(path)
    models: list[GlobalModel] = []
    said = {}
    for frequency, season in SEASONS.items():
        usable = [path for path in by_season[season] if len(path.values) >= fewest_of(season)]
        if not usable:
            continue
        if len(usable) < FEWEST_SERIES:
            said[frequency] = f"no model: {len(usable)} series to learn from, {FEWEST_SERIES} are needed"
            continue
        try:
            found = _of_season(usable, season, wanted.horizon)
        except Exception as error:  # Whatever LightGBM raises: the other members forecast these series.
            said[frequency] = f"no model: {type(error).__name__}: {error}"
            continue
        models += found
        said[frequency] = f"{len(found)} models of at most {len(usable)} series"
    return GlobalModels(tuple(models), said)


def _of_season(paths: Sequence[Path], season: int, horizon: int) -> list[GlobalModel]:
    """One model per cutoff of the series that end when half of them do; none of a cutoff that too few series reach back to."""
    newest = statistics.median_low(path.last_month for path in paths)
    models = []
    for periods in (0, *left_out(season, horizon)):
        last_month = newest - periods * (YEAR // season)
        known = [head for path in paths if (head := _until(path, last_month)) is not None]
        if len(known) >= FEWEST_SERIES:
            models.append(GlobalModel(season, last_month, fit(known, horizon)))
    return models


def _until(path: Path, last_month: int) -> Path | None:
    """The part of a series that is known at the end of a period; None if models need more."""
    after = max(-(-(path.last_month - last_month) // path.step), 0)
    length = len(path.values) - after
    return path.head(length) if length >= fewest_of(path.season) else None


def fit(known: Sequence[Path], horizon: int) -> str:
    """The text of a model of what is known of some series."""
    import lightgbm

    rows, changes = [], []
    for path in known:
        size = size_of(path)
        if size > 0.0:
            newest = len(path.values) - 1
            origins = np.arange(max(newest - ORIGINS, path.season), newest)
            change = targets(path, origins, horizon, size).ravel()
            there = np.isfinite(change)
            rows.append(features(path, origins, horizon, size).reshape(len(change), -1)[there].astype(np.float32))
            changes.append(change[there])
    table: Floats = np.concatenate(rows)
    data = lightgbm.Dataset(table, np.concatenate(changes), params={"verbosity": -1})
    text: str = lightgbm.train(OPTIONS, data, ROUNDS).model_to_string()
    return text
