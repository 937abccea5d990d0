"""The series of a run from which models over all series learn: bounded, and decided by their codes alone."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path as Folder

import pandas as pd

from oleoduto_jobs.ml.many.buckets import frequencies_of, read_bucket
from oleoduto_jobs.ml.many.global_fit import SEASONS
from oleoduto_jobs.ml.many.path import Path, paths

SAMPLE = 500
"""Series of a frequency; more cost time and memory and gain little: half of M1's lose no more than a standard error."""


def picked(frequencies: Mapping[str, str]) -> set[str]:
    """The codes of the sample, of the frequencies by code: the first by a hash of the code."""
    chosen: set[str] = set()
    for frequency in SEASONS:
        codes = (code for code, of_code in frequencies.items() if of_code == frequency)
        chosen.update(sorted(codes, key=lambda code: (zlib.crc32(code.encode()), code))[:SAMPLE])
    return chosen


def of_buckets(folders: Iterable[Folder]) -> list[Path]:
    """The sample of the buckets of a run; no more than one bucket is held at a time."""
    folders = list(folders)
    frequencies: dict[str, str] = {}
    for folder in folders:
        frequencies |= frequencies_of(folder)
    codes = picked(frequencies)
    return [path for folder in folders for path in _usable(read_bucket(folder, codes))]


def of_frame(final: pd.DataFrame) -> list[Path]:
    """The sample of a final table."""
    codes = picked(dict(zip(final["code"].astype(str), final["frequency"].astype(str), strict=True)))
    return list(_usable(final[final["code"].isin(codes)]))


def _usable(rows: pd.DataFrame) -> Iterator[Path]:
    return (path for path in paths(rows) if isinstance(path, Path))
