"""Arguments of the Glue jobs: ours are parsed and checked, Glue's own are ignored."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Mapping, Sequence

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.etl.code_list import is_file
from oleoduto_jobs.parser import Parser, run_date
from oleoduto_jobs.schema import SERIES_HELP, is_series_code

CODE_LISTS = ("series", "accept-unit-change")
"""Arguments that are codes with commas between them."""


def parse(job: str, required: Sequence[str], optional: Sequence[str] = (), argv: Sequence[str] | None = None) -> dict[str, str]:
    """Return the named arguments; a later one overrides an earlier one, as a run's does a job's default.

    ``required`` and ``optional`` are names as in ``raw-uri`` (an absent optional one is missing from the
    result). ``--series``, ``--dataproc`` and ``--*-uri`` are checked here for all jobs.
    """
    parser = Parser(job)
    for name in (*required, *optional):
        parser.add_argument(f"--{name}", dest=name, required=name in required)
    known, _ = parser.parse_known_args(sys.argv[1:] if argv is None else list(argv))
    values: dict[str, str] = {name: value for name, value in vars(known).items() if value is not None}
    for name, value in values.items():
        _check(job, name, value)
    return values


def codes(values: Mapping[str, str]) -> list[str]:
    """What ``--series A,B,C`` names, in order; the first is the main code, the others may be files of codes."""
    return values["series"].split(",")


def beside(values: Mapping[str, str], folder: str) -> str:
    """The folder of a table: from its own argument, else beside the raw table."""
    return values.get(f"{folder.replace('_', '-')}-uri", f"{values['raw-uri'].rstrip('/').rpartition('/')[0]}/{folder}/")


def number(job: str, values: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    """The whole number of an optional argument, within bounds."""
    text = values.get(name, str(default))
    if not re.fullmatch(r"[0-9]{1,9}", text) or not low <= int(text) <= high:
        raise JobError(f"`--{name}` of {job} is `{text}`: it must be a whole number from {low} to {high}")
    return int(text)


def switch(job: str, values: Mapping[str, str], name: str) -> bool:
    """An optional argument that is `true` or `false`: every argument of a Glue job has a value."""
    text = values.get(name, "false")
    if text not in ("true", "false"):
        raise JobError(f"`--{name}` of {job} is `{text}`: it must be `true` or `false`")
    return text == "true"


def _check(job: str, name: str, value: str) -> None:
    where = f"`--{name}` of {job} is `{value}`"
    if not value.strip():
        raise JobError(f"{where}: it must not be empty")
    if name in CODE_LISTS:
        for place, code in enumerate(value.split(",")):
            if name == "series" and place and is_file(code):
                continue
            if not is_series_code(code):
                raise JobError(
                    f"{where}: `{code}` is not an Ipeadata code ({SERIES_HELP}); several are A,B,C; behind the first "
                    "there may be a file of codes"
                )
        twice = [code for code, times in Counter(value.split(",")).items() if times > 1]
        if twice:
            raise JobError(f"{where}: `{twice[0]}` is listed twice")
    if name == "dataproc" and run_date(value) is None:
        raise JobError(f"{where}: it must be a date as YYYYMMDD")
