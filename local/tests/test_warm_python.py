"""Jobs that a warm Python forks are as those that are started: nothing of the host, and nothing of another job."""

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from local_support import PATIENCE, Aws, alive, start_server, wait_until

from oleoduto_local.process import Command, Job, Outcome, Registry
from oleoduto_local.warm_python import Host, Hosts, kind_of

MAIN = """
import json, os, pathlib, signal, sys, tempfile, time
import toy.preload as preload
word, *rest = sys.argv[1:]
if word == "show":
    seen = {
        "env": dict(os.environ), "cwd": os.getcwd(), "argv": sys.argv, "orig": sys.orig_argv, "path": sys.path,
        "main": __spec__.name, "name": __name__, "left": list(preload.left), "host": preload.host, "for": preload.commands,
        "leader": os.getsid(0) == os.getpid(), "parent": os.getppid(), "temporary": tempfile.gettempdir(),
        "umask": os.umask(0), "stdin": os.readlink("/proc/self/fd/0"), "handlers": str(signal.getsignal(signal.SIGCHLD)),
        "files": sorted(os.readlink(f"/proc/self/fd/{n}").split(":")[0] for n in os.listdir("/proc/self/fd")[:-1]),
    }
    preload.left.append(rest)
    os.environ["LEFT"] = "behind"
    print(json.dumps(seen))
elif word == "end":
    print("last words", file=sys.stderr)
    sys.exit(int(rest[0]))
elif word == "raise":
    raise ValueError("of the job")
elif word == "die":
    os.kill(os.getpid(), signal.SIGKILL)
elif word == "sleep":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(7 if rest else 143))
    print("sleeping", os.getpid(), flush=True)
    time.sleep(600)
elif word == "train":
    base = pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"])
    (base / "model" / "pid").write_text(str(preload.host))
    print("host", preload.host, flush=True)
"""
PRELOAD = """
import os
left, commands, host = [], [], os.getpid()
def preload(name):
    if name == "broken":
        raise ImportError("not in this image")
    commands.append(name)
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """The path of an image whose jobs can be forked."""
    folder = tmp_path / "src" / "toy"
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "__main__.py").write_text(MAIN)
    (folder / "preload.py").write_text(PRELOAD)
    return folder.parent


class Warm:
    """Hosts, and how to run a job of the toy."""

    def __init__(self, package: Path, folder: Path) -> None:
        self.helpers, self.jobs, self.package, self.folder = Registry(), Registry(), package, folder

        def made(name: str) -> Path:
            (folder / name).mkdir()
            return folder / name

        self.hosts = Hosts(self.helpers, made)

    def command(self, *words: str, **more: str) -> Command:
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(self.package), "PYTHONDONTWRITEBYTECODE": "1"}
        return Command([sys.executable, "-m", "toy", *words], {**environment, **more}, self.folder, grace=5.0)

    def run(self, *words: str, job: Job | None = None, lines: list[str] | None = None, **more: str) -> Outcome:
        """To the end; it must be forked."""
        with self.hosts.warm(self.command(*words, **more)) as command:
            assert command.fork_from is not None
            taken = [] if lines is None else lines
            return (job or self.jobs.open("test", words[0])).run(command, lambda _stream, line: taken.append(line))

    def show(self, *words: str, **more: str) -> dict[str, Any]:
        lines: list[str] = []
        assert self.run("show", *words, lines=lines, **more).returncode == 0, lines
        # A notice is before or after it, as it is of the other stream, if the host had just ended and the job was started anew.
        [answer] = [line for line in lines if not line.startswith("notice: ")]
        return dict(json.loads(answer))

    @property
    def pid(self) -> int:
        """The host's process."""
        [host] = self.helpers.listing()
        assert isinstance(host["pid"], int)
        return host["pid"]


@pytest.fixture
def warm(package: Path, tmp_path: Path) -> Iterator[Warm]:
    found = Warm(package, tmp_path)
    yield found
    found.helpers.kill_all()
    assert found.jobs.listing() == [] or all(one["pid"] is None for one in found.jobs.listing())


def test_a_job_is_as_if_it_were_started(warm: Warm, tmp_path: Path) -> None:
    own = {"SAGEMAKER_BASE_DIR": str(tmp_path), "AWS_SESSION_TOKEN": "of one", "TMPDIR": str(tmp_path)}
    seen = warm.show("--a", "b c", **own)
    lines: list[str] = []
    started = warm.command("show", "--a", "b c", **own)
    warm.jobs.open("test", "started").run(started, lambda _stream, line: lines.append(line))
    expected = json.loads(lines[0])
    different = {name for name in seen if seen[name] != expected[name]}
    assert different == {"parent", "host", "for"}, {name: (seen[name], expected[name]) for name in different}
    assert seen["env"].items() >= started.env.items() and seen["leader"] and seen["main"] == "toy.__main__"
    assert seen["for"] == [None, "show"]


