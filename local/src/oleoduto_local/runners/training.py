"""Runs a SageMaker training job under the container contract: folders, channels, metrics, model.tar.gz."""

import json
import re
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from oleoduto_local.context import LocalAws
from oleoduto_local.errors import JobError
from oleoduto_local.logsink import LogTarget
from oleoduto_local.mounts import mounted
from oleoduto_local.process import Job
from oleoduto_local.runners import container
from oleoduto_local.s3files import download_prefix, inside, upload_file, upload_folder

DEFAULT_MAX_RUNTIME = 86400.0
GROUP = "/aws/sagemaker/TrainingJobs"
# What SageMaker uploads at the end, or all the time.
TAKEN_UP = ("model", "output", "checkpoints")
Step = Literal["Starting", "Downloading", "Training", "Uploading"]


@dataclass
class Metrics:
    """The metrics that MetricDefinitions find in the log; the last value of each counts."""

    definitions: Sequence[Mapping[str, str]]
    values: dict[str, tuple[float, datetime]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._patterns = []
        for definition in self.definitions:
            try:
                self._patterns.append((definition["Name"], re.compile(definition["Regex"])))
            except re.error as error:
                raise JobError(f"the MetricDefinition {definition['Name']} has a bad Regex: {error}") from error

    def line(self, text: str) -> None:
        for name, pattern in self._patterns:
            match = pattern.search(text)
            if match is None:
                continue
            try:
                self.values[name] = (float(match.group(1)), datetime.now(UTC))
            except (IndexError, ValueError):
                # Not a number, or no group: SageMaker ignores such a match, too.
                continue

    def final(self) -> list[dict[str, Any]]:
        return [{"MetricName": name, "Value": value, "Timestamp": at} for name, (value, at) in self.values.items()]


def channel_config(request: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """inputdataconfig.json."""
    mode = request["AlgorithmSpecification"].get("TrainingInputMode", "File")
    channels = {}
    for channel in request.get("InputDataConfig") or []:
        source = channel["DataSource"]["S3DataSource"]
        entry = {
            "TrainingInputMode": channel.get("InputMode", mode),
            "S3DistributionType": source.get("S3DataDistributionType", "FullyReplicated"),
            "RecordWrapperType": channel.get("RecordWrapperType", "None"),
        }
        if channel.get("ContentType"):
            entry["ContentType"] = channel["ContentType"]
        channels[channel["ChannelName"]] = entry
    return channels


def write_configuration(base: Path, request: Mapping[str, Any]) -> None:
    config = base / "input" / "config"
    config.mkdir(parents=True)
    instance = (request.get("ResourceConfig") or {}).get("InstanceType", "local")
    group = {"instance_group_name": "homogeneousCluster", "instance_type": instance, "hosts": ["algo-1"]}
    resources = {
        "current_host": "algo-1",
        "current_instance_type": instance,
        "current_group_name": "homogeneousCluster",
        "hosts": ["algo-1"],
        "instance_groups": [group],
        "network_interface_name": "lo",
    }
    documents = {
        "hyperparameters": {name: str(value) for name, value in (request.get("HyperParameters") or {}).items()},
        "inputdataconfig": channel_config(request),
        "resourceconfig": resources,
    }
    for name, document in documents.items():
        (config / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")
    for folder in ("model", "output/data", "checkpoints", "input/data"):
        (base / folder).mkdir(parents=True, exist_ok=True)


def download_channels(s3: Any, request: Mapping[str, Any], base: Path) -> None:
    modes = channel_config(request)
    for channel in request.get("InputDataConfig") or []:
        name = channel["ChannelName"]
        source = channel["DataSource"]["S3DataSource"]
        container.require_plain_input(f"channel {name}", source, modes[name]["TrainingInputMode"])
        container.download_input(s3, source["S3Uri"], inside(base / "input" / "data", name, f"the ChannelName {name!r}"))


def tar_folder(folder: Path, target: Path) -> Path:
    """A .tar.gz of what is in the folder, at the archive's root, as SageMaker makes it."""
    with tarfile.open(target, "w:gz") as archive:
        for path in sorted(folder.iterdir()):
            archive.add(path, arcname=path.name)
    return target


def upload_results(s3: Any, request: Mapping[str, Any], base: Path) -> str:
    """model.tar.gz always, output.tar.gz if there is something in output/data; returns the model's URI."""
    prefix = f"{request['OutputDataConfig']['S3OutputPath'].rstrip('/')}/{request['TrainingJobName']}/output"
    model_uri = f"{prefix}/model.tar.gz"
    upload_file(s3, tar_folder(base / "model", base.parent / "model.tar.gz"), model_uri)
    if any((base / "output" / "data").iterdir()):
        upload_file(s3, tar_folder(base / "output" / "data", base.parent / "output.tar.gz"), f"{prefix}/output.tar.gz")
    return model_uri


def run(
    local: LocalAws,
    training: container.JobRequest,
    job: Job,
    on_step: Callable[[Step], None],
) -> container.Result:
    """Runs to the end, telling each step to `on_step`; a JobError is a failure with that reason."""
    request, region, role = training.request, training.region, training.role
    s3 = local.client("s3", role.keys)
    name = request["TrainingJobName"]
    algorithm = request["AlgorithmSpecification"]
    limit = float((request.get("StoppingCondition") or {}).get("MaxRuntimeInSeconds") or DEFAULT_MAX_RUNTIME)
    metrics = Metrics(algorithm.get("MetricDefinitions") or [])
    container.check_image(local, algorithm.get("TrainingImage") or "", role)
    scratch = local.scratch("sagemaker", name)
    base = scratch / "ml"
    write_configuration(base, request)
    on_step("Downloading")
    download_channels(s3, request, base)
    checkpoints = (request.get("CheckpointConfig") or {}).get("S3Uri")
    if checkpoints is not None:
        download_prefix(s3, checkpoints, base / "checkpoints")
    argv = container.command_line(local, algorithm.get("ContainerEntrypoint"), algorithm.get("ContainerArguments") or ["train"])
    variables = {"TRAINING_JOB_NAME": name, "TRAINING_JOB_ARN": training.arn, **(request.get("Environment") or {})}
    target = LogTarget({"stdout": GROUP, "stderr": GROUP}, f"{name}/algo-1-{int(datetime.now(UTC).timestamp())}", region)
    command = container.container_command(local, container.ContainerRun(argv, base, variables, limit), role.keys, region)
    on_step("Training")
    taken_up = [base / folder for folder in TAKEN_UP]
    with (
        local.sink("sagemaker", name, target, role) as sink,
        mounted(base, taken_up, local.settings.image.user),
        local.pythons.warm(command) as warm,
    ):

        def line(source: str, text: str) -> None:
            metrics.line(text)
            sink.line(source, text)

        outcome = job.run(warm, line)
    if checkpoints is not None:
        # However the container ended. SageMaker copies all the time.
        upload_folder(s3, base / "checkpoints", checkpoints)
    stopped = container.stop_reason(outcome, limit, "training")
    if stopped is None and outcome.returncode != 0:
        reason = container.failure_reason(outcome, base / "output" / "failure")
        return container.Result("Failed", reason, None, metrics.final())
    on_step("Uploading")
    # A stopped job keeps the model it had got to, if any.
    model_uri = None if stopped and not any((base / "model").iterdir()) else upload_results(s3, request, base)
    if stopped:
        secondary = "MaxRuntimeExceeded" if outcome.ended_by == "timeout" else None
        return container.Result("Stopped", stopped, model_uri, metrics.final(), secondary)
    container.clean(scratch)
    return container.Result("Completed", None, model_uri, metrics.final())
