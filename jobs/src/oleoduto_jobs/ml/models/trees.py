"""Gradient boosting grown by scikit-learn, kept and evaluated as plain numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np

from oleoduto_jobs.ml.arrays import Floats, Ints


@dataclass(frozen=True)
class Tree:
    """Nodes in arrays; a leaf has ``left`` -1, others send ``feature <= threshold`` left.

    ``value`` holds one number per output at each node.
    """

    left: list[int]
    right: list[int]
    feature: list[int]
    threshold: list[float]
    value: list[list[float]]

    @classmethod
    def of(cls, grown: Any) -> Self:
        """The nodes of scikit-learn's ``tree_``."""
        return cls(
            left=[int(v) for v in grown.children_left],
            right=[int(v) for v in grown.children_right],
            feature=[int(v) for v in grown.feature],
            threshold=[float(v) for v in grown.threshold],
            value=[[float(v) for v in node] for node in grown.value[:, :, 0]],
        )


@dataclass(frozen=True)
class _Forest:
    """The nodes of many trees in one array each, so that a row walks down all trees at once."""

    roots: Ints
    left: Ints
    right: Ints
    feature: Ints
    threshold: Floats
    value: Floats

    @classmethod
    def of(cls, trees: Sequence[Tree]) -> Self:
        """Children point into the common arrays; a leaf points to itself."""
        sizes = np.array([len(tree.left) for tree in trees])
        roots = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        offsets = np.repeat(roots, sizes)
        own = np.arange(len(offsets))
        left, right = (np.concatenate([getattr(tree, side) for tree in trees]) for side in ("left", "right"))
        return cls(
            roots,
            np.where(left >= 0, left + offsets, own),
            np.where(left >= 0, right + offsets, own),
            np.maximum(np.concatenate([tree.feature for tree in trees]), 0),
            np.concatenate([tree.threshold for tree in trees]),
            np.concatenate([np.array(tree.value) for tree in trees]),
        )

    def total(self, x: Floats) -> Floats:
        """Sum of the leaf values over the trees: rows by outputs."""
        # scikit-learn compares 32-bit features, so the same side must be taken here.
        narrow = x.astype(np.float32)
        rows = np.arange(len(x))[:, None]
        node = np.repeat(self.roots[None, :], len(x), axis=0)
        while True:
            to_left = narrow[rows, self.feature[node]] <= self.threshold[node]
            below = np.where(to_left, self.left[node], self.right[node])
            if (below == node).all():
                total: Floats = self.value[node].sum(axis=1)
                return total
            node = below


@dataclass(frozen=True)
class Sum:
    """``start + rate * sum of trees``."""

    start: list[float]
    rate: float
    trees: list[Tree]

    def at(self, x: Floats) -> Floats:
        """Rows by outputs."""
        total: Floats = np.array(self.start) + self.rate * self._forest.total(x)
        return total

    @cached_property
    def _forest(self) -> _Forest:
        return _Forest.of(self.trees)

    @classmethod
    def load(cls, parameters: Mapping[str, Any]) -> Self:
        """The inverse of ``asdict``."""
        return cls(parameters["start"], parameters["rate"], [Tree(**tree) for tree in parameters["trees"]])

    @classmethod
    def of_boosting(cls, grown: Any) -> Self:
        """From scikit-learn's gradient boosting regressor of one output."""
        start = [float(grown.init_.constant_.item())]
        return cls(start, float(grown.learning_rate), [Tree.of(e.tree_) for e in grown.estimators_[:, 0]])
