"""The datasets that the rules check, in SQL of DuckDB. The raw table is read once, and its days are added up by month.

They are made of the tables ``raw_rows`` and ``final_rows`` (the partitions), ``previous`` (code and rows of the run before) and
``asked`` (code). Columns whose names begin with ``_`` help a rule and are not shown.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import accumulate

import xxhash

from oleoduto_jobs.etl.calendar import DEFAULT, holidays_between
from oleoduto_jobs.etl.quality.rules import Rule
from oleoduto_jobs.etl.quality.tables import Connection
from oleoduto_jobs.schema import PERIOD_MONTHS

SATURDAY = 5
OLDEST_AGE = dt.timedelta(days=1000)
"""Largest age of a price in days; older ones count as this old, which keeps the list of days short."""

NAMED_PERIODS = 6
"""Missing periods that are named; the others are counted."""

SPARK_SEED = 42
"""Of the hash ``xxhash64`` in Spark, which makes the ``series_id`` of a code."""

ANNUAL, QUARTERLY = 1, 4

_MONTHS_IN = (
    f"CASE per_year WHEN {QUARTERLY} THEN {PERIOD_MONTHS['quarterly']} WHEN {ANNUAL} THEN {PERIOD_MONTHS['annual']} ELSE 1 END"
)
"""Months of a period of a series."""

_OF_ROWS = " ".join(f"WHEN '{row}' THEN {months}" for row, months in PERIOD_MONTHS.items())
_MONTHS_OF_ROW = f"CASE frequency {_OF_ROWS} ELSE 1 END"
"""Months of a row of the final table."""


def _position(year: str, month: str) -> str:
    """Position of the period that a month is in: it counts periods since the year 0, so consecutive periods differ by one."""
    return f"(({year} * 12 + {month} - 1) // {_MONTHS_IN})"


def broken_rows(rule: Rule) -> str:
    """The column of ``months`` that counts the raw rows that break a rule."""
    return f"_bad_{rule.name}"


def make(connection: Connection, rules: Sequence[Rule], main: str, run_date: dt.date, calendar: str = DEFAULT) -> None:
    """Make ``raw``, ``months``, ``final`` and ``series`` (see their functions). ``main`` is the code of the main series."""
    connection.execute("SET VARIABLE run_date = $1::DATE", [run_date])
    connection.execute("SET VARIABLE main = $1::VARCHAR", [main])
    make_raw(connection)
    make_months(connection, [rule for rule in rules if rule.dataset == "raw"])
    make_final(connection)
    make_series(connection, run_date, calendar)


def make_raw(connection: Connection) -> None:
    """``raw``: the raw rows with ``_run_date`` and ``_code_id``, the number of the code."""
    codes = [code for (code,) in connection.execute("SELECT DISTINCT code FROM raw_rows WHERE code IS NOT NULL").fetchall()]
    connection.execute("CREATE TABLE code_ids (code VARCHAR, _code_id BIGINT)")
    # As two lists: rows one by one take a minute for a hundred thousand codes.
    connection.execute(
        "INSERT INTO code_ids SELECT unnest($1::VARCHAR[]), unnest($2::BIGINT[])", [codes, list(map(code_id, codes))]
    )
    connection.execute(
        "CREATE VIEW raw AS SELECT raw_rows.*, getvariable('run_date') AS _run_date, _code_id FROM raw_rows "
        "LEFT JOIN code_ids USING (code)"
    )


def code_id(code: str) -> int:
    """The number that Spark's ``xxhash64`` makes of a code."""
    number = xxhash.xxh64_intdigest(code.encode(), seed=SPARK_SEED)
    return number - 2**64 if number >= 2**63 else number


