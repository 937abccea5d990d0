"""Which requests of browsers reach the page, and what its answers allow the browser."""

from enum import Enum

from oleoduto_local.access.door import check_host
from oleoduto_local.access.refusal import RefusalError
from oleoduto_local.access.request import Request

SESSION_HEADER = "x-oleoduto-session"
LARGEST_BODY = 64 * 1024
JSON = "application/json"

ALWAYS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
# Own files only, no text that becomes code, no frame.
PAGE_POLICY = (
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
# A report has its style and script within itself. In a sandbox it has no origin, and so
# reads nothing of the page or of the local AWS.
DOCUMENT_POLICY = (
    "sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Part(Enum):
    """What a request asks for."""

    PAGE = "the page"
    FILE = "a file of the page"
    DATA = "data"
    DOCUMENT = "a document of the bucket"


def check_browser(request: Request, port: int, part: Part) -> None:
    """Refuse another Host, another origin, and what no page of this origin or user asked for.

    Links and files on the disk may lead to the page and to documents, but only as a whole window: no frame, no script.
    """
    check_host(request, port)
    origin = request.headers.get("origin")
    if origin is not None and origin != f"http://{request.header('host').lower()}":
        raise RefusalError(
            "denied", f"the page of the local AWS takes no requests of other pages; this one has the Origin {origin!r}"
        )
    site = request.header("sec-fetch-site")
    # `none` is a user who types the address; programs that are no browser send nothing.
    if site in ("", "same-origin") or (site == "none" and part is not Part.DATA):
        return
    is_window = request.header("sec-fetch-mode") == "navigate" and request.header("sec-fetch-dest") == "document"
    if part in (Part.PAGE, Part.DOCUMENT) and is_window and request.method == "GET":
        return
    raise RefusalError("denied", f"the local AWS gives {part.value} to no other page; this request has Sec-Fetch-Site: {site}")


def check_json(request: Request) -> None:
    """Refuse a body that a form could send, and a long one."""
    if request.header("content-type").partition(";")[0].strip().lower() != JSON:
        raise RefusalError("denied", f"the page of the local AWS takes bodies of {JSON} only")
    length = request.header("content-length")
    if not length.isdigit() or int(length) > LARGEST_BODY:
        raise RefusalError("denied", f"the page of the local AWS takes bodies of at most {LARGEST_BODY} bytes")
