"""The page and its data over HTTP: below `/_oleoduto/ui/`."""

import json
import logging
import re
from collections.abc import Callable
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qs, urlsplit

from oleoduto_local.access.refusal import RefusalError
from oleoduto_local.access.request import Request, UnreadableBodyError
from oleoduto_local.context import LocalAws
from oleoduto_local.ui import views
from oleoduto_local.ui.guard import ALWAYS, DOCUMENT_POLICY, JSON, PAGE_POLICY, SESSION_HEADER, Part, check_browser, check_json
from oleoduto_local.ui.query import Queries
from oleoduto_local.ui.runs import Visit
from oleoduto_local.ui.sessions import NoEntryError, Sessions
from oleoduto_local.ui.source import DOCUMENTS, Source

LOG = logging.getLogger("oleoduto_local")
ROOT = "/_oleoduto/ui"
HTML = "text/html; charset=utf-8"
FILES = {
    "style.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
    **{
        f"{name}.js": "text/javascript; charset=utf-8"
        for name in ("app", "api", "dom", "graph", "log", "meanings", "runs", "tables", "words")
    },
}
DOCUMENT = re.compile(r"documents/(?P<key>[0-9a-f]{64})/(?P<bucket>[a-z0-9.-]+)/(?P<date>[0-9]{8})/(?P<name>[a-z]+\.html)")

Answer = tuple[int, dict[str, str], bytes]


class NotThereError(Exception):
    """An address below the page's that leads to nothing."""


def is_below(path: str) -> bool:
    """Whether a path is the page's."""
    return path == ROOT or path.startswith(f"{ROOT}/")


