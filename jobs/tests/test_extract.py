"""The extract job over many codes: faults of one leave the others, reuse, replay, revisions, bounds."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from ipeadata_service import Code, Service, body_reply, hung_up
from pyspark.sql import SparkSession

from oleoduto_jobs.etl import extract, parsing
from oleoduto_jobs.etl.ipeadata import Limits
from oleoduto_jobs.schema import EXTRACT_REPORT, RAW, REVISIONS

# No code waits for them: a machine that has other work may need long for any one of two hundred answers.
FAST = Limits(connect=60.0, read=60.0, total=180.0, retries=1, backoff=0.01)
PRICES: list[tuple[str, object]] = [("2024-07-29", 80.5), ("2024-07-30", None), ("2024-07-31", 79.25)]


class Runs:
    """The job's command line over one folder and one service."""

    def __init__(self, folder: Path, service: Service, patch: pytest.MonkeyPatch, out: pytest.CaptureFixture[str]) -> None:
        self.folder, self.service = folder, service
        self._patch, self._out = patch, out

    def run(self, codes: str, *more: str, dataproc: str = "20240801", source: str = "ipeadata") -> str:
        """What the job printed."""
        argv = ["extract.py", "--dataproc", dataproc, "--series", codes, "--source", source]
        argv += ["--raw-uri", f"file://{self.folder}/raw/", "--ipeadata-url", self.service.url, *more]
        self._patch.setattr(sys, "argv", argv)
        self._out.readouterr()
        extract.main()
        return self._out.readouterr().out

    def failure(self, codes: str, *more: str, **options: str) -> str:
        with pytest.raises(SystemExit) as caught:
            self.run(codes, *more, **options)
        assert isinstance(caught.value.code, str)
        return caught.value.code

    def table(self, name: str, dataproc: str = "20240801") -> pd.DataFrame:
        return pq.read_table(self.folder / name / f"dataproc={dataproc}", partitioning=None).to_pandas()

    def report(self, dataproc: str = "20240801") -> dict[str, Any]:
        return {row["code"]: row for row in self.table("extract_report", dataproc).to_dict("records")}

    def response(self, code: str, dataproc: str = "20240801") -> dict[str, Any]:
        text = (self.folder / "responses" / f"dataproc={dataproc}" / f"{code}.json").read_text(encoding="utf-8")
        loaded: dict[str, Any] = json.loads(text)
        return loaded


@pytest.fixture
def service() -> Iterator[Service]:
    started = Service()
    yield started
    started.close()


