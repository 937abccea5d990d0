#!/usr/bin/env python3
"""Whole-process synth of equal apps, side by side: this engine, cdktn's compiled app, cdktn's command line, terrars.

Every figure is the CPU time (user and system, milliseconds) and peak memory of one process and its children, the
median of several runs that alternate between the programs. Outputs go to a folder in memory where there is one, so
that no disk is measured. Rows are appended to results.jsonl, RESULTS.md gets the latest table.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

BENCH = Path(__file__).resolve().parent
ROOT = BENCH.parent
CACHE = BENCH / ".cache"
RELEASE = ROOT / "target" / "release"
ACCOUNT = ["--account", "123456789012", "--region", "us-east-1"]
RESOURCES = (10, 100, 1_000, 10_000, 100_000)
STACKS = (6, 60, 600, 6_000)
# What the peers can do in a sensible time: terrars' cost grows with the square of the resources.
CDKTN_RESOURCES, CDKTN_STACKS, TERRARS_RESOURCES = 10_000, 600, 10_000
RUNS, SLOW_SECONDS = 7, 20.0


class BenchError(Exception):
    """The benchmark can't be run; the message says what to do."""


@dataclass(frozen=True)
class Program:
    """Something that synthesises: `command` gets the case and the output folder."""

    name: str
    command: Callable[[str, Path], list[str] | None]
    environment: dict[str, str]
    folder: Path


@dataclass(frozen=True)
class Result:
    """Medians of one program in one case."""

    program: str
    case: str
    runs: int
    cpu_ms: float
    peak_mb: float
    output_bytes: int


def sh(command: list[str], folder: Path) -> None:
    """Run a set-up command; its output is shown only when it fails."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BenchError(f"{' '.join(command)} failed in {folder}:\n{done.stdout}{done.stderr}")


def build_ours() -> Program:
    """The release builds of the product and of the synthetic apps."""
    sh(["cargo", "build", "--release", "--locked", "-p", "oleoduto", "-p", "oleoduto-bench"], ROOT)

    def command(case: str, out: Path) -> list[str]:
        if case == "six":
            return [str(RELEASE / "oleoduto"), "--project-dir", str(ROOT), "synth", *ACCOUNT, "--out", str(out)]
        kind, count = case.split()
        return [str(RELEASE / "oleoduto-bench"), kind, count, str(out)]

    return Program("oleoduto", command, {}, ROOT)


def install_cdktn() -> tuple[Program, Program]:
    """cdktn's library, command line and Node, from the lock file."""
    folder = BENCH / "cdktn"
    if not (folder / "node_modules").is_dir():
        sh(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder)
    pinned = sorted((folder / "node_modules").glob("node-*/bin/node"))
    node = str(pinned[0]) if pinned else shutil.which("node")
    if node is None:
        raise BenchError("cdktn needs Node 22: install it, or skip the peer with --peers terrars")
    quiet = {"CHECKPOINT_DISABLE": "1", "CI": "true"}

    def app(case: str, out: Path) -> list[str] | None:
        kind, _, count = case.partition(" ")
        limit = {"six": 0, "resources": CDKTN_RESOURCES, "stacks": CDKTN_STACKS}[kind]
        return None if int(count or 0) > limit else [node, "app.js", *case.split()]

    def cli(case: str, out: Path) -> list[str] | None:
        synth = ["synth", "--app", f"{node} app.js six", "--output", str(out)]
        return [node, "node_modules/cdktn-cli/bundle/bin/cdktn.js", *synth] if case == "six" else None

    return Program("cdktn, compiled app", app, quiet, folder), Program("cdktn synth", cli, quiet, folder)


def build_terrars() -> Program:
    """terrars and its own generator, in the cache."""
    folder = CACHE / "terrars"
    binary = folder / "target" / "release" / "terrars-bench"
    if not binary.is_file():
        shutil.copytree(BENCH / "terrars", folder, dirs_exist_ok=True)
        tool = CACHE / "terrars-generate"
        sh(["cargo", "install", "terrars", "--version", "0.4.0", "--locked", "--root", str(tool)], CACHE)
        sh([str(tool / "bin" / "terrars-generate"), "bindings.json"], folder)
        sh(["cargo", "build", "--release", "--locked"], folder)

    def command(case: str, out: Path) -> list[str] | None:
        kind, _, count = case.partition(" ")
        return [str(binary), count, str(out)] if kind == "resources" and int(count) <= TERRARS_RESOURCES else None

    return Program("terrars 0.4", command, {}, folder)


