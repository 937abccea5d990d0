"""The Ipeadata client against a small HTTP server that misbehaves on request."""

from __future__ import annotations

import datetime as dt
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from oleoduto_jobs.etl.ipeadata import Ipeadata, Limits
from oleoduto_jobs.etl.observations import Series, SourceError, SourceUnreachable
from oleoduto_jobs.etl.responses import parse_response
from oleoduto_jobs.etl.sources import Asker

CODE = "EIA366_PBRENT366"
# Repeats at once; its times are those of a busy machine.
FAST = Limits(connect=60.0, read=60.0, total=120.0, retries=2, backoff=0.01)

METADATA = {
    "SERCODIGO": CODE,
    "SERNOME": "Petróleo Brent",
    "PERNOME": "Diária",
    "UNINOME": "US$",
    "SERSTATUS": "A",
    "SERNUMERICA": True,
}


def value(date: str, price: object) -> dict[str, Any]:
    return {"SERCODIGO": CODE, "VALDATA": date, "VALVALOR": price, "NIVNOME": "", "TERCODIGO": ""}


VALUES = [
    value("1987-05-21T00:00:00-03:00", 18.45),
    value("1987-05-20T00:00:00-03:00", 18.63),
    value("1987-05-22T00:00:00-02:00", None),
]

Reply = Callable[[BaseHTTPRequestHandler], None]


def reply(status: int, body: bytes, headers: dict[str, str] | None = None, length: int | None = None) -> Reply:
    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, text in (headers or {}).items():
            handler.send_header(name, text)
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        handler.end_headers()
        handler.wfile.write(body)

    return send


def rows(items: list[dict[str, Any]]) -> Reply:
    return reply(200, json.dumps({"@odata.context": "x", "value": items}).encode())


def silence(handler: BaseHTTPRequestHandler) -> None:
    # Until the caller hangs up.
    handler.rfile.read(1)
    handler.close_connection = True


