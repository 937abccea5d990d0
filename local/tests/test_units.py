"""The pure parts, without a server."""

import importlib.metadata
import os
import signal
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from local_support import wait_until

from oleoduto_local import patching, settings
from oleoduto_local.dockerfile import Image, image, with_own_python
from oleoduto_local.environment import job_environment
from oleoduto_local.errors import JobError, LocalAwsError, PatchError
from oleoduto_local.logsink import last_error
from oleoduto_local.patches.s3 import applies, install_listing
from oleoduto_local.process import Command, Registry
from oleoduto_local.runners.container import mapped
from oleoduto_local.runners.glue import merged_arguments
from oleoduto_local.runners.training import Metrics
from oleoduto_local.s3files import inside, relative_name, split_uri


def test_wrong_or_missing_moto_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings.check_moto() == "5.2.1"
    monkeypatch.setattr(importlib.metadata, "version", lambda _name: "5.2.5")
    with pytest.raises(LocalAwsError, match=r"moto 5\.2\.5 is installed.*install moto\[server\]==5\.2\.1"):
        settings.check_moto()

    def missing(_name: str) -> str:
        raise importlib.metadata.PackageNotFoundError

    monkeypatch.setattr(importlib.metadata, "version", missing)
    with pytest.raises(LocalAwsError, match="moto is not installed"):
        settings.check_moto()


def test_a_listing_beside_a_deletion_has_what_was_there(monkeypatch: pytest.MonkeyPatch) -> None:
    store = patching.require(patching.load("moto.s3.utils"), "_VersionedKeyStore")
    views = ("lists", "iterlists", "items", "iteritems", "values", "itervalues")
    for name in views:  # Taken back after the test.
        monkeypatch.setattr(store, name, getattr(store, name))
    install_listing()
    found = {}
    for name in views:
        keys = store({"a": ["a1", "a2"], "b": ["b1"]})
        listing = getattr(keys, name)()
        found[name] = [next(listing)]
        dict.pop(keys, "b")
        found[name] += listing
    assert found["lists"] == found["iterlists"] == [("a", ["a1", "a2"]), ("b", ["b1"])]
    assert found["items"] == found["iteritems"] == [("a", "a2"), ("b", "b1")]
    assert found["values"] == found["itervalues"] == ["a2", "b1"]


def test_a_patch_cannot_get_lost() -> None:
    owner = SimpleNamespace(__name__="owner", there=1)
    assert patching.replace(owner, "there", 2) == 1
    assert owner.there == 2
    with pytest.raises(PatchError, match="has no `gone`"):
        patching.replace(owner, "gone", 1)
    with pytest.raises(PatchError, match="already has `there`"):
        patching.add(owner, "there", 1)


def test_a_module_is_read_without_its_package_until_somebody_asks_for_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "heavy"
    package.mkdir()
    (package / "__init__.py").write_text("from heavy.light import NAME\nREAD = True\n")
    (package / "light.py").write_text("NAME = object()\n")
    monkeypatch.syspath_prepend(tmp_path)
    light = patching.load_alone("heavy.light")
    assert "heavy" not in sys.modules
    heavy = patching.load("heavy")
    assert heavy.READ and heavy.NAME is light.NAME
    assert patching.load_alone("heavy.light") is light and sys.modules["heavy"] is heavy
    with pytest.raises(PatchError, match="has no `missing_package`"):
        patching.load_alone("missing_package.light")


def test_entrypoint(tmp_path: Path) -> None:
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text('FROM a\nENTRYPOINT ["one"]\nFROM b\nentrypoint [ "python3.11", \\\n "-m", "x y" ]\n')
    words = list(image(dockerfile).entrypoint)
    assert words == ["python3.11", "-m", "x y"]
    assert with_own_python(words) == [sys.executable, "-m", "x y"]
    assert with_own_python(["/usr/bin/env", "python"]) == ["/usr/bin/env", "python"]


def test_an_image_starts_as_the_user_of_its_last_stage(tmp_path: Path) -> None:
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text('FROM a\nUSER app\nFROM b\nENTRYPOINT ["x"]\n')
    assert image(dockerfile) == Image(("x",), "root")
    dockerfile.write_text('FROM a\nUSER root\nENTRYPOINT ["x"]\nuser 10001:10001\n')
    assert image(dockerfile).user == "10001:10001"


@pytest.mark.parametrize(
    ("key", "prefix", "name"),
    [
        ("final/d=1/a/b.parquet", "final/d=1/", "a/b.parquet"),
        ("final/d=1/a.parquet", "final/d=1", "a.parquet"),
        ("models/x/model.tar.gz", "models/x/model.tar.gz", "model.tar.gz"),
        ("data/train.csv", "data/tr", "train.csv"),
        ("a/b", "", "a/b"),
    ],
)
def test_relative_name(key: str, prefix: str, name: str) -> None:
    assert relative_name(key, prefix) == name


def test_uris() -> None:
    assert split_uri("s3://b/k/x") == ("b", "k/x")
    for bad in ("b/k", "s3://", "http://b/k"):
        with pytest.raises(JobError, match="is not an S3 URI"):
            split_uri(bad)


def test_last_error() -> None:
    trace = (
        "Traceback (most recent call last):",
        '  File "x", line 1',
        "ValueError: deep",
        "WARN shutting down",
    )
    assert last_error(trace) == "ValueError: deep"
    assert last_error((*trace, "error: the reason", "later")) == "the reason"
    assert last_error(("one", "two ")) == "two"
    assert last_error(()) is None


