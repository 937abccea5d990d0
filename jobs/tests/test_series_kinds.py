"""Kinds of series as people load them: one run of the jobs over many codes, each with what must come of it."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from oleoduto_jobs.etl import steps
from oleoduto_jobs.etl.quality import job as quality

DATE = "20250510"


def monthly(start: str, values: list[float | None]) -> list[str]:
    months = pd.date_range(start, periods=len(values), freq="MS")
    return [f"{day:%Y-%m-%d},{'' if value is None else value}" for day, value in zip(months, values, strict=True)]


def rising(count: int, first: float = 50.0, step: float = 0.5) -> list[float | None]:
    return [first + step * n for n in range(count)]


KINDS: dict[str, list[str]] = {
    "MAIN": monthly("2024-01-01", rising(16)),
    # Rates have zeros and negative values.
    "NEGATIVE": monthly("2024-01-01", [0.4, 0.2, 0.0, -0.1, -0.3, 0.5, 0.1, 0.2, -0.2, 0.0, 0.3, 0.2, 0.1, 0.0, 0.4, 0.3]),
    "LARGE": monthly("2024-01-01", rising(16, 1.2e12, 1e10)),
    "SMALL": monthly("2024-01-01", [1.5e-6 + 3.9e-8 * n for n in range(16)]),
    # A currency that lost eleven digits: 7e-15 and 5 in one series.
    "CURRENCY": monthly("2024-01-01", [7e-15 * 10.0**n for n in range(16)]),
    "PROJECTION": [*monthly("2024-01-01", rising(16)), "2031-12-01,41.24"],
    "BLANK": monthly("2024-01-01", [*rising(12), None, *rising(3, 56.5)]),
    "BLANK_AT_END": monthly("2024-01-01", [*rising(14), None, None]),
    "GAP": [*monthly("2023-01-01", rising(12)), "2025-04-01,64.27"],
    "RUNNING": monthly("2024-01-01", [*rising(16), 0.09]),
    "TWO_DATES": sorted([*monthly("2024-01-01", rising(16)), "2024-01-20,50.1"]),
    "QUARTERLY": [f"{day:%Y-%m-%d},{n + 50}" for n, day in enumerate(pd.date_range("2023-01-01", periods=10, freq="QS"))],
    "ANNUAL": [f"{year}-01-01,{year}" for year in range(2015, 2026)],
    "DECENNIAL": [f"{year}-01-01,{year}" for year in range(1960, 2021, 10)],
    "CONSTANT": monthly("2024-01-01", [13.75] * 16),
    # 1,234 with a point between the thousands is a number, and a jump.
    "THOUSANDS": monthly("2024-01-01", [*rising(14, 985.0, 1.0), 1.234, 1.25]),
    "SHORT": monthly("2025-01-01", rising(4)),
    "OLD": monthly("1998-01-01", rising(16)),
}


class Kinds:
    """The jobs over one folder, and their tables."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, date: str, *codes: str) -> None:
        uris = [f"--{name}-uri=file://{self.folder}/{name.replace('-', '_')}/" for name in URIS]
        given = [f"--dataproc={date}", f"--series={','.join(codes)}", f"--source=file:{self.folder}/{{code}}.csv"]
        sys.argv = ["job.py", *uris, *given]
        steps.main()
        quality.main()

    def table(self, name: str, date: str = DATE) -> pd.DataFrame:
        return pq.read_table(self.folder / name / f"dataproc={date}", partitioning=None).to_pandas()

    def rows(self, code: str, date: str = DATE) -> pd.DataFrame:
        final = self.table("final", date)
        return final[final["code"] == code].sort_values("period_start", ignore_index=True)

    def starts(self, code: str, date: str = DATE) -> list[str]:
        return [f"{day:%Y-%m}" for day in self.rows(code, date)["period_start"]]

    def report(self, code: str, date: str = DATE) -> pd.Series:
        table = self.table("extract_report", date)
        return table[table["code"] == code].iloc[0]

    def broken(self, code: str, date: str = DATE) -> dict[str, str]:
        """Names of rules and the row that breaks them."""
        rows = self.table("quarantine", date)
        rows = rows[rows["code"] == code]
        return {name: row for names, row in zip(rows["rules"], rows["row"], strict=True) for name in names.split(",")}


URIS = ("raw", "interim", "final", "extract-report", "responses", "revisions", "quality", "quarantine", "reports")


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory, spark: SparkSession) -> Kinds:
    assert spark
    found = Kinds(tmp_path_factory.mktemp("kinds"))
    for code, lines in KINDS.items():
        (found.folder / f"{code}.csv").write_text("\n".join(["Date,Price", *lines]) + "\n", encoding="utf-8")
    before = sys.argv
    found.run(DATE, *KINDS)
    found.run("20241015", "MAIN", "PROJECTION", "QUARTERLY", "SHORT")
    sys.argv = before
    return found


