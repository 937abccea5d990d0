"""The response of a source for one code, byte for byte, stored beside the parsed rows so that a run can be replayed."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from oleoduto_jobs.etl.csvfile import parse_csv
from oleoduto_jobs.etl.observations import MAX_BYTES, Series, SourceError, series_of, too_large
from oleoduto_jobs.etl.odata import Metadata, parse_metadata, parse_values
from oleoduto_jobs.etl.options import csv_options
from oleoduto_jobs.reasons.reason import because

VERSION = 1
SAMPLE_DESCRIPTION = "monthly mean Brent of the package arch"

Format = Literal["odata", "csv"]

_TEXTS = ("code", "source", "origin", "format", "reused_from", "error")
_ADDED_TEXTS = {"territory": ""}
"""Texts that stored responses of earlier versions lack, with what they mean then."""


@dataclass(frozen=True)
class Response:
    """The bodies of one code, or why there are none.

    ``origin`` is the address or path that was asked, ``source`` the kind of source (``ipeadata``, ``file``,
    ...). A body is None if none arrived. ``reused_from`` is the run date (YYYYMMDD) whose values body
    this is, when the source said that nothing changed since. ``territory`` is the one that was chosen, empty if none was.
    """

    code: str
    source: str
    origin: str
    format: Format
    metadata: bytes | None = None
    values: bytes | None = None
    reused_from: str | None = None
    error: str | None = None
    territory: str = ""

    def to_bytes(self) -> bytes:
        """JSON in UTF-8; a body that is not UTF-8 is encoded in base 64."""
        document = {
            "version": VERSION,
            **{name: getattr(self, name) for name in (*_TEXTS, *_ADDED_TEXTS)},
            "metadata": _body(self.metadata),
            "values": _body(self.values),
        }
        return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def response_path(uri: str, dataproc: str, code: str) -> str:
    """``s3://bucket/responses/``, ``20261123``, ``A`` -> ``s3://bucket/responses/dataproc=20261123/A.json``."""
    return f"{uri.rstrip('/')}/dataproc={dataproc}/{code}.json"


def from_bytes(where: str, data: bytes) -> Response:
    """Read what ``to_bytes`` wrote; ``where`` names it in errors. The bodies are checked against their hashes."""
    try:
        document = json.loads(data)
        if document["version"] != VERSION:
            raise SourceError(because("kept_version", where=where, version=repr(document["version"]), known=VERSION))
        return Response(
            **{name: document[name] for name in _TEXTS},
            **{name: document.get(name, absent) for name, absent in _ADDED_TEXTS.items()},
            metadata=_unbody(where, document["metadata"]),
            values=_unbody(where, document["values"]),
        )
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise SourceError(because("kept_broken", where=where, error=f"{type(error).__name__}: {error}")) from error


def _body(body: bytes | None) -> dict[str, str] | None:
    if body is None:
        return None
    digest = hashlib.sha256(body).hexdigest()
    try:
        return {"sha256": digest, "utf8": body.decode("utf-8")}
    except UnicodeDecodeError:
        return {"sha256": digest, "base64": base64.b64encode(body).decode("ascii")}


def _unbody(where: str, held: Mapping[str, Any] | None) -> bytes | None:
    if held is None:
        return None
    body = held["utf8"].encode("utf-8") if "utf8" in held else base64.b64decode(held["base64"], validate=True)
    if hashlib.sha256(body).hexdigest() != held["sha256"]:
        raise SourceError(because("kept_changed", where=where))
    return bytes(body)


def parse_response(response: Response) -> tuple[Series, Metadata | None]:
    """The series in date order, and what the source says of it where it says anything."""
    if response.error is not None:
        raise SourceError(response.error)
    if response.values is None:
        raise SourceError(because("no_values", origin=response.origin, code=response.code))
    if response.format == "csv":
        return _csv_series(response, response.values), None
    if response.metadata is None:
        raise SourceError(because("no_metadata", origin=response.origin, code=response.code))
    metadata = parse_metadata(response.code, response.origin, response.metadata)
    observations, territory = parse_values(response.code, response.origin, response.values, response.territory)
    description = metadata.describe() + (f", territory {territory}" if territory.code else "")
    return series_of(response.code, response.source, description, observations), metadata


OTHER_FORMATS = {
    b"\x1f\x8b": "file_gzip",
    b"PK\x03\x04": "file_archive",
    b"PAR1": "file_parquet",
    b"\xff\xfe": "file_utf16",
    b"\xfe\xff": "file_utf16",
}
"""What a file is instead of CSV, by its first bytes: a kind of reason."""


def _csv_series(response: Response, body: bytes) -> Series:
    path, options = csv_options(response.origin)
    other = next((kind for start, kind in OTHER_FORMATS.items() if body.startswith(start)), None)
    if other is not None:
        raise SourceError(because(other, path=path))
    if len(body) > MAX_BYTES:
        raise too_large(path, len(body))
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(because("file_not_utf8", path=path, error=error.reason, byte=error.start)) from error
    series = parse_csv(response.code, path, text, options)
    return replace(series, description=SAMPLE_DESCRIPTION) if response.source == "sample" else series