def drip(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(600):
        try:
            handler.wfile.write(b" ")
            handler.wfile.flush()
        except OSError:
            return
        time.sleep(0.1)


def ask(url: str, limits: Limits = FAST) -> Series:
    """One code as the job asks for it: bodies, then the series in them."""
    return parse_response(Asker("ipeadata", CODE, lambda dataproc, code: None, base=url, limits=limits).respond()(CODE))[0]


class Server:
    """Answers Metadados and ValoresSerie with queued replies; the last one of a queue repeats."""

    def __init__(self) -> None:
        self.metadata: list[Reply] = [rows([METADATA])]
        self.values: list[Reply] = [rows(VALUES)]
        self.paths: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.paths.append(self.path)
                queue = outer.metadata if "Metadados" in self.path else outer.values
                (queue.pop(0) if len(queue) > 1 else queue[0])(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/api/odata4"
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def series(self, limits: Limits = FAST) -> Series:
        return ask(self.url, limits)

    def error(self, limits: Limits = FAST) -> str:
        with pytest.raises(SourceError) as caught:
            self.series(limits)
        return str(caught.value)


@pytest.fixture
def server() -> Iterator[Server]:
    started = Server()
    yield started
    started.http.shutdown()
    started.http.server_close()


def test_reads_metadata_and_values_as_written(server: Server) -> None:
    series = server.series()
    assert [(o.date, o.value) for o in series.observations] == [
        (dt.date(1987, 5, 20), 18.63),
        (dt.date(1987, 5, 21), 18.45),
        (dt.date(1987, 5, 22), None),
    ]
    assert series.observations[0].raw_date == "1987-05-20T00:00:00-03:00"
    assert series.description == "Petróleo Brent (Diária, US$, active)"
    assert server.paths == [
        f"/api/odata4/Metadados('{CODE}')",
        f"/api/odata4/ValoresSerie(SERCODIGO='{CODE}')",
    ]


def test_a_discontinued_series_is_said_to_be(server: Server) -> None:
    server.metadata = [rows([{**METADATA, "SERSTATUS": "I"}])]
    assert "discontinued" in server.series().description


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_passing_failure_is_tried_again(server: Server, status: int) -> None:
    server.values = [reply(status, b"", {"Retry-After": "0"}), reply(status, b""), rows(VALUES)]
    assert len(server.series().observations) == 3
    assert len(server.paths) == 4


@pytest.mark.parametrize("status", [429, 500])
def test_a_lasting_failure_names_the_status(server: Server, status: int) -> None:
    server.values = [reply(status, b"sorry")]
    message = server.error()
    assert f"HTTP {status}" in message
    assert "ValoresSerie" in message
    assert "unreachable" not in message
    assert len(server.paths) == 4


def test_other_statuses_are_not_tried_again(server: Server) -> None:
    server.metadata = [reply(404, b"no")]
    message = server.error()
    assert "HTTP 404" in message and "will not help" in message and "later" not in message
    assert len(server.paths) == 1


def test_a_long_retry_after_ends_with_the_total_time(server: Server) -> None:
    server.metadata = [reply(429, b"", {"Retry-After": "3600"})]
    started = time.monotonic()
    server.error(Limits(connect=60.0, read=60.0, total=0.5, retries=5, backoff=0.01))
    assert time.monotonic() - started < 30.0


def test_unknown_code(server: Server) -> None:
    server.metadata = [rows([])]
    assert server.error() == (f"ipeadata does not know the series code {CODE}; check it on the Ipeadata site")


def test_empty_series_and_series_without_prices(server: Server) -> None:
    server.values = [rows([])]
    assert "no observations" in server.error()
    server.values = [rows([value("2024-01-01T00:00:00-03:00", None)])]
    assert "not one price" in server.error()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (reply(200, b"<!DOCTYPE html><html>maintenance</html>"), ["HTML page", "<!DOCTYPE html>"]),
        (reply(200, b"busy"), ["not JSON", "'busy'"]),
        (reply(200, b""), ["not JSON"]),
        (reply(200, b'{"value": [{"SERCODIGO": "EIA'), ["truncated JSON", "29 bytes"]),
        (reply(200, b'{"value": [', length=5000), ["broke off", "truncated"]),
        (reply(200, b"\xff\xfe\x00"), ["UTF-8"]),
        (reply(200, b'{"error": "x"}'), ["not OData"]),
        (reply(200, b'{"value": [1, 2]}'), ["not OData"]),
        (reply(200, b'{"value": [], "@odata.nextLink": "x"}'), ["pages"]),
        (reply(200, b'<?xml version="1.0"?><feed/>'), ["an XML document"]),
        (reply(200, b'{"value": ' + b"[" * 100_000), ["nested too deeply"]),
        (
            rows([{**value("2024-01-01T00:00:00-03:00", 9.0), "SERCODIGO": "SOMETHING_ELSE"}]),
            ["is of series 'SOMETHING_ELSE'", CODE],
        ),
    ],
)
def test_unusable_answers_are_told_apart(server: Server, answer: Reply, words: list[str]) -> None:
    server.values = [answer]
    message = server.error()
    for word in [*words, "ValoresSerie"]:
        assert word in message
    assert "unreachable" not in message


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (value("20/05/1987", 1.0), ["row 1", "'20/05/1987'"]),
        (value("1987-02-30T00:00:00-03:00", 1.0), ["row 1", "no calendar date"]),
        ({"VALVALOR": 1.0}, ["row 1", "None"]),
        (value("1987-05-20T00:00:00-03:00", "18,63"), ["row 1", "'18,63'"]),
        (value("1987-05-20T00:00:00-03:00", float("nan")), ["row 1", "finite"]),
        (value("1987-05-20T00:00:00-03:00", True), ["row 1", "True"]),
        # More than a double holds, and more digits than Python turns into a whole number.
        (value("2024-01-01T00:00:00-03:00", 10**400), ["row 1", "inf", "finite"]),
        # A midnight that a change of the clocks left out becomes 23:00 of the day before.
        (value("2018-11-03T23:00:00-03:00", 1.0), ["row 1", "2018-11-03T23:00:00-03:00", "midnight"]),
        (value("2018-11-03T21:00:00-06:00", 1.0), ["row 1", "midnight"]),
        (value("\u0662\u0660\u0662\u0664-01-01T00:00:00-03:00", 1.0), ["row 1"]),
    ],
)
def test_broken_rows_are_named(server: Server, row: dict[str, Any], words: list[str]) -> None:
    server.values = [rows([row])]
    message = server.error()
    for word in words:
        assert word in message


def test_a_number_of_thousands_of_digits_is_a_failure_of_its_code(server: Server) -> None:
    row = json.dumps({"value": [value("2024-01-01T00:00:00-03:00", 7)]}).replace("7", "7" * 5000)
    server.values = [reply(200, row.encode())]
    assert "expected a finite number or null" in server.error()


def test_the_largest_whole_numbers_of_a_double_are_read(server: Server) -> None:
    server.values = [rows([value("2024-01-01T00:00:00-03:00", 10**20)])]
    assert server.series().observations[0].value == 1e20


