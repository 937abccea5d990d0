"""What training and processing share: the image that is not a container, its folders, its reasons."""

import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from oleoduto_local.access.evaluate import Call
from oleoduto_local.access.judge import partition_of
from oleoduto_local.access.principals import Keys
from oleoduto_local.access.refusal import RefusalError
from oleoduto_local.access.roles import ServiceRole
from oleoduto_local.context import LocalAws
from oleoduto_local.dockerfile import with_own_python
from oleoduto_local.errors import JobError
from oleoduto_local.faults import Fault
from oleoduto_local.logsink import last_error
from oleoduto_local.patching import load, require
from oleoduto_local.process import Command, Outcome
from oleoduto_local.s3files import download_prefix

BASE = "/opt/ml"
# SageMaker sends SIGTERM and waits two minutes before it kills.
STOP_GRACE = 120.0
REASON_BYTES = 1024
IMAGE = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/"
    r"(?P<repository>[a-z0-9._/-]+?)(?P<reference>:[\w.-]+|@sha256:[0-9a-f]{64})?"
)
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


@dataclass(frozen=True)
class Result:
    """How a job ended; a model, metrics and a secondary status are a training's, an exit message is a processing job's."""

    status: Literal["Completed", "Failed", "Stopped"]
    reason: str | None = None
    model_uri: str | None = None
    metrics: Sequence[dict[str, Any]] = ()
    secondary: str | None = None
    exit_message: str | None = None


@dataclass(frozen=True)
class JobRequest:
    """The request that created a job, and what SageMaker knows of the job."""

    request: Mapping[str, Any]
    arn: str
    region: str
    role: ServiceRole


def faulty(fault: Fault) -> Result:
    """How a job ends that a fault meets before its container starts."""
    return Result("Stopped" if fault.secondary else "Failed", fault.reason, secondary=fault.secondary)


# What SageMaker calls, as the job's role, to pull an image.
PULL = ("BatchCheckLayerAvailability", "GetDownloadUrlForLayer", "BatchGetImage")


def check_image(local: LocalAws, uri: str, role: ServiceRole) -> None:
    """The image's repository must exist in the local ECR, and the role may pull from it: that is all there can be, for
    nothing is pushed here.
    """
    match = IMAGE.fullmatch(uri)
    if match is None:
        raise JobError(f"the image {uri!r} is not an ECR image URI (ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME:TAG)")
    backends = require(load("moto.ecr.models"), "ecr_backends")
    repositories = backends[match["account"]][match["region"]].repositories
    if match["repository"] not in repositories:
        raise JobError(
            f"the ECR repository {match['repository']} of the image {uri} does not exist; "
            "apply the ecr stack or correct the image URI"
        )
    partition = partition_of(match["region"])
    repository = f"arn:{partition}:ecr:{match['region']}:{match['account']}:repository/{match['repository']}"
    calls = [Call("ecr:GetAuthorizationToken", "*"), *(Call(f"ecr:{action}", repository) for action in PULL)]
    try:
        for call in calls:
            local.judge.require(role.principal, call)
    except RefusalError as refusal:
        raise JobError(f"ClientError: Cannot pull the image {uri}: {refusal.message}") from refusal
    check_manifest(uri, match["reference"] or ":latest", repositories[match["repository"]].images)


def check_manifest(uri: str, reference: str, images: Iterable[Any]) -> None:
    """An image that was pushed must have a manifest that SageMaker takes: neither OCI's nor a list of platforms."""
    for image in images:
        names = [*(f":{tag}" for tag in image.image_tags), f"@{image.get_image_digest()}"]
        if reference in names and image.image_manifest_media_type not in (None, MANIFEST):
            raise JobError(
                f"ClientError: Unsupported manifest media type {image.image_manifest_media_type} of the image {uri}; "
                f"push it as {MANIFEST} (buildx: --output type=image,oci-mediatypes=false, --provenance=false)"
            )


def command_line(local: LocalAws, entrypoint: list[str] | None, arguments: list[str] | None) -> list[str]:
    """The image's ENTRYPOINT (or the request's own) and its arguments."""
    return with_own_python([*(entrypoint or local.settings.image.entrypoint), *(arguments or [])])


@dataclass(frozen=True)
class ContainerRun:
    """What a job gives its container: a command line, environment variables, seconds."""

    argv: list[str]
    base: Path
    variables: Mapping[str, str]
    timeout: float


def container_command(local: LocalAws, run: ContainerRun, keys: Keys, region: str) -> Command:
    base = run.base
    extra = {
        **run.variables,
        # What the Dockerfile installs is on the path instead, and the container's /opt/ml is a folder of
        # the job.
        "PYTHONPATH": str(local.settings.jobs_src),
        "SAGEMAKER_BASE_DIR": str(base),
        "TMPDIR": str(base.parent / "tmp"),
    }
    (base.parent / "tmp").mkdir(exist_ok=True)
    return Command(run.argv, local.environment(extra, keys, region), base, run.timeout, STOP_GRACE)


def mapped(local_path: str, base: Path) -> Path:
    """The job's folder for a container path; only /opt/ml is mapped."""
    if local_path != BASE and not local_path.startswith(f"{BASE}/"):
        raise JobError(f"ClientError: the path {local_path} is not below {BASE}, which is all that is mapped locally")
    path = (base / local_path[len(BASE) :].lstrip("/")).resolve()
    if not path.is_relative_to(base.resolve()):
        raise JobError(f"ClientError: the path {local_path} leads out of {BASE}")
    return path


def download_input(s3: Any, uri: str, folder: Path) -> None:
    """An S3Prefix input; that nothing is there fails the job, as on SageMaker."""
    if download_prefix(s3, uri, folder) == 0:
        raise JobError(
            f'ClientError: Data download failed: No S3 objects found under S3 URL "{uri}" given in input data source'
        )


def require_plain_input(kind: str, source: Mapping[str, str], mode: str | None) -> None:
    """Only what is really done is accepted."""
    if source.get("S3DataType", "S3Prefix") != "S3Prefix":
        raise JobError(f"ClientError: {kind}: S3DataType {source['S3DataType']} is not done locally; use S3Prefix")
    if (mode or "File") not in ("File", "FastFile"):
        raise JobError(f"ClientError: {kind}: the input mode {mode} is not done locally; use File")


def failure_reason(outcome: Outcome, message_file: Path) -> str:
    """SageMaker's wording: the failure file's first 1024 bytes, or else what stderr says."""
    text = ""
    if message_file.is_file():
        text = message_file.read_bytes()[:REASON_BYTES].decode("utf-8", "replace").strip()
    text = text or last_error(outcome.stderr_tail) or "no message on stderr"
    return f"AlgorithmError: {text}, exit code: {outcome.returncode}"


def stop_reason(outcome: Outcome, limit: float, what: str) -> str | None:
    if outcome.ended_by == "timeout":
        return f"MaxRuntimeExceeded: the {what} job ran longer than MaxRuntimeInSeconds ({limit:g})"
    return f"the {what} job was stopped" if outcome.ended_by == "stop" else None


def clean(scratch: Path) -> None:
    """Scratch is removed after success and kept after failure."""
    shutil.rmtree(scratch)
