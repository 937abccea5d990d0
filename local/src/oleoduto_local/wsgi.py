"""The WSGI application: moto's dispatcher behind a health endpoint."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from oleoduto_local.context import LocalAws
from oleoduto_local.patching import load, require

HEALTH = "/_oleoduto/health"
StartResponse = Callable[[str, list[tuple[str, str]]], object]
Application = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]


def application(local: LocalAws) -> Application:
    werkzeug_app = load("moto.moto_server.werkzeug_app")
    create = require(werkzeug_app, "create_backend_app")
    dispatcher: Application = require(werkzeug_app, "DomainDispatcherApplication")(create)

    def handle(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") == HEALTH:
            body = json.dumps({"status": "ok", "running": local.registry.listing()}).encode()
            start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
            return [body]
        return dispatcher(environ, start_response)

    return handle
