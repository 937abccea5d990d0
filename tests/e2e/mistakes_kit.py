"""What users get wrong, each as a folder, an environment and a command; `test_mistakes.py` writes down what they are told."""

from __future__ import annotations

import gzip
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from project import ROOT, Project

PLACE = ("--account", "123456789012", "--region", "sa-east-1")
Prepare = Callable[[Project], dict[str, str]]


def nothing(project: Project) -> dict[str, str]:
    """Leave the project as it is."""
    return {}


class Title(NamedTuple):
    """A title of the page, in each language."""

    english: str
    portuguese: str


@dataclass(frozen=True)
class Mistake:
    """A mistake: its title, the words of the command, how the project comes to it, and its folder that is on a full disk."""

    title: Title
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


def run_source(title: Title, content: str | bytes | None) -> Mistake:
    """A run with a file of prices."""
    return Mistake(title, ("local", "run", "--source", "file:prices.csv"), source(content))


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
    Mistake(Title("Terraform is missing", "falta o Terraform"), RUN, environment(TERRAFORM_BINARY_NAME="/no/terraform")),
    Mistake(Title("Terraform is too old", "o Terraform é antigo demais"), RUN, program("terraform", "Terraform v1.5.7")),
    Mistake(Title("Terraform is a folder", "o Terraform é uma pasta"), RUN, program("terraform", None)),
    Mistake(Title("`JAVA_HOME` leads nowhere", "`JAVA_HOME` não leva a lugar nenhum"), RUN, environment(JAVA_HOME="/no/jdk")),
    Mistake(Title("Java is too old", "o Java é antigo demais"), RUN, program("java", 'openjdk version "1.8.0_392"')),
    Mistake(Title("Python is missing", "falta o Python"), SETUP, environment(OLEODUTO_PYTHON="no-such-python")),
    Mistake(Title("Python without `ensurepip`", "um Python sem `ensurepip`"), SETUP, no_ensurepip),
    Mistake(
        Title("a closed package index", "um índice de pacotes fechado"),
        SETUP,
        no_environment(**PIP, PIP_INDEX_URL=f"{NO_SERVER}/simple"),
    ),
    Mistake(
        Title("a proxy that refuses", "um proxy que recusa"),
        SETUP,
        no_environment(
            **{**PIP, "HTTPS_PROXY": NO_SERVER, "https_proxy": NO_SERVER}, PIP_INDEX_URL="https://index.test/simple"
        ),
    ),
    Mistake(Title("a full disk", "um disco cheio"), RUN, full_disk=".oleoduto"),
    Mistake(
        Title("a full disk for the packages", "um disco cheio para os pacotes"), SETUP, no_environment(), full_disk=".venv"
    ),
)
COMMAND_LINE = (
    Mistake(Title("a command has a slip", "um comando com erro de digitação"), ("lokal", "run")),
    Mistake(Title("a verb has a slip", "um verbo com erro de digitação"), ("local", "rum")),
    Mistake(Title("an option has a slip", "uma opção com erro de digitação"), (*RUN, "--sorce", "sample")),
    Mistake(Title("a mode is in Portuguese", "um modo em português"), (*RUN, "--mode", "treinar")),
    Mistake(Title("a source without its option", "uma fonte sem a opção dela"), (*RUN, "sample")),
)
CONFIGURATION = (
    Mistake(
        Title("a key has a slip", "uma chave com erro de digitação"),
        (*PLACE, "list"),
        configuration("# account", 'regoin = "sa-east-1"\n# account'),
    ),
    Mistake(
        Title("an account without quotes", "uma conta sem aspas"),
        (*PLACE, "list"),
        configuration("# account", "account = 123456789012\n# account"),
    ),
    Mistake(
        Title("a text where a list is wanted", "um texto no lugar de uma lista"),
        (*PLACE, "list"),
        configuration("# account", 'tags = "a"\n# account'),
    ),
    Mistake(
        Title("the configuration is UTF-16", "a configuração está em UTF-16"),
        (*PLACE, "list"),
        configuration_bytes("[project]".encode("utf-16")),
    ),
    Mistake(Title("the configuration is empty", "a configuração está vazia"), (*PLACE, "list"), configuration_bytes(b"")),
    Mistake(Title("the configuration is a folder", "a configuração é uma pasta"), (*PLACE, "list"), configuration_bytes(None)),
)
PLACES = (
    Mistake(Title("no region", "sem região"), ("--account", "123456789012", "synth")),
    Mistake(
        Title("a region with a slip", "uma região com erro de digitação"),
        ("--account", "123456789012", "--region", "us-esat-1", "synth"),
    ),
    Mistake(
        Title("a region in words", "uma região por extenso"), ("--account", "123456789012", "--region", "São Paulo", "synth")
    ),
    Mistake(Title("an environment that is not there", "um ambiente que não existe"), (*PLACE, "--env", "producao", "list")),
    Mistake(Title("a series in lower case", "uma série em minúsculas"), (*PLACE, "--series", "bm12_erc12", "list")),
    Mistake(
        Title("no credentials", "sem credenciais"),
        ("--region", "sa-east-1", "synth"),
        environment(AWS_EC2_METADATA_DISABLED="true", HOME="/no/home"),
    ),
    Mistake(
        Title("a profile that is not there", "um perfil que não existe"),
        ("--region", "sa-east-1", "synth"),
        environment(AWS_EC2_METADATA_DISABLED="true", HOME="/no/home", AWS_PROFILE="prod"),
    ),
    Mistake(
        Title("AWS does not answer", "a AWS não responde"),
        ("--region", "sa-east-1", "synth"),
        environment(AWS_ENDPOINT_URL="http://127.0.0.1:9", AWS_ACCESS_KEY_ID="a", AWS_SECRET_ACCESS_KEY="b"),
    ),
)
ORDER = (
    Mistake(
        Title("the output folder can't be written", "a pasta de saída não aceita escrita"),
        (*PLACE, "synth", "--out", "/proc/out"),
    ),
    Mistake(
        Title("the output folder is on a full disk", "a pasta de saída está num disco cheio"),
        (*PLACE, "synth"),
        full_disk="cdktf.out",
    ),
    Mistake(Title("the logs are on a full disk", "os logs estão num disco cheio"), ("local", "up"), full_disk=".oleoduto"),
    Mistake(Title("logs before anything started", "os logs antes de algo começar"), ("local", "logs", "etl")),
    Mistake(Title("the keys before anything started", "as chaves antes de algo começar"), ("local", "env")),
    Mistake(Title("a date in another order", "uma data em outra ordem"), (*RUN, "--run-date", "31/12/2023")),
    Mistake(Title("a stack that is not there", "uma stack que não existe"), (*PLACE, "explain", "s4")),
)
SOURCES = (
    Mistake(Title("the file is missing", "falta o arquivo"), (*RUN, "--source", "file:no.csv")),
    Mistake(Title("`file:` without a file", "`file:` sem um arquivo"), (*RUN, "--source", "file:")),
    Mistake(Title("a path with `~`", "um caminho com `~`"), (*RUN, "--source", "file:~/prices.csv")),
    Mistake(Title("a path without `file:`", "um caminho sem `file:`"), (*RUN, "--source", "./prices.csv"), source(prices())),
    Mistake(Title("a source in upper case", "uma fonte em maiúsculas"), (*RUN, "--source", "Sample")),
    Mistake(Title("`replay:` with dashes", "`replay:` com hifens"), (*RUN, "--source", "replay:2026-01-01")),
    Mistake(
        Title("the sample for another series", "a amostra para outra série"),
        ("--series", "BM12_ERC12", *RUN, "--source", "sample"),
    ),
    run_source(Title("the file is empty", "o arquivo está vazio"), ""),
    run_source(Title("only a header", "só um cabeçalho"), "Date,Price\n"),
    run_source(Title("no header", "sem cabeçalho"), prices(head="2018-12-01,60.00")),
    run_source(Title("another header", "outro cabeçalho"), prices(head="data,valor")),
    run_source(Title("`;` between the columns", "`;` entre as colunas"), prices(head="Date;Price").replace(",", ";")),
    run_source(Title("a decimal comma", "uma vírgula decimal"), prices(price='"61,5{month}"')),
    run_source(Title("a decimal comma without quotes", "uma vírgula decimal sem aspas"), prices(price="61,5{month}")),
    run_source(Title("days first", "primeiro o dia"), prices(date="01/{month:02}/{year}")),
    run_source(Title("a separator of thousands", "um separador de milhares"), prices(price='"1,061.5{month}"')),
    run_source(Title("`NaN` as a price", "`NaN` como preço"), prices(price="NaN")),
    run_source(Title("no price at all", "sem preço nenhum"), prices(price="")),
    run_source(Title("one row", "uma linha"), prices(1)),
    run_source(Title("too few months", "meses de menos"), prices(13)),
    run_source(Title("a folder", "uma pasta"), None),
    run_source(Title("a gzip file", "um arquivo gzip"), gzip.compress(prices().encode(), mtime=0)),
    Mistake(Title("a file of 200 MB", "um arquivo de 200 MB"), (*RUN, "--source", "file:prices.csv"), large_source),
    run_source(Title("a file in Latin-1", "um arquivo em Latin-1"), prices(head="Date,Preço").encode("latin-1")),
)
GROUPS = {
    Title("Programs", "Programas"): PROGRAMS,
    Title("Words of a command", "Palavras de um comando"): COMMAND_LINE,
    Title("`oleoduto.toml`", "`oleoduto.toml`"): CONFIGURATION,
    Title("Account, region, environment, series", "Conta, região, ambiente, série"): PLACES,
    Title("Folders, dates, names", "Pastas, datas, nomes"): ORDER,
    Title("Prices of your own", "Seus próprios preços"): SOURCES,
}
