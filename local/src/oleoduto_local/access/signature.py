"""AWS Signature Version 4: what a request claims, and whether a secret key made it; botocore's signer computes it again."""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPMessage
from typing import Any
from urllib.parse import quote, unquote

from botocore.auth import SIGV4_TIMESTAMP, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.utils import normalize_url_path

from oleoduto_local.access.refusal import RefusalError
from oleoduto_local.access.request import Request

# AWS accepts signatures from 15 minutes before to 15 minutes after its own clock.
TOLERANCE = timedelta(minutes=15)
HEADER = re.compile(
    r"AWS4-HMAC-SHA256 +Credential=(?P<key>[^/,\s]+)/(?P<date>\d{8})/(?P<region>[^/,\s]+)/(?P<service>[^/,\s]+)/aws4_request"
    r", *SignedHeaders=(?P<signed>[^,\s]+), *Signature=(?P<signature>[0-9a-f]{64})\s*"
)
# What S3 takes in the place of the body's hash: the signature covers the headers only.
UNHASHED = re.compile(r"UNSIGNED-PAYLOAD|STREAMING-[A-Z0-9-]+")


@dataclass(frozen=True)
class Claim:
    """What a request's Authorization header says."""

    key_id: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str


def read_claim(request: Request) -> Claim:
    """The claim of a signed request."""
    header = request.header("authorization")
    if not header:
        raise RefusalError(
            "unsigned",
            "Missing Authentication Token: the local AWS takes signed requests only; "
            'eval "$(oleoduto local env)" gives the keys of this start',
        )
    match = HEADER.fullmatch(header)
    if match is None:
        raise RefusalError("incomplete", "the Authorization header is not that of AWS Signature Version 4 (AWS4-HMAC-SHA256)")
    signed = tuple(match["signed"].lower().split(";"))
    if "host" not in signed:
        raise RefusalError("incomplete", "SignedHeaders must include host")
    return Claim(match["key"], match["date"], match["region"], match["service"], signed, match["signature"])


def signed_at(request: Request, claim: Claim) -> datetime:
    """The time of the signature, which must be in its scope."""
    text = request.header("x-amz-date")
    try:
        at = datetime.strptime(text, SIGV4_TIMESTAMP).replace(tzinfo=UTC)
    except ValueError as error:
        raise RefusalError("incomplete", f"X-Amz-Date {text!r} is not a time such as 20260101T000000Z") from error
    if not text.startswith(claim.date):
        raise RefusalError("mismatch", f"Date in Credential scope does not match YYYYMMDD of X-Amz-Date {text}")
    return at


class Signer(SigV4Auth):
    """botocore's signer, over the headers that the client signed, and with S3's rules for S3."""

    def __init__(self, claim: Claim, secret: str) -> None:
        super().__init__(Credentials(claim.key_id, secret), claim.service, claim.region)
        self._signed_headers = claim.signed_headers
        self._is_s3 = claim.service == "s3"

    def headers_to_sign(self, request: Any) -> HTTPMessage:
        headers = HTTPMessage()
        for name in self._signed_headers:
            if name in request.headers:
                headers[name] = request.headers[name]
        return headers

    def _normalize_url_path(self, path: str) -> str:
        # Clients escape more or less on the wire than AWS does in the canonical form.
        canonical = quote(unquote(path), safe="/~")
        return canonical if self._is_s3 else quote(normalize_url_path(canonical), safe="/~")

    def payload(self, request: Any) -> str:
        return hashlib.sha256(request.data or b"").hexdigest()

    def expected(self, request: Request) -> str:
        """The signature that the secret key gives."""
        # SigV4 of a pair whose value is empty has an equals sign.
        pairs = [pair.partition("=")[::2] for pair in request.query.split("&") if pair]
        query = "&".join("=".join(quote(unquote(part), safe="-_.~") for part in pair) for pair in pairs)
        hashed = "x-amz-content-sha256" in request.headers
        address = f"http://{request.header('host')}{request.path}{'?' if query else ''}{query}"
        again = AWSRequest(request.method, address, dict(request.headers), b"" if hashed else request.body)
        again.context["timestamp"] = request.header("x-amz-date")
        return str(self.signature(self.string_to_sign(again, self.canonical_request(again)), again))


def check_signature(request: Request, claim: Claim, secret: str, now: datetime) -> None:
    """Refuse a request that this secret key did not sign, or not lately, or not with this body."""
    at = signed_at(request, claim)
    if not -TOLERANCE <= now - at <= TOLERANCE:
        raise RefusalError("stale", f"Signature expired: {at:%Y%m%dT%H%M%SZ} is not within 15 minutes of {now:%Y%m%dT%H%M%SZ}")
    if not hmac.compare_digest(Signer(claim, secret).expected(request), claim.signature):
        raise RefusalError(
            "mismatch",
            "The request signature we calculated does not match the signature you provided. "
            "Check your AWS Secret Access Key and signing method",
        )
    hashed = request.header("x-amz-content-sha256")
    if not hashed or (claim.service == "s3" and UNHASHED.fullmatch(hashed)):
        return
    if not hmac.compare_digest(hashlib.sha256(request.body).hexdigest(), hashed):
        raise RefusalError("mismatch", "The body does not have the hash that X-Amz-Content-SHA256 says")
