"""When a market trades: the last trading day of a month.

The package ``holidays`` knows the holidays of a country or a market. Ipeadata's daily Brent price (EIA, from London) has
none on English public holidays: of the 13 months from 1987 to 2023 whose price of the last weekday is missing, 12 end on
one of them. Until 2009 six months have a price on such a day; such a month counts as complete one day too early.
"""

from __future__ import annotations

import calendar as months
import datetime as dt
from collections.abc import Mapping
from functools import cache

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.etl.default_calendar import LAST_TRADING_DAYS

DEFAULT = "GB-ENG"
FIRST_YEAR, LAST_YEAR = 1950, 2100
SATURDAY = 5


def last_trading_days(calendar: str = DEFAULT) -> dict[dt.date, dt.date]:
    """``{first day of the month: its last trading day}``, only for months whose last weekday is a holiday.

    ``calendar`` is a country, a country and its subdivision, or a market as the package ``holidays`` names them:
    ``BR``, ``GB-ENG``, ``BVMF``.
    """
    return LAST_TRADING_DAYS if calendar == DEFAULT else computed_last_trading_days(calendar)


@cache
def computed_last_trading_days(calendar: str) -> dict[dt.date, dt.date]:
    """``last_trading_days`` by the package ``holidays``, for the years from 1950 to 2100."""
    off = _holidays(calendar, range(FIRST_YEAR, LAST_YEAR + 1))
    found = {}
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        for month in range(1, 13):
            first = dt.date(year, month, 1)
            last = weekday = _last_weekday(first)
            while last in off or last.weekday() >= SATURDAY:
                last -= dt.timedelta(days=1)
            if last != weekday:
                found[first] = last
    return found


def holidays_between(first: dt.date, last: dt.date, calendar: str = DEFAULT) -> list[dt.date]:
    """The holidays from ``first`` to ``last`` in order, weekends that are holidays included."""
    # A holiday that falls on a weekend may be kept in the year before or after.
    years = range(first.year - 1, last.year + 2)
    return sorted(day for day in _holidays(calendar, years) if first <= day <= last)


def _last_weekday(first: dt.date) -> dt.date:
    last = first.replace(day=months.monthrange(first.year, first.month)[1])
    return last - dt.timedelta(days=max(0, last.weekday() - SATURDAY + 1))


def _names(registry: Mapping[str, tuple[str, ...]]) -> set[str]:
    """The codes of a registry ``{module: (class, code, other code...)}``."""
    return {code for _, *codes in registry.values() for code in codes}


@cache
def _holidays(calendar: str, years: range) -> frozenset[dt.date]:
    import holidays
    from holidays.registry import COUNTRIES, FINANCIAL

    country, _, subdivision = calendar.partition("-")
    try:
        # The registry, because `list_supported_financial` would import every market.
        if not subdivision and country in _names(FINANCIAL):
            return frozenset(holidays.financial_holidays(country, years=years))
        if country not in _names(COUNTRIES):
            raise NotImplementedError(country)
        return frozenset(holidays.country_holidays(country, subdiv=subdivision or None, years=years))
    except NotImplementedError as error:
        raise JobError(
            f"the trading calendar `{calendar}` is not known; name a country or market, as in GB-ENG or BVMF"
        ) from error
