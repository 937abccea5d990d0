"""Arguments of the Glue jobs and how failures end a job."""

from __future__ import annotations

import datetime as dt

import pytest

from oleoduto_jobs.errors import JobError, run_job
from oleoduto_jobs.etl.arguments import codes, number, parse, switch
from oleoduto_jobs.parser import run_date

GOOD = ["--series", "A_1", "--dataproc", "20261123"]


def test_glues_own_arguments_are_let_through() -> None:
    argv = [
        "--JOB_NAME",
        "x",
        "--enable-metrics",
        "true",
        *GOOD,
        "--job-bookmark-option",
        "job-bookmark-disable",
    ]
    assert parse("job", ("series", "dataproc"), (), argv) == {"series": "A_1", "dataproc": "20261123"}


def test_a_later_argument_overrides_an_earlier_one() -> None:
    assert parse("job", ("series",), (), ["--series", "A", "--series", "B"]) == {"series": "B"}


def test_names_are_not_abbreviated() -> None:
    with pytest.raises(JobError, match="--series"):
        parse("job", ("series",), (), ["--ser", "A"])


def test_absent_optional_arguments_are_missing() -> None:
    assert parse("job", ("series",), ("ipeadata-url",), ["--series", "A"]) == {"series": "A"}


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--series", "A_1"], ["--dataproc", "required"]),
        (["--series", "A'B", "--dataproc", "20261123"], ["`--series`", "`A'B`"]),
        (["--series", "A", "--dataproc", "2026-11-23"], ["`--dataproc`", "`2026-11-23`", "YYYYMMDD"]),
        (["--series", "A", "--dataproc", "20260230"], ["`--dataproc`", "`20260230`"]),
        (["--series", "A,B'", "--dataproc", "20261123"], ["`--series`", "`B'`"]),
        (["--series", "A,", "--dataproc", "20261123"], ["`--series`", "``", "A,B,C"]),
        (["--series", "A,B,A", "--dataproc", "20261123"], ["`A` is listed twice"]),
        (["--series", " ", "--dataproc", "20260201"], ["`--series`", "empty"]),
    ],
)
def test_bad_arguments_are_named(argv: list[str], words: list[str]) -> None:
    with pytest.raises(JobError) as caught:
        parse("job", ("series", "dataproc"), (), argv)
    for word in words:
        assert word in str(caught.value)


def test_codes_are_one_or_several() -> None:
    assert codes(parse("job", ("series",), (), ["--series", "A_1"])) == ["A_1"]
    assert codes(parse("job", ("series",), (), ["--series", "B,A_1,C"])) == ["B", "A_1", "C"]


def test_numbers_have_bounds() -> None:
    assert number("job", {}, "parallelism", 8, 1, 64) == 8
    assert number("job", {"parallelism": "64"}, "parallelism", 8, 1, 64) == 64
    for text in ("0", "65", "-1", "8.0", "eight"):
        with pytest.raises(JobError, match=f"`--parallelism` of job is `{text}`.*from 1 to 64"):
            number("job", {"parallelism": text}, "parallelism", 8, 1, 64)


def test_switches_are_true_or_false() -> None:
    assert [switch("job", v, "strict") for v in ({}, {"strict": "false"}, {"strict": "true"})] == [False, False, True]
    with pytest.raises(JobError, match="`--strict` of job is `yes`"):
        switch("job", {"strict": "yes"}, "strict")


def test_run_dates() -> None:
    assert run_date("20240229") == dt.date(2024, 2, 29)
    assert not run_date("20230229")
    assert not run_date("2024022")
    assert not run_date("٢٠٢٤٠٢٢٩")


def test_a_known_failure_exits_with_its_text_and_others_pass() -> None:
    def known() -> None:
        raise JobError("the disk is full")

    def unknown() -> None:
        raise ZeroDivisionError

    with pytest.raises(SystemExit) as caught:
        run_job(known)
    assert caught.value.code == "error: the disk is full"
    with pytest.raises(ZeroDivisionError):
        run_job(unknown)
