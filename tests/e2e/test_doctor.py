"""`oleoduto doctor`, `completions` and `man`: with fake programs on PATH and an AWS that says what a test wants."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
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
WITH_BUCKET = '[project]\nname = "oleoduto"\nseries = "EIA366_PBRENT366"\n\n[env.dev.backend]\ntype = "s3"\n'
GOOD = {
    "terraform": "Terraform v1.11.4",
    "java": "openjdk version 17.0.9",
    "python3": "Python 3.12.1",
    "git": "git version 2.40.1",
    "docker": "Docker version 28.0.1",
    "node": "v22.20.0",
}
PROGRAMS = ("terraform", "java", "python", "git", "docker", "node")


class Answers(BaseHTTPRequestHandler):
    """STS and S3 as far as doctor asks them; every other service refuses."""

    skew = 0
    account = ACCOUNT
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

    do_HEAD = do_GET

    def do_POST(self) -> None:
        """STS answers always; the others are refused."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if b"GetCallerIdentity" not in body:
            self.hold()
            self.answer(b"{}", 400)
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


@pytest.fixture
def aws() -> Iterator[Callable[..., str]]:
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


@pytest.fixture
def folder(binary: Path, tmp_path: Path) -> Project:
    """A project; doctor starts nothing in it, so nothing has to be stopped."""
    assert binary.is_file()
    place = tmp_path / "project"
    place.mkdir()
    return Project(place)


