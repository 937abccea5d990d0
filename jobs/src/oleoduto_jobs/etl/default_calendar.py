"""The last trading days of the default calendar, GB-ENG, as the package ``holidays`` gives them.

Importing the package and computing its years takes longer than the transform of a short series takes on Spark's
workers. A test compares this with the package and prints the new content after an update of it.
"""

from __future__ import annotations

import datetime as dt

_DAYS = """
    1956-03-29 1961-03-30 1971-05-28 1972-03-30 1975-03-27 1976-05-28 1981-08-28 1982-05-28
    1986-03-27 1987-08-28 1991-03-28 1992-08-28 1993-05-28 1997-03-27 1998-08-28 1999-05-28
    1999-12-30 2002-03-28 2004-05-28 2009-08-28 2010-05-28 2011-04-28 2013-03-28 2015-08-28
    2018-03-29 2020-08-28 2021-05-28 2024-03-28 2026-08-28 2027-05-28 2029-03-29 2032-05-28
    2037-08-28 2038-05-28 2040-03-29 2043-08-28 2048-08-28 2049-05-28 2051-03-30 2054-08-28
    2055-05-28 2056-03-30 2059-03-27 2060-05-28 2065-08-28 2066-05-28 2070-03-27 2071-08-28
    2076-08-28 2077-05-28 2081-03-27 2082-08-28 2083-05-28 2086-03-28 2088-05-28 2092-03-27
    2093-08-28 2094-05-28 2097-03-28 2099-08-28 2100-05-28
"""

LAST_TRADING_DAYS = {day.replace(day=1): day for day in map(dt.date.fromisoformat, _DAYS.split())}
"""``{first day of the month: its last trading day}``, for the months of 1950 to 2100 whose last weekday is a holiday."""
