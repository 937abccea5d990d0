"""Forecasts of all series of a final table, one row each."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np
import pandas as pd

from oleoduto_jobs.ml.many.global_fit import fitted
from oleoduto_jobs.ml.many.pool import Pooled, pool
from oleoduto_jobs.ml.many.realized import Realized
from oleoduto_jobs.ml.many.sample import of_frame
from oleoduto_jobs.ml.many.verdict import Option, Verdict, Wanted, verdicts
from oleoduto_jobs.schema import UNKNOWN_UNIT


@dataclass(frozen=True)
class Row:
    """What is said of one series. Lists have one number per horizon and are empty without a forecast.

    ``model`` forecasts; ``choice`` is what the series alone would choose. ``mase`` and ``smape`` (%) are of the model on the
    last horizon, forecast from before it, ``mase_choice`` and ``mase_combination`` of the other two; None if the series is
    too short for that. ``season``: periods in a year, 0 if nobody knows. ``realized``: what became of earlier forecasts.
    """

    code: str
    status: str
    why: str = ""
    model: str = ""
    choice: str = ""
    origin: str = ""
    periods: int = 0
    season: int = 0
    unit: str = UNKNOWN_UNIT
    mase: float | None = None
    mase_choice: float | None = None
    mase_combination: float | None = None
    smape: float | None = None
    point: list[float] = field(default_factory=list)
    lower_80: list[float] = field(default_factory=list)
    upper_80: list[float] = field(default_factory=list)
    lower_95: list[float] = field(default_factory=list)
    upper_95: list[float] = field(default_factory=list)
    realized: Realized | None = None


def row_of(one: Verdict, pooled: Pooled) -> Row:
    """The row of a series among others."""
    about: dict[str, Any] = {name: getattr(one, name) for name in ("origin", "periods", "season", "unit")}
    used = one.option(one.pooled and pooled.choosing[one.season])
    if used is None or one.usual is None:
        return Row(one.code, one.status, one.why, **about)
    if one.pooled:
        choice = one.own or one.usual
        about |= {"choice": choice.model, "mase_choice": choice.mase, "mase_combination": one.usual.mase}
    about |= {"mase": used.mase, "smape": used.smape, "point": used.point.tolist(), **_bounds(one, used, pooled)}
    return Row(one.code, one.status, one.why, used.model, **about)


def _bounds(one: Verdict, used: Option, pooled: Pooled) -> dict[str, list[float]]:
    """Ends of the intervals; none if the series says too little, or if one is too far away for a number."""
    wide = {level: one.size * width for level, width in pooled.widths[one.season].items()} if one.pooled else {}
    with np.errstate(over="ignore"):
        found = {
            f"{end}_{level}": one.transformation.moved(used.point, sign * width)
            for level, width in (wide or one.half).items()
            for end, sign in (("lower", -1.0), ("upper", 1.0))
        }
    usable = all(np.isfinite(bound).all() for bound in found.values())
    return {name: bound.tolist() for name, bound in found.items()} if usable else {}


def forecast_many(final: pd.DataFrame, wanted: Wanted) -> pd.DataFrame:
    """One ``Row`` per series of the final table, in the order of their codes.

    A series that fails stops no other. Models over all series are fitted to the table. Series use their own choices if
    these were clearly better than the combination on the last horizon, over all series of the table with the same season;
    else all use the combination. Half widths are quantiles of the errors of these series, each over the size of the changes
    of its own.
    """
    found = list(verdicts(final, wanted, fitted(of_frame(final), wanted)))
    pooled = pool(found)
    return pd.DataFrame([asdict(row_of(one, pooled)) for one in found], columns=[f.name for f in fields(Row)])
