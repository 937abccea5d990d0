#!/usr/bin/env python3
"""Incremental debug rebuild after an edit of one stack file: ours beside terrars', CPU seconds, medians of three.

The equal apps are crates/bench and bench/terrars: a literal of each is edited. The product's own figure, an edit of
stacks/src/ecr.rs, stands beside them: it links three AWS SDK clients too. Run bench/run.py first: it builds terrars'
app. The edited files are put back as they were. Rows are appended to results.jsonl and shown in RESULTS.md.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from run import CACHE, ROOT, BenchError, rebuild_table, record, report, session

RUNS = 3
# The peer's builds go where run.py's do, whatever CARGO_TARGET_DIR says.
TERRARS = CACHE / "terrars"
TERRARS_TARGET = ["--target-dir", str(TERRARS / "target")]
CASES = {
    "oleoduto, equal app": (ROOT, ROOT / "crates" / "bench" / "src" / "main.rs", "bucket-{name}-", ["-p", "oleoduto-bench"]),
    "terrars 0.4, equal app": (TERRARS, TERRARS / "src" / "main.rs", "bucket-bench-", TERRARS_TARGET),
    "oleoduto, the product": (ROOT, ROOT / "stacks" / "src" / "ecr.rs", "keep the last 20 images", ["-p", "oleoduto"]),
}


def build(folder: Path, packages: list[str]) -> float:
    """CPU seconds of a debug build."""
    with tempfile.TemporaryFile("w+") as shown:
        command = ["cargo", "build", "-q", "--locked", *packages]
        process = subprocess.Popen(command, cwd=folder, stdout=shown, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            shown.seek(0)
            raise BenchError(f"cargo build failed in {folder}:\n{shown.read()}")
    return used.ru_utime + used.ru_stime


def rebuilds(folder: Path, file: Path, literal: str, packages: list[str]) -> list[float]:
    """CPU seconds of each rebuild after an edit."""
    original = file.read_text()
    if literal not in original:
        raise BenchError(f"{file} does not hold {literal!r}: correct bench/rebuild.py")
    build(folder, packages)
    seconds = []
    try:
        for turn in range(RUNS):
            file.write_text(original.replace(literal, f"{literal} {turn}", 1))
            seconds.append(build(folder, packages))
    finally:
        file.write_text(original)
    build(folder, packages)
    return seconds


def main() -> int:
    """Measure, print, record."""
    try:
        common = session()
        rows: list[dict[str, float | str]] = []
        for name, case in CASES.items():
            seconds = statistics.median(rebuilds(*case))
            rows.append({"program": name, "case": "rebuild", "runs": RUNS, "cpu_s": seconds})
            print(f"measured: {name}", file=sys.stderr)
        print(rebuild_table(rows))
        record(common, [dict(row) for row in rows])
        report()
    except (BenchError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
