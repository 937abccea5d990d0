"""What the tests of `oleoduto doctor` share: an AWS that says what a test wants, and what the command found."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from project import Project, clean_environment

ACCOUNT = "123456789012"
AWS = {
    "AWS_ACCESS_KEY_ID": "any",
    "AWS_SECRET_ACCESS_KEY": "any",
    "AWS_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_S3_USE_PATH_STYLE": "true",
    "OLEODUTO_ACCOUNT": ACCOUNT,
}
NOBODY = "http://127.0.0.1:1"
GOOD = {
    "terraform": "Terraform v1.11.4",
    "java": "openjdk version 17.0.9",
    "python3": "Python 3.12.1",
    "git": "git version 2.40.1",
    "docker": "Docker version 28.0.1",
    "node": "v22.20.0",
}
UNKNOWN = b"<ErrorResponse><Error><Code>InvalidClientTokenId</Code><Message>no</Message></Error></ErrorResponse>"


class Answers(BaseHTTPRequestHandler):
    """STS and S3 as far as doctor asks them, and what a test has others say; every other service refuses."""

    skew = 0
    account = ACCOUNT
    # The regions whose STS does not know the keys.
    disabled: tuple[str, ...] = ()
    # By the path of the call, or by the operation where all have one path: the service that signs it, and its answer.
    told: Mapping[str, tuple[str, Any]] = {}
    buckets: Mapping[str, tuple[int, str]] = {}
    silent = threading.Event()

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The Date header, by a clock that may be off."""
        return format_datetime(datetime.now(UTC) + timedelta(seconds=self.skew), usegmt=True)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep the test's output clean."""

    def do_GET(self) -> None:
        """S3: no buckets."""
        self.hold()
        self.answer(
            b'<ListAllMyBucketsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Buckets/></ListAllMyBucketsResult>'
        )

    def do_HEAD(self) -> None:
        """S3: the buckets of the test, each with the status of the answer and its region."""
        self.hold()
        status, region = self.buckets.get(self.path.strip("/"), (404, "us-east-1"))
        self.send_response(status)
        self.send_header("x-amz-bucket-region", region)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        """STS answers unless its region is disabled; of the others, those that the test has said."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        signer = self.headers.get("Authorization", "").partition("Credential=")[2].split("/")
        if b"GetCallerIdentity" not in body:
            self.hold()
            service, said = self.told.get(self.headers.get("X-Amz-Target", self.path), ("", {}))
            known = service != "" and signer[3] == service and isinstance(json.loads(body), dict)
            self.answer(json.dumps(said).encode(), 400 if not known or "__type" in said else 200)
            return
        if signer[2] in self.disabled:
            self.answer(UNKNOWN, 403)
            return
        self.answer(
            f'<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
            f"<Arn>arn:aws:iam::{self.account}:user/x</Arn><UserId>U</UserId><Account>{self.account}</Account>"
            f"</GetCallerIdentityResult></GetCallerIdentityResponse>".encode()
        )

    def hold(self) -> None:
        """Never answer, in a test of that: the connection stays open until the server goes."""
        if self.silent.is_set():
            time.sleep(300)

    def answer(self, body: bytes, status: int = 200) -> None:
        """Send a whole answer."""
        self.send_response(status)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def some_aws() -> Iterator[Callable[..., str]]:
    """Start an AWS with these properties; its address."""
    servers: list[ThreadingHTTPServer] = []

    def start(silent: bool = False, certificate: Path | None = None, **properties: Any) -> str:
        event = threading.Event()
        if silent:
            event.set()
        server = ThreadingHTTPServer(("127.0.0.1", 0), type("Given", (Answers,), {**properties, "silent": event}))
        server.daemon_threads = True
        server.block_on_close = False
        if certificate:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(certificate)
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@dataclass
class Diagnosis:
    """What a run said."""

    code: int
    findings: dict[str, dict[str, str]]


def doctor(project: Project, timeout: float = 100, **environment: str) -> Diagnosis:
    """Run it with keys for an AWS that nobody is, and with these variables; the findings by what was looked at."""
    return told(project, {**clean_environment(), "AWS_ENDPOINT_URL": NOBODY, **AWS, **environment}, timeout)


def told(project: Project, environment: Mapping[str, str], timeout: float = 100) -> Diagnosis:
    """The same in a whole environment."""
    done = subprocess.run(
        project.command("doctor", "--json"),
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
        stdin=subprocess.DEVNULL,
        env=environment,
    )
    rows = {row["what"]: row for row in json.loads(done.stdout)}
    return Diagnosis(done.returncode, rows)


def path_with(folder: Path, **scripts: str) -> str:
    """A PATH on which these programs, written for `sh`, come first."""
    folder.mkdir()
    for name, script in scripts.items():
        file = folder / name
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def says(**changed: str) -> dict[str, str]:
    """Scripts of programs that say good versions, but for those named."""
    return {name: f"echo '{text}'" for name, text in {**GOOD, **changed}.items()}
