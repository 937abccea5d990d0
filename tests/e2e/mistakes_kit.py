"""What users get wrong, each as a folder, an environment and a command; `test_mistakes.py` writes down what they are told."""

from __future__ import annotations

import gzip
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field

from project import ROOT, Project

PLACE = ("--account", "123456789012", "--region", "sa-east-1")
Prepare = Callable[[Project], dict[str, str]]


def nothing(project: Project) -> dict[str, str]:
    """Leave the project as it is."""
    return {}


@dataclass(frozen=True)
class Mistake:
    """A mistake: what it is, the words of the command, how the project comes to it, and its folder that is on a full disk."""

    name: str
    words: tuple[str, ...]
    prepare: Prepare = field(default=nothing)
    full_disk: str | None = None


def program(name: str, says: str | None) -> Prepare:
    """A program of the PATH that says something else; with None, a folder of its name."""

    def prepare(project: Project) -> dict[str, str]:
        folder = project.folder / "bin"
        folder.mkdir()
        if says is None:
            (folder / name).mkdir()
            return {"TERRAFORM_BINARY_NAME": str(folder / name)}
        (folder / name).write_text(f"#!/bin/sh\necho '{says}'\necho '{says}' >&2\n")
        (folder / name).chmod(0o755)
        return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}

    return prepare


def environment(**variables: str) -> Prepare:
    """Other variables."""
    return lambda project: variables


def configuration(old: str, new: str) -> Prepare:
    """Another text in `oleoduto.toml`."""

    def prepare(project: Project) -> dict[str, str]:
        text = project.configuration.read_text()
        assert old in text
        project.configure(text.replace(old, new, 1))
        return {}

    return prepare


def configuration_bytes(content: bytes | None) -> Prepare:
    """Other bytes as `oleoduto.toml`; with None it is a folder."""

    def prepare(project: Project) -> dict[str, str]:
        project.configuration.unlink()
        project.configuration.mkdir() if content is None else project.configuration.write_bytes(content)
        return {}

    return prepare


