"""Runs a Glue job: the uploaded script, with its arguments, by this interpreter and a local Spark."""

import importlib.metadata
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

from oleoduto_local import glue_packages
from oleoduto_local.access.principals import Keys
from oleoduto_local.access.roles import ServiceRole
from oleoduto_local.context import LocalAws
from oleoduto_local.errors import JobError
from oleoduto_local.logsink import LogTarget, last_error
from oleoduto_local.process import Command, Job, OnLine, Outcome
from oleoduto_local.s3files import download_object, inside

MODULES = "--additional-python-modules"
INSTALLER = "--python-modules-installer-option"
LOG_PREFIX = "/aws-glue/jobs"


@dataclass(frozen=True)
class GlueRequest:
    """One run. `timeout_minutes` are minutes of the Timeout setting."""

    job_name: str
    run_id: str
    script: str
    arguments: Mapping[str, str]
    timeout_minutes: float
    region: str
    role: ServiceRole
    is_spark: bool = True


def merged_arguments(
    defaults: Mapping[str, str] | None, run: Mapping[str, str] | None, fixed: Mapping[str, str] | None
) -> dict[str, str]:
    """Glue's precedence: non-overridable over run over default."""
    return {**(defaults or {}), **(run or {}), **(fixed or {})}


def script_arguments(request: GlueRequest) -> list[str]:
    """The script's argv as on Glue: its own names first, then all arguments."""
    words = ["--JOB_NAME", request.job_name, "--JOB_RUN_ID", request.run_id]
    for name, value in request.arguments.items():
        words += [name, str(value)]
    return words


def check_installed(item: str, source: str) -> None:
    """There is no pip here: what it would install must be installed, and may not replace what Glue brings. `source` names the
    setting or the file.
    """
    try:
        requirement = Requirement(item)
    except InvalidRequirement as error:
        raise JobError(f"{source}: {item!r} is not a requirement ({error})") from error
    if requirement.marker is not None and not requirement.marker.evaluate():
        return
    try:
        installed = importlib.metadata.version(requirement.name)
    except importlib.metadata.PackageNotFoundError as error:
        raise JobError(f"{source}: {requirement.name} is not installed in the local environment") from error
    if installed not in requirement.specifier:
        raise JobError(f"{source}: {item} is asked for but {installed} is installed")
    replaced = glue_packages.replacements(requirement)
    if replaced:
        raise JobError(
            f"{source}: {item} would replace packages of Glue {glue_packages.VERSION}: {', '.join(replaced)}; "
            "ask for a version that works with them"
        )


def check_modules(setting: str) -> list[str]:
    """`--additional-python-modules` as a list of requirements. Returns the s3:// wheels."""
    wheels = []
    for item in filter(None, (part.strip() for part in setting.split(","))):
        if not item.startswith(("s3://", "s3a://")):
            check_installed(item, MODULES)
        elif item.endswith(".txt"):
            raise JobError(f"{MODULES}: {item} is a file of requirements; it needs {INSTALLER} with the value -r")
        else:
            wheels.append(item)
    return wheels


def check_requirements(text: str, uri: str) -> None:
    """A file of requirements. As for pip, one hash in it demands one for each; the hashes are those of archives, which
    are not here, so only the versions are compared.
    """
    lines = [line.split(" #")[0].strip() for line in text.replace("\\\n", " ").splitlines()]
    items = [line for line in lines if line and not line.startswith("#")]
    hashed = any("--hash=" in item for item in items)
    for item in items:
        if item.startswith("-"):
            raise JobError(f"{uri}: the local AWS does not know the option {item!r} of a file of requirements")
        requirement, *hashes = item.split(" --hash=")
        if hashed and not hashes:
            raise JobError(f"{uri}: {requirement} has no hash; pip refuses the file, because other requirements have one")
        check_installed(requirement.strip(), uri)


def check_additional_modules(s3: Any, request: GlueRequest, folder: Path) -> list[str]:
    """What Glue would install before the run. Returns the s3:// wheels."""
    setting = request.arguments.get(MODULES, "")
    if request.arguments.get(INSTALLER, "").strip() != "-r":
        return check_modules(setting)
    if not setting.startswith(("s3://", "s3a://")) or "," in setting:
        raise JobError(f"{INSTALLER} is -r, but {MODULES} is not the s3:// URI of one file: {setting!r}")
    path = download_object(s3, setting, folder / "requirements.txt", f"the file of {MODULES}")
    check_requirements(path.read_text(encoding="utf-8"), setting)
    return []


