"""What became of earlier forecasts of many series: their errors, over those of the seasonal naive for the same periods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from oleoduto_jobs.ml.arrays import Floats, Ints
from oleoduto_jobs.ml.data import STEPS, month_index
from oleoduto_jobs.ml.evaluation.intervals import LEVELS

_ENDS = tuple(f"{end}_{level}" for level in LEVELS for end in ("lower", "upper"))

COLUMNS = ("code", "origin", "horizon", "point", *_ENDS, "frequency")
"""What is read of the table of forecasts."""

RUN = "dataproc"
"""The run of a forecast, YYYYMMDD as a number."""

WINDOW_ORIGINS = 12
"""Newest origins with an outcome on which a series is judged, as the main one is."""

FEWEST_ORIGINS = 3
"""Origins below which a series does not count among all."""

FEWEST_SERIES = 30
"""Series below which nothing is said of all together."""

YEAR = 12


@dataclass(frozen=True)
class Realized:
    """One series: how many ``origins`` have an outcome, and the errors over all their horizons.

    ``ratio``: mean squared error over that of the seasonal naive; ``mase``: mean absolute error over the mean change of the
    values from year to year before these origins; ``coverage``: share of outcomes inside the intervals, by level. None:
    unknown, since the divisor is 0 or no interval was given.
    """

    origins: int
    ratio: float | None
    mase: float | None
    coverage: Mapping[int, float | None]


def realized(final: pd.DataFrame, earlier: pd.DataFrame) -> dict[str, Realized]:
    """By code, for each series of the final table with an earlier forecast (``COLUMNS`` and ``RUN``) that has an outcome.

    Of forecasts of the same period from the same origin the newest run's counts. A period without a value judges nothing.
    """
    known = _known(final)
    rows = _with_outcomes(known, earlier)
    if not len(rows):
        return {}
    size = _size(known, rows.groupby("code", sort=False)["origin"].min())
    return {str(code): _realized(own, float(size.get(code, np.nan))) for code, own in rows.groupby("code", sort=False)}


def _months(dates: pd.Series) -> Ints:
    starts = pd.to_datetime(dates)
    year, month = (np.asarray(part, dtype=np.int64) for part in (starts.dt.year, starts.dt.month))
    months: Ints = month_index(year, month)
    return months


def _known(final: pd.DataFrame) -> pd.DataFrame:
    """Columns: code, frequency, month, value."""
    known = pd.DataFrame(
        {
            "code": final["code"].to_numpy(),
            "frequency": final["frequency"].to_numpy(),
            "month": _months(final["period_start"]),
            "value": final["mean_value"].to_numpy(dtype=np.float64),
        }
    )
    found: pd.DataFrame = known[np.isfinite(known["value"])].drop_duplicates(["code", "month"])
    return found


def _with_outcomes(known: pd.DataFrame, earlier: pd.DataFrame) -> pd.DataFrame:
    """The forecasts of the newest origins with their errors and those of the seasonal naive."""
    rows = earlier[earlier["frequency"].isin(list(STEPS))].sort_values(RUN, kind="stable")
    rows = rows.drop_duplicates(["code", "origin", "horizon"], keep="last")
    step = rows["frequency"].map(STEPS).to_numpy(dtype=np.int64)
    ahead = rows["horizon"].to_numpy(dtype=np.int64) * step
    origin = _months(rows["origin"])
    # The newest value of the same season that the origin knows.
    rows = rows.assign(origin=origin, target=origin + ahead, usual=origin + ahead - YEAR * -(-ahead // YEAR))
    for name, month in (("actual", "target"), ("benchmark", "usual")):
        values = known.rename(columns={"month": month, "value": name})
        rows = rows.merge(values, on=["code", "frequency", month], how="inner")
    newest = rows.groupby("code", sort=False)["origin"].rank(method="dense", ascending=False) <= WINDOW_ORIGINS
    found: pd.DataFrame = rows[newest]
    return found


def _size(known: pd.DataFrame, oldest: pd.Series) -> pd.Series:
    """Mean absolute change from year to year of each series, to its oldest judged origin."""
    before = known[known["month"] <= known["code"].map(oldest)]
    past = before.assign(month=before["month"] + YEAR)
    changes = before.merge(past, on=["code", "month"], suffixes=("", "_past"))
    return (changes["value"] - changes["value_past"]).abs().groupby(changes["code"]).mean()


def _realized(rows: pd.DataFrame, size: float) -> Realized:
    actual, point = rows["actual"].to_numpy(dtype=np.float64), rows["point"].to_numpy(dtype=np.float64)
    # Before squaring: squares of tiny and of huge numbers are no numbers.
    unit = float(np.max(np.abs(rows["benchmark"].to_numpy(dtype=np.float64) - actual)))
    ratio = _mean_square((point - actual) / unit) / _mean_square((rows["benchmark"] - actual) / unit) if unit > 0.0 else None
    mase = float(np.mean(np.abs(point - actual))) / size if size > 0.0 else None
    coverage = {level: _share(rows[f"lower_{level}"], actual, rows[f"upper_{level}"]) for level in LEVELS}
    return Realized(int(rows["origin"].nunique()), ratio, mase, coverage)


def _mean_square(errors: Floats | pd.Series) -> float:
    return float(np.mean(np.asarray(errors, dtype=np.float64) ** 2))


def _share(lower: pd.Series, actual: Floats, upper: pd.Series) -> float | None:
    ends = lower.to_numpy(dtype=np.float64), upper.to_numpy(dtype=np.float64)
    given = np.isfinite(ends[0]) & np.isfinite(ends[1])
    return float(np.mean((ends[0] <= actual)[given] & (actual <= ends[1])[given])) if given.any() else None


@dataclass(frozen=True)
class Together:
    """All series with at least ``FEWEST_ORIGINS`` realized origins.

    ``worse``: share whose squared errors are larger than the seasonal naive's; the other figures are medians and, for
    ``coverage``, means over the series. None: fewer than ``FEWEST_SERIES`` series say anything.
    """

    judged: int
    worse: float | None = None
    median_ratio: float | None = None
    median_mase: float | None = None
    coverage: Mapping[int, float | None] | None = None


def together(found: Mapping[str, Realized]) -> Together:
    """What all series say."""
    judged = [one for one in found.values() if one.origins >= FEWEST_ORIGINS]
    ratios = _given([one.ratio for one in judged])
    if len(ratios) < FEWEST_SERIES:
        return Together(len(judged))
    scaled = _given([one.mase for one in judged])
    coverage = {level: _given([one.coverage[level] for one in judged]) for level in LEVELS}
    return Together(
        len(judged),
        worse=float(np.mean(ratios > 1.0)),
        median_ratio=float(np.median(ratios)),
        median_mase=float(np.median(scaled)) if len(scaled) else None,
        coverage={level: float(shares.mean()) if len(shares) else None for level, shares in coverage.items()},
    )


def _given(values: list[float | None]) -> Floats:
    return np.array([value for value in values if value is not None], dtype=np.float64)
