"""The source ``ipeadatapy``: the package itself against the stand-in service."""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections.abc import Iterator

import pytest
import requests
from ipeadata_service import Code, Service, body_reply, silent

from oleoduto_jobs.etl import ipeadatapy_source
from oleoduto_jobs.etl.observations import EmptySeries, SourceError, SourceUnreachable
from oleoduto_jobs.etl.outcome import Status, judge
from oleoduto_jobs.etl.responses import from_bytes, parse_response
from oleoduto_jobs.etl.sources import Asker

PRICES: list[tuple[str, object]] = [("1987-05-21", 18.45), ("1987-05-20", 18), ("1987-05-22", None)]


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """The package has the addresses in its code, so its requests are sent to the stand-in."""
    started = Service()
    get = requests.get

    def to_the_stand_in(url: str) -> requests.Response:
        assert "ipeadata.gov.br/api/odata4/" in url
        return get(f"{started.url}/{url.rpartition('/')[2]}", timeout=60)

    monkeypatch.setattr(requests, "get", to_the_stand_in)
    yield started
    started.close()


def respond(seconds: float | None = None) -> Asker:
    asker = Asker("ipeadatapy", "A", lambda dataproc, code: None)
    return asker if seconds is None else Asker("ipeadatapy", "A", asker.stored, limits=type(asker.limits)(total=seconds))


@pytest.mark.parametrize("unit", ["US$", None])
def test_gives_the_same_as_the_service_itself(service: Service, unit: str | None) -> None:
    service.codes["A"] = Code(PRICES, unit=unit)
    mine, theirs = Asker("ipeadata", "A", lambda dataproc, code: None, base=service.url), respond()
    one, other = (parse_response(asker.respond()("A")) for asker in (mine, theirs))
    assert one[0].observations == other[0].observations
    assert [o.value for o in one[0].observations] == [18.0, 18.45, None]
    assert one[0].observations[0].date == dt.date(1987, 5, 20)
    assert one[1] == other[1]


def test_a_kept_response_is_read_again(service: Service) -> None:
    service.codes["A"] = Code(PRICES, status="I")
    response = respond().respond()("A")
    assert from_bytes("A.json", response.to_bytes()) == response
    assert judge(response).status == Status.DISCONTINUED


def test_an_unknown_code_is_one(service: Service) -> None:
    with pytest.raises(SourceError, match="does not know the series code A"):
        parse_response(respond().respond()("A"))


@pytest.mark.parametrize(
    "code",
    [
        Code([]),
        Code(PRICES, reply=body_reply(503, b"")),
        Code(PRICES, reply=body_reply(200, b"<html>")),
        Code(PRICES, metadata_reply=body_reply(200, b'{"value": [{')),
    ],
    ids=["empty", "http 503", "html", "truncated"],
)
def test_its_failures_are_wrapped_and_say_where_to_learn_more(service: Service, code: Code) -> None:
    service.codes["A"] = code
    with pytest.raises(SourceError, match=r"ipeadatapy failed for A with .*; the source `ipeadata` does") as caught:
        respond().respond()("A")
    assert not isinstance(caught.value, SourceUnreachable | EmptySeries)


def test_it_is_not_waited_for_without_end(service: Service) -> None:
    service.codes["A"] = Code(PRICES, reply=silent)
    started = time.monotonic()
    with pytest.raises(SourceUnreachable, match=r"no answer for A within 0\.3 s"):
        respond(0.3).respond()("A")
    assert time.monotonic() - started < 30


def test_a_dead_network_is_unreachable(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(url: str) -> requests.Response:
        raise requests.ConnectionError("refused")

    monkeypatch.setattr(requests, "get", refused)
    with pytest.raises(SourceUnreachable, match="does not reach Ipeadata for A: refused"):
        respond().respond()("A")


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ipeadatapy", None)
    with pytest.raises(SourceError, match=r"oleoduto-jobs\[ipeadatapy\]"):
        ipeadatapy_source.bodies("A")
