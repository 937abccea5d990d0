"""What the server is told on its command line, checked before anything starts."""

import argparse
import importlib.metadata
import re
from dataclasses import dataclass
from pathlib import Path

from oleoduto_local.dockerfile import Image, image
from oleoduto_local.errors import LocalAwsError

# The patches use private names of this very version.
MOTO_VERSION = "5.2.1"


@dataclass(frozen=True)
class Settings:
    """Checked settings. `glue_minute` is the length of a Glue timeout minute in seconds (60 but in tests); with
    `warm_spark` Spark starts before its first job."""

    data_dir: Path
    account: str
    region: str
    jobs_src: Path
    image: Image
    jars: tuple[Path, ...]
    port: int
    glue_minute: float
    warm_spark: bool
    verbose: bool

    @property
    def logs_dir(self) -> Path:
        return self.data_dir / "logs"

    @property
    def work_dir(self) -> Path:
        return self.data_dir / "work"

    @property
    def endpoint_file(self) -> Path:
        return self.data_dir / "endpoint.json"


def check_moto() -> str:
    """The installed moto's version, which must be the pinned one."""
    try:
        version = importlib.metadata.version("moto")
    except importlib.metadata.PackageNotFoundError as error:
        raise LocalAwsError(f"moto is not installed; install moto[server]=={MOTO_VERSION}") from error
    if version != MOTO_VERSION:
        raise LocalAwsError(
            f"moto {version} is installed but the local AWS patches private names of {MOTO_VERSION}; "
            f"install moto[server]=={MOTO_VERSION}"
        )
    return version


def check_account(account: str) -> str:
    if not re.fullmatch(r"\d{12}", account):
        raise LocalAwsError(f"--account {account} is not an AWS account id: it must be 12 digits")
    return account


def check_region(region: str) -> str:
    if not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", region):
        raise LocalAwsError(f"--region {region} is not an AWS region; write one such as us-east-1")
    return region


def find_jars(folder: Path) -> tuple[Path, ...]:
    """The Hadoop S3 jars that give Spark its s3:// file system."""
    if not folder.is_dir():
        raise LocalAwsError(f"--jars {folder} is not a folder; it must hold hadoop-aws-*.jar and aws-java-sdk-bundle-*.jar")
    jars = tuple(sorted(folder.resolve().glob("*.jar")))
    for prefix in ("hadoop-aws-", "aws-java-sdk-bundle-"):
        if not any(jar.name.startswith(prefix) for jar in jars):
            raise LocalAwsError(f"--jars {folder} holds no {prefix}*.jar; without it Spark cannot read s3://")
    return jars


def check_jobs_src(folder: Path) -> Path:
    if not folder.is_dir():
        raise LocalAwsError(f"--jobs-src {folder} is not a folder; it must hold the packages of the SageMaker image")
    return folder.resolve()


def read_settings(arguments: argparse.Namespace) -> Settings:
    """Check everything that can be checked before the server starts."""
    return Settings(
        data_dir=arguments.data_dir.resolve(),
        account=check_account(arguments.account),
        region=check_region(arguments.region),
        jobs_src=check_jobs_src(arguments.jobs_src),
        image=image(arguments.dockerfile),
        jars=find_jars(arguments.jars),
        port=arguments.port,
        glue_minute=arguments.glue_minute,
        warm_spark=arguments.warm_spark,
        verbose=arguments.verbose,
    )
