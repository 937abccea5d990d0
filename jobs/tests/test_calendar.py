"""When markets trade: country, subdivision and market calendars, and names nobody knows."""

from __future__ import annotations

import datetime as dt

import pytest

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.etl.calendar import DEFAULT, computed_last_trading_days, holidays_between, last_trading_days


def test_months_that_end_on_an_english_holiday_end_a_trading_day_earlier() -> None:
    found = last_trading_days("GB-ENG")
    # 31 May 2021 was the spring bank holiday, a Monday.
    assert found[dt.date(2021, 5, 1)] == dt.date(2021, 5, 28)
    # 30 April 2021 was an ordinary Friday.
    assert dt.date(2021, 4, 1) not in found


def test_the_stored_days_of_the_default_calendar_are_those_of_the_package() -> None:
    computed = computed_last_trading_days(DEFAULT)
    stored = "etl/default_calendar.py must hold: " + " ".join(day.isoformat() for day in computed.values())
    assert last_trading_days() == computed, stored


@pytest.mark.parametrize(
    ("calendar", "holiday"),
    [
        ("BR", dt.date(2023, 9, 7)),  # independence
        ("BR-SP", dt.date(2023, 7, 9)),  # of the state of São Paulo only
        ("BVMF", dt.date(2023, 12, 29)),  # the last day of the year, on which the exchange stays closed
        ("NYSE", dt.date(2023, 11, 23)),  # thanksgiving
    ],
)
def test_countries_their_parts_and_markets_have_calendars(calendar: str, holiday: dt.date) -> None:
    assert holiday in holidays_between(holiday, holiday, calendar)
    assert holiday not in holidays_between(holiday, holiday, "GB-ENG")


@pytest.mark.parametrize("calendar", ["XX", "", "date", "GB-XX", "BVMF-SP"])
def test_an_unknown_calendar_is_named(calendar: str) -> None:
    with pytest.raises(JobError, match=f"calendar `{calendar}` is not known"):
        last_trading_days(calendar)
