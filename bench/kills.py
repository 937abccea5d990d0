"""Kill a command's processes at random moments, put everything right as a user would, and count what was lost.

    cargo build --workspace && .venv/bin/python bench/kills.py [--kills 200] [--aws 40] [--seed 1]

Of the kills, `--aws` are in a stack on the local AWS, where the provider and the process that shortens its schema are killed
too; the others are in `examples/shop/src/bin/shop_lab.rs`. After each kill: `unlock` if a lock is left, `apply`,
`plan --refresh`. Nothing may be left to do, no resource may be another one or missing, and no lock, list or process may stay.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

from kill_kit import Kill, Killer, LabKiller, RepositoryKiller, summary  # noqa: E402
from project import Project  # noqa: E402
from runner_kit import Deployment, Lab, states_in_s3  # noqa: E402


def rounds(killer: Killer, count: int) -> list[Kill]:
    """Kills, one line each while they are made."""
    kills = []
    for number in range(1, count + 1):
        kill = killer.round()
        kills.append(kill)
        print(f"{number:4} {kill.seconds:6.2f} s  {kill.command} / {kill.victim}  {'; '.join(kill.wrong)}", flush=True)
    return kills


def main() -> None:
    """Kill, and print the numbers; exit code 1 if anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--aws", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder))
        started = project.run("local", "up")
        if started.returncode != 0:
            raise SystemExit(started.stderr)
        try:
            states_in_s3(project)
            kills = rounds(LabKiller(Lab(project, "KILLS"), given.seed), given.kills - given.aws)
            kills += rounds(RepositoryKiller(Deployment(project, "KILLS"), given.seed), given.aws)
        finally:
            project.run("local", "down")
    found = summary(kills)
    print(json.dumps(found, indent=1))
    raise SystemExit(1 if found["wrong"] else 0)


if __name__ == "__main__":
    main()
