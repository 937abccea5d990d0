"""The WSGI application: moto's dispatcher behind the door, and a health endpoint."""

import json
import logging
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from oleoduto_local.access.door import check_path, check_sender, identify
from oleoduto_local.access.refusal import RefusalError
from oleoduto_local.access.request import Request, UnreadableBodyError
from oleoduto_local.answers import error_answer
from oleoduto_local.context import LocalAws
from oleoduto_local.patching import load, require

LOG = logging.getLogger("oleoduto_local")
HEALTH = "/_oleoduto/health"
StartResponse = Callable[[str, list[tuple[str, str]]], object]
Application = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]


def application(local: LocalAws) -> Application:
    werkzeug_app = load("moto.moto_server.werkzeug_app")
    create = require(werkzeug_app, "create_backend_app")
    dispatcher: Application = require(werkzeug_app, "DomainDispatcherApplication")(create)
    port = urlsplit(local.url).port or 0

    def handle(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        path = str(environ.get("PATH_INFO", ""))
        try:
            check_sender(request, port)
            if path == HEALTH:
                body = json.dumps({"status": "ok", "running": local.registry.listing()})
                return answered(start_response, 200, {"Content-Type": "application/json"}, body)
            check_path(path)
            identify(request, local.principals)
        except RefusalError as refusal:
            LOG.warning("refused %s %r: %s", request.method, path, refusal.message)
            return answered(start_response, *refusal.answer(request))
        except UnreadableBodyError as error:
            content_type = request.header("content-type")
            return answered(start_response, *error_answer("RequestTimeout", str(error), request.service, content_type))
        return dispatcher(environ, start_response)

    return handle


def answered(start_response: StartResponse, status: int, headers: dict[str, str], text: str) -> Iterable[bytes]:
    """An answer of the door itself; to HEAD the server sends its headers only."""
    body = text.encode()
    start_response(f"{status} {HTTPStatus(status).phrase}", [*headers.items(), ("Content-Length", str(len(body)))])
    return [body]
