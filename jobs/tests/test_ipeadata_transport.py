"""How the Ipeadata client reaches the service: https first, no redirect to another host, no control characters."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from oleoduto_jobs.etl.ipeadata import Ipeadata, Limits, public_url
from oleoduto_jobs.etl.observations import SourceError
from oleoduto_jobs.etl.odata import parse_metadata, parse_values

CODE = "EIA366_PBRENT366"
FAST = Limits(connect=60.0, read=60.0, total=180.0, retries=1, backoff=0.01)
ROWS = json.dumps({"value": [{"SERCODIGO": CODE, "SERNOME": "Brent", "SERNUMERICA": True}]}).encode()

Respond = Callable[[BaseHTTPRequestHandler], None]


def rows(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(ROWS)))
    handler.end_headers()
    handler.wfile.write(ROWS)


def redirect(target: str) -> Respond:
    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", target)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return send


class Host:
    """A server; ``respond`` may be changed. With a certificate it speaks https."""

    def __init__(self, respond: Respond = rows, tls: ssl.SSLContext | None = None) -> None:
        self.respond = respond
        self.paths: list[str] = []
        outer = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.paths.append(self.path)
                outer.respond(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        if tls:
            self.http.socket = tls.wrap_socket(self.http.socket, server_side=True)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.http.server_port}/api/odata4"
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def hosts() -> Iterator[Callable[..., Host]]:
    started: list[Host] = []

    def start(respond: Respond = rows, tls: ssl.SSLContext | None = None) -> Host:
        started.append(Host(respond, tls))
        return started[-1]

    yield start
    for host in started:
        host.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of 127.0.0.1 that signs itself, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "host.pem"
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def tls(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """The server's side of https; the client trusts its certificate."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def chosen(secure: str, plain: str) -> tuple[str, str]:
    """The address that is used, and what is said about it."""
    said: list[str] = []
    url = public_url(CODE, FAST, said.append, (secure, plain))
    assert len(said) == 1
    return url, said[0]


def test_https_is_used_if_it_answers(hosts: Callable[..., Host], tls: ssl.SSLContext) -> None:
    secure, plain = hosts(tls=tls), hosts()
    url, said = chosen(secure.url, plain.url)
    assert url == secure.url
    assert said == f"ipeadata is asked at {secure.url}"
    assert plain.paths == []


def test_http_is_used_if_https_is_not_trusted_and_the_reason_is_said(
    hosts: Callable[..., Host], certificate: Path, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    secure, plain = hosts(tls=tls), hosts()
    url, said = chosen(secure.url, plain.url)
    assert url == plain.url
    assert f"ipeadata is asked at {plain.url}, where others on the way can read and change the answers" in said
    assert "certificate" in said.lower()
    assert secure.paths == [], "a client that does not trust the certificate sends nothing"


def page(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "6")
    handler.end_headers()
    handler.wfile.write(b"<html>")


def test_http_is_used_if_https_is_another_site(hosts: Callable[..., Host], tls: ssl.SSLContext) -> None:
    secure, plain = hosts(page, tls), hosts()
    url, said = chosen(secure.url, plain.url)
    assert (url, "HTML page" in said) == (plain.url, True)


def test_a_redirect_to_another_host_is_not_followed(hosts: Callable[..., Host]) -> None:
    """Not even to another port of this machine, where a metadata service could be."""
    inner = hosts()
    outer = hosts(redirect(f"{inner.url}/latest/meta-data/iam"))
    with pytest.raises(SourceError, match="is not followed: it is another host"):
        Ipeadata(outer.url, FAST).metadata_body(CODE)
    assert inner.paths == []


def test_a_redirect_within_the_host_is_followed(hosts: Callable[..., Host]) -> None:
    def moved_once(handler: BaseHTTPRequestHandler) -> None:
        (rows if handler.path == "/moved" else redirect("/moved"))(handler)

    host = hosts(moved_once)
    assert Ipeadata(host.url, FAST).metadata_body(CODE) == ROWS
    assert host.paths[-1] == "/moved"


def test_https_is_never_redirected_to_http(hosts: Callable[..., Host], tls: ssl.SSLContext) -> None:
    plain = hosts()
    secure = hosts(redirect(plain.url), tls)
    with pytest.raises(SourceError, match="is not followed"):
        Ipeadata(secure.url, FAST).metadata_body(CODE)
    assert plain.paths == []


def test_control_characters_of_the_service_do_not_reach_logs() -> None:
    row = {"SERCODIGO": CODE, "SERNOME": "Brent\nerror: forged\x1b[2J", "UNINOME": "US$\r", "PERNOME": "a\u202eb\u2028"}
    described = parse_metadata(CODE, "http://x", json.dumps({"value": [row]}).encode()).describe()
    assert described == "Brent error: forged [2J (a b , US$ , active)"
    values = [{"VALDATA": "2024-01-02T\x1b[2J\nerror: forged", "VALVALOR": "x"}]
    with pytest.raises(SourceError) as caught:
        parse_values(CODE, "http://x", json.dumps({"value": values}).encode())
    assert str(caught.value).isprintable()
