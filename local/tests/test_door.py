"""The door of the local AWS: who is let in, and how the others are refused."""

import base64
import io
import json
import urllib.error
import urllib.request
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from local_support import PATIENCE, REGION, ROLE, Aws, Server

SERVICES = ("s3", "glue", "lambda", "iam", "stepfunctions", "sagemaker", "sns", "cloudwatch")


def send(server: Server, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, dict[str, str], str]:
    """A request as a program without an SDK sends it."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(f"{server.url}{path}", body or None, named, method=method)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, dict(answer.headers), answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read().decode()


def client(server: Server, service: str, **keys: str) -> Any:
    settings = Config(retries={"total_max_attempts": 1})
    return boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=server.url,
        region_name=REGION,
        config=settings,
        **{**server.keys, **keys},
    )


def call(server: Server, service: str, **keys: str) -> Any:
    """A harmless call of each service."""
    made = client(server, service, **keys)
    first = {
        "s3": "list_buckets",
        "glue": "get_databases",
        "lambda": "list_functions",
        "iam": "list_roles",
        "stepfunctions": "list_state_machines",
        "sagemaker": "list_training_jobs",
        "sns": "list_topics",
        "cloudwatch": "list_metrics",
    }
    return getattr(made, first[service])()


def signed(server: Server, when: datetime, body: bytes = b"", **headers: str) -> dict[str, str]:
    """The headers of a Glue call that is signed at a time of the test's choice."""
    keys = Credentials(server.endpoint["access_key_id"], server.endpoint["secret_access_key"])
    target = {"X-Amz-Target": "AWSGlue.GetDatabases", "Content-Type": "application/x-amz-json-1.1"}
    request = AWSRequest("POST", f"{server.url}/", {**target, **headers}, body)
    request.context["timestamp"] = request.headers["X-Amz-Date"] = when.strftime("%Y%m%dT%H%M%SZ")
    signer = SigV4Auth(keys, "glue", REGION)
    text = signer.string_to_sign(request, signer.canonical_request(request))
    signer._inject_signature_to_request(request, signer.signature(text, request))
    return dict(request.headers.items())


def test_a_web_page_cannot_run_code(server: Server, aws: Aws, tmp_path: Path) -> None:
    """What a browser sends for a page without asking the server first: two POSTs of text."""
    marker = tmp_path / "marker"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("x.py", f"def h(e, c):\n    open({str(marker)!r}, 'w').close()\n")
    function = {
        "FunctionName": "evil",
        "Runtime": "python3.13",
        "Role": ROLE,
        "Handler": "x.h",
        "Code": {"ZipFile": base64.b64encode(packed.getvalue()).decode()},
    }
    page = {"Origin": "https://evil.example", "Content_Type": "text/plain"}
    paths = {"/lambda_us-east-1/functions?Action=CreateFunction": json.dumps(function).encode()}
    paths["/lambda_us-east-1/functions/evil/invocations?Action=Invoke"] = b"{}"
    for path, body in paths.items():
        for headers in (page, {"Content_Type": "text/plain"}):
            status, answered, text = send(server, "POST", path, body, **headers)
            assert status == 403, text
            assert "Access-Control-Allow-Origin" not in answered
    assert not marker.exists()
    assert "evil" not in [found["FunctionName"] for found in aws.functions.list_functions()["Functions"]]


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"Host": "evil.example"}, "not to the Host 'evil.example'"),
        ({"Host": "127.0.0.1:1"}, "not to the Host '127.0.0.1:1'"),
        ({"Origin": "https://evil.example"}, "it has the Origin"),
        ({"Origin": "null"}, "it has the Origin"),
        ({"Sec_Fetch_Site": "cross-site"}, "Sec-Fetch-Site: cross-site"),
        ({"Sec_Fetch_Site": "same-site"}, "Sec-Fetch-Site: same-site"),
    ],
)
def test_what_a_browser_sends_is_refused_even_for_the_health(server: Server, headers: dict[str, str], said: str) -> None:
    status, answered, text = send(server, "GET", "/_oleoduto/health", **headers)
    assert status == 403 and said.replace("it has", "has") in text
    assert "Access-Control-Allow-Origin" not in answered


def test_this_machine_may_ask_for_the_health_by_both_names(server: Server) -> None:
    for host in ("127.0.0.1", "localhost"):
        status, answered, _text = send(server, "GET", "/_oleoduto/health", Host=f"{host}:{server.endpoint['port']}")
        assert status == 200
        assert "Access-Control-Allow-Origin" not in answered


