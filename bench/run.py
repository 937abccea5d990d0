#!/usr/bin/env python3
"""Whole-process synth of equal apps, side by side: this engine, cdktn's compiled app, cdktn's command line, terrars.

Every figure is the CPU time (user and system, milliseconds) and peak memory of one process and its children, the
median of several runs that alternate between the programs. Outputs go to a folder in memory where there is one, so
that no disk is measured; they are compared, so that equal work is measured. Every case is appended to results.jsonl as
soon as it is measured, and RESULTS.md is written from the latest rows there.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import os
import platform
import re
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
RESULTS = BENCH / "results.jsonl"
ACCOUNT = ["--account", "123456789012", "--region", "us-east-1"]
RESOURCES = (10, 100, 1_000, 10_000, 100_000)
STACKS = (6, 60, 600, 6_000)
# The largest of each kind of case that the peers do in a sensible time: terrars' cost grows with the square.
CDKTN, CDKTN_SYNTH, TERRARS = {"six": 0, "resources": 10_000, "stacks": 600}, {"six": 0}, {"resources": 10_000}
RUNS, SLOW_SECONDS = 7, 20.0
GNU_TIME = "/usr/bin/time"


class BenchError(Exception):
    """The benchmark can't be run; the message says what to do."""


@dataclass(frozen=True)
class Program:
    """Something that synthesises: `command` gets the case's words and the output folder."""

    name: str
    command: Callable[[list[str], Path], list[str]]
    environment: dict[str, str]
    folder: Path
    # The largest case of each kind it is run on; None: it has no limit. A kind that is not there it can't do at all.
    limits: dict[str, int] | None = None

    def can(self, case: str) -> bool:
        """Whether it knows cases of this kind."""
        return self.limits is None or case.split(maxsplit=1)[0] in self.limits

    def may(self, case: str) -> bool:
        """Whether it is run on this case."""
        kind, _, count = case.partition(" ")
        return self.limits is None or (kind in self.limits and int(count or 0) <= self.limits[kind])


@dataclass(frozen=True)
class Result:
    """Medians of one program in one case; zero runs: left out, too large."""

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


