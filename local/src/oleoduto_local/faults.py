"""Faults of the services, on demand: what a test or a rehearsal wants to fail next, and how.

`faults.json` in the data folder holds a list of objects with `job` (a pattern of names), `times`, and either `error` (the
code with which the call that starts the job is refused) or neither; `reason` is the message, or why the job fails. The first
that fits is used and counted down. Only the user of the machine can write there.
"""

import fnmatch
import json
import threading
from dataclasses import asdict, dataclass
from pathlib import Path

from oleoduto_local.errors import LocalAwsError

FILE = "faults.json"
_lock = threading.Lock()


@dataclass(frozen=True)
class Fault:
    """One kind of fault. `secondary` is the secondary status of a training job that does not fail but is stopped."""

    job: str
    reason: str
    times: int = 1
    error: str | None = None
    secondary: str | None = None


def write(data_dir: Path, faults: list[Fault]) -> None:
    """Replace all faults."""
    part = data_dir / f".{FILE}.part"
    part.write_text(json.dumps([asdict(fault) for fault in faults], indent=2), encoding="utf-8")
    part.replace(data_dir / FILE)


def take(data_dir: Path, job: str, *, at_start: bool) -> Fault | None:
    """The fault that a job meets now, at the call that starts it or while it runs; counts it down."""
    with _lock:
        faults = _read(data_dir / FILE)
        for number, fault in enumerate(faults):
            if fault.times > 0 and (fault.error is not None) == at_start and fnmatch.fnmatchcase(job, fault.job):
                faults[number] = Fault(**{**asdict(fault), "times": fault.times - 1})
                write(data_dir, faults)
                return fault
    return None


def _read(path: Path) -> list[Fault]:
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))
        return [Fault(**one) for one in listed]
    except FileNotFoundError:
        return []
    except (ValueError, TypeError) as error:
        raise LocalAwsError(
            f"{path} can't be read ({error}); write a list of objects with `job`, `reason` and `times`"
        ) from error
