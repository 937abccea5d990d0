"""Whether a source has enough of a series, before anything starts: ``python -m oleoduto_jobs.etl.check``.

``--source SOURCE --series CODE [--run-date YYYY-MM-DD]``. Ipeadata is only asked for the metadata, which takes at most about 12
seconds; a file and the sample are read whole. Exit code 0 if the source will do, 3 if it is unreachable, 1 for any other
failure, with one sentence.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Sequence

from oleoduto_jobs.errors import JobError, run_job
from oleoduto_jobs.etl.arguments import codes, parse
from oleoduto_jobs.etl.ipeadata import QUICK, Ipeadata, public_url
from oleoduto_jobs.etl.observations import Observation, SourceUnreachable
from oleoduto_jobs.etl.options import split_options
from oleoduto_jobs.etl.outcome import LOADED, SeriesOutcome, judge
from oleoduto_jobs.etl.sources import Asker, base_url, notice
from oleoduto_jobs.schema import MIN_ROWS, PERIOD_MONTHS, PERIOD_WORDS, PREVIOUS_PERIODS, RowFrequency, frequency_of_rows

UNREACHABLE_EXIT_CODE = 3


def check(argv: Sequence[str] | None = None) -> None:
    """The command."""
    values = parse("check", ("source", "series"), ("run-date", "ipeadata-url"), argv)
    source, code = values["source"], codes(values)[0]
    if source.partition("?")[0] == "ipeadata":
        split_options(source, ("territory",))  # bad options are an error here
        client = Ipeadata(base_url(values.get("ipeadata-url")) or public_url(code, QUICK, notice), QUICK)
        print(f"ipeadata answers: {client.metadata(code).describe()}")
        return
    asker = Asker(source, code, lambda dataproc, code: None, base=base_url(None))
    outcome = judge(asker.respond()(code), as_of=_day(values.get("run-date")))
    if outcome.status not in LOADED or outcome.frequency.frequency is None:
        raise JobError(f"series {code} of the source `{source}`: {outcome.message}")
    _long_enough(source, outcome)
    print(f"{source} has {outcome.message}")


def _day(text: str | None) -> dt.date:
    try:
        return dt.date.today() if text is None else dt.date.fromisoformat(text)
    except ValueError as error:
        raise JobError(f"the run date `{text}` is no date as YYYY-MM-DD") from error


def _long_enough(source: str, outcome: SeriesOutcome) -> None:
    """Refuse what is too short for any model. The jobs look closer: a period may turn out to be incomplete."""
    row = frequency_of_rows(outcome.frequency.frequency or "")
    word, before = PERIOD_WORDS[row], PREVIOUS_PERIODS[row]
    found = periods(outcome.observations, row)
    if found < before + MIN_ROWS:
        words = word if found == 1 else f"{word}s"
        raise JobError(
            f"series {outcome.code} of the source `{source}` has values of {found} {words}; "
            f"a forecast needs at least {before + MIN_ROWS}: give a longer series"
        )


def periods(observations: Sequence[Observation], row: RowFrequency) -> int:
    """Number of months, quarters or years with a value."""
    months = PERIOD_MONTHS[row]
    return len({(o.date.year * 12 + o.date.month - 1) // months for o in observations if o.value is not None})


def main() -> None:
    """Entry point of ``python -m oleoduto_jobs.etl.check``."""
    try:
        run_job(check)
    except SystemExit as stop:
        if isinstance(stop.__cause__, SourceUnreachable):
            print(stop.code, file=sys.stderr)
            raise SystemExit(UNREACHABLE_EXIT_CODE) from stop.__cause__
        raise


if __name__ == "__main__":
    main()