def test_merged_arguments() -> None:
    merged = merged_arguments({"--a": "d", "--b": "d"}, {"--b": "r", "--c": "r"}, {"--c": "f"})
    assert merged == {"--a": "d", "--b": "r", "--c": "f"}


def test_job_environment() -> None:
    parent = {
        "PATH": "/bin",
        "AWS_PROFILE": "mine",
        "MOTO_PORT": "1",
        "PYTHONPATH": "/src",
        "NO_PROXY": "corp",
        "LC_ALL": "C.UTF-8",
        "JAVA_HOME": "/java",
        "https_proxy": "http://proxy:1",
        "REQUESTS_CA_BUNDLE": "/ca.pem",
        "GITHUB_TOKEN": "secret",
        "NPM_CONFIG_TOKEN": "secret",
    }
    found = job_environment("http://127.0.0.1:9", "eu-west-1", {"X": "1"}, parent)
    assert found["PATH"] == "/bin"
    assert found["AWS_ENDPOINT_URL"] == "http://127.0.0.1:9"
    assert found["AWS_REGION"] == "eu-west-1"
    assert found["NO_PROXY"] == "corp,127.0.0.1,localhost"
    assert found["X"] == "1"
    assert {name: found[name] for name in ("LC_ALL", "JAVA_HOME", "https_proxy", "REQUESTS_CA_BUNDLE")} == {
        name: parent[name] for name in ("LC_ALL", "JAVA_HOME", "https_proxy", "REQUESTS_CA_BUNDLE")
    }
    assert not {"AWS_PROFILE", "MOTO_PORT", "PYTHONPATH"} & set(found)
    assert "secret" not in found.values(), "a token of the caller is none of the job's"


def test_container_paths_stay_in_the_job(tmp_path: Path) -> None:
    assert mapped("/opt/ml/processing/input/x", tmp_path) == tmp_path / "processing" / "input" / "x"
    for bad in ("/opt/mlx", "/etc/passwd", "/opt/ml/../../etc"):
        with pytest.raises(JobError, match="ClientError"):
            mapped(bad, tmp_path)


@pytest.mark.parametrize("name", ["/etc/passwd", "..", "a/../../b", ".", "", "link/x"])
def test_names_of_keys_stay_in_their_folder(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path)
    with pytest.raises(JobError, match=r"ClientError: the key 'x' leads out of the folder 'data'"):
        inside(folder, name, "the key 'x'")
    assert inside(folder, "a/..b/c", "the key") == folder / "a" / "..b" / "c"


def test_metrics_take_the_last_number() -> None:
    metrics = Metrics([{"Name": "mae", "Regex": "mae=([^;]+);"}])
    for line in ("mae=3;", "noise", "mae=2.5;", "mae=none;"):
        metrics.line(line)
    assert [entry["Value"] for entry in metrics.final()] == [2.5]
    with pytest.raises(JobError, match="bad Regex"):
        Metrics([{"Name": "x", "Regex": "("}])


def test_policy_conditions() -> None:
    assert applies({"Effect": "Deny"})
    assert applies({"Condition": {"Bool": {"aws:SecureTransport": True}}})
    assert not applies({"Condition": {"Bool": {"AWS:SecureTransport": "false"}}})
    assert not applies({"Condition": {"StringEquals": {"aws:SecureTransport": "true"}}})


def command(tmp_path: Path, code: str, **more: float) -> Command:
    return Command([sys.executable, "-c", code], dict(os.environ), tmp_path, **more)


def test_process_outcomes(tmp_path: Path) -> None:
    registry = Registry()
    lines: list[tuple[str, str]] = []

    def on_line(stream: str, line: str) -> None:
        lines.append((stream, line))

    def run(code: str, **more: float) -> tuple[int, str]:
        job = registry.open("test", "job")
        try:
            outcome = job.run(command(tmp_path, code, **more), on_line)
        finally:
            registry.close(job)
        return outcome.returncode, outcome.ended_by

    assert run("import sys; print('out'); print('err', file=sys.stderr); sys.exit(7)") == (7, "itself")
    assert sorted(lines) == [("stderr", "err"), ("stdout", "out")]
    assert run("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)") == (128 + signal.SIGSEGV, "itself")
    stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
    assert run(stubborn, timeout=0.5, grace=0.3) == (128 + signal.SIGKILL, "timeout")
    job = registry.open("test", "stopped before it began")
    job.stop()
    assert job.run(command(tmp_path, "print('never')"), on_line).ended_by == "stop"
    assert ("stdout", "never") not in lines
    registry.close(job)
    nothing = Command(["/no/such/program"], dict(os.environ), tmp_path)
    job = registry.open("test", "missing")
    assert job.run(nothing, on_line).returncode == 127
    registry.close(job)
    assert registry.listing() == []


def test_a_closed_registry_starts_nothing(tmp_path: Path) -> None:
    registry = Registry()
    job = registry.open("test", "job")
    registry.kill_all(wait_seconds=0.1)
    with pytest.raises(JobError, match="shutting down"):
        registry.open("test", "other")
    with pytest.raises(JobError, match="shutting down"):
        job.run(command(tmp_path, "print(1)"), lambda _stream, _line: None)
    wait_until(lambda: job.pid is None, "no process")