def make_months(connection: Connection, rules: Sequence[Rule]) -> None:
    """``months``: one row per code and month of the raw rows.

    Columns: code, year, month; raw_rows, missing_rows (without a price), distinct_days; prices (their
    number), price_sum, size_sum (of the prices without their signs), previous_sum (all in the unit of the series),
    newest_date and newest_value (of days with a price); per_year; and for each raw rule the number of rows that break it.
    """
    broken = "".join(f", count(*) FILTER (WHERE {rule.bad}) AS {broken_rows(rule)}" for rule in rules)
    # A bit for each day of the month: no list of dates is held, and partial sums combine.
    days = "bit_count(bit_or(CASE WHEN day BETWEEN 0 AND 62 THEN 1::BIGINT << day END))"
    connection.execute(f"""
        CREATE TABLE months AS
        SELECT code, year, month,
            count(*) AS raw_rows,
            count(*) FILTER (WHERE value IS NULL) AS missing_rows,
            {days}::BIGINT AS distinct_days,
            count(value) AS prices,
            sum(value) AS price_sum,
            sum(abs(value)) AS size_sum,
            sum(previous_value) FILTER (WHERE value IS NOT NULL) AS previous_sum,
            max(date) FILTER (WHERE value IS NOT NULL) AS newest_date,
            arg_max(value, day) FILTER (WHERE value IS NOT NULL) AS newest_value,
            max(per_year) AS per_year
            {broken}
        FROM raw GROUP BY code, year, month
    """)


def make_final(connection: Connection) -> None:
    """``final``: the final rows with ``_copies`` (rows of the same code and period), and ``_prices``, ``_price_sum``,
    ``_size_sum`` and ``_per_year`` of the raw period."""
    connection.execute(f"""
        CREATE VIEW final AS
        WITH periods AS (
            SELECT code, year, month - (month - 1) % {_MONTHS_IN} AS month, sum(prices)::BIGINT AS _prices,
                sum(price_sum) AS _price_sum, sum(size_sum) AS _size_sum, max(per_year) AS _per_year
            FROM months GROUP BY ALL
        )
        SELECT final_rows.*, count(*) OVER (PARTITION BY code, year, month) AS _copies,
            _prices, _price_sum, _size_sum, _per_year
        FROM final_rows LEFT JOIN periods USING (code, year, month)
    """)


def trading_days(later: dt.date, calendar: str = DEFAULT) -> dict[dt.date, int]:
    """By date, from ``OLDEST_AGE`` before ``later``: trading days after it up to ``later``."""
    oldest = later - OLDEST_AGE
    off = frozenset(holidays_between(oldest, later, calendar))
    newest_first = [later - dt.timedelta(days=age) for age in range(OLDEST_AGE.days + 1)]
    counted = accumulate(newest_first, lambda count, day: count + (day.weekday() < SATURDAY and day not in off), initial=0)
    return dict(zip(newest_first, counted, strict=False))


