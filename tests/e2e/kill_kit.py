"""Kills at random moments: a process of a command is killed, and what is left is put right as a user would."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runner_kit import Deployment, Lab, until

# What the runner says about a resource that was created, and whose provider was killed before it said so.
EXISTS = "AlreadyExists"


@dataclass
class Kill:
    """One kill, and what was found after it."""

    command: str
    victim: str
    seconds: float
    # Whether the killed process left a lock, and whether the state had to be told of a resource by its id.
    locked: bool = False
    imported: bool = False
    wrong: list[str] = field(default_factory=list)


def children(parent: int) -> list[int]:
    """The processes that a process has started, and those that they have started."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    found = [parent]
    for process in found:
        found += [child for child, above in parents.items() if above == process]
    return found[1:]


def kind(process: int) -> str | None:
    """What a process is, if it is one of those that are killed."""
    try:
        words = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return None
    name = os.path.basename(words[0]).decode()
    if name.startswith("terraform-provider"):
        return "provider"
    if b"serve-provider-to-terraform" in words:
        return "schema filter"
    return "terraform" if name == "terraform" else None


def victims(running: subprocess.Popen[str]) -> dict[str, list[int]]:
    """The processes of a command by what they are."""
    found = {"runner": [running.pid]}
    for process in children(running.pid):
        if of := kind(process):
            found.setdefault(of, []).append(process)
    return found