def prices(count: int = 40, date: str = "{year}-{month:02}-01", price: str = "61.5{month}", head: str = "Date,Price") -> str:
    """Monthly prices."""
    months = [(2019 + number // 12, number % 12 + 1) for number in range(count)]
    rows = [f"{date.format(year=year, month=month)},{price.format(month=month)}" for year, month in months]
    return "\n".join([head, *rows]) + "\n"


def source(content: str | bytes | None, name: str = "prices.csv") -> Prepare:
    """A file of prices; with None it is a folder."""

    def prepare(project: Project) -> dict[str, str]:
        file = project.folder / name
        if content is None:
            file.mkdir()
        else:
            file.write_bytes(content.encode() if isinstance(content, str) else content)
        return {}

    return prepare


def run_source(name: str, content: str | bytes | None) -> Mistake:
    """A run with a file of prices."""
    return Mistake(name, ("local", "run", "--source", "file:prices.csv"), source(content))


# A Python as Debian has it without `python3-venv`.
BARE_PYTHON = """#!/bin/sh
exec python3 -c "import runpy, sys
sys.modules['ensurepip'] = None
sys.executable, sys.argv = '/usr/bin/python3', sys.argv[1:]
runpy.run_path(sys.argv[0], run_name='__main__')" "$@"
"""
NO_SERVER = "http://127.0.0.1:9"
# Whatever this machine's own settings are.
NO_PROXY = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"), "")
PIP = {"PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": "", "PIP_RETRIES": "1", "UV_DEFAULT_INDEX": "", **NO_PROXY}


def no_environment(**variables: str) -> Prepare:
    """A project whose Python environment is not set up, and variables."""

    def prepare(project: Project) -> dict[str, str]:
        local = project.folder / "local"
        local.unlink()
        local.mkdir()
        for name in ("setup.py", "bootstrap.lock"):
            shutil.copy(ROOT / "local" / name, local / name)
        (project.folder / ".venv").unlink()
        return variables

    return prepare


def no_ensurepip(project: Project) -> dict[str, str]:
    """A Python that makes no environments."""
    variables = no_environment()(project)
    python = project.folder / "bare-python"
    python.write_text(BARE_PYTHON)
    python.chmod(0o755)
    return {**variables, "OLEODUTO_PYTHON": str(python)}


def large_source(project: Project) -> dict[str, str]:
    """A file of prices with holes: only its size is large."""
    with (project.folder / "prices.csv").open("wb") as file:
        file.truncate(203_000_000)
    return {}


SETUP = ("local", "setup")
RUN = ("local", "run")
PROGRAMS = (
    Mistake("Terraform is missing", RUN, environment(TERRAFORM_BINARY_NAME="/no/terraform")),
    Mistake("Terraform is too old", RUN, program("terraform", "Terraform v1.5.7")),
    Mistake("Terraform is a folder", RUN, program("terraform", None)),
    Mistake("`JAVA_HOME` leads nowhere", RUN, environment(JAVA_HOME="/no/jdk")),
    Mistake("Java is too old", RUN, program("java", 'openjdk version "1.8.0_392"')),
    Mistake("Python is missing", SETUP, environment(OLEODUTO_PYTHON="no-such-python")),
    Mistake("Python without `ensurepip`", SETUP, no_ensurepip),
    Mistake("a closed package index", SETUP, no_environment(**PIP, PIP_INDEX_URL=f"{NO_SERVER}/simple")),
    Mistake(
        "a proxy that refuses",
        SETUP,
        no_environment(
            **{**PIP, "HTTPS_PROXY": NO_SERVER, "https_proxy": NO_SERVER}, PIP_INDEX_URL="https://index.test/simple"
        ),
    ),
    Mistake("a full disk", RUN, full_disk=".oleoduto"),
    Mistake("a full disk for the packages", SETUP, no_environment(), full_disk=".venv"),
)
COMMAND_LINE = (
    Mistake("a command has a slip", ("lokal", "run")),
    Mistake("a verb has a slip", ("local", "rum")),
    Mistake("an option has a slip", (*RUN, "--sorce", "sample")),
    Mistake("a mode is in Portuguese", (*RUN, "--mode", "treinar")),
    Mistake("a source without its option", (*RUN, "sample")),
)
CONFIGURATION = (
    Mistake("a key has a slip", (*PLACE, "list"), configuration("# account", 'regoin = "sa-east-1"\n# account')),
    Mistake("an account without quotes", (*PLACE, "list"), configuration("# account", "account = 123456789012\n# account")),
    Mistake("a text where a list is wanted", (*PLACE, "list"), configuration("# account", 'tags = "a"\n# account')),
    Mistake("the configuration is UTF-16", (*PLACE, "list"), configuration_bytes("[project]".encode("utf-16"))),
    Mistake("the configuration is empty", (*PLACE, "list"), configuration_bytes(b"")),
    Mistake("the configuration is a folder", (*PLACE, "list"), configuration_bytes(None)),
)
PLACES = (
    Mistake("no region", ("--account", "123456789012", "synth")),
    Mistake("a region with a slip", ("--account", "123456789012", "--region", "us-esat-1", "synth")),
    Mistake("a region in words", ("--account", "123456789012", "--region", "São Paulo", "synth")),
    Mistake("an environment that is not there", (*PLACE, "--env", "producao", "list")),
    Mistake("a series in lower case", (*PLACE, "--series", "bm12_erc12", "list")),
    Mistake(
        "no credentials", ("--region", "sa-east-1", "synth"), environment(AWS_EC2_METADATA_DISABLED="true", HOME="/no/home")
    ),
    Mistake(
        "a profile that is not there",
        ("--region", "sa-east-1", "synth"),
        environment(AWS_EC2_METADATA_DISABLED="true", HOME="/no/home", AWS_PROFILE="prod"),
    ),
    Mistake(
        "AWS does not answer",
        ("--region", "sa-east-1", "synth"),
        environment(AWS_ENDPOINT_URL="http://127.0.0.1:9", AWS_ACCESS_KEY_ID="a", AWS_SECRET_ACCESS_KEY="b"),
    ),
)
ORDER = (
    Mistake("the output folder can't be written", (*PLACE, "synth", "--out", "/proc/out")),
    Mistake("the output folder is on a full disk", (*PLACE, "synth"), full_disk="cdktf.out"),
    Mistake("the logs are on a full disk", ("local", "up"), full_disk=".oleoduto"),
    Mistake("logs before anything started", ("local", "logs", "etl")),
    Mistake("the keys before anything started", ("local", "env")),
    Mistake("a date in another order", (*RUN, "--run-date", "31/12/2023")),
    Mistake("a stack that is not there", (*PLACE, "explain", "s4")),
)
SOURCES = (
    Mistake("the file is missing", (*RUN, "--source", "file:no.csv")),
    Mistake("`file:` without a file", (*RUN, "--source", "file:")),
    Mistake("a path with `~`", (*RUN, "--source", "file:~/prices.csv")),
    Mistake("a path without `file:`", (*RUN, "--source", "./prices.csv"), source(prices())),
    Mistake("a source in upper case", (*RUN, "--source", "Sample")),
    Mistake("`replay:` with dashes", (*RUN, "--source", "replay:2026-01-01")),
    Mistake("the sample for another series", ("--series", "BM12_ERC12", *RUN, "--source", "sample")),
    run_source("the file is empty", ""),
    run_source("only a header", "Date,Price\n"),
    run_source("no header", prices(head="2018-12-01,60.00")),
    run_source("another header", prices(head="data,valor")),
    run_source("`;` between the columns", prices(head="Date;Price").replace(",", ";")),
    run_source("a decimal comma", prices(price='"61,5{month}"')),
    run_source("a decimal comma without quotes", prices(price="61,5{month}")),
    run_source("days first", prices(date="01/{month:02}/{year}")),
    run_source("a separator of thousands", prices(price='"1,061.5{month}"')),
    run_source("`NaN` as a price", prices(price="NaN")),
    run_source("no price at all", prices(price="")),
    run_source("one row", prices(1)),
    run_source("too few months", prices(13)),
    run_source("a folder", None),
    run_source("a gzip file", gzip.compress(prices().encode(), mtime=0)),
    Mistake("a file of 200 MB", (*RUN, "--source", "file:prices.csv"), large_source),
    run_source("a file in Latin-1", prices(head="Date,Preço").encode("latin-1")),
)
GROUPS = {
    "Programs": PROGRAMS,
    "Words of a command": COMMAND_LINE,
    "`oleoduto.toml`": CONFIGURATION,
    "Account, region, environment, series": PLACES,
    "Folders, dates, names": ORDER,
    "Prices of your own": SOURCES,
}