def test_no_additional_series_stops_the_main_one(kinds: Kinds) -> None:
    assert kinds.starts("MAIN")[-1] == "2025-04"
    assert set(kinds.table("quality")["severity"]) == {"warn"}
    assert set(kinds.table("final")["code"]) == set(KINDS) - {"DECENNIAL", "SHORT"}


@pytest.mark.parametrize("code", ["NEGATIVE", "LARGE", "CURRENCY", "CONSTANT", "SMALL"])
def test_values_of_any_size_and_sign_are_kept_whole(kinds: Kinds, code: str) -> None:
    given = [float(line.split(",")[1]) for line in KINDS[code]]
    assert kinds.rows(code)["mean_value"].tolist() == given[6:]
    assert set(kinds.broken(code)) <= {"raw_jump"}


def test_a_blank_month_hides_no_later_month_and_is_named(kinds: Kinds) -> None:
    assert kinds.starts("BLANK") == [*(f"2024-{m:02d}" for m in range(7, 13)), "2025-02", "2025-03", "2025-04"]
    assert kinds.rows("BLANK")["filled_lags"].tolist() == [0] * 6 + [1] * 3
    assert '"missing_periods":1,"missing":"2025-01"' in kinds.broken("BLANK")["series_no_gap"]


def test_blank_months_at_the_end_are_named(kinds: Kinds) -> None:
    assert kinds.starts("BLANK_AT_END")[-1] == "2025-02"
    assert '"missing_periods":2,"missing":"2025-03, 2025-04"' in kinds.broken("BLANK_AT_END")["series_no_gap"]


def test_the_origin_is_the_newest_month_also_after_a_long_gap(kinds: Kinds) -> None:
    assert kinds.starts("GAP")[-2:] == ["2023-12", "2025-04"]
    newest = kinds.rows("GAP").iloc[-1]
    assert (newest["last_value"], newest["lag_1"], newest["filled_lags"]) == (64.27, 55.5, 6)
    assert '"missing_periods":15,"missing":"2024-01, 2024-02,' in kinds.broken("GAP")["series_no_gap"]


def test_the_running_month_waits(kinds: Kinds) -> None:
    assert kinds.starts("RUNNING")[-1] == "2025-04"


def test_one_more_date_is_told_and_hides_nothing(kinds: Kinds) -> None:
    assert kinds.starts("TWO_DATES")[-1] == "2025-04"
    assert kinds.report("TWO_DATES")["frequency"] == "monthly"


def test_dates_after_the_run_are_left_out_and_counted(kinds: Kinds) -> None:
    assert kinds.report("PROJECTION")["message"].endswith(
        "1 dates after the run date 2025-05-10 are left out, the last is 2031-12-01"
    )
    assert kinds.starts("PROJECTION")[-1] == "2025-04"


def test_a_past_date_runs_with_what_was_known_then(kinds: Kinds) -> None:
    past = "20241015"
    assert kinds.starts("MAIN", past) == ["2024-07", "2024-08", "2024-09"]
    assert kinds.report("MAIN", past)["last_date"] == dt.date(2024, 10, 1)
    assert "6 dates after the run date 2024-10-15" in kinds.report("MAIN", past)["message"]
    assert kinds.starts("QUARTERLY", past)[-1] == "2024-07"
    short = kinds.report("SHORT", past)
    assert (short["status"], short["rows"]) == ("empty", 0)
    assert short["message"] == "series SHORT has no value up to the run date 2024-10-15; 4 dates are later"


def test_quarters_and_years_have_rows(kinds: Kinds) -> None:
    quarters, years = kinds.rows("QUARTERLY"), kinds.rows("ANNUAL")
    assert kinds.starts("QUARTERLY") == ["2024-01", "2024-04", "2024-07", "2024-10", "2025-01"]
    assert kinds.starts("ANNUAL") == [f"{year}-01" for year in range(2016, 2025)]
    assert (set(quarters["frequency"]), set(years["frequency"])) == ({"quarterly"}, {"annual"})
    assert kinds.report("QUARTERLY")["frequency"] == "quarterly"


def test_other_frequencies_are_loaded_and_say_why_they_have_no_rows(kinds: Kinds) -> None:
    report = kinds.report("DECENNIAL")
    assert (report["status"], report["rows"], report["frequency"]) == ("ok", 7, None)
    assert "its dates are 3652.5 days apart (median); known are daily" in report["message"]
    assert "series_present" in kinds.broken("DECENNIAL")


def test_a_point_between_thousands_is_told(kinds: Kinds) -> None:
    assert '"value":1.234,"previous_value":998.0' in kinds.broken("THOUSANDS")["raw_jump"]


def test_age_is_judged_by_frequency(kinds: Kinds) -> None:
    stale = {code for code in KINDS if "series_fresh" in kinds.broken(code)}
    assert stale == {"OLD"}
