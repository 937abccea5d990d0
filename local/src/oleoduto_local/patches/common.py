"""For all services: errors that answer at once instead of looking like a hang."""

import json
import logging
from typing import Any
from xml.sax.saxutils import escape

from oleoduto_local.context import LocalAws
from oleoduto_local.patching import load, replace

LOG = logging.getLogger("oleoduto_local")
XML_SERVICES = ("s3", "cloudfront", "route53")


def signed_service(authorization: str) -> str:
    """The service named in a SigV4 header, such as `glue`; empty when there is none."""
    scope = authorization.partition("Credential=")[2].partition(",")[0].split("/")
    return scope[3] if len(scope) > 3 else ""


def error_answer(code: str, message: str, service: str, content_type: str) -> tuple[int, dict[str, str], str]:
    """An error in the form that the caller's SDK parses: query and REST-XML services speak XML, the others
    JSON.
    """
    if content_type.startswith("application/x-www-form-urlencoded") or service in XML_SERVICES:
        members = f"<Type>Sender</Type><Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
        error = f"<Error>{members}</Error>"
        body = error if service in XML_SERVICES else f"<ErrorResponse>{error}</ErrorResponse>"
        return 400, {"Content-Type": "text/xml"}, body
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": code}
    return 400, headers, json.dumps({"__type": code, "message": message})


def install(_local: LocalAws) -> None:
    utils = load("moto.core.utils")
    converter = utils.convert_to_flask_response

    def call(self: Any, args: Any = None, **kwargs: Any) -> Any:
        from flask import Response, request
        from werkzeug.exceptions import HTTPException

        try:
            return original(self, args, **kwargs)
        except HTTPException:
            raise
        except NotImplementedError as error:
            # moto answers 500, which SDKs and Terraform retry for minutes: an unknown action looks like a
            # hang.
            code, message = "NotImplemented", f"the local AWS does not implement this action: {error}"
            LOG.warning("%s %s: %s", request.method, request.path, message)
        except Exception as error:
            # The same holds for moto's own faults: they do not go away by retrying.
            code, message = "LocalAwsFault", f"{type(error).__name__}: {error}"
            LOG.exception("%s %s failed", request.method, request.path)
        service = signed_service(request.headers.get("Authorization", ""))
        status, headers, body = error_answer(code, message, service, request.headers.get("Content-Type", ""))
        return Response(response=body, status=status, headers=headers)

    original = replace(converter, "__call__", call)
