"""JSON files: read with errors that name the file, and written the same for the same content."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from oleoduto_jobs.errors import JobError


def read_json(path: Path) -> Any:
    """A JSON object of the SageMaker contract."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise JobError(f"{path} does not exist; the container must be run under the SageMaker contract") from error
    except (OSError, ValueError) as error:
        raise JobError(f"{path} cannot be read as JSON: {error}") from error
    if not isinstance(document, dict):
        raise JobError(f"{path} holds no JSON object")
    return document


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Write a JSON file; NaN is refused."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(document, indent=2, sort_keys=True, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")
