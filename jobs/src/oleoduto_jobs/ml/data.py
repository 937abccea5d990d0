"""The final table of one series as arrays, read from a folder of parquet files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.ml.arrays import Floats, Ints
from oleoduto_jobs.ml.transformation import LOGS, Transformation, transformation_of
from oleoduto_jobs.schema import FINAL, LAGS, PERIOD_MONTHS, SERIES_UNIT, UNKNOWN_UNIT, Table

NAMED = 20
"""Series that a message names."""

DAILY_COLUMNS = ("value_count", "realised_volatility")
"""What the days of a month tell beside its values."""

STEPS: Mapping[str, int] = {row: months for row, months in PERIOD_MONTHS.items()}
"""Months from one row to the next, by frequency."""

PRICE_COLUMNS = tuple(c.name for c in FINAL.columns if c.unit == SERIES_UNIT)


Month = TypeVar("Month", int, Ints)


def month_index(year: Month, month: Month) -> Month:
    """Position of a month in the calendar; consecutive months differ by one."""
    return year * 12 + month - 1


def month_position(text: str) -> int:
    """``2000-01`` -> ``24000``."""
    year, month = text.split("-")
    return month_index(int(year), int(month))


def month_text(index: int) -> str:
    """``24000`` -> ``2000-01``."""
    return f"{index // 12:04d}-{index % 12 + 1:02d}"


@dataclass(frozen=True)
class Monthly:
    """Months of one series in calendar order; values in its own ``unit``.

    ``months`` are calendar positions (``month_index``) and may have gaps; ``prices`` maps each column of the final
    table that is in the unit of the series to its values; ``daily`` maps ``value_count`` and ``realised_volatility``
    (NaN: unknown) to theirs, and is empty if the table lacks them.
    """

    code: str
    months: Ints
    prices: dict[str, Floats]
    unit: str = UNKNOWN_UNIT
    frequency: str = "monthly"
    transformation: Transformation = LOGS
    daily: dict[str, Floats] = field(default_factory=dict)

    @property
    def step(self) -> int:
        """Months from one row to the next."""
        return STEPS[self.frequency]

    def age(self, year: int, month: int) -> int:
        """Months from the last month of the newest period to another month."""
        return month_index(year, month) - (int(self.months[-1]) + self.step - 1)

    @property
    def periods(self) -> str:
        """The word for several rows."""
        return {1: "months", 3: "quarters", 12: "years"}[self.step]

    @property
    def season(self) -> int:
        """Rows in a year."""
        return 12 // self.step

    @property
    def positions(self) -> Ints:
        """Places of the rows in time; consecutive periods differ by one."""
        return self.months // self.step

    def __len__(self) -> int:
        return len(self.months)

    @property
    def mean(self) -> Floats:
        """Mean of the values of each month."""
        return self.prices["mean_value"]

    @property
    def last(self) -> Floats:
        """Newest value of each month."""
        return self.prices["last_value"]

    @property
    def origin(self) -> str:
        """The newest month, as YYYY-MM."""
        return month_text(int(self.months[-1]))

    def upto(self, row: int) -> Monthly:
        """What was known at the end of the month in ``row``: that row and the earlier ones."""
        prices, daily = ({name: v[: row + 1] for name, v in given.items()} for given in (self.prices, self.daily))
        return replace(self, months=self.months[: row + 1], prices=prices, daily=daily)

    def sha256(self) -> str:
        """Hash of the values themselves, so that writing the same data again does not change it."""
        digest = hashlib.sha256(self.code.encode())
        digest.update(self.months.astype("<i8").tobytes())
        for name, values in {**self.prices, **self.daily}.items():
            digest.update(name.encode())
            digest.update(values.astype("<f8").tobytes())
        return digest.hexdigest()


def read_final(folder: Path, code: str) -> Monthly:
    """Read ``folder/*.parquet`` (the final table of one run date) and keep the series ``code``."""
    hint = "the channel must hold final/dataproc=.../ of one run date"
    # The rows of the series alone: a table of a hundred thousand series does not fit into memory.
    frame, missing = read_table(folder, FINAL, hint, [("code", "==", code)])
    if missing:
        raise JobError(f"the final data in {folder} lacks the columns {missing}; run `load` again")
    if frame.empty:
        raise JobError(f"the final data has no rows of series {code} (series found: {_codes(folder)})")
    return monthly_of(frame, code)


def _codes(folder: Path) -> str:
    """Some series of a final table as words."""
    found = {str(code) for file in sorted(folder.glob("*.parquet")) for code in pd.read_parquet(file, columns=["code"])["code"]}
    some = ", ".join(sorted(found)[:NAMED]) or "none"
    return f"{some} and {len(found) - NAMED} more" if len(found) > NAMED else some


def read_table(
    folder: Path, table: Table, hint: str, rows: list[tuple[str, str, str]] | None = None
) -> tuple[pd.DataFrame, str]:
    """The rows of ``folder/*.parquet``, and the columns of ``table`` that they lack, separated by commas.

    ``hint`` says in an error what the folder must hold; with ``rows`` (conditions of pyarrow) only those that fulfil them.
    """
    files = sorted(folder.glob("*.parquet"))
    if not files:
        raise JobError(f"no parquet file in {folder}; {hint}")
    try:
        frame = pd.concat([pd.read_parquet(file, filters=rows) for file in files], ignore_index=True)
    except (OSError, ValueError) as error:
        raise JobError(f"the parquet files in {folder} cannot be read: {error}") from error
    return frame, ", ".join(name for name in table.column_names if name not in frame.columns)


def monthly_of(frame: pd.DataFrame, code: str) -> Monthly:
    """Check and order the rows of ``code``."""
    rows = frame[frame["code"] == code]
    if rows.empty:
        found = ", ".join(sorted({str(c) for c in frame["code"]})) or "none"
        raise JobError(f"the final data has no rows of series {code} (series found: {found})")
    starts = pd.to_datetime(rows["period_start"])
    months = np.array([month_index(d.year, d.month) for d in starts], dtype=np.int64)
    order = np.argsort(months, kind="stable")
    months = months[order]
    unit, frequency = (str(rows[name].iloc[-1]) for name in ("unit", "frequency"))
    if frequency not in STEPS:
        raise JobError(f"series {code} is {frequency}; forecasts are made of rows that are {', '.join(STEPS)}")
    repeated = months[1:][np.diff(months) == 0]
    if repeated.size:
        raise JobError(f"month {month_text(int(repeated[0]))} of series {code} occurs twice in the final data")
    prices = _filled({name: np.array(rows[name].astype(float), dtype=np.float64)[order] for name in PRICE_COLUMNS})
    for name, values in prices.items():
        bad = ~np.isfinite(values)
        if bad.any():
            row = int(np.argmax(bad))
            raise JobError(
                f"{name} of series {code} is {values[row]} in {month_text(int(months[row]))}; "
                "the models need a number in every month"
            )
    daily = {name: np.array(rows[name].astype(float), dtype=np.float64)[order] for name in DAILY_COLUMNS}
    levels = [values for name, values in prices.items() if name != "rolling_std_6"]
    return Monthly(code, months, prices, unit, frequency, transformation_of(*levels), daily)


def _filled(prices: dict[str, Floats]) -> dict[str, Floats]:
    """Before the first period, a lag is the oldest known one, and the deviation of a single value is zero."""
    filled = dict(prices)
    for k in LAGS[1:]:
        lag = filled[f"lag_{k}"]
        filled[f"lag_{k}"] = np.where(np.isnan(lag), filled[f"lag_{k - 1}"], lag)
    deviation = filled["rolling_std_6"]
    filled["rolling_std_6"] = np.where(np.isnan(deviation), 0.0, deviation)
    return filled
