"""That no test speaks to another host is checked after each one (`conftest.py`); here that the check sees it."""

from __future__ import annotations

import socket

import pytest


def test_another_host_is_noticed_also_if_the_error_is_swallowed(no_telemetry: list[str]) -> None:
    with pytest.raises(OSError):
        socket.getaddrinfo("telemetry.invalid", 443)
    with socket.socket() as asked:
        asked.settimeout(0)
        # Without waiting for an answer. The address is reserved for documents.
        with pytest.raises(OSError):
            asked.connect(("192.0.2.1", 9))
    assert no_telemetry == ["telemetry.invalid", "192.0.2.1"]
    no_telemetry.clear()


def test_this_machine_is_none(no_telemetry: list[str]) -> None:
    socket.getaddrinfo("127.0.0.1", 80)
    with socket.create_server(("localhost", 0)) as server, socket.create_connection(server.getsockname()):
        pass
    assert no_telemetry == []
