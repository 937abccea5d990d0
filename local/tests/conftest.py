"""A real server in a real process, with a toy image, for all tests."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# With pytest's importlib mode a tests folder is not on the import path by itself.
sys.path.insert(0, str(Path(__file__).resolve().parent))

from local_support import JARS, Aws, Server, start_server, write_toy_image


@pytest.fixture(scope="session")
def jars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Hadoop jars; without them (a fresh clone) empty files of the same names, and the Spark test is
    skipped.
    """
    if JARS.is_dir() and any(JARS.glob("hadoop-aws-*.jar")):
        return JARS
    folder = tmp_path_factory.mktemp("jars")
    for name in ("hadoop-aws-3.3.1.jar", "aws-java-sdk-bundle-1.11.901.jar"):
        (folder / name).touch()
    return folder


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a Dockerfile and the package that its ENTRYPOINT runs."""
    return write_toy_image(tmp_path_factory.mktemp("image"))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, image: Path, jars: Path) -> Iterator[Server]:
    # A Glue minute of two seconds: the shortest Timeout of the API is one minute.
    running = start_server(tmp_path_factory.mktemp("os dados d'água"), image, jars, "--glue-minute", "2")
    try:
        yield running
    finally:
        assert running.stop() == 0


@pytest.fixture(scope="session")
def aws(server: Server) -> Aws:
    """Clients, a bucket, a role and an ECR repository."""
    return Aws.prepare(server)