class Page:
    """The page of one local AWS."""

    def __init__(self, local: LocalAws) -> None:
        self._port = urlsplit(local.url).port or 0
        self._sessions = Sessions(local.principals.admin.secret)
        self._source = Source(local)
        self._queries = Queries(local.settings.work_dir / "ui")
        self._data: dict[tuple[str, str], Callable[[Request], Any]] = {
            ("GET", "overview"): self._overview,
            ("GET", "log"): self._log,
            ("GET", "links"): self._links,
            ("GET", "tables"): self._tables,
            ("POST", "query"): self._query,
        }

    def answer(self, request: Request, path: str) -> Answer:
        """The answer to a request; refusals and mistakes are JSON."""
        try:
            status, headers, body = self._answer(request, path.removeprefix(ROOT).lstrip("/"), path)
        except NoEntryError as error:
            status, headers, body = said(403, {"problem": error.problem, "message": str(error)})
        except RefusalError as refusal:
            LOG.warning("refused %s %r: %s", request.method, path, refusal.message)
            status, headers, body = said(403, {"problem": "refused", "message": refusal.message})
        except NotThereError:
            status, headers, body = said(404, {"problem": "missing", "message": f"there is nothing at {path}"})
        except (UnreadableBodyError, ValueError) as error:
            status, headers, body = said(400, {"problem": "request", "message": str(error)})
        except Exception as error:
            # The page tells it, and asks again.
            LOG.exception("%s %s failed", request.method, path)
            status, headers, body = said(500, {"problem": "fault", "message": f"{type(error).__name__}: {error}"})
        return status, {**ALWAYS, "Content-Security-Policy": PAGE_POLICY, **headers}, body

    def _answer(self, request: Request, name: str, path: str) -> Answer:
        if name == "" or name in FILES:
            check_browser(request, self._port, Part.FILE if name else Part.PAGE)
            check_method(request, ("GET", "HEAD"))
            if path == ROOT:
                return 308, {"Location": f"{ROOT}/"}, b""
            content = files("oleoduto_local.ui").joinpath("static", name or "index.html").read_bytes()
            return 200, {"Content-Type": FILES.get(name, HTML)}, content
        if name.startswith("documents/"):
            return self._document(request, name)
        check_browser(request, self._port, Part.DATA)
        if name == "session":
            check_method(request, ("POST",))
            return said(200, {"session": self._sessions.enter(field(request, "key"))})
        self._sessions.check(request.header(SESSION_HEADER))
        work = self._data.get((request.method, name))
        if work is None:
            raise NotThereError
        return said(200, work(request))

    def _document(self, request: Request, name: str) -> Answer:
        check_browser(request, self._port, Part.DOCUMENT)
        check_method(request, ("GET", "HEAD"))
        parts = DOCUMENT.fullmatch(name)
        if parts is None or parts["name"] not in DOCUMENTS:
            raise NotThereError
        self._sessions.check_folder(f"{parts['bucket']}/{parts['date']}", parts["key"])
        try:
            content = self._source.document(parts["bucket"], parts["date"], parts["name"])
        except self._source.s3.exceptions.ClientError as error:
            raise NotThereError from error
        return 200, {"Content-Type": HTML, "Content-Security-Policy": DOCUMENT_POLICY}, content

    def _overview(self, request: Request) -> views.Json:
        found = self._source.executions()
        chosen = self._execution(request, found)
        rows = [self._source.run(execution, with_visits=False) for execution in found]
        run = self._source.run(chosen) if chosen else None
        return views.overview(self._source.machine(), rows, run, argument(request, "failures") == "shown")

    def _log(self, request: Request) -> views.Json:
        visit = self._visit(request)
        start = argument(request, "from")
        piece = self._source.log(visit, int(start) if start else None) if visit else None
        if piece is None:
            return {"text": "", "next": None, "skipped": 0, "more": False, "entered": visit.entered if visit else None}
        read = {"text": piece.text, "next": piece.next, "skipped": piece.skipped, "more": piece.more}
        return {**read, "entered": visit.entered if visit else None}

    def _links(self, request: Request) -> views.Json:
        visits = self._visits(request)
        folder = self._source.reports(visits)
        documents = []
        if folder and folder.names:
            key = self._sessions.folder_key(f"{folder.bucket}/{folder.date}")
            base = f"{ROOT}/documents/{key}/{folder.bucket}/{folder.date}"
            documents = [{"name": name.partition(".")[0], "url": f"{base}/{name}"} for name in folder.names]
        return {"date": folder.date if folder else None, "documents": documents, "mlflow": self._source.mlflow()}

    def _tables(self, _request: Request) -> list[views.Json]:
        return [views.table(found) for found in self._source.tables()]

    def _query(self, request: Request) -> views.Json:
        return self._queries.answer(self._source.s3, self._source.tables(), field(request, "sql"))

    def _execution(self, request: Request, found: list[Any]) -> Any:
        """The execution that the request names, or the newest one."""
        wanted = argument(request, "run")
        if not wanted:
            return found[0] if found else None
        chosen = [execution for execution in found if execution.execution_arn == wanted]
        return chosen[0] if chosen else None

    def _visits(self, request: Request) -> list[Visit]:
        chosen = self._execution(request, self._source.executions())
        return self._source.run(chosen).visits if chosen else []

    def _visit(self, request: Request) -> Visit | None:
        """The newest stay in the state that the request names."""
        state = argument(request, "state")
        return next((visit for visit in reversed(self._visits(request)) if visit.state == state), None)


def argument(request: Request, name: str) -> str:
    return parse_qs(request.query).get(name, [""])[0]


def field(request: Request, name: str) -> str:
    """The one text of a request's body."""
    check_json(request)
    document = json.loads(request.body)
    if not isinstance(document, dict) or not isinstance(document.get(name), str):
        raise ValueError(f"the body has no text `{name}`")
    return str(document[name])


def check_method(request: Request, allowed: tuple[str, ...]) -> None:
    if request.method not in allowed:
        raise NotThereError


def said(status: int, document: Any) -> Answer:
    return status, {"Content-Type": JSON}, json.dumps(document).encode()