def test_a_job_finds_nothing_of_another(warm: Warm) -> None:
    one, other = warm.show("1", AWS_SECRET_ACCESS_KEY="of one"), warm.show("2", TRAINING_JOB_NAME="other")
    assert one["host"] == other["host"], "both are forks of one Python"
    assert (one["left"], other["left"]) == ([], [])
    assert "AWS_SECRET_ACCESS_KEY" not in other["env"] and "LEFT" not in other["env"]
    environ = Path(f"/proc/{warm.pid}/environ").read_text()
    assert "of one" not in environ, "the host has no key of a job"


def test_jobs_at_the_same_time(warm: Warm) -> None:
    found: list[dict[str, Any]] = []
    threads = [threading.Thread(target=lambda n=n: found.append(warm.show(str(n)))) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(one["argv"][-1] for one in found) == [str(n) for n in range(6)]
    assert len({one["host"] for one in found}) == 1


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("end", "0"), 0, "last words"),
        (("end", "3"), 3, "last words"),
        (("raise",), 1, "ValueError: of the job"),
        (("die",), 137, ""),
    ],
)
def test_exit_codes(warm: Warm, words: tuple[str, ...], code: int, said: str) -> None:
    outcome = warm.run(*words)
    assert (outcome.returncode, outcome.ended_by) == (code, "itself")
    assert "".join(outcome.stderr_tail[-1:]) == said


@pytest.mark.parametrize("how", ["stop", "kill", "timeout"])
def test_a_job_is_stopped(warm: Warm, how: str) -> None:
    job, lines = warm.jobs.open("test", "sleep"), list[str]()
    outcomes: list[Outcome] = []
    command = warm.command("sleep", "7")

    def run() -> None:
        with warm.hosts.warm(command) as forked:
            limited = Command(forked.argv, forked.env, forked.cwd, 2.0 if how == "timeout" else None, 5.0, forked.fork_from)
            outcomes.append(job.run(limited, lambda _stream, line: lines.append(line)))

    thread = threading.Thread(target=run)
    thread.start()
    wait_until(lambda: bool(lines), "the job runs")
    assert job.pid == int(lines[0].split()[1])
    if how != "timeout":
        getattr(job, how)()
    thread.join(60)
    assert outcomes[0].returncode == (137 if how == "kill" else 7)
    assert outcomes[0].ended_by == ("timeout" if how == "timeout" else "stop")
    assert not psutil.pid_exists(int(lines[0].split()[1]))


def test_a_killed_job_is_gone_when_its_end_is_known(warm: Warm) -> None:
    job, lines = warm.jobs.open("test", "sleep"), list[str]()
    outcomes: list[Outcome] = []
    thread = threading.Thread(target=lambda: outcomes.append(warm.run("sleep", job=job, lines=lines)))
    thread.start()
    wait_until(lambda: bool(lines), "the job runs")
    process = psutil.Process(int(lines[0].split()[1]))
    teller = process.parent()
    assert teller is not None
    # As on a busy machine: the process that waits for the job gets no turn.
    teller.suspend()
    wait_until(lambda: teller.status() == psutil.STATUS_STOPPED, "it stands still")
    job.kill()
    wait_until(lambda: process.status() == psutil.STATUS_ZOMBIE, "the job is killed")
    thread.join(0.5)
    assert thread.is_alive() and outcomes == []
    teller.resume()
    thread.join(20)
    assert outcomes[0].returncode == 137 and not psutil.pid_exists(process.pid)


def test_a_job_that_is_stopped_while_its_host_imports_does_not_begin(warm: Warm, package: Path) -> None:
    with (package / "toy" / "preload.py").open("a") as file:
        file.write("import time; time.sleep(1.5)\n")
    job, lines = warm.jobs.open("test", "sleep"), list[str]()
    threading.Timer(0.4, job.stop).start()
    outcome = warm.run("sleep", job=job, lines=lines)
    assert (outcome.returncode, outcome.ended_by, lines) == (143, "stop", [])
    assert warm.show()["left"] == [], "the host goes on"