def measure(program: Program, command: list[str], out: Path) -> tuple[float, float]:
    """CPU milliseconds and peak megabytes of a command and its children, by GNU time's own process."""
    shutil.rmtree(out, ignore_errors=True)
    environment = {**os.environ, **program.environment, "CDKTF_OUTDIR": str(out)}
    # The measured process is started by a small one: a child's peak is never below that of the process it was forked from.
    with tempfile.NamedTemporaryFile("r") as report:
        timed = ["/usr/bin/env", "time", "--quiet", "-f", "%U %S %M", "-o", report.name, *command]
        done = subprocess.run(timed, cwd=program.folder, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise BenchError(f"{program.name}: {' '.join(command)} failed:\n{done.stdout}{done.stderr}")
        user, system, peak = report.read().split()
    return 1e3 * (float(user) + float(system)), float(peak) / 1024


def usage(program: Program, command: list[str], out: Path) -> float:
    """CPU milliseconds by the kernel's account, which is finer than GNU time's hundredths."""
    shutil.rmtree(out, ignore_errors=True)
    environment = {**os.environ, **program.environment, "CDKTF_OUTDIR": str(out)}
    with open(os.devnull, "w") as null:
        process = subprocess.Popen(command, cwd=program.folder, env=environment, stdout=null, stderr=null)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise BenchError(f"{program.name}: {' '.join(command)} failed with exit code {process.returncode}")
    return 1e3 * (used.ru_utime + used.ru_stime)


def size(out: Path) -> int:
    """Bytes of what was written."""
    return sum(path.stat().st_size for path in out.rglob("*") if path.is_file())


def run_case(programs: list[Program], case: str, out: Path) -> list[Result]:
    """All programs in one case, alternating."""
    commands = [(program, program.command(case, out)) for program in programs]
    able = [(program, command) for program, command in commands if command is not None]
    cpu: dict[str, list[float]] = {program.name: [] for program, _ in able}
    peak: dict[str, float] = {}
    written: dict[str, int] = {}
    for turn in range(RUNS):
        for program, command in able:
            if turn and statistics.median(cpu[program.name]) > 1e3 * SLOW_SECONDS:
                continue
            cpu[program.name].append(usage(program, command, out))
            written[program.name] = size(out)
    for program, command in able:
        peak[program.name] = measure(program, command, out)[1]
    names = list(cpu)
    return [Result(n, case, len(cpu[n]), statistics.median(cpu[n]), peak[n], written[n]) for n in names]


def table(results: list[Result]) -> str:
    """The results as Markdown, with ratios to ours."""
    lines = ["| case | program | CPU, ms | ratio | peak, MB | ratio |", "|---|---|---|---|---|---|"]
    for result in results:
        ours = next(other for other in results if other.case == result.case and other.program == "oleoduto")
        ratios = (result.cpu_ms / ours.cpu_ms, result.peak_mb / ours.peak_mb)
        lines.append(
            f"| {result.case} | {result.program} | {result.cpu_ms:.1f} | {ratios[0]:.1f} "
            f"| {result.peak_mb:.1f} | {ratios[1]:.1f} |"
        )
    return "\n".join(lines) + "\n"


def linearity(results: list[Result]) -> str:
    """How the time of a resource grows from 1,000 to 100,000."""
    ours = {r.case: r.cpu_ms for r in results if r.program == "oleoduto"}
    if not {"resources 1000", "resources 100000"} <= ours.keys():
        return ""
    per = {n: 1e3 * ours[f"resources {n}"] / n for n in (1_000, 100_000)}
    ratio = per[100_000] / per[1_000]
    among = f"{per[1_000]:.1f} us of CPU among 1,000 and {per[100_000]:.1f} us among 100,000"
    return f"One resource costs {among}: ratio {ratio:.2f}.\n"


def cpu_model() -> str:
    """The processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def record(results: list[Result]) -> None:
    """Append to results.jsonl, rewrite RESULTS.md."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True)
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%MZ")
    common = {"time": now, "commit": commit.stdout.strip(), "cpu": cpu_model(), "cores": os.cpu_count()}
    with (BENCH / "results.jsonl").open("a") as file:
        for result in results:
            file.write(json.dumps({**common, **result.__dict__}) + "\n")
    head = (
        "# Results\n\nWritten by `bench/run.py`; every run is in `results.jsonl`. Medians of alternating runs of whole "
        f"processes.\n\n{now}, commit {common['commit']}, {common['cpu']}, {common['cores']} cores.\n\n"
    )
    (BENCH / "RESULTS.md").write_text(head + table(results) + "\n" + linearity(results))


def main() -> int:
    """Parse, measure, report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", default="cdktn,terrars", help="peers to measure, `none` for none (default: %(default)s)")
    parser.add_argument("--max-resources", type=int, default=RESOURCES[-1], help="leave larger cases out")
    arguments = parser.parse_args()
    peers = set() if arguments.peers == "none" else set(arguments.peers.split(","))
    if unknown := peers - {"cdktn", "terrars"}:
        parser.error(f"unknown peers: {', '.join(sorted(unknown))}; there are cdktn and terrars")
    CACHE.mkdir(exist_ok=True)
    try:
        programs = [build_ours()]
        if "cdktn" in peers:
            programs.extend(install_cdktn())
        if "terrars" in peers:
            programs.append(build_terrars())
        cases = ["six"]
        cases += [f"resources {n}" for n in RESOURCES if n <= arguments.max_resources]
        cases += [f"stacks {n}" for n in STACKS if n * 10 <= arguments.max_resources]
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        results: list[Result] = []
        with tempfile.TemporaryDirectory(dir=memory) as folder:
            for case in cases:
                results += run_case(programs, case, Path(folder) / "out")
                print(f"measured: {case}", file=sys.stderr)
    except BenchError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(table(results) + "\n" + linearity(results))
    record(results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
