"""Deploying six stacks: oleoduto against plain Terraform in a row, and against `cdktn deploy '*'`.

    cargo build --release && .venv/bin/python bench/deploy.py [--rounds N] [--stacks s3 iam] [--binary PATH]

All on one local AWS in one run, one round after the other, each deployment under a series of its own. Wall times are divided
by the time of a fixed piece of work on all processors, measured just before and after: what else the machine does then counts
less. The ratio of the wall times themselves stands beside it: it is right on a quiet machine.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

from project import Project, clean_environment  # noqa: E402
from test_cdktn import installed, node  # noqa: E402

ACCOUNT = "123456789012"
BINARY = ROOT / "target" / "release" / "oleoduto"


def work(_: int) -> None:
    """A fixed piece of work."""
    block = b"0" * (1 << 20)
    digest = hashlib.sha256()
    for _step in range(1000):
        digest.update(block)


def calibration(pool: ProcessPoolExecutor) -> float:
    """Seconds that all processors together take for it now: the median, because a single one is short."""
    times = []
    for _measurement in range(5):
        started = time.perf_counter()
        list(pool.map(work, range(os.cpu_count() or 1)))
        times.append(time.perf_counter() - started)
    return statistics.median(times)


class Bench:
    """One local AWS, and the three ways to deploy to it."""

    def __init__(self, folder: Path, binary: Path, stacks: list[str]) -> None:
        self.binary, self.stacks = str(binary), stacks
        self.project = Project(folder)
        self.folder = folder
        # `destroy` refuses to delete data, which the scripts and wheels in the bucket are too.
        text = self.project.configuration.read_text()
        self.project.configure(text.replace("[env.dev]\n", "[env.dev]\ndisposable = true\n", 1))
        self.call([self.binary, "--project-dir", str(folder), "local", "up"], clean_environment())
        endpoint = self.project.endpoint()
        self.environment = {**clean_environment(), **endpoint, "CHECKPOINT_DISABLE": "1", "OLEODUTO_ACCOUNT": ACCOUNT}
        self.environment["TF_PLUGIN_CACHE_DIR"] = str(ROOT / ".oleoduto" / "cache" / "terraform-plugins")
        modules = installed()
        runtime = node(modules)
        self.cdktn = [runtime, str(modules / "cdktn-cli" / "bundle" / "bin" / "cdktn.js")] if runtime else []

    def call(self, command: list[str], environment: dict[str, str], cwd: Path | None = None, good: int = 0) -> None:
        """Run a command that must end with a code. Nobody can be asked."""
        nobody = subprocess.DEVNULL
        done = subprocess.run(command, env=environment, cwd=cwd, stdin=nobody, capture_output=True, text=True, check=False)
        if done.returncode != good:
            raise SystemExit(f"{shlex.join(command)} failed:\n{done.stdout}{done.stderr}")

    def oleoduto(self, series: str, *arguments: str, changes: bool = False) -> None:
        """One oleoduto command; `plan` ends with 2 if there are changes."""
        command, *rest = arguments
        words = [self.binary, "--project-dir", str(self.folder), "--series", series, command]
        selected = [] if command == "synth" else self.stacks
        words += [*selected, "--out", str(self.folder / series), *rest]
        self.call(words, self.environment, good=2 if changes else 0)

    def plan_and_apply(self, series: str) -> None:
        """Plan everything, then apply exactly that."""
        self.oleoduto(series, "plan", changes=True)
        self.oleoduto(series, "apply")

    def terraform(self, series: str, *steps: list[str], backwards: bool = False) -> None:
        """The same Terraform commands in each stack's folder, one after the other, in the order of the manifest."""
        out = self.folder / series
        stacks = json.loads((out / "manifest.json").read_text())["stacks"]
        order: list[str] = []
        while len(order) < len(stacks):
            order += [n for n, s in stacks.items() if n not in order and all(d in order for d in s["dependencies"])]
        order = [stack for stack in order if not self.stacks or stack in self.stacks]
        for stack in reversed(order) if backwards else order:
            for step in steps:
                words = ["terraform", f"-chdir={out / 'stacks' / stack}", step[0], "-input=false", *step[1:]]
                self.call(words, self.environment)

    def prepare_cdktn(self, series: str) -> Path:
        """A folder for the stock command line, whose synth is ours."""
        folder = self.folder / series
        folder.mkdir(exist_ok=True)
        app = shlex.join([self.binary, "--project-dir", str(self.folder), "--series", series, "synth"])
        config = {"language": "rust", "app": app, "projectId": "bench", "sendCrashReports": "false", "context": {}}
        (folder / "cdktf.json").write_text(json.dumps(config))
        return folder

    def cdktn_run(self, series: str, command: str) -> None:
        """`cdktn deploy '*'` or `destroy '*'`."""
        environment = {**self.environment, "CI": "true"}
        names = [*self.stacks, "--ignore-missing-stack-dependencies"] if self.stacks else ["*"]
        self.call([*self.cdktn, command, *names, "--auto-approve"], environment, self.prepare_cdktn(series))


