"""Quotas of the account, by the names that Service Quotas gives them, and what is refused beyond them.

Accounts differ. `quotas.json` in the data folder says what the own account has, in the place of the defaults, such as
`{"ml.m5.large for spot training job usage": 0}`.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from oleoduto_local.errors import LocalAwsError

FILE = "quotas.json"
# AWS's defaults. Sources: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html and
# https://docs.aws.amazon.com/general/latest/gr/glue.html
DEFAULTS = {"Concurrent executions": 1000, "Max jobs per account": 1000, "Max concurrent job runs per account": 30}
# Instances of one type for one use. New accounts have few of the plain ones and none with accelerators.
INSTANCES = 4
ACCELERATED = ("ml.p", "ml.g", "ml.inf", "ml.trn")


@dataclass(frozen=True)
class Instances:
    """Instances of SageMaker for a use, such as `spot training job`."""

    use: str
    type: str
    count: int

    @property
    def quota(self) -> str:
        """The name of their quota."""
        return f"{self.type} for {self.use} usage"


def limit(data_dir: Path, name: str) -> int:
    """The account's quota."""
    given = _read(data_dir / FILE)
    if name in given:
        return given[name]
    if name in DEFAULTS:
        return DEFAULTS[name]
    return 0 if name.startswith(ACCELERATED) else INSTANCES


def too_many_instances(data_dir: Path, running: Iterable[Instances], asked: Instances) -> str | None:
    """SageMaker's message if the instances of the same quota would be too many."""
    used = sum(one.count for one in running if one.quota == asked.quota)
    most = limit(data_dir, asked.quota)
    if used + asked.count <= most:
        return None
    return (
        f"The account-level service limit '{asked.quota}' is {most} Instances, with current utilization of {used} Instances "
        f"and a request delta of {asked.count} Instances. Please use AWS Service Quotas to request an increase for this "
        "quota. If AWS Service Quotas is not available, contact AWS support to request an increase for this quota."
    )


def _read(path: Path) -> dict[str, int]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise _unreadable(path, str(error)) from error
    if not isinstance(found, dict):
        raise _unreadable(path, "it is no object")
    wrong = [name for name, value in found.items() if type(value) is not int or value < 0]
    if wrong:
        raise _unreadable(path, f"{wrong[0]!r} has no number from 0")
    return found


def _unreadable(path: Path, why: str) -> LocalAwsError:
    return LocalAwsError(f"{path} can't be read ({why}); write an object with names of quotas and numbers")