def doctor(project: Project, timeout: float = 100, **environment: str) -> Diagnosis:
    """Run it; the findings by what was looked at."""
    done = subprocess.run(
        project.command("doctor", "--json"),
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
        stdin=subprocess.DEVNULL,
        env={**clean_environment(), "AWS_ENDPOINT_URL": NOBODY, **AWS, **environment},
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


def test_without_aws_it_says_so_and_does_not_fail(folder: Project, tmp_path: Path) -> None:
    found = doctor(folder, PATH=path_with(tmp_path / "bin", **says()))
    assert found.code == 0
    assert all(found.findings[name]["verdict"] == "ok" for name in PROGRAMS)
    assert found.findings["credentials"]["verdict"] == "warning"
    assert found.findings["credentials"]["fix"]


@pytest.mark.parametrize(
    ("program", "text", "verdict", "code"),
    [
        ("terraform", "Terraform v1.9.8\n\nYour version is out of date! The latest version is 1.14.0", "failure", 1),
        ("terraform", "OpenTofu v1.10.0", "ok", 0),
        ("terraform", "no number at all", "failure", 1),
        ("java", 'openjdk version "1.8.0_392"', "warning", 0),
        ("java", 'openjdk version "21" 2023-09-19', "ok", 0),
        ("node", "v22.18.0", "warning", 0),
        ("python", "Python 3.10.9", "warning", 0),
    ],
)
def test_versions_are_judged(folder: Project, tmp_path: Path, program: str, text: str, verdict: str, code: int) -> None:
    name = {"python": "python3"}.get(program, program)
    found = doctor(folder, PATH=path_with(tmp_path / "bin", **says(**{name: text})))
    assert (found.findings[program]["verdict"], found.code) == (verdict, code), found.findings[program]
    assert bool(found.findings[program]["fix"]) == (verdict != "ok")


def test_a_terraform_that_is_not_there_is_a_failure(folder: Project) -> None:
    found = doctor(folder, TERRAFORM_BINARY_NAME="no-such-terraform")
    assert found.code == 1 and "no-such-terraform" in found.findings["terraform"]["found"]


def test_a_program_that_fails_is_not_ok_because_it_prints_a_number(folder: Project, tmp_path: Path) -> None:
    broken = "echo 'exec format error in build 1.11.4' >&2; exit 126"
    found = doctor(folder, PATH=path_with(tmp_path / "bin", **{**says(), "terraform": broken}))
    assert (found.findings["terraform"]["verdict"], found.code) == ("failure", 1)


def test_programs_are_asked_at_the_same_time(folder: Project, tmp_path: Path) -> None:
    """None of them answers before all were started."""
    started = f"until [ $(ls {tmp_path}/*.started | wc -l) -eq {len(GOOD)} ]; do sleep 0.05; done"
    waiting = {name: f"touch {tmp_path}/{name}.started; {started}; {script}" for name, script in says().items()}
    found = doctor(folder, PATH=path_with(tmp_path / "bin", **waiting))
    assert all(found.findings[name]["verdict"] == "ok" for name in PROGRAMS), found.findings


def test_credentials_of_another_account_are_a_failure(folder: Project, aws: Callable[..., str]) -> None:
    found = doctor(folder, AWS_ENDPOINT_URL=aws(account="999999999999"))
    assert found.code == 1
    assert found.findings["credentials"]["verdict"] == "failure"
    assert "999999999999" in found.findings["credentials"]["found"] and ACCOUNT in found.findings["credentials"]["found"]


def self_signed(file: Path) -> Path:
    """A file with a certificate of 127.0.0.1 that nobody else has signed, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a test's AWS")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    unsigned = x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(hours=1), now + timedelta(hours=1))
    certificate = unsigned.add_extension(address, critical=False).sign(key, hashes.SHA256())
    private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, *private) + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return file


def test_the_certificate_of_aws_is_checked(folder: Project, aws: Callable[..., str], tmp_path: Path) -> None:
    certificate = self_signed(tmp_path / "certificate.pem")
    url = aws(certificate=certificate)
    trusted = doctor(folder, AWS_ENDPOINT_URL=url, SSL_CERT_FILE=str(certificate))
    assert trusted.findings["credentials"]["verdict"] == "ok", trusted.findings
    refused = doctor(folder, AWS_ENDPOINT_URL=url)
    assert refused.findings["credentials"]["verdict"] == "warning", refused.findings


def test_a_clock_that_agrees_is_ok(folder: Project, aws: Callable[..., str]) -> None:
    found = doctor(folder, AWS_ENDPOINT_URL=aws())
    assert found.findings["clock"]["verdict"] == "ok"
    assert found.findings["credentials"]["verdict"] == "ok"


@pytest.mark.parametrize(("skew", "verdict"), [(120, "warning"), (400, "failure"), (-400, "failure")])
def test_a_clock_that_is_off_is_found(folder: Project, aws: Callable[..., str], skew: int, verdict: str) -> None:
    assert doctor(folder, AWS_ENDPOINT_URL=aws(skew=skew)).findings["clock"]["verdict"] == verdict


def test_an_aws_that_never_answers_does_not_hold_it_for_ever(folder: Project, aws: Callable[..., str]) -> None:
    config = folder.folder / "oleoduto.toml"
    config.unlink()
    config.write_text(WITH_BUCKET)
    assert doctor(folder, timeout=120, AWS_ENDPOINT_URL=aws(silent=True)).code in (0, 1)


def commands(project: Project, *above: str) -> list[tuple[str, ...]]:
    """Every command below one, by what `--help` lists."""
    shown = project.run(*above, "--help")
    assert shown.returncode == 0, shown.stderr
    _, _, listed = shown.stdout.partition("Commands:\n")
    words = [line.split()[0] for line in listed.split("\n\n")[0].splitlines() if line.startswith("  ") and line[2] != " "]
    found: list[tuple[str, ...]] = []
    for word in words:
        if word != "help":
            found += [(*above, word), *commands(project, *above, word)]
    return found


def test_every_command_has_a_manual_page_and_completions(folder: Project, tmp_path: Path) -> None:
    listed = commands(folder)
    assert {("synth",), ("backend", "up"), ("local", "run"), ("doctor",)} <= set(listed)
    assert folder.run("man", "--out", str(tmp_path / "man")).returncode == 0
    pages = {path.name for path in (tmp_path / "man").iterdir()}
    assert pages == {"oleoduto.1", *(f"{'-'.join(('oleoduto', *words))}.1" for words in listed)}
    for shell in ["bash", "zsh", "fish"]:
        script = folder.run("completions", shell)
        assert script.returncode == 0
        for words in listed:
            assert words[-1] in script.stdout, (shell, words)
    assert folder.run("completions", "no-such-shell").returncode == 2
