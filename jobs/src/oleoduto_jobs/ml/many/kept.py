"""The verdicts of a bucket as a file, with the key of what they were computed from."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from oleoduto_jobs import __version__
from oleoduto_jobs.ml.code import code_digest
from oleoduto_jobs.ml.many.global_model import GlobalModels
from oleoduto_jobs.ml.many.verdict import Option, Verdict, Wanted
from oleoduto_jobs.ml.transformation import Transformation

SUFFIX = ".json.gz"


def key_of(frame: pd.DataFrame, wanted: Wanted, models: GlobalModels) -> str:
    """What verdicts depend on: the bucket's rows, what is wanted, the models over all series, and this package's own code."""
    digest = hashlib.sha256(f"{__version__} {code_digest()} {asdict(wanted)} {models.digest}".encode())
    digest.update(pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes())
    return digest.hexdigest()


def write(path: Path, key: str, verdicts: Iterable[Verdict]) -> None:
    """Write one line for the key and one per verdict; the file appears only when it is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    # Without a time in it, the same verdicts are the same bytes.
    with part.open("wb") as file, gzip.GzipFile("", "wb", compresslevel=3, fileobj=file, mtime=0) as packed:
        packed.write(f"{json.dumps(key)}\n".encode())
        for one in verdicts:
            packed.write(f"{json.dumps(asdict(one), default=_plain)}\n".encode())
    part.replace(path)


def read(path: Path) -> Iterator[Verdict]:
    """The verdicts of a file."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        next(file)
        for line in file:
            yield _verdict(json.loads(line))


def has(path: Path, key: str) -> bool:
    """Whether a file has the verdicts of a key, to its end; a file that is missing or damaged has none."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            return bool(json.loads(next(file)) == key) and all(json.loads(line) for line in file)
    except FileNotFoundError:
        return False
    except (OSError, EOFError, ValueError, StopIteration) as error:
        print(f"forecast-many: {path.name} is unusable ({error}); computing it again", flush=True)
        return False


def _plain(value: Any) -> Any:
    return value.tolist()


def _verdict(given: dict[str, Any]) -> Verdict:
    given["transformation"] = Transformation(**given["transformation"])
    for name in ("usual", "own"):
        if given[name] is not None:
            given[name] = _option(given[name])
    given["half"] = {int(level): np.array(width) for level, width in given["half"].items()}
    given["recent"] = np.array(given["recent"], dtype=np.float64)
    return Verdict(**given)


def _option(given: dict[str, Any]) -> Option:
    point = np.array(given["point"], dtype=np.float64)
    errors = np.array(given["errors"], dtype=np.float64).reshape(-1, len(point))
    return Option(**{**given, "point": point, "errors": errors})