@pytest.fixture
def runs(
    tmp_path: Path,
    service: Service,
    spark: SparkSession,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Runs:
    assert spark
    monkeypatch.setattr(extract, "LIMITS", FAST)
    service.codes["MAIN"] = Code(PRICES)
    return Runs(tmp_path, service, monkeypatch, capsys)


FAULTS: dict[str, tuple[Code, str, str]] = {
    "TOO_MANY": (Code(PRICES, reply=body_reply(429, b"slow down")), "failed", "HTTP 429"),
    "BROKEN": (Code(PRICES, reply=body_reply(500, b"sorry")), "failed", "HTTP 500"),
    "HUNG_UP": (Code(PRICES, reply=hung_up), "failed", "unreachable"),
    "HTML": (Code(PRICES, reply=body_reply(200, b"<html>maintenance</html>")), "failed", "an HTML page"),
    "CUT": (Code(PRICES, reply=body_reply(200, b'{"value": [{"SER')), "failed", "truncated JSON"),
    "BROKE_OFF": (Code(PRICES, reply=body_reply(200, b'{"value": [', length=999)), "failed", "broke off"),
    "LATIN": (Code(PRICES, reply=body_reply(200, b'{"value": "\xe7"}')), "failed", "not UTF-8"),
    "METADATA": (Code(PRICES, metadata_reply=body_reply(200, b"<html>")), "failed", "Metadados"),
    "NAN": (Code([("2024-07-31", float("nan"))]), "failed", "finite number or null"),
    "TWICE": (Code([("2024-07-31", 1.0), ("2024-07-31", 2.0)]), "failed", "2024-07-31 of series TWICE twice"),
    "EMPTY": (Code([]), "empty", "no observations"),
    "NULLS": (Code([("2024-07-31", None)]), "empty", "not one price"),
    "OVER": (Code(PRICES, status="I"), "discontinued", "marks the series as discontinued"),
    "GOOD": (Code(PRICES, multiplier="milhões"), "ok", "Preço GOOD (Diária, US$, active)"),
}


@pytest.mark.parametrize("few", [parsing.FEW, 100], ids=["workers", "driver"])
def test_a_fault_of_one_code_does_not_lose_the_others(runs: Runs, monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    monkeypatch.setattr(parsing, "FEW", few)
    runs.service.codes |= {name: code for name, (code, _, _) in FAULTS.items()}
    out = runs.run(",".join(["MAIN", *FAULTS, "UNKNOWN"]))

    report = runs.report()
    assert list(runs.table("extract_report").columns) == EXTRACT_REPORT.column_names
    assert set(report) == {"MAIN", "UNKNOWN", *FAULTS}
    for name, (_, status, words) in FAULTS.items():
        assert report[name]["status"] == status, name
        assert words in report[name]["message"], name
        assert report[name]["rows"] == (3 if status in ("ok", "discontinued") else 0), name
        assert (words in out) == (status != "ok"), name
    assert "does not know the series code UNKNOWN" in report["UNKNOWN"]["message"]
    assert report["GOOD"]["unit"] == "US$ (milhões)"
    assert (report["MAIN"]["first_date"], report["MAIN"]["last_date"]) == (dt.date(2024, 7, 29), dt.date(2024, 7, 31))
    assert "1 discontinued, 2 empty, 11 failed, 2 ok" in out

    raw = runs.table("raw")
    assert list(raw.columns) == RAW.column_names
    assert sorted(raw["code"].unique()) == ["GOOD", "MAIN", "OVER"]
    main = raw[raw["code"] == "MAIN"]
    assert main["date"].tolist() == [dt.date(2024, 7, 29), dt.date(2024, 7, 30), dt.date(2024, 7, 31)]
    assert main["raw_date"].tolist()[0] == "2024-07-29T00:00:00-03:00"
    assert main["value"].isna().tolist() == [False, True, False]
    assert main[["day", "month", "year"]].iloc[2].tolist() == [31, 7, 2024]


def test_bodies_are_kept_byte_for_byte(runs: Runs) -> None:
    runs.service.codes |= {name: FAULTS[name][0] for name in ("HTML", "LATIN", "BROKEN")}
    runs.run("MAIN,HTML,LATIN,BROKEN")
    main = runs.response("MAIN")
    assert main["values"]["utf8"].encode() == Code(PRICES).values("MAIN")
    assert main["metadata"]["utf8"].encode() == Code(PRICES).metadata("MAIN")
    assert runs.response("HTML")["values"]["utf8"] == "<html>maintenance</html>"
    assert "base64" in runs.response("LATIN")["values"]
    assert runs.response("BROKEN")["values"] is None
    assert "HTTP 500" in runs.response("BROKEN")["error"]


def test_a_main_series_that_fails_fails_the_job_and_the_report_stays(runs: Runs) -> None:
    runs.service.codes |= {"MAIN": FAULTS["BROKEN"][0], "GOOD": Code(PRICES)}
    message = runs.failure("MAIN,GOOD")
    assert message.startswith("error: the main series MAIN could not be loaded: ")
    assert "HTTP 500" in message
    assert {name: row["status"] for name, row in runs.report().items()} == {"MAIN": "failed", "GOOD": "ok"}
    assert not (runs.folder / "raw").exists()
    assert "none of the 2 series" in runs.failure("MAIN,UNKNOWN")


def test_strict_fails_on_any_code_that_is_not_fresh(runs: Runs) -> None:
    runs.service.codes |= {"OVER": FAULTS["OVER"][0]}
    assert "1 of 2 series are not fresh" in runs.failure("MAIN,OVER", "--strict", "true")
    assert not (runs.folder / "raw").exists()
    runs.run("MAIN", "--strict", "true")


def test_an_unchanged_series_is_not_fetched_again(runs: Runs) -> None:
    runs.service.codes["OTHER"] = Code(PRICES, updated="2024-07-01")
    runs.run("MAIN,OTHER")
    assert runs.service.value_calls() == 2
    runs.service.codes["OTHER"] = Code([*PRICES, ("2024-08-01", 81.0)], updated="2024-08-02")
    out = runs.run("MAIN,OTHER", dataproc="20240802")
    assert runs.service.value_calls() == 3
    assert runs.service.calls["ValoresSerie MAIN"] == 1
    report = runs.report("20240802")
    assert (report["MAIN"]["status"], report["MAIN"]["reused_from"]) == ("reused", "20240801")
    assert (report["OTHER"]["status"], report["OTHER"]["rows"]) == ("ok", 4)
    assert "MAIN: reused, 3 rows" in out
    before, after = runs.table("raw"), runs.table("raw", "20240802")
    pd.testing.assert_frame_equal(before[before["code"] == "MAIN"], after[after["code"] == "MAIN"])
    # The third run finds the second's copy, so that no chain of runs has to stay.
    runs.run("MAIN", dataproc="20240803")
    assert runs.report("20240803")["MAIN"]["reused_from"] == "20240802"
    assert runs.service.value_calls() == 3


def test_a_second_run_of_a_date_asks_again_and_gives_the_same(runs: Runs) -> None:
    runs.run("MAIN")
    raw, report = runs.table("raw"), runs.table("extract_report")
    runs.run("MAIN")
    assert runs.service.value_calls() == 2
    pd.testing.assert_frame_equal(runs.table("raw"), raw)
    pd.testing.assert_frame_equal(runs.table("extract_report"), report)


def test_a_lost_response_is_fetched_again(runs: Runs) -> None:
    runs.run("MAIN")
    (runs.folder / "responses" / "dataproc=20240801" / "MAIN.json").unlink()
    runs.run("MAIN", dataproc="20240802")
    assert runs.report("20240802")["MAIN"]["status"] == "ok"
    assert runs.service.value_calls() == 2


def test_a_changed_unit_fails_until_it_is_accepted(runs: Runs) -> None:
    runs.service.codes["OTHER"] = Code(PRICES)
    runs.run("MAIN,OTHER")
    runs.service.codes["OTHER"] = Code(PRICES, unit="R$", updated="later")
    for dataproc in ("20240802", "20240803"):
        out = runs.run("MAIN,OTHER", dataproc=dataproc)
        assert "OTHER: unit-changed: the unit of OTHER is now R$, it was US$" in out
        assert runs.table("raw", dataproc)["code"].unique().tolist() == ["MAIN"]
    assert "--accept-unit-change OTHER" in runs.failure("OTHER", dataproc="20240804")
    runs.run("MAIN,OTHER", "--accept-unit-change", "OTHER", dataproc="20240804")
    assert runs.report("20240804")["OTHER"]["unit"] == "R$"
    for dataproc in ("20240804", "20240805"):
        runs.run("MAIN,OTHER", dataproc=dataproc)
        assert runs.report(dataproc)["OTHER"]["status"] in ("ok", "reused")


def test_a_replay_gives_the_same_without_the_network(runs: Runs) -> None:
    names = ("HTML", "CUT", "TWICE", "EMPTY", "BROKEN", "OVER", "LATIN")
    runs.service.codes |= {name: FAULTS[name][0] for name in names}
    codes = ",".join(["MAIN", *names])
    runs.run(codes)
    calls, raw, report = dict(runs.service.calls), runs.table("raw"), runs.table("extract_report")
    runs.service.codes["MAIN"] = Code([("2024-07-31", 1.0)])
    for dataproc in ("20240801", "20240901"):
        runs.run(codes, source="replay:20240801", dataproc=dataproc)
        pd.testing.assert_frame_equal(runs.table("raw", dataproc), raw)
        pd.testing.assert_frame_equal(runs.table("extract_report", dataproc), report)
    assert dict(runs.service.calls) == calls
    assert runs.response("MAIN", "20240901") == runs.response("MAIN")


def test_a_replay_of_nothing_and_of_a_changed_file_say_so(runs: Runs) -> None:
    assert "no kept response of MAIN of 20240801" in runs.failure("MAIN", source="replay:20240801")
    runs.run("MAIN")
    path = runs.folder / "responses" / "dataproc=20240801" / "MAIN.json"
    text = path.read_text(encoding="utf-8")
    (path.parent / ".MAIN.json.crc").unlink()
    path.write_text(text.replace("80.5", "99.5"), encoding="utf-8")
    assert "was changed after it was written" in runs.failure("MAIN", source="replay:20240801", dataproc="20240802")
    path.write_text(text[:100], encoding="utf-8")
    assert "is not a whole response" in runs.failure("MAIN", source="replay:20240801", dataproc="20240802")


def test_late_and_revised_values_are_in_the_revisions(runs: Runs) -> None:
    runs.run("MAIN")
    assert runs.table("revisions").empty
    assert list(runs.table("revisions").columns) == REVISIONS.column_names
    changed: list[tuple[str, object]] = [("2024-07-26", 82.0), ("2024-07-30", 80.0), ("2024-07-31", 79.5), ("2024-08-01", 78.0)]
    runs.service.codes["MAIN"] = Code(changed, updated="later")
    runs.service.codes["NEW"] = Code(PRICES)
    out = runs.run("MAIN,NEW", dataproc="20240805")
    assert "4 values differ from the extract of 20240801" in out
    rows = runs.table("revisions", "20240805")
    rows = rows.astype(object).where(rows.notna(), None)
    assert [tuple(row) for row in rows.itertuples(index=False)] == [
        ("MAIN", dt.date(2024, 7, 26), "added", None, 82.0, "20240801"),
        ("MAIN", dt.date(2024, 7, 29), "removed", 80.5, None, "20240801"),
        ("MAIN", dt.date(2024, 7, 30), "revised", None, 80.0, "20240801"),
        ("MAIN", dt.date(2024, 7, 31), "revised", 79.25, 79.5, "20240801"),
    ]
    # NEW is not in this run: what is not asked for was not removed.
    runs.run("MAIN", dataproc="20240806")
    assert runs.table("revisions", "20240806").empty


@pytest.mark.parametrize("parallelism", [1, 3])
def test_requests_at_once_are_bounded(runs: Runs, parallelism: int) -> None:
    names = [f"C{n}" for n in range(7)]
    runs.service.codes |= {name: Code(PRICES) for name in names}
    runs.service.delay = 0.05
    runs.run(",".join(["MAIN", *names]), "--parallelism", str(parallelism))
    assert runs.service.most_at_once == parallelism
    assert len(runs.table("raw")) == 24


def test_two_hundred_codes_at_once(runs: Runs) -> None:
    names = [f"C{n:03d}" for n in range(200)]
    runs.service.codes |= {name: Code([("2024-07-31", float(n))]) for n, name in enumerate(names)}
    runs.service.codes["C100"] = FAULTS["CUT"][0]
    out = runs.run(",".join(["MAIN", *names]))
    failed = {name: row["message"] for name, row in runs.report().items() if row["status"] == "failed"}
    assert list(failed) == ["C100"], failed
    assert "202 rows of 200 series from ipeadata" in out
    assert "1 failed, 200 ok" in out
    # Codes of an earlier run of the date that are not asked for any more are not loaded.
    runs.run(",".join(names[:20]))
    assert sorted(runs.table("raw")["code"].unique()) == names[:20]


def test_a_dead_service_is_not_asked_for_every_code(runs: Runs) -> None:
    names = [f"C{n:02d}" for n in range(40)]
    runs.service.close()
    message = runs.failure(",".join(names), "--parallelism", "4")
    assert "none of the 40 series could be loaded; C00: ipeadata is unreachable" in message
    asked = [row for row in runs.report().values() if "not asked" not in row["message"]]
    assert 16 <= len(asked) <= 20


def test_a_source_of_one_series_stands_for_the_first_code(runs: Runs) -> None:
    path = runs.folder / "prices.csv"
    path.write_text("Date,Price\n2024-07-31,79\n", encoding="utf-8")
    out = runs.run("MAIN,OTHER", source=f"file:{path}")
    assert "OTHER: failed: the source" in out
    assert runs.table("raw")["code"].tolist() == ["MAIN"]
    for code in ("MAIN", "OTHER"):
        (runs.folder / f"{code}.csv").write_text("Date,Price\n2024-07-31,79\n", encoding="utf-8")
    runs.run("MAIN,OTHER", source=f"file:{runs.folder}/{{code}}.csv")
    assert sorted(runs.table("raw")["code"]) == ["MAIN", "OTHER"]
    raw = runs.table("raw")
    runs.run("MAIN,OTHER", source="replay:20240801")
    pd.testing.assert_frame_equal(runs.table("raw"), raw)


def test_a_file_names_the_codes(runs: Runs) -> None:
    runs.service.codes |= {code: Code(PRICES) for code in ("B_2", "C_3")}
    codes = runs.folder / "codes.txt"
    codes.write_text("# the others\nB_2\nMAIN\nC_3\n")
    out = runs.run(f"MAIN,file://{codes}")
    assert set(runs.report()) == {"MAIN", "B_2", "C_3"}
    assert "rows of 3 series from ipeadata" in out
    assert f"file://{codes}.gone does not exist" in runs.failure(f"MAIN,file://{codes}.gone")