INIT, PLAN, APPLY = ["init"], ["plan", "-out=plan"], ["apply", "plan"]


def one_round(bench: Bench, number: int, times: dict[str, list[float]], walls: dict[str, list[float]]) -> None:
    """Every case once."""
    ours, plain, cdktn, planned = f"OURS{number}", f"PLAIN{number}", f"CDKTN{number}", f"PLANNED{number}"
    bench.oleoduto(plain, "synth")
    cases = [
        ("fresh: oleoduto apply", lambda: bench.oleoduto(ours, "apply", "--yes")),
        ("fresh: oleoduto plan, then apply", lambda: bench.plan_and_apply(planned)),
        ("fresh: init, plan, apply in a row", lambda: bench.terraform(plain, INIT, PLAN, APPLY)),
        ("fresh: cdktn deploy", lambda: bench.cdktn_run(cdktn, "deploy")),
        ("no change: oleoduto apply", lambda: bench.oleoduto(ours, "apply", "--yes")),
        ("no change: oleoduto apply --refresh", lambda: bench.oleoduto(ours, "apply", "--yes", "--refresh")),
        ("no change: init, plan, apply in a row", lambda: bench.terraform(plain, INIT, PLAN, APPLY)),
        ("no change: cdktn deploy", lambda: bench.cdktn_run(cdktn, "deploy")),
        ("destroy: oleoduto destroy", lambda: bench.oleoduto(ours, "destroy", "--yes")),
        ("destroy: in a row", lambda: bench.terraform(plain, ["destroy", "-auto-approve"], backwards=True)),
        ("destroy: cdktn destroy", lambda: bench.cdktn_run(cdktn, "destroy")),
    ]
    single = f"SINGLE{number}"
    cases.append(
        ("fresh: oleoduto apply --no-provider-reuse", lambda: bench.oleoduto(single, "apply", "--yes", "--no-provider-reuse"))
    )
    if not bench.cdktn:
        print("cdktn is left out: no Node that it runs on", flush=True)
        cases = [(name, case) for name, case in cases if "cdktn" not in name]
    with ProcessPoolExecutor() as pool:
        for name, case in cases:
            before = calibration(pool)
            started = time.perf_counter()
            case()
            wall = time.perf_counter() - started
            unit = (before + calibration(pool)) / 2
            walls.setdefault(name, []).append(wall)
            times.setdefault(name, []).append(wall / unit)
            print(f"round {number}  {wall:7.2f} s  {wall / unit:8.1f}  {name}", flush=True)


RATIOS = [
    ("fresh: oleoduto apply", "fresh: init, plan, apply in a row", 0.33),
    ("fresh: oleoduto apply", "fresh: cdktn deploy", 0.33),
    ("fresh: oleoduto plan, then apply", "fresh: oleoduto apply", 1.3),
    ("fresh: oleoduto apply --no-provider-reuse", "fresh: init, plan, apply in a row", None),
    ("fresh: oleoduto apply --no-provider-reuse", "fresh: cdktn deploy", None),
    ("no change: oleoduto apply", "no change: init, plan, apply in a row", 0.05),
    ("no change: oleoduto apply", "no change: cdktn deploy", None),
    ("no change: oleoduto apply --refresh", "no change: init, plan, apply in a row", None),
    ("destroy: oleoduto destroy", "destroy: in a row", 0.4),
    ("destroy: oleoduto destroy", "destroy: cdktn destroy", 0.4),
]


def report(times: dict[str, list[float]], walls: dict[str, list[float]]) -> str:
    """The table of ratios of medians."""
    lines = ["| case | against | ratio | of wall times | goal |", "|---|---|---|---|---|"]
    for ours, theirs, goal in (row for row in RATIOS if row[0] in times and row[1] in times):
        ratio, wall = (statistics.median(of[ours]) / statistics.median(of[theirs]) for of in (times, walls))
        wanted = "" if goal is None else f"<= {goal}"
        lines.append(f"| {ours} | {theirs} | {ratio:.3f} | {wall:.3f} | {wanted} |")
    return "\n".join(lines)


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--stacks", nargs="*", default=[], help="only these, which must have what they read [default: all]")
    parser.add_argument("--binary", type=Path, default=BINARY, help="the program that is measured [default: the release build]")
    given = parser.parse_args()
    rounds: int = given.rounds
    times: dict[str, list[float]] = {}
    walls: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), given.binary.resolve(), given.stacks)
        try:
            for number in range(1, rounds + 1):
                one_round(bench, number, times, walls)
        finally:
            bench.project.run("local", "down")
    print("\n" + report(times, walls) + "\n")
    print("medians of the wall times, s: " + "; ".join(f"{name} {statistics.median(all_):.1f}" for name, all_ in walls.items()))


if __name__ == "__main__":
    main()
