"""The door: nothing reaches the services but signed requests of programs that were given a key."""

from datetime import UTC, datetime

from oleoduto_local.access.principals import Principal, Principals
from oleoduto_local.access.refusal import RefusalError
from oleoduto_local.access.request import Request
from oleoduto_local.access.signature import check_signature, read_claim


def check_host(request: Request, port: int) -> None:
    """Refuse a foreign name of this address, which a page could give it."""
    host = request.header("host").lower()
    if host not in (f"127.0.0.1:{port}", f"localhost:{port}"):
        raise RefusalError(
            "denied", f"the local AWS answers to 127.0.0.1:{port} and localhost:{port}, not to the Host {host!r}"
        )


def check_sender(request: Request, port: int) -> None:
    """Refuse what a browser sends for a page: a foreign name of this address, a page's origin, a page's navigation."""
    check_host(request, port)
    if "origin" in request.headers:
        raise RefusalError(
            "denied", f"the local AWS takes no requests of web pages; this one has the Origin {request.header('origin')!r}"
        )
    # `none` is a user who types the address.
    site = request.header("sec-fetch-site")
    if site not in ("", "none"):
        raise RefusalError("denied", f"the local AWS takes no requests of web pages; this one has Sec-Fetch-Site: {site}")


def check_path(path: str) -> None:
    """Refuse moto's own controls: they reset everything and turn checks off."""
    first = path.lstrip("/").partition("/")[0]
    if first.startswith("moto-api"):
        raise RefusalError("denied", f"the local AWS does not offer {path}; `oleoduto local down` and `up` start afresh")


def identify(request: Request, principals: Principals, now: datetime | None = None) -> tuple[Principal, str]:
    """The principal whose key signed the request, and the region that it was signed for."""
    at = now or datetime.now(UTC)
    claim = read_claim(request)
    check_signature(request, claim, principals.secret_of(claim.key_id), at)
    return principals.owner(claim.key_id, request.header("x-amz-security-token"), at), claim.region