def test_metadata_of_another_series_are_refused(server: Server) -> None:
    server.metadata = [rows([{**METADATA, "SERCODIGO": "OTHER"}])]
    assert "is of series 'OTHER', not of" in server.error()


def test_exact_copies_of_a_row_are_taken_once(server: Server) -> None:
    server.values = [rows([*VALUES, VALUES[0], VALUES[2]])]
    assert len(server.series().observations) == 3


def regional(*territories: tuple[str, str], day: str = "2018-01-01") -> list[dict[str, Any]]:
    return [
        {**value(f"{day}T00:00:00-02:00", 100.0 + n), "NIVNOME": level, "TERCODIGO": number}
        for n, (level, number) in enumerate(territories)
    ]


STATES = [("Estados", "12"), ("Estados", "27"), ("Municípios", "12")]


def chosen(server: Server, territory: str) -> Series:
    source = f"ipeadata?territory={territory}"
    return parse_response(Asker(source, CODE, lambda dataproc, code: None, base=server.url, limits=FAST).respond()(CODE))[0]


def test_several_territories_are_refused_with_their_list(server: Server) -> None:
    server.values = [rows(regional(*STATES))]
    message = server.error()
    assert "has 3 territories: Estados/12, Estados/27, Municípios/12; choose one" in message
    assert "ipeadata?territory=CODE" in message


def test_territories_with_dates_of_their_own_are_never_one_series(server: Server) -> None:
    server.values = [rows([*regional(STATES[0]), *regional(STATES[1], day="2019-01-01")])]
    assert "has 2 territories: Estados/12, Estados/27" in server.error()


def test_a_territory_can_be_chosen(server: Server) -> None:
    server.values = [rows(regional(*STATES))]
    found = chosen(server, "27")
    assert [o.value for o in found.observations] == [101.0]
    assert found.description.endswith(", territory Estados/27")
    assert [o.value for o in chosen(server, "Munic%C3%ADpios/12").observations] == [102.0]
    for wrong, words in (("12", "has 2 territories `12`"), ("99", "has no territories `99`"), ("Estados/99", "no territories")):
        with pytest.raises(SourceError, match=words):
            chosen(server, wrong)


def test_a_chosen_territory_does_not_concern_series_without_any(server: Server) -> None:
    assert len(chosen(server, "27").observations) == 3


def test_the_only_territory_of_a_series_is_not_taken_for_another(server: Server) -> None:
    server.values = [rows(regional(STATES[0]))]
    assert len(server.series().observations) == 1
    with pytest.raises(SourceError, match="has no territories `27`; it has Estados/12"):
        chosen(server, "27")


def test_a_repeated_date_is_an_error(server: Server) -> None:
    server.values = [rows([value("2024-01-02T00:00:00-03:00", 1.0), value("2024-01-02T00:00:00-03:00", 2.0)])]
    assert "2024-01-02" in server.error()


def test_text_series_are_refused(server: Server) -> None:
    server.metadata = [rows([{**METADATA, "SERNUMERICA": False}])]
    assert "texts" in server.error()


@pytest.mark.parametrize("behavior", [silence, drip])
def test_a_server_that_does_not_answer_in_time_is_unreachable(server: Server, behavior: Reply) -> None:
    server.metadata = [behavior]
    started = time.monotonic()
    with pytest.raises(SourceUnreachable, match=r"^ipeadata is unreachable: "):
        server.series(Limits(connect=0.5, read=0.3, total=0.8, retries=5, backoff=0.01))
    assert time.monotonic() - started < 30.0


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def test_nobody_listening_is_unreachable() -> None:
    with pytest.raises(SourceUnreachable, match=r"^ipeadata is unreachable: .*refused"):
        ask(f"http://127.0.0.1:{closed_port()}")


def test_a_bad_address_is_named() -> None:
    with pytest.raises(SourceError, match=r"`www\.example`"):
        Ipeadata("www.example")


def check(url: str, package_env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "oleoduto_jobs.etl.check", "--source", "ipeadata", "--series", CODE],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={**package_env, "IPEADATA_BASE_URL": url},
    )


def test_the_check_command_tells_by_its_exit_code(server: Server, package_env: dict[str, str]) -> None:
    done = check(server.url, package_env)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Petróleo Brent" in done.stdout

    server.metadata = [rows([])]
    done = check(server.url, package_env)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ipeadata does not know the series code")

    done = check(f"http://127.0.0.1:{closed_port()}", package_env)
    assert done.returncode == 3
    assert done.stderr.startswith("error: ipeadata is unreachable: ")
    assert len(done.stderr.splitlines()) == 1
