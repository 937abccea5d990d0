"""What the command lines of all jobs share: the parser, and the checks of a run date."""

from __future__ import annotations

import argparse
import datetime as dt
import re
from typing import NoReturn

from oleoduto_jobs.errors import JobError


class Parser(argparse.ArgumentParser):
    """Raises a known failure for a wrong argument; argparse's own parser exits with code 2."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog=prog, allow_abbrev=False, add_help=False)

    def error(self, message: str) -> NoReturn:
        """Raise ``JobError``, with the name of the command."""
        raise JobError(f"bad arguments of {self.prog}: {message}")


def run_date(text: str) -> dt.date | None:
    """The calendar date that ``text`` is as YYYYMMDD, or None if it is none."""
    if not re.fullmatch("[0-9]{8}", text):
        return None
    try:
        return dt.datetime.strptime(text, "%Y%m%d").date()
    except ValueError:
        return None
