"""Refusals, with AWS's codes and in the protocol of the service that was called."""

from oleoduto_local.access.request import Request
from oleoduto_local.answers import error_answer, is_query

# The code of a refusal by the family of the service; AWS has no single one. Sources: "Common Errors" of the API references
# of IAM (query) and of Glue (JSON), and "Error responses" of the S3 API reference.
CODES = {
    "unsigned": {"s3": "AccessDenied", "query": "MissingAuthenticationToken", "json": "MissingAuthenticationTokenException"},
    "incomplete": {
        "s3": "AuthorizationHeaderMalformed",
        "query": "IncompleteSignature",
        "json": "IncompleteSignatureException",
    },
    "unknown-key": {"s3": "InvalidAccessKeyId", "query": "InvalidClientTokenId", "json": "UnrecognizedClientException"},
    "unknown-token": {"s3": "InvalidToken", "query": "InvalidClientTokenId", "json": "UnrecognizedClientException"},
    "expired-token": {"s3": "ExpiredToken", "query": "ExpiredToken", "json": "ExpiredTokenException"},
    "mismatch": {"s3": "SignatureDoesNotMatch", "query": "SignatureDoesNotMatch", "json": "InvalidSignatureException"},
    "stale": {"s3": "RequestTimeTooSkewed", "query": "SignatureDoesNotMatch", "json": "InvalidSignatureException"},
    "identity-token": dict.fromkeys(("s3", "query", "json"), "InvalidIdentityToken"),
    "invalid": dict.fromkeys(("s3", "query", "json"), "ValidationError"),
    "denied": {"s3": "AccessDenied", "query": "AccessDenied", "json": "AccessDeniedException"},
}


class RefusalError(Exception):
    """A request that is not served. `kind` is a key of CODES."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message

    def answer(self, request: Request) -> tuple[int, dict[str, str], str]:
        """Status, headers and body."""
        content_type = request.header("content-type")
        family = "s3" if request.service == "s3" else "query" if is_query(content_type) else "json"
        return error_answer(CODES[self.kind][family], self.message, request.service, content_type, 403)