def target_directory() -> Path:
    """Where cargo builds the workspace, whatever CARGO_TARGET_DIR says."""
    shown = ["cargo", "metadata", "--format-version", "1", "--no-deps", "--locked"]
    done = subprocess.run(shown, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BenchError(f"{' '.join(shown)} failed:\n{done.stderr}")
    return Path(json.loads(done.stdout)["target_directory"])


def build_ours() -> Program:
    """The release builds of the product and of the synthetic apps."""
    sh(["cargo", "build", "--release", "--locked", "-p", "oleoduto", "-p", "oleoduto-bench"], ROOT)
    release = target_directory() / "release"

    def command(case: list[str], out: Path) -> list[str]:
        if case == ["pipeline"]:
            return [str(release / "oleoduto"), "--project-dir", str(ROOT), "synth", *ACCOUNT, "--out", str(out)]
        return [str(release / "oleoduto-bench"), *case, str(out)]

    return Program("oleoduto", command, {}, ROOT)


def install_cdktn() -> tuple[Program, Program]:
    """cdktn's library, command line and Node, from the lock file."""
    folder = BENCH / "cdktn"
    lock, installed = (folder / "package-lock.json").read_text(), CACHE / "cdktn.installed"
    if not (folder / "node_modules").is_dir() or not installed.is_file() or installed.read_text() != lock:
        installed.unlink(missing_ok=True)
        sh(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder)
        installed.write_text(lock)
    pinned = sorted((folder / "node_modules").glob("node-*/bin/node"))
    node = str(pinned[0]) if pinned else shutil.which("node")
    if node is None:
        raise BenchError("cdktn needs Node 22: install it, or skip the peer with --peers terrars")
    quiet = {"CHECKPOINT_DISABLE": "1", "CI": "true"}

    def app(case: list[str], out: Path) -> list[str]:
        return [node, "app.js", *case]

    def cli(case: list[str], out: Path) -> list[str]:
        synth = ["synth", "--app", f"{node} app.js six", "--output", str(out)]
        return [node, "node_modules/cdktn-cli/bundle/bin/cdktn.js", *synth]

    compiled = Program("cdktn, compiled app", app, quiet, folder, CDKTN)
    return compiled, Program("cdktn synth", cli, quiet, folder, CDKTN_SYNTH)


def build_terrars() -> Program:
    """terrars' app with bindings by its own generator, in the cache."""
    folder = CACHE / "terrars"
    shutil.copytree(BENCH / "terrars", folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("target"))
    if not (folder / "src" / "aws" / "mod.rs").is_file():
        tool = CACHE / "terrars-generate"
        sh(["cargo", "install", "terrars", "--version", "0.4.0", "--locked", "--root", str(tool)], CACHE)
        sh([str(tool / "bin" / "terrars-generate"), "bindings.json"], folder)
    # Its own folder, whatever CARGO_TARGET_DIR says: rebuild.py measures there too.
    sh(["cargo", "build", "--release", "--locked", "--target-dir", str(folder / "target")], folder)
    binary = str(folder / "target" / "release" / "terrars-bench")

    def command(case: list[str], out: Path) -> list[str]:
        return [binary, case[1], str(out)]

    return Program("terrars 0.4", command, {}, folder, TERRARS)


def environment(program: Program, out: Path) -> dict[str, str]:
    """The environment of a measured process, whose output folder is removed first."""
    shutil.rmtree(out, ignore_errors=True)
    return {**os.environ, **program.environment, "CDKTF_OUTDIR": str(out)}


def peak(program: Program, command: list[str], out: Path) -> float:
    """Peak megabytes of the largest process of a command, by GNU time's own process."""
    # The measured process is started by a small one: a child's peak is never below that of the process it was forked from.
    with tempfile.NamedTemporaryFile("r") as report:
        timed = [GNU_TIME, "--quiet", "-f", "%M", "-o", report.name, *command]
        env = environment(program, out)
        done = subprocess.run(timed, cwd=program.folder, env=env, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise BenchError(f"{program.name}: {' '.join(command)} failed:\n{done.stdout}{done.stderr}")
        return float(report.read()) / 1024


def cpu(program: Program, command: list[str], out: Path) -> float:
    """CPU milliseconds of a command and its children by the kernel's account, which is finer than GNU time's hundredths."""
    env = environment(program, out)
    with tempfile.TemporaryFile("w+") as shown:
        process = subprocess.Popen(command, cwd=program.folder, env=env, stdout=shown, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            shown.seek(0)
            raise BenchError(f"{program.name}: {' '.join(command)} ended with {process.returncode}:\n{shown.read()}")
    return 1e3 * (used.ru_utime + used.ru_stime)


def size(out: Path) -> int:
    """Bytes of what was written."""
    return sum(path.stat().st_size for path in out.rglob("*") if path.is_file())


def digest(out: Path) -> str:
    """A hash of all that was written, but for the provider's version, which the bindings decide, and for the folder of another
    stack's local state, which cdktn leaves out: Terraform would look for it in the stack that reads it."""
    total = hashlib.sha256()
    for path in sorted(path for path in out.rglob("*") if path.is_file() and path.name != ".synth.lock"):
        total.update(str(path.relative_to(out)).encode() + b"\0")
        text = re.sub(rb'"version": "[56][.][0-9.]+"', b'"version": ""', path.read_bytes())
        total.update(re.sub(rb'"path": "[.][.]/stack[0-9]+/terraform', b'"path": "terraform', text))
    return total.hexdigest()


def resource_count(out: Path) -> int:
    """The resources of a folder with one Terraform JSON file."""
    [file] = out.rglob("*.tf.json")
    return sum(len(resources) for resources in json.loads(file.read_bytes())["resource"].values())


def check_equal(program: Program, case: str, out: Path, ours: str) -> None:
    """Refuse to compare programs that don't do the same work. terrars writes another JSON: there the resources count."""
    if program.name.startswith("cdktn") and ours != digest(out):
        raise BenchError(f"{program.name} writes another output than oleoduto in case {case}")
    if program.name.startswith("terrars") and resource_count(out) != int(case.split()[1]):
        raise BenchError(f"{program.name} writes {resource_count(out)} resources in case {case}")


def run_case(programs: list[Program], case: str, out: Path) -> list[Result]:
    """All programs in one case, alternating; ours is the first of them."""
    able = [(program, program.command(case.split(), out)) for program in programs if program.may(case)]
    times: dict[str, list[float]] = {program.name: [] for program, _ in able}
    written: dict[str, int] = {}
    ours = ""
    for turn in range(RUNS):
        for program, command in able:
            if turn and times[program.name][0] > 1e3 * SLOW_SECONDS:
                continue
            times[program.name].append(cpu(program, command, out))
            if turn == 0:
                written[program.name] = size(out)
                ours = ours or digest(out)
                check_equal(program, case, out, ours)
    peaks = {program.name: peak(program, command, out) for program, command in able}
    results = []
    for name in (program.name for program in programs if program.can(case)):
        if name in times:
            results.append(Result(name, case, len(times[name]), statistics.median(times[name]), peaks[name], written[name]))
        else:
            results.append(Result(name, case, 0, 0, 0, 0))
    return results


def table(results: list[Result]) -> str:
    """The results as Markdown, with ratios to ours."""
    lines = ["| case | program | CPU, ms | ratio | peak, MB | ratio |", "|---|---|---|---|---|---|"]
    for result in results:
        if not result.runs:
            lines.append(f"| {result.case} | {result.program} | not run | | | |")
            continue
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


def session() -> dict[str, object]:
    """What the rows of one session have in common."""
    shown = ["git", "describe", "--always", "--dirty", "--exclude", "*"]
    commit = subprocess.run(shown, cwd=ROOT, capture_output=True, text=True, check=True)
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"time": now, "commit": commit.stdout.strip(), "cpu": cpu_model(), "cores": os.cpu_count()}


def record(common: dict[str, object], rows: list[dict[str, object]]) -> None:
    """Append to results.jsonl."""
    with RESULTS.open("a") as file:
        file.writelines(json.dumps({**common, **row}) + "\n" for row in rows)


def rebuild_table(rows: list[dict[str, float | str]]) -> str:
    """The rebuilds as Markdown; the equal apps come first, ours before its peer."""
    lines = ["| program | CPU, s | ratio |", "|---|---|---|"]
    for row in rows:
        lines.append(f"| {row['program']} | {float(row['cpu_s']):.2f} | {float(row['cpu_s']) / float(rows[0]['cpu_s']):.1f} |")
    return "\n".join(lines) + "\n"


def report() -> None:
    """Write RESULTS.md from the latest session of each kind in results.jsonl."""
    rows = [json.loads(line) for line in RESULTS.read_text().splitlines()]
    text = "# Results\n\nWritten by `bench/run.py` and `bench/rebuild.py`; every session is in `results.jsonl`.\n"
    kinds = {
        "Synth: medians of alternating runs of whole processes": [row for row in rows if row["case"] != "rebuild"],
        "Incremental debug rebuild after an edit of a literal": [row for row in rows if row["case"] == "rebuild"],
    }
    for title, of_kind in kinds.items():
        if not of_kind:
            continue
        last = of_kind[-1]
        latest = [row for row in of_kind if row["time"] == last["time"]]
        text += f"\n## {title}\n\n{last['time']}, commit {last['commit']}, {last['cpu']}, {last['cores']} cores.\n\n"
        if last["case"] == "rebuild":
            text += "CPU time of `cargo build`, medians of three. The product links three AWS SDK clients too.\n\n"
            text += rebuild_table(latest)
        else:
            names = Result.__dataclass_fields__.keys()
            results = [Result(**{name: row[name] for name in names}) for row in latest]
            text += "`pipeline` is the product's own app, with the archives of its Python. `six` is one app in all\n"
            text += "programs, whose six stacks are in `crates/aws/tests/golden`.\n\n"
            text += table(results) + "\n" + linearity(results)
    (BENCH / "RESULTS.md").write_text(text.rstrip("\n") + "\n")


def main() -> int:
    """Parse, measure, report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", default="cdktn,terrars", help="peers to measure (default: %(default)s)")
    parser.add_argument("--skip-peers", action="store_true", help="measure ours only")
    parser.add_argument("--max-resources", type=int, default=RESOURCES[-1], help="leave larger cases out")
    arguments = parser.parse_args()
    peers = set() if arguments.skip_peers else set(arguments.peers.split(","))
    if unknown := peers - {"cdktn", "terrars"}:
        parser.error(f"unknown peers: {', '.join(sorted(unknown))}; there are cdktn and terrars")
    CACHE.mkdir(exist_ok=True)
    try:
        if not Path(GNU_TIME).is_file():
            raise BenchError(f"{GNU_TIME} is missing: install GNU time, which tells the peak memory of a process")
        programs = [build_ours()]
        if "cdktn" in peers:
            programs.extend(install_cdktn())
        if "terrars" in peers:
            programs.append(build_terrars())
        cases = ["pipeline", "six"]
        cases += [f"resources {n}" for n in RESOURCES if n <= arguments.max_resources]
        cases += [f"stacks {n}" for n in STACKS if n * 10 <= arguments.max_resources]
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        common = session()
        results: list[Result] = []
        with tempfile.TemporaryDirectory(dir=memory) as folder:
            for case in cases:
                measured = run_case(programs, case, Path(folder) / "out")
                record(common, [dict(result.__dict__) for result in measured])
                results += measured
                print(f"measured: {case}", file=sys.stderr)
    except BenchError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(table(results) + "\n" + linearity(results))
    report()
    return 0


if __name__ == "__main__":
    sys.exit(main())
