"""Errors in the form that the caller's SDK parses."""

import json
from xml.sax.saxutils import escape

XML_SERVICES = ("s3", "cloudfront", "route53")


def signed_service(authorization: str) -> str:
    """The service named in a SigV4 header, such as `glue`; empty when there is none."""
    scope = authorization.partition("Credential=")[2].partition(",")[0].split("/")
    return scope[3] if len(scope) > 3 else ""


def is_query(content_type: str) -> bool:
    """Whether a request is of a query service, which takes forms and answers XML."""
    return content_type.startswith("application/x-www-form-urlencoded")


def error_answer(
    code: str, message: str, service: str, content_type: str, status: int = 400
) -> tuple[int, dict[str, str], str]:
    """An error: query and REST-XML services speak XML, the others JSON."""
    if is_query(content_type) or service in XML_SERVICES:
        members = f"<Type>Sender</Type><Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
        error = f"<Error>{members}</Error>"
        body = error if service in XML_SERVICES else f"<ErrorResponse>{error}</ErrorResponse>"
        return status, {"Content-Type": "text/xml"}, body
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": code}
    return status, headers, json.dumps({"__type": code, "message": message})
