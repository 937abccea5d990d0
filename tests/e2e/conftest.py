"""Fixtures of the end-to-end tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from doctor_kit import some_aws
from project import BINARY, ROOT, Project
from runner_kit import states_in_s3

# The files that take longest come first, so that no worker begins one of them when the others are done.
LONGEST = (
    "test_local_run",
    "test_everything",
    "test_workflows",
    "test_recovery",
    "test_runner",
    "test_faults",
    "test_cdktn",
    "test_backend",
    "test_cicd",
    "test_account_states",
    "test_bindings",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the files; the tests of a file stay together, in its order."""
    items.sort(key=lambda item: LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST))


@pytest.fixture(scope="session")
def binary() -> Path:
    """The debug build; the test command builds it first."""
    assert BINARY.is_file(), f"{BINARY} is missing: run ./test.sh, or `cargo build` first"
    return BINARY


@pytest.fixture(scope="module")
def project(binary: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Project]:
    """A project whose local AWS is stopped at the end; a module may name its folder."""
    project = Project(tmp_path_factory.mktemp(getattr(request.module, "FOLDER", "project")))
    yield project
    down = project.run("local", "down")
    assert down.returncode == 0, down.stderr


@pytest.fixture
def bare_project(binary: Path, tmp_path: Path) -> Project:
    """A project for commands that start nothing in it, so nothing has to be stopped."""
    assert binary.is_file()
    place = tmp_path / "project"
    place.mkdir()
    return Project(place)


@pytest.fixture
def fake_aws() -> Iterator[Callable[..., str]]:
    """Start an AWS that says what a test wants; its address."""
    with some_aws() as start:
        yield start


@pytest.fixture(scope="module")
def aws(project: Project) -> Project:
    """A local AWS with a bucket of states."""
    started = project.run("local", "up")
    assert started.returncode == 0, started.stderr
    states_in_s3(project)
    return project


@pytest.fixture(scope="session")
def brent() -> str:
    """The source of the run: the real daily prices where they are, else the sample."""
    path = (ROOT.parent / "shared" / "data" / "brent-daily.csv").resolve()
    return f"file:{path}" if path.is_file() else "sample"