def test_another_environment_or_code_has_another_host(warm: Warm, package: Path) -> None:
    first = warm.show()["host"]
    assert warm.show()["host"] == first
    second = warm.show(OMP_NUM_THREADS="1")
    assert second["host"] != first and second["env"]["OMP_NUM_THREADS"] == "1"
    (package / "toy" / "other.py").write_text("ADDED = 1\n")
    assert warm.show(OMP_NUM_THREADS="1")["host"] != second["host"]


def test_what_cannot_be_forked_starts(warm: Warm, package: Path) -> None:
    assert kind_of(Command([sys.executable, "script.py"], {}, warm.folder)) is None
    (package / "toy" / "gone.py").symlink_to(package / "nowhere")
    with warm.hosts.warm(warm.command("show")) as command:
        assert command.fork_from is None, "its code cannot be compared"
    (package / "toy" / "preload.py").unlink()
    assert kind_of(warm.command("show")) is None


@pytest.mark.parametrize("fault", ["raise OSError('no such library')", "import threading; threading.Timer(9, print).start()"])
def test_a_host_that_cannot_fork_leaves_jobs_to_start_by_themselves(warm: Warm, package: Path, fault: str) -> None:
    text = f"import sys\nif sys.argv[-1].endswith('preload'):\n    {fault}\n"
    (package / "toy" / "preload.py").write_text(text + PRELOAD)
    for _ in range(2):
        lines: list[str] = []
        with warm.hosts.warm(warm.command("end", "3")) as command:
            outcome = warm.jobs.open("test", "end").run(command, lambda _stream, line, to=lines: to.append(line))
        assert outcome.returncode == 3 and lines[-1] == "last words", lines


def test_a_command_whose_packages_are_missing_says_so_itself(warm: Warm) -> None:
    lines: list[str] = []
    outcome = warm.run("broken", lines=lines)
    assert outcome.returncode == 0 and lines == ["notice: the job starts anew: its warm Python does not answer"]
    assert warm.run("end", "4").returncode == 4, "other commands have their host"


def test_a_killed_host_ends_no_job(warm: Warm) -> None:
    job, lines = warm.jobs.open("test", "sleep"), list[str]()
    outcomes: list[Outcome] = []
    thread = threading.Thread(target=lambda: outcomes.append(warm.run("sleep", "7", job=job, lines=lines)))
    thread.start()
    wait_until(lambda: bool(lines), "the job runs")
    host = warm.pid
    os.kill(host, signal.SIGKILL)
    wait_until(lambda: not alive(host), "the host is dead")
    assert thread.is_alive() and psutil.pid_exists(int(lines[0].split()[1]))
    assert warm.show()["left"] == []
    job.stop()
    thread.join(30)
    assert outcomes[0].returncode == 7, "its exit code arrives all the same"


def test_a_host_that_has_just_ended_has_a_successor(warm: Warm, monkeypatch: pytest.MonkeyPatch) -> None:
    warm.run("end", "0")
    first = warm.pid
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: not alive(first), "the host is dead")
    # As before the thread that waits for it has had a turn.
    known = [True, *([False] * 9)]
    monkeypatch.setattr(Host, "alive", property(lambda _: known.pop(0)))
    assert warm.show()["host"] != first


def test_an_idle_host_ends(package: Path, tmp_path: Path) -> None:
    warm = Warm(package, tmp_path)
    warm.hosts = Hosts(warm.helpers, lambda _name: tmp_path, idle_seconds=1.0)
    warm.run("end", "0")
    host = warm.pid
    wait_until(lambda: not alive(host), "it was not used for long enough")


def test_the_host_ends_with_a_killed_server(package: Path, tmp_path: Path, jars: Path) -> None:
    (package.parent / "Dockerfile").write_text('FROM python:3.11\nENTRYPOINT ["python", "-m", "toy"]\n')
    (tmp_path / "data").mkdir()
    server = start_server(tmp_path / "data", package.parent, jars)
    try:
        aws = Aws.prepare(server)
        aws.put("final/dataproc=20260101/part.parquet", "rows")
        jobs = [aws.training() for _ in range(2)]
        for request in jobs:
            aws.sagemaker.create_training_job(**request)
            assert aws.finish_training(request["TrainingJobName"])["TrainingJobStatus"] == "Completed"
        logs = [server.log("sagemaker", request["TrainingJobName"]) for request in jobs]
        assert logs[0] == logs[1] and "host" in logs[0]
        assert server.health()["running"] == []
        helpers = psutil.Process(server.process.pid).children(recursive=True)
        assert any("python_host.py" in " ".join(one.cmdline()) for one in helpers)
    finally:
        server.process.kill()
        server.process.wait(PATIENCE)
    wait_until(lambda: not any(alive(one.pid) for one in helpers), "nothing is left")
