"""A request as it was sent, before anything decodes it."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from oleoduto_local.answers import signed_service
from oleoduto_local.errors import LocalAwsError


class UnreadableBodyError(LocalAwsError):
    """The body is not as long as the request says."""


@dataclass(frozen=True)
class Request:
    """A WSGI request. `path` and `query` are as on the wire; names of headers are in lower case."""

    environ: dict[str, Any]

    @cached_property
    def method(self) -> str:
        return str(self.environ["REQUEST_METHOD"])

    @cached_property
    def path(self) -> str:
        """With its percent signs; a server that keeps no raw address gives the decoded path."""
        raw = str(self.environ.get("RAW_URI") or self.environ.get("PATH_INFO", "/"))
        if "://" in raw.partition("?")[0]:
            raw = "/" + raw.partition("://")[2].partition("/")[2]
        return raw.partition("?")[0] or "/"

    @cached_property
    def query(self) -> str:
        return str(self.environ.get("QUERY_STRING", ""))

    @cached_property
    def headers(self) -> Mapping[str, str]:
        given = {name[5:].lower().replace("_", "-"): value for name, value in self.environ.items() if name.startswith("HTTP_")}
        for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            if self.environ.get(name):
                given[name.lower().replace("_", "-")] = self.environ[name]
        return given

    def header(self, name: str) -> str:
        return self.headers.get(name, "")

    @cached_property
    def service(self) -> str:
        """The service that the signature names; empty without one."""
        return signed_service(self.header("authorization"))

    @cached_property
    def body(self) -> bytes:
        """The whole body, which is put back for the next reader."""
        stream = self.environ["wsgi.input"]
        if self.environ.get("wsgi.input_terminated"):
            content: bytes = stream.read()
            self.environ["CONTENT_LENGTH"] = str(len(content))
        else:
            try:
                length = int(self.environ.get("CONTENT_LENGTH") or 0)
            except ValueError as error:
                raise UnreadableBodyError("the Content-Length is not a number") from error
            content = stream.read(length) if length > 0 else b""
            if len(content) != max(length, 0):
                raise UnreadableBodyError(f"the body has {len(content)} bytes, but the Content-Length is {length}")
        self.environ["wsgi.input"] = io.BytesIO(content)
        return content