def spark_settings(url: str, scratch: Path, region: str, keys: Keys) -> dict[str, str]:
    """The settings of a run's Spark context, as near to Glue's as a laptop can: s3:// through S3A on the local endpoint with
    the keys of the run."""
    s3a = "org.apache.hadoop.fs.s3a"
    provider = "TemporaryAWSCredentialsProvider" if keys.token else "SimpleAWSCredentialsProvider"
    return {
        "spark.master": "local[2]",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.warehouse.dir": str(scratch / "warehouse"),
        # One heap on two cores: the default of 200 shuffle partitions is 200 tiny tasks.
        "spark.sql.shuffle.partitions": "4",
        "spark.default.parallelism": "2",
        "spark.hadoop.fs.s3.impl": f"{s3a}.S3AFileSystem",
        "spark.hadoop.fs.s3a.impl": f"{s3a}.S3AFileSystem",
        "spark.hadoop.fs.AbstractFileSystem.s3.impl": f"{s3a}.S3A",
        "spark.hadoop.fs.AbstractFileSystem.s3a.impl": f"{s3a}.S3A",
        "spark.hadoop.fs.s3a.endpoint": url,
        "spark.hadoop.fs.s3a.endpoint.region": region,
        "spark.hadoop.fs.s3a.path.style.access": "true",
        "spark.hadoop.fs.s3a.connection.ssl.enabled": "false",
        # Every user of the machine can read a command line; these settings are never on one.
        "spark.hadoop.fs.s3a.aws.credentials.provider": f"{s3a}.{provider}",
        "spark.hadoop.fs.s3a.access.key": keys.key_id,
        "spark.hadoop.fs.s3a.secret.key": keys.secret,
        "spark.hadoop.fs.s3a.session.token": keys.token or "",
        # Fail in seconds, not minutes, when the endpoint goes away.
        "spark.hadoop.fs.s3a.attempts.maximum": "2",
        "spark.hadoop.fs.s3a.retry.limit": "2",
        "spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version": "2",
    }


def fetch_python_files(s3: Any, request: GlueRequest, folder: Path) -> list[Path]:
    """What goes on PYTHONPATH: zips, eggs and wheels themselves, and the folder of single .py files."""
    listed = request.arguments.get("--extra-py-files", "")
    uris = [uri.strip() for uri in listed.split(",") if uri.strip()]
    uris += check_additional_modules(s3, request, folder)
    paths: list[Path] = []
    for uri in uris:
        target = inside(folder, uri.rsplit("/", 1)[-1], f"the --extra-py-files object {uri}")
        path = download_object(s3, uri, target, "the --extra-py-files object")
        paths.append(folder if path.suffix == ".py" else path)
    return list(dict.fromkeys(paths))


def prepare(local: LocalAws, request: GlueRequest, scratch: Path) -> Command:
    """Everything up to the start of the process; a missing script or package is a JobError that names it."""
    name = request.script.rsplit("/", 1)[-1] or "script.py"
    s3 = local.client("s3", request.role.keys)
    target = inside(scratch / "script", name, f"the job's script {request.script}")
    script = download_object(s3, request.script, target, "the job's script")
    python_path = fetch_python_files(s3, request, scratch / "packages")
    extra = {
        "PYTHONPATH": ":".join(str(path) for path in python_path),
        "GLUE_PYTHON_VERSION": "3",
        "TMPDIR": str(scratch),
    }
    if request.is_spark:
        extra |= {"PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable}
    return Command(
        argv=[sys.executable, str(script), *script_arguments(request)],
        env=local.environment(extra, request.role.keys, request.region),
        cwd=scratch,
        timeout=request.timeout_minutes * local.settings.glue_minute,
    )


def run_with_spark(local: LocalAws, request: GlueRequest, job: Job, command: Command, on_line: OnLine) -> Outcome:
    """Runs with a JVM of Spark, which is left to the next run if this one ends well."""
    jvm = local.jvms.take(local.settings.jars, local.url, request.region)
    usable = False
    try:
        settings = spark_settings(local.url, command.cwd, request.region, request.role.keys)
        outcome = jvm.run(job, command, settings, on_line)
        usable = outcome.ended_well
        return outcome
    finally:
        local.jvms.give_back(jvm, usable=usable)


def run(local: LocalAws, request: GlueRequest, job: Job, on_running: Callable[[], None]) -> tuple[Outcome, str | None]:
    """Runs to the end. Returns the outcome and, unless it succeeded, the reason."""
    scratch = local.scratch("glue", request.run_id)
    prefix = request.arguments.get("--custom-logGroup-prefix", LOG_PREFIX)
    target = LogTarget({"stdout": f"{prefix}/output", "stderr": f"{prefix}/error"}, request.run_id, request.region)
    with local.sink("glue", request.job_name, target, request.role) as sink:
        command = prepare(local, request, scratch)
        sink.line("stdout", f"=== {request.job_name} run {request.run_id}")
        on_running()
        outcome = run_with_spark(local, request, job, command, sink.line) if request.is_spark else job.run(command, sink.line)
    if outcome.ended_by == "timeout":
        return outcome, f"the job ran longer than its Timeout of {request.timeout_minutes:g} minutes"
    if outcome.ended_by == "stop":
        return outcome, "the job was stopped"
    if outcome.returncode != 0:
        reason = last_error(outcome.stderr_tail) or "no message on stderr"
        return outcome, f"{reason} (exit code {outcome.returncode})"
    shutil.rmtree(scratch)
    return outcome, None
