"""`role_arn` and `profile` of a backend sign every call about the bucket of states, whichever command makes it."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from project import PATIENCE, Project, clean_environment

ACCOUNT = "123456789012"
CONFIGURATION = f"""\
[project]
name = "demo"
series = "EIA366_PBRENT366"
[env.x]
account = "{ACCOUNT}"
region = "us-east-1"
[env.x.backend]
type = "s3"
bucket = "demo-states"
dynamodb_table = "demo-locks"
role_arn = "arn:aws:iam::{ACCOUNT}:role/states"
"""
CALLER = (
    "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::{0}:user/me</Arn><UserId>U</UserId>"
    "<Account>{0}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
)
ASSUMED = (
    "<AssumeRoleResponse><AssumeRoleResult><AssumedRoleUser><Arn>arn:aws:sts::{0}:assumed-role/states/s</Arn>"
    "<AssumedRoleId>A:s</AssumedRoleId></AssumedRoleUser><Credentials><AccessKeyId>ROLEKEY</AccessKeyId>"
    "<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>"
    "</Credentials></AssumeRoleResult></AssumeRoleResponse>"
)
MISSING = "<Error><Code>NoSuchKey</Code><Message>none</Message></Error>"
NO_TABLE = '{"__type": "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException", "message": "none"}'


@dataclass(frozen=True)
class Call:
    """A call, and the access key that signed it."""

    what: str
    key: str

    def is_about_states(self) -> bool:
        """Whether it reaches the bucket of states or its lock table."""
        return "demo-states" in self.what or "DynamoDB" in self.what


@contextmanager
def stub() -> Iterator[tuple[str, list[Call]]]:
    """An AWS that knows its caller, gives the role, and has neither bucket nor table; its address and its calls."""
    calls: list[Call] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode(errors="replace")
            action = parse_qs(body).get("Action", [""])[0] or self.headers.get("x-amz-target", "")
            key = self.headers.get("authorization", "").partition("Credential=")[2].split("/")[0]
            calls.append(Call(f"{self.command} {self.path} {action}", key))
            known = {"GetCallerIdentity": (200, CALLER.format(ACCOUNT)), "AssumeRole": (200, ASSUMED.format(ACCOUNT))}
            status, text = (400, NO_TABLE) if action.startswith("DynamoDB") else known.get(action, (404, MISSING))
            self.send_response(status)
            self.send_header("content-length", str(len(text.encode())))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(text.encode())

        do_GET = do_POST = do_HEAD = do_PUT = do_DELETE = answer

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", calls
    finally:
        server.shutdown()
        server.server_close()


def calls_of(folder: Path, command: str, profile: str = "") -> list[Call]:
    """The calls that a command makes, with a Terraform that makes none."""
    project = Project(folder)
    project.configure(CONFIGURATION + profile)
    (folder / "aws.config").write_text("[profile states]\naws_access_key_id = PROFILEKEY\naws_secret_access_key = s\n")
    terraform = folder / "terraform.sh"
    terraform.write_text("#!/bin/sh\nexit 0\n")
    terraform.chmod(0o755)
    with stub() as (url, calls):
        variables = {
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": "USERKEY",
            "AWS_SECRET_ACCESS_KEY": "s",
            "AWS_CONFIG_FILE": str(folder / "aws.config"),
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_S3_USE_PATH_STYLE": "true",
            "GITHUB_SHA": "0" * 40,
            "TERRAFORM_BINARY_NAME": str(terraform),
        }
        arguments = ["--env", "x", *command.split()]
        if command.split(maxsplit=1)[0] in {"plan", "apply", "destroy", "output", "drift", "unlock"}:
            arguments += ["ecr", "--no-provider-reuse", "--out", str(folder / "cdktf.out")]
        subprocess.run(
            project.command(*arguments),
            check=False,
            capture_output=True,
            timeout=PATIENCE,
            stdin=subprocess.DEVNULL,
            env={**clean_environment(), **variables},
        )
        return calls


COMMANDS = [
    "backend status",
    "backend up --yes",
    "backend down --yes",
    "backend unlock --yes",
    "ci stacks",
    "ci image",
    "ci record applied",
    "ci record destroyed",
    "ci empty --yes",
    "doctor",
    "plan",
    "apply --yes",
    "destroy --yes",
    "output",
    "drift",
    "unlock",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_call_about_states_is_signed_by_the_role(tmp_path: Path, command: str) -> None:
    calls = calls_of(tmp_path, command)
    signed = {call.key for call in calls if call.is_about_states()}
    assert signed == {"ROLEKEY"}, calls
    assert any("AssumeRole" in call.what and call.key == "USERKEY" for call in calls), calls


@pytest.mark.parametrize("command", ["backend status", "ci stacks", "unlock"])
def test_the_profile_assumes_the_role(tmp_path: Path, command: str) -> None:
    calls = calls_of(tmp_path, command, profile='profile = "states"\n')
    assert {call.key for call in calls if "AssumeRole" in call.what} == {"PROFILEKEY"}, calls
    assert {call.key for call in calls if call.is_about_states()} == {"ROLEKEY"}, calls