def at_work(out: str) -> bool:
    """Whether a Terraform works in an output folder: a runner may have started it just before it was killed."""
    running = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    for process in running:
        try:
            words = Path(f"/proc/{process}/cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if out in words and kind(process) == "terraform":
            return True
    return False


class Killer:
    """Commands over one deployment, each killed once."""

    # What is killed.
    kinds: tuple[str, ...] = ("runner", "terraform", "terraform")

    def __init__(self, deployment: Deployment, stacks: list[str], seed: int) -> None:
        self.deployment, self.stacks = deployment, stacks
        self.random = random.Random(seed)
        # How long a process of a command lasted that was not killed, at least.
        self.lasts: dict[tuple[str, str], float] = {}
        self.number = 0

    def ids(self) -> dict[str, str]:
        """The ids of the resources in the states."""
        found = {}
        for stack in self.stacks:
            content = self.deployment.content(stack)
            for row in content["resources"] if content else []:
                for instance in row["instances"] if row["mode"] == "managed" else []:
                    found[f"{stack} {row['type']}.{row['name']}"] = str(instance["attributes"].get("id"))
        return found

    def commands(self) -> dict[str, list[str]]:
        """The commands that can be killed now, by name."""
        if not self.ids():
            return {"apply, fresh": ["apply", *self.stacks, "--yes"]}
        refreshed = {verb: [verb, *self.stacks] for verb in ("plan", "drift")}
        refreshed["plan"].append("--refresh")
        return {
            **refreshed,
            "apply": ["apply", *self.stacks, "--yes", "--refresh"],
            "destroy": ["destroy", *self.stacks, "--yes"],
        }

    def round(self, wanted: str | None = None) -> Kill:
        """One kill that hit, and the way back."""
        while True:
            self.number += 1
            self.change(self.number)
            commands = self.commands()
            name = wanted if wanted in commands else self.random.choice(list(commands))
            before = self.ids()
            kill = self.kill(name, commands[name])
            if kill is None:
                whole = Kill(name, "", 0)
                self.recover(whole)
                assert not whole.wrong, whole
                self.clear(whole)
                continue
            self.recover(kill)
            # What is killed while it is destroyed or made may have another id afterwards.
            keeps = [key for key in before if not self.may_change(name, key)]
            after = self.ids()
            kill.wrong += [f"{key} is another resource now" for key in keeps if after.get(key) != before[key]]
            self.clear(kill)
            return kill

    def change(self, number: int) -> None:
        """Change the program, so that an apply has something to do."""

    def may_change(self, command: str, _resource: str) -> bool:
        """Whether a command may replace a resource."""
        return command.startswith(("destroy", "apply, fresh"))

    def kill(self, name: str, words: list[str]) -> Kill | None:
        """Start a command and kill one of its processes; none if it ended first."""
        started = time.monotonic()
        running = self.deployment.start(*words)
        victim = self.random.choice(self.kinds)
        while running.poll() is None and victim not in victims(running):
            time.sleep(0.05)
        appeared = time.monotonic()
        time.sleep(self.random.uniform(0.0, self.lasts.get((name, victim), 1.0)))
        found = victims(running)
        if running.poll() is not None or victim not in found:
            running.communicate()
            self.lasts[name, victim] = time.monotonic() - appeared
            return None
        try:
            os.kill(self.random.choice(found[victim]), signal.SIGKILL)
        except ProcessLookupError:
            running.communicate()
            return None
        hit = time.monotonic() - started
        others = [process for processes in found.values() for process in processes]
        running.communicate()
        # Whoever goes on without the killed one ends by itself.
        until(
            lambda: not any(kind(process) for process in others) and not at_work(str(self.deployment.out)),
            f"`{name}` ends, of which the {victim} was killed",
        )
        self.lasts[name, victim] = max(self.lasts.get((name, victim), 0.0), time.monotonic() - appeared)
        return Kill(name, victim, round(hit, 2))

    def recover(self, kill: Kill) -> None:
        """What a user does next; whatever does not work as told is noted."""
        deployment = self.deployment
        if deployment.locks():
            kill.locked = True
            shown = deployment.run("unlock", *self.stacks)
            if shown.returncode != 1 or "is locked by" not in shown.stderr or not deployment.locks():
                kill.wrong.append(f"unlock without --yes: {shown.stderr}")
            self.good(kill, "unlock", *self.stacks, "--yes")
        applied = deployment.run("apply", *self.stacks, "--yes")
        if applied.returncode == 1 and EXISTS in applied.stderr:
            kill.imported = True
            self.import_existing(kill)
            applied = deployment.run("apply", *self.stacks, "--yes")
        if applied.returncode != 0:
            kill.wrong.append(f"apply: {applied.stdout}{applied.stderr}")
        self.good(kill, "plan", *self.stacks, "--refresh")
        for stack in self.stacks:
            if len(deployment.state(stack)) != deployment.declared(stack):
                kill.wrong.append(f"{stack} has {deployment.state(stack)}")
        left = deployment.locks() + [key for key in deployment.objects() if "unsaved" in key]
        kill.wrong += [f"{key} is left" for key in left]

    def clear(self, kill: Kill) -> None:
        """Destroy everything from time to time, so that the next apply makes everything."""
        if self.random.random() < 0.3:
            self.good(kill, "destroy", *self.stacks, "--yes")
            kill.wrong += [f"{key} is left after a destroy" for key in self.ids()]

    def import_existing(self, kill: Kill) -> None:
        """Take into the state what exists and is not in it."""
        kill.wrong.append("a resource exists that is not in the state")

    def good(self, kill: Kill, *words: str) -> None:
        """Run a command that must work."""
        done = self.deployment.run(*words)
        if done.returncode != 0:
            kill.wrong.append(f"{words[0]}: {done.stdout}{done.stderr}")


class LabKiller(Killer):
    """Kills in the shop of stacks without a provider: the runner and Terraform."""

    def __init__(self, lab: Lab, seed: int) -> None:
        super().__init__(lab, ["depot", "orders", "shipping"], seed)
        self.lab = lab

    def change(self, number: int) -> None:
        self.lab.label(f"label {number}")

    def may_change(self, command: str, resource: str) -> bool:
        # A label whose step was killed is tainted, and made again.
        return super().may_change(command, resource) or (command == "apply" and resource.endswith(".label"))


class RepositoryKiller(Killer):
    """Kills in a stack on AWS: also the provider, and the process that shortens its schema."""

    kinds = ("runner", "terraform", "provider", "schema filter")

    def __init__(self, deployment: Deployment, seed: int) -> None:
        super().__init__(deployment, ["ecr"], seed)

    def import_existing(self, kill: Kill) -> None:
        name = f"oleoduto-dev-{self.deployment.series.lower()}-ml"
        self.good(kill, "import", "ecr", "aws_ecr_repository.ml", name)


def summary(kills: list[Kill]) -> dict[str, Any]:
    """Numbers of the kills, by command and victim, and what went wrong."""
    by: dict[str, int] = {}
    for kill in kills:
        by[f"{kill.command} / {kill.victim}"] = by.get(f"{kill.command} / {kill.victim}", 0) + 1
    return {
        "kills": len(kills),
        "by": dict(sorted(by.items())),
        "locks left": sum(kill.locked for kill in kills),
        "imported by hand": sum(kill.imported for kill in kills),
        "wrong": [(kill.command, kill.victim, kill.seconds, kill.wrong) for kill in kills if kill.wrong],
    }