def make_series(connection: Connection, run_date: dt.date, calendar: str = DEFAULT) -> None:
    """``series``: one row per code that was asked for or is in a table.

    Columns: code, is_main; raw_rows, missing_rows, price_sum, size_sum, previous_sum, newest_value (unit of the series),
    newest_date, age_trading_days; previous_rows (raw rows of the run before, null without one); final_rows; per_year;
    missing_periods (how many periods between the first value and the newest date have none) and missing (the first of
    them by name); age_periods (periods since the one of the newest value); lost_rows (periods with a value between the
    first and the last final row that are no final row) and rows_after (those after the last one).
    """
    connection.execute("CREATE TABLE trading_days (date DATE, age_trading_days INTEGER)")
    ages = trading_days(run_date, calendar)
    connection.execute(
        "INSERT INTO trading_days SELECT unnest($1::DATE[]), unnest($2::INTEGER[])", [list(ages), list(ages.values())]
    )
    running = _position("year(getvariable('run_date'))", "month(getvariable('run_date'))")
    first_month = f"position * {_MONTHS_IN}"
    connection.execute(f"""
        CREATE TABLE series AS
        WITH positions AS (SELECT code, prices > 0 AS has_value, {_position("year", "month")} AS position, {running} AS running
            FROM months),
        with_value AS (SELECT DISTINCT code, position FROM positions WHERE has_value),
        of_raw AS (
            SELECT code, sum(raw_rows)::BIGINT AS raw_rows, sum(missing_rows)::BIGINT AS missing_rows,
                sum(price_sum) AS price_sum, sum(size_sum) AS size_sum, sum(previous_sum) AS previous_sum,
                max(newest_date) AS newest_date, arg_max(newest_value, newest_date) AS newest_value, max(per_year) AS per_year
            FROM months GROUP BY code
        ),
        of_values AS (
            -- A running period without a value is not missing yet.
            SELECT code, max(position) FILTER (WHERE has_value) AS newest,
                max(position) FILTER (WHERE has_value OR position < running) AS last
            FROM positions GROUP BY code
        ),
        gaps AS (
            SELECT code, position + 1 AS start, lead(position, 1, last + 1) OVER (PARTITION BY code ORDER BY position) AS stop
            FROM with_value JOIN of_values USING (code)
        ),
        missing AS (
            SELECT code, sum(stop - start)::BIGINT AS missing_periods,
                list_sort(flatten(list(range(start, least(stop, start + {NAMED_PERIODS})))))[1:{NAMED_PERIODS}] AS positions
            FROM gaps WHERE start < stop GROUP BY code
        ),
        of_final AS (
            SELECT code, count(*) AS final_rows, min(position) AS first_row, max(position) AS last_row
            FROM (
                SELECT code, (year * 12 + month - 1) // {_MONTHS_OF_ROW} AS position FROM final_rows
            ) GROUP BY code
        ),
        compared AS (
            SELECT code, count(*) FILTER (WHERE position BETWEEN first_row AND last_row) AS inside,
                count(*) FILTER (WHERE position > last_row) AS rows_after
            FROM with_value JOIN of_final USING (code) GROUP BY code
        ),
        known AS (SELECT code FROM asked UNION SELECT code FROM of_raw UNION SELECT code FROM of_final),
        joined AS (
            SELECT known.code, coalesce(raw_rows, 0) AS raw_rows, coalesce(missing_rows, 0) AS missing_rows,
                price_sum, size_sum, coalesce(previous_sum, 0) AS previous_sum, newest_date, newest_value,
                coalesce(per_year, 0) AS per_year, coalesce(final_rows, 0) AS final_rows,
                previous.rows::BIGINT AS previous_rows,
                coalesce(missing_periods, 0) AS missing_periods, coalesce(positions, []) AS positions, newest,
                CASE WHEN first_row IS NULL THEN 0 ELSE coalesce(inside, 0) - final_rows END AS lost_rows,
                coalesce(rows_after, 0) AS rows_after
            FROM known LEFT JOIN of_raw USING (code) LEFT JOIN of_values USING (code) LEFT JOIN missing USING (code)
                LEFT JOIN of_final USING (code) LEFT JOIN compared USING (code) LEFT JOIN previous USING (code)
        )
        SELECT code, raw_rows, missing_rows, price_sum, size_sum, previous_sum, newest_date, newest_value, per_year, final_rows,
            previous_rows, code IS NOT DISTINCT FROM getvariable('main') AS is_main,
            CASE WHEN newest_date >= getvariable('run_date') THEN 0 ELSE age_trading_days END AS age_trading_days,
            missing_periods,
            array_to_string(list_transform(positions, lambda position:
                printf('%04d-%02d', {first_month} // 12, {first_month} % 12 + 1)), ', ') AS missing,
            {running} - newest AS age_periods, lost_rows, rows_after
        FROM joined LEFT JOIN trading_days
            ON newest_date IS NOT NULL AND date = greatest(newest_date, getvariable('run_date') - {OLDEST_AGE.days})
    """)