def test_motos_own_controls_are_refused(server: Server, aws: Aws) -> None:
    for path in ("/moto-api/reset", "/moto-api/reset-auth", "//moto-api/reset", "/moto%2Dapi/reset", "/moto-api/"):
        status, _headers, text = send(server, "POST", path, b"0")
        assert status == 403 and "does not offer" in text
    assert aws.client("iam").get_role(RoleName="toy")["Role"]["Arn"] == ROLE


@pytest.mark.parametrize("service", SERVICES)
def test_an_sdk_with_the_keys_of_this_start_is_let_in(server: Server, service: str) -> None:
    assert call(server, service)["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize("service", SERVICES)
def test_another_key_is_refused_in_the_services_own_words(server: Server, service: str) -> None:
    with pytest.raises(ClientError) as caught:
        call(server, service, aws_access_key_id="AKIAOTHER", aws_secret_access_key="x")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    known = {"s3": "InvalidAccessKeyId", "iam": "InvalidClientTokenId", "sns": "InvalidClientTokenId"}
    assert caught.value.response["Error"]["Code"] == known.get(service, "UnrecognizedClientException")
    assert "local env" in caught.value.response["Error"]["Message"]


@pytest.mark.parametrize("service", SERVICES)
def test_a_wrong_secret_is_refused(server: Server, service: str) -> None:
    with pytest.raises(ClientError) as caught:
        call(server, service, aws_secret_access_key="wrong")
    known = {"s3": "SignatureDoesNotMatch", "iam": "SignatureDoesNotMatch", "sns": "SignatureDoesNotMatch"}
    assert caught.value.response["Error"]["Code"] == known.get(service, "InvalidSignatureException")


def test_what_is_not_signed_is_refused(server: Server) -> None:
    for headers, said in (
        ({}, "Missing Authentication Token"),
        ({"Authorization": "Basic eDp5"}, "not that of AWS Signature Version 4"),
        ({"Authorization": "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/s3/aws4_request"}, "not that of"),
    ):
        status, _headers, text = send(server, "GET", "/toy-bucket", **headers)
        assert status == 403 and said in text


def test_names_and_queries_of_every_kind_are_verified(aws: Aws) -> None:
    for key in ("plain", "a b+c", "dataproc=20260101/x,y;z", "tilde~and:colon", "é/ü%20", "two//slashes", "(x)'*!@&$"):
        aws.put(f"odd/{key}", b"1")
        assert aws.keys(f"odd/{key}") == [f"odd/{key}"]
        assert aws.read(f"odd/{key}") == b"1"


def test_a_changed_body_is_refused(server: Server) -> None:
    now = datetime.now(UTC)
    assert send(server, "POST", "/", b"{}", **signed(server, now, b"{}"))[0] == 200
    for headers in (signed(server, now, b"{}"), signed(server, now, b"{}", **{"X-Amz-Content-SHA256": "0" * 64})):
        status, _headers, text = send(server, "POST", "/", b'{"x": 1}', **headers)
        assert status == 403 and "InvalidSignatureException" in text
    # Only S3 takes bodies that are not hashed.
    headers = signed(server, now, b"{}", **{"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"})
    assert send(server, "POST", "/", b"{}", **headers)[0] == 403


@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_stale_signature_is_refused(server: Server, minutes: int) -> None:
    status, _headers, text = send(
        server, "POST", "/", b"{}", **signed(server, datetime.now(UTC) + timedelta(minutes=minutes), b"{}")
    )
    assert status == 403 and "Signature expired" in text


def test_a_signature_of_a_quarter_of_an_hour_is_not_stale(server: Server) -> None:
    for minutes in (-14, 14):
        headers = signed(server, datetime.now(UTC) + timedelta(minutes=minutes), b"{}")
        assert send(server, "POST", "/", b"{}", **headers)[0] == 200


def test_every_start_has_keys_of_its_own(server: Server) -> None:
    assert len(server.endpoint["access_key_id"]) == 20
    assert len(server.endpoint["secret_access_key"]) == 40
    assert server.endpoint["secret_access_key"] not in (server.data / "server.log").read_text()


def test_temporary_keys_need_their_token(server: Server, aws: Aws) -> None:
    given = aws.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="me")["Credentials"]
    keys = {"aws_access_key_id": given["AccessKeyId"], "aws_secret_access_key": given["SecretAccessKey"]}
    who = client(server, "sts", **keys, aws_session_token=given["SessionToken"]).get_caller_identity()
    assert who["Arn"].endswith(":assumed-role/toy/me")
    for token in ({}, {"aws_session_token": "other"}):
        with pytest.raises(ClientError, match="InvalidClientTokenId"):
            client(server, "sts", **keys, **token).get_caller_identity()
