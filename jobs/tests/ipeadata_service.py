"""A stand-in for Ipeadata with many codes, each of which behaves as a test wants; it counts what is asked."""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Handler = BaseHTTPRequestHandler
Reply = Callable[[Handler], None]


def body_reply(status: int, body: bytes, length: int | None = None) -> Reply:
    """Answer with a body; a ``length`` above the body's own breaks off."""

    def send(handler: Handler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        handler.end_headers()
        handler.wfile.write(body)

    return send


def silent(handler: Handler) -> None:
    """Answer nothing until the client hangs up."""
    handler.rfile.read(1)
    handler.close_connection = True


def hung_up(handler: Handler) -> None:
    """Answer nothing for long enough that all other codes are answered, and hang up.

    The client's own limits have tests in ``test_ipeadata``. Here they must be long: on a busy machine a short one ends
    the request of a code that would be answered.
    """
    time.sleep(1.0)
    handler.close_connection = True


class Server(ThreadingHTTPServer):
    """A server that keeps all connections that wait; of Python's five the sixth waits a second for its next try."""

    request_queue_size = 128


@dataclass
class Code:
    """One series of the service; ``reply`` stands for the values where it is given."""

    prices: list[tuple[str, object]] = field(default_factory=list)
    unit: str | None = "US$"
    multiplier: str | None = None
    status: str = "A"
    updated: str = "2024-07-31T14:05:00.253-03:00"
    reply: Reply | None = None
    metadata_reply: Reply | None = None

    def metadata(self, code: str) -> bytes:
        row = {
            "SERCODIGO": code,
            "SERNOME": f"Preço {code}",
            "PERNOME": "Diária",
            "UNINOME": self.unit,
            "MULNOME": self.multiplier,
            "SERSTATUS": self.status,
            "SERATUALIZACAO": self.updated,
            "SERNUMERICA": True,
            "BASNOME": "Macroeconômico",
        }
        return json.dumps({"@odata.context": "x", "value": [row]}, ensure_ascii=False).encode()

    def values(self, code: str) -> bytes:
        rows: list[dict[str, Any]] = [
            {"SERCODIGO": code, "VALDATA": f"{date}T00:00:00-03:00", "VALVALOR": price, "NIVNOME": "", "TERCODIGO": ""}
            for date, price in self.prices
        ]
        return json.dumps({"@odata.context": "x", "value": rows}).encode()


class Service:
    """The server; ``codes`` may be changed between runs."""

    def __init__(self) -> None:
        self.codes: dict[str, Code] = {}
        self.calls: Counter[str] = Counter()
        self.most_at_once = 0
        self.delay = 0.0
        self._at_once = 0
        self._lock = threading.Lock()
        outer = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.answer(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.http = Server(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self.http.server_port}/api/odata4"
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def answer(self, handler: Handler) -> None:
        """Count and answer one request."""
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            time.sleep(self.delay)
            found = re.search(r"(Metadados|ValoresSerie)\((?:SERCODIGO=)?'(\w+)'\)", handler.path)
            assert found is not None
            call, name = found.groups()
            with self._lock:
                self.calls[f"{call} {name}"] += 1
            self._reply(call, name)(handler)
        finally:
            with self._lock:
                self._at_once -= 1

    def _reply(self, call: str, name: str) -> Reply:
        code = self.codes.get(name)
        if code is None:
            return body_reply(200, b'{"value": []}')
        if call == "Metadados":
            return code.metadata_reply or body_reply(200, code.metadata(name))
        return code.reply or body_reply(200, code.values(name))

    def value_calls(self) -> int:
        """How often values were asked for."""
        return sum(count for call, count in self.calls.items() if call.startswith("Valores"))

    def close(self) -> None:
        """Stop."""
        self.http.shutdown()
        self.http.server_close()
