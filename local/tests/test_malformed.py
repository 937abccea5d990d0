"""Requests that are no requests: each is refused or dropped, and the server goes on."""

import socket
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from local_support import BUCKET, REGION, Aws, Server
from test_door import send

CLAIM = "Authorization: AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=0\r\n"
BROKEN = {
    "no HTTP": b"\x00\x9f\xff" * 70,
    "a path without end": b"GET /" + b"A" * 70_000 + b" HTTP/1.1\r\n{host}\r\n",
    "a body that is longer than said": b"POST / HTTP/1.1\r\n{host}{glue}Content-Length: 5\r\n\r\n" + b'{"a":{"b"',
    "a length below zero": b"POST / HTTP/1.1\r\n{host}{glue}Content-Length: -5\r\n\r\n",
    "a length that is no number": b"POST / HTTP/1.1\r\n{host}{glue}Content-Length: five\r\n\r\n",
    "a claim without parts": b"POST / HTTP/1.1\r\n{host}Authorization: AWS4-HMAC-SHA256 Credential=///\r\n\r\n",
    "a path out of the bucket": b"PUT /b%ff%00/..%2f..%2fx HTTP/1.1\r\n{host}{s3}Content-Length: 3\r\n\r\nabc",
    "chunks that are none": b"POST / HTTP/1.1\r\n{host}{glue}Transfer-Encoding: chunked\r\n\r\nZZ\r\n",
    "a header without a name": b"GET / HTTP/1.1\r\n{host}: x\r\n\r\n",
}


def first_line(server: Server, content: bytes) -> bytes:
    """What the server answers, or nothing if it says nothing within a second or hangs up."""
    port = int(server.url.rpartition(":")[2])
    host = f"Host: 127.0.0.1:{port}\r\n".encode()
    filled = content.replace(b"{host}", host)
    for service in ("glue", "s3"):
        filled = filled.replace(f"{{{service}}}".encode(), CLAIM.format(service).encode())
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        connection.settimeout(1)
        try:
            connection.sendall(filled)
            return connection.recv(200).partition(b"\r\n")[0]
        except (TimeoutError, ConnectionError):
            return b""


def faults(server: Server) -> int:
    return (server.data / "server.log").read_text(errors="replace").count("Traceback")


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_request_is_refused_at_the_door(server: Server, name: str) -> None:
    before = faults(server)
    for _ in range(5):
        answer = first_line(server, BROKEN[name])
        assert b" 200 " not in answer and b" 500 " not in answer, answer
    assert server.health()["status"] == "ok"
    assert faults(server) == before


def signed(server: Server, service: str, method: str, path: str, body: bytes, **headers: str) -> dict[str, str]:
    keys = Credentials(server.endpoint["access_key_id"], server.endpoint["secret_access_key"])
    request = AWSRequest(
        method, f"{server.url}{path}", {name.replace("_", "-"): value for name, value in headers.items()}, body
    )
    (S3SigV4Auth if service == "s3" else SigV4Auth)(keys, service, REGION).add_auth(request)
    return dict(request.headers.items())


JSON = "application/x-amz-json-1.1"


@pytest.mark.parametrize(
    ("service", "method", "path", "body", "headers"),
    [
        ("glue", "POST", "/", b'{"Name":', {"X_Amz_Target": "AWSGlue.CreateJob", "Content_Type": JSON}),
        ("glue", "POST", "/", b"[1]", {"X_Amz_Target": "AWSGlue.CreateJob", "Content_Type": JSON}),
        ("glue", "POST", "/", b"{}", {"X_Amz_Target": "AWSGlue.NoSuchThing", "Content_Type": JSON}),
        ("sagemaker", "POST", "/", b"\xff\xfe", {"X_Amz_Target": "SageMaker.CreateTrainingJob", "Content_Type": JSON}),
        ("states", "POST", "/", b'{"stateMachineArn":1', {"X_Amz_Target": "AWSStepFunctions.StartExecution"}),
        ("lambda", "POST", "/2015-03-31/functions", b"[]", {"Content_Type": "application/json"}),
        ("lambda", "POST", "/2015-03-31/functions", b"null", {"Content_Type": "application/json"}),
        ("s3", "POST", f"/{BUCKET}?delete=", b"<Delete><Object>", {}),
        ("iam", "POST", "/", b"Action=NoSuchThing&Version=2010-05-08", {"Content_Type": "application/x-www-form-urlencoded"}),
    ],
)
def test_a_signed_request_that_no_service_can_read_is_an_error_of_the_caller(
    server: Server, aws: Aws, service: str, method: str, path: str, body: bytes, headers: dict[str, Any]
) -> None:
    given = signed(server, service, method, path, body, **headers)
    status, _headers, text = send(
        server, method, path, body, **{name.replace("-", "_"): value for name, value in given.items()}
    )
    assert 400 <= status < 500, f"{status} {text}"
    assert server.health()["status"] == "ok"
