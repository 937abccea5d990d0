"""The WSGI application: moto's dispatcher behind the door, and a health endpoint."""

import json
import logging
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

from oleoduto_local.access.door import check_path, check_sender, identify
from oleoduto_local.access.operations import UnknownActionError
from oleoduto_local.access.policy import UnknownPolicyError
from oleoduto_local.access.principals import Principal
from oleoduto_local.access.refusal import RefusalError
from oleoduto_local.access.request import Request, UnreadableBodyError
from oleoduto_local.access.web_identity import check_token, is_asked
from oleoduto_local.answers import error_answer
from oleoduto_local.context import LocalAws
from oleoduto_local.patching import load, require
from oleoduto_local.ui.application import Page, is_below

LOG = logging.getLogger("oleoduto_local")
HEALTH = "/_oleoduto/health"
CLOCK = "/_oleoduto/clock"
StartResponse = Callable[[str, list[tuple[str, str]]], object]
Application = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]


def application(local: LocalAws) -> Application:
    werkzeug_app = load("moto.moto_server.werkzeug_app")
    create = require(werkzeug_app, "create_backend_app")
    dispatcher: Application = require(werkzeug_app, "DomainDispatcherApplication")(create)
    port = urlsplit(local.url).port or 0
    page = Page(local)

    def handle(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        path = str(environ.get("PATH_INFO", ""))
        if is_below(path):
            # Browsers are welcome here, so it has a guard of its own.
            status, headers, content = page.answer(request, path)
            return sent(request, start_response, status, headers, content)
        try:
            check_sender(request, port)
            if path == HEALTH:
                body = json.dumps({"status": "ok", "running": local.registry.listing()})
                return answered(request, start_response, 200, {"Content-Type": "application/json"}, body)
            check_path(path)
            if is_asked(request):
                check_token(request, local.principals.admin.secret, local.roles)
            else:
                principal, region = identify(request, local.principals)
                if path == CLOCK:
                    return answered(request, start_response, *moved(local, principal, request))
                local.judge.check(request, principal, region)
        except RefusalError as refusal:
            LOG.warning("refused %s %r: %s", request.method, path, refusal.message)
            return answered(request, start_response, *refusal.answer(request))
        except UnreadableBodyError as error:
            content_type = request.header("content-type")
            return answered(request, start_response, *error_answer("RequestTimeout", str(error), request.service, content_type))
        except (UnknownActionError, UnknownPolicyError) as error:
            # Not a pass: nobody knows whether the call is allowed.
            LOG.warning("not judged: %s %r: %s", request.method, path, error)
            content_type = request.header("content-type")
            return answered(request, start_response, *error_answer("LocalAwsFault", str(error), request.service, content_type))
        answer = dispatcher(environ, start_response)
        if request.service == "iam":
            local.judge.note_roles()
        return answer

    return handle


def moved(local: LocalAws, principal: Principal, request: Request) -> tuple[int, dict[str, str], str]:
    """Move CloudWatch's clock ahead by the `seconds` of the query, and look at all alarms."""
    if not principal.is_admin or request.method != "POST":
        raise RefusalError("denied", f"{CLOCK} takes a POST of the administrator")
    (text,) = parse_qs(request.query).get("seconds", ["0"])
    try:
        seconds = float(text)
    except ValueError as error:
        raise RefusalError("denied", f"{CLOCK}: the seconds {text!r} are not a number") from error
    now = local.clock.advance(seconds)
    local.watcher.look()
    return 200, {"Content-Type": "application/json"}, json.dumps({"now": now.isoformat()})


def answered(
    request: Request, start_response: StartResponse, status: int, headers: dict[str, str], text: str
) -> Iterable[bytes]:
    """An answer of the door itself; to HEAD it is the headers only."""
    return sent(request, start_response, status, headers, text.encode())


def sent(request: Request, start_response: StartResponse, status: int, headers: dict[str, str], body: bytes) -> Iterable[bytes]:
    start_response(f"{status} {HTTPStatus(status).phrase}", [*headers.items(), ("Content-Length", str(len(body)))])
    return [] if request.method == "HEAD" else [body]
