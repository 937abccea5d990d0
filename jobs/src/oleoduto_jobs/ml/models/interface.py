"""The interface of a model, and the description of a candidate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol, Self

from oleoduto_jobs.ml.arrays import Floats
from oleoduto_jobs.ml.data import Monthly
from oleoduto_jobs.ml.features import Window, features

Settings = Mapping[str, Any]
"""Hyperparameters by name, as JSON values."""


class Model(Protocol):
    """A fitted candidate: numbers only, so it is saved as JSON and the backtest judges exactly what is shipped."""

    def changes(self, known: Monthly) -> Floats:
        """Forecast the change from the newest daily price of the newest month t of ``known`` to the mean price of month t+h.

        One number per horizon, on the scale of ``known.transformation`` (for logs: log(mean / newest)).
        """
        ...

    def parameters(self) -> dict[str, Any]:
        """Everything needed to forecast, as JSON values."""
        ...


@dataclass(frozen=True)
class PlainModel:
    """A model whose fields are JSON values."""

    def parameters(self) -> dict[str, Any]:
        """All fields."""
        return asdict(self)

    @classmethod
    def load(cls, parameters: Mapping[str, Any]) -> Self:
        """The inverse of ``parameters``."""
        return cls(**parameters)


class FeatureModel(PlainModel):
    """A model of the features alone."""

    def at(self, x: Floats) -> Floats:
        """Changes forecast from rows of features: one row each, one column per horizon."""
        raise NotImplementedError

    def changes(self, known: Monthly) -> Floats:
        """From the features of the newest month."""
        changes: Floats = self.at(features(known)[-1:])[0]
        return changes


Fit = Callable[[Window, Settings, int], Model]
"""Fit a window with hyperparameters and a seed."""


Search = Callable[[Window, int], Settings]
"""Find hyperparameters inside a window, with a seed."""


Role = Literal["benchmark", "challenger", "comparison"]


@dataclass(frozen=True)
class Candidate:
    """A way to forecast; a ``comparison`` is measured and never shipped.

    A backtest fits it again after ``refit_every`` origins and searches its hyperparameters again after
    ``search_every``; in between it uses the older ones, never newer data.
    """

    name: str
    fit: Fit
    load: Callable[[Mapping[str, Any]], Model]
    role: Role = "challenger"
    refit_every: int = 1
    search: Search | None = None
    search_every: int = 240
