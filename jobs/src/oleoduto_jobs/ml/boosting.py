"""Gradient boosted trees: grown by scikit-learn, kept and evaluated as plain numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np

from oleoduto_jobs.ml.data import Floats
from oleoduto_jobs.ml.features import Window

SETTINGS = {
    "n_estimators": 40,
    "max_depth": 2,
    "learning_rate": 0.08,
    "min_samples_leaf": 10,
    "subsample": 0.7,
}
"""Small and slow on purpose: a few hundred months cannot feed more."""


@dataclass(frozen=True)
class Tree:
    """Nodes in arrays; a leaf has ``left`` -1, others send ``feature <= threshold`` left."""

    left: list[int]
    right: list[int]
    feature: list[int]
    threshold: list[float]
    value: list[float]

    def evaluate(self, x: Floats) -> Floats:
        """Leaf value of each row."""
        left, right = np.array(self.left), np.array(self.right)
        feature, threshold = np.array(self.feature), np.array(self.threshold)
        # scikit-learn compares 32-bit features, so the same side must be taken here.
        narrow = x.astype(np.float32)
        rows = np.arange(len(x))
        node = np.zeros(len(x), dtype=np.int64)
        while (left[node] >= 0).any():
            inner = left[node] >= 0
            to_left = narrow[rows, np.maximum(feature[node], 0)] <= threshold[node]
            node = np.where(inner, np.where(to_left, left[node], right[node]), node)
        return np.array(self.value)[node]


@dataclass(frozen=True)
class Boosting:
    """One sum of trees per horizon: ``start[h] + rate * sum of trees``."""

    rate: float
    start: list[float]
    trees: list[list[Tree]]

    def log_ratios(self, x: Floats) -> Floats:
        """Evaluate the trees of every horizon."""
        columns = [
            start + self.rate * np.sum([tree.evaluate(x) for tree in trees], axis=0)
            for start, trees in zip(self.start, self.trees, strict=True)
        ]
        return np.column_stack(columns)

    def parameters(self) -> dict[str, Any]:
        """All nodes as lists."""
        return asdict(self)

    @classmethod
    def load(cls, parameters: Mapping[str, Any]) -> Self:
        """The inverse of ``parameters``."""
        trees = [[Tree(**tree) for tree in horizon] for horizon in parameters["trees"]]
        return cls(parameters["rate"], list(parameters["start"]), trees)


def grow(x: Floats, y: Floats, seed: int) -> Any:
    """scikit-learn's own model of one horizon (imported here: a forecast does not need it)."""
    from sklearn.ensemble import GradientBoostingRegressor

    return GradientBoostingRegressor(**SETTINGS, random_state=seed).fit(x, y)


def fit_boosting(window: Window, seed: int) -> Boosting:
    """One model per horizon, on the rows whose target is known at the origin."""
    start, trees = [], []
    for horizon in range(1, window.horizons + 1):
        x, y = window.known(horizon)
        grown = grow(x, y, seed)
        start.append(float(grown.init_.constant_.item()))
        trees.append([_tree(estimator.tree_) for estimator in grown.estimators_[:, 0]])
    return Boosting(SETTINGS["learning_rate"], start, trees)


def _tree(grown: Any) -> Tree:
    return Tree(
        left=[int(v) for v in grown.children_left],
        right=[int(v) for v in grown.children_right],
        feature=[int(v) for v in grown.feature],
        threshold=[float(v) for v in grown.threshold],
        value=[float(v) for v in grown.value[:, 0, 0]],
    )
