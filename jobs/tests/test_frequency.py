"""The frequency of a series by its source's word and its dates."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from oleoduto_jobs.etl.frequency import Frequency, frequency_of


def dates(start: str, periods: int, freq: str) -> list[dt.date]:
    return [day.date() for day in pd.date_range(start, periods=periods, freq=freq)]


@pytest.mark.parametrize(
    ("word", "found"),
    [
        *(("Diária", "daily"), ("Semanal", "weekly"), ("Mensal", "monthly"), ("Trimestral", "quarterly"), ("Anual", "annual")),
        *(("diaria", "daily"), (" monthly ", "monthly")),
    ],
)
def test_ipeadatas_words(word: str, found: Frequency) -> None:
    assert frequency_of(word, []).frequency == found


@pytest.mark.parametrize(
    ("freq", "found", "per_year"),
    [("B", "daily", 365), ("W", "weekly", 52), ("MS", "monthly", 12), ("QS", "quarterly", 4), ("YS", "annual", 1)],
)
def test_dates_say_it_where_no_word_does(freq: str, found: Frequency, per_year: int) -> None:
    judged = frequency_of("", dates("2010-01-01", 12, freq))
    assert (judged.frequency, judged.per_year, judged.notice) == (found, per_year, None)


def test_one_date_too_many_and_a_gap_change_nothing() -> None:
    months = dates("1990-01-01", 340, "MS")
    assert frequency_of("", sorted([*months, dt.date(1990, 1, 15)])).frequency == "monthly"
    assert frequency_of("", [*months[:100], *months[150:]]).frequency == "monthly"


def test_a_word_that_the_dates_contradict_gives_way_and_is_told() -> None:
    judged = frequency_of("Mensal", dates("2010-01-01", 20, "QS"))
    assert judged.frequency == "quarterly"
    assert judged.notice == "its frequency is `Mensal`, but its dates are 91 days apart (median): it is taken as quarterly"
    assert frequency_of("Anual", dates("2010-01-01", 20, "MS")).frequency == "monthly"


def test_decisions_on_a_rate_are_daily_if_their_source_says_so() -> None:
    assert frequency_of("Diária", dates("2010-01-01", 20, "45D")).frequency == "daily"


def test_other_frequencies_are_told() -> None:
    for word in ("Decenal", "Irregular"):
        judged = frequency_of(word, dates("2010-01-01", 20, "MS"))
        assert (judged.frequency, judged.per_year) == (None, 0)
        assert judged.notice == f"its frequency is `{word}`; known are daily, weekly, monthly, quarterly, annual"
    judged = frequency_of("", dates("1960-01-01", 5, "10YS"))
    assert judged.frequency is None and "3652.5 days apart" in str(judged.notice)


def test_a_census_may_be_called_annual_and_a_single_date_is_daily() -> None:
    assert frequency_of("Anual", dates("1960-01-01", 5, "10YS")).frequency == "annual"
    assert frequency_of("", [dt.date(2024, 1, 1)]).frequency == "daily"
