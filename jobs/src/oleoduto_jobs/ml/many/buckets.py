"""A final table of any size as buckets that fit into memory, each series whole in one."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.ml.many import realized
from oleoduto_jobs.ml.many.path import COLUMNS

PER_BUCKET = 200
"""Series of a bucket: some seconds of work, which is what an interruption costs."""

ROWS_AT_ONCE = 131_072
ROWS_WAITING = 1_000_000
"""Rows of all buckets that wait to be written together: few pieces a file, and memory that does not depend on their number."""

_BUCKET = "bucket"


def buckets_for(series: int) -> int:
    """Number of buckets for so many series."""
    return max(1, -(-series // PER_BUCKET))


def bucket_of(code: str, buckets: int) -> int:
    """The bucket of a series; it depends on nothing else."""
    return zlib.crc32(code.encode()) % buckets


def spread(final: Path, folder: Path, buckets: int) -> list[Path]:
    """Write the rows of ``final/*.parquet`` to ``folder``, one folder for each bucket that has a series; these in order.

    The files are read in pieces: memory does not depend on their size.
    """
    files = sorted(final.glob("*.parquet"))
    if not files:
        raise JobError(f"no parquet file in {final}; the input must hold final/dataproc=.../ of the run date")
    for file in files:
        lacking = [name for name in COLUMNS if name not in _names(file)]
        if lacking:
            raise JobError(f"the final data in {file} lacks the columns {', '.join(lacking)}; run `load` again")
    return _spread(_pieces(files, COLUMNS, buckets), folder, buckets)


def spread_earlier(files: Sequence[Path], folder: Path, buckets: int) -> list[Path]:
    """The same for earlier forecasts, the files of folders ``dataproc=YYYYMMDD``, with that date as the column ``RUN``."""
    for file in files:
        lacking = [name for name in realized.COLUMNS if name not in _names(file)]
        if lacking:
            raise JobError(
                f"the earlier forecasts of {file.parent.name} lack the columns {', '.join(lacking)}; "
                "delete this partition of `forecasts`, or run its date again"
            )

    def with_run() -> Iterator[pa.RecordBatch]:
        for file in files:
            run = int(file.parent.name.removeprefix("dataproc="))
            for piece in _pieces([file], realized.COLUMNS, buckets):
                yield piece.append_column(realized.RUN, pa.array(np.full(piece.num_rows, run, dtype=np.int64)))

    return _spread(with_run(), folder, buckets)


def read_earlier(folder: Path) -> pd.DataFrame:
    """The earlier forecasts of a bucket."""
    columns = [*realized.COLUMNS, realized.RUN]
    found: pd.DataFrame = ds.dataset(folder, format="feather").to_table(columns=columns).to_pandas()
    return found


def _names(file: Path) -> list[str]:
    try:
        names: list[str] = pq.read_schema(file).names
    except (OSError, pa.ArrowException) as error:
        raise JobError(f"the parquet file {file} cannot be read: {error}") from error
    return names


def _spread(pieces: Iterator[pa.RecordBatch], folder: Path, buckets: int) -> list[Path]:
    together = max(ROWS_WAITING // buckets, 1)
    try:
        first = next(pieces, None)
        if first is None:
            return []
        ds.write_dataset(
            _chain(first, pieces),
            folder,
            schema=first.schema,
            format="feather",
            partitioning=[_BUCKET],
            max_partitions=buckets,
            min_rows_per_group=together,
            max_rows_per_group=max(together, ROWS_AT_ONCE),
            existing_data_behavior="delete_matching",
        )
    except (OSError, pa.ArrowException) as error:
        raise JobError(f"the parquet files cannot be spread into buckets: {error}") from error
    return [folder / str(number) for number in range(buckets) if (folder / str(number)).is_dir()]


def frequencies_of(folder: Path) -> dict[str, str]:
    """The frequency of each code of a bucket."""
    table = ds.dataset(folder, format="feather").to_table(columns=["code", "frequency"])
    groups = table.group_by(["code", "frequency"]).aggregate([]).to_pydict()
    return {str(code): str(frequency) for code, frequency in zip(groups["code"], groups["frequency"], strict=True)}


def read_bucket(folder: Path, codes: Collection[str] | None = None) -> pd.DataFrame:
    """The rows of a bucket by code and time, of all its series or of some codes."""
    only = None if codes is None else ds.field("code").isin(pa.array(sorted(codes), pa.string()))
    frame: pd.DataFrame = ds.dataset(folder, format="feather").to_table(columns=list(COLUMNS), filter=only).to_pandas()
    frame["period_start"] = pd.to_datetime(frame["period_start"])
    return frame.sort_values(["code", "period_start"], kind="stable", ignore_index=True)


def _pieces(files: Sequence[Path], columns: Sequence[str], buckets: int) -> Iterator[pa.RecordBatch]:
    for file in files:
        with pq.ParquetFile(file) as opened:
            for batch in opened.iter_batches(ROWS_AT_ONCE, columns=list(columns)):
                if batch.num_rows:
                    yield _with_bucket(batch.select(list(columns)), buckets)


def _with_bucket(batch: pa.RecordBatch, buckets: int) -> pa.RecordBatch:
    codes = batch.column("code").dictionary_encode()
    # A row without a code breaks a rule of quality; here it is no series.
    of_code = np.array([bucket_of(code or "", buckets) for code in codes.dictionary.to_pylist()] or [0], dtype=np.int32)
    numbers = of_code[codes.indices.fill_null(0).to_numpy(zero_copy_only=False)]
    return batch.append_column(_BUCKET, pa.array(numbers))


def _chain(first: pa.RecordBatch, rest: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    yield first
    yield from rest
