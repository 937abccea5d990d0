"""Runs a SageMaker processing job: inputs to /opt/ml/processing, the image's entry point, outputs to S3."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from oleoduto_local.context import LocalAws
from oleoduto_local.logsink import LogTarget
from oleoduto_local.mounts import mounted
from oleoduto_local.process import Job
from oleoduto_local.runners import container
from oleoduto_local.s3files import upload_folder

DEFAULT_MAX_RUNTIME = 86400.0
GROUP = "/aws/sagemaker/ProcessingJobs"


def write_configuration(base: Path, request: Mapping[str, Any], arn: str) -> None:
    config = base / "config"
    config.mkdir(parents=True)
    job = {**request, "ProcessingJobArn": arn}
    resources = {"current_host": "algo-1", "hosts": ["algo-1"], "network_interface_name": "lo"}
    (config / "processingjobconfig.json").write_text(json.dumps(job), encoding="utf-8")
    (config / "resourceconfig.json").write_text(json.dumps(resources), encoding="utf-8")
    (base / "output").mkdir()


def download_inputs(s3: Any, request: Mapping[str, Any], base: Path) -> None:
    for entry in request.get("ProcessingInputs") or []:
        source = entry["S3Input"]
        kind = f"input {entry['InputName']}"
        container.require_plain_input(kind, source, source.get("S3InputMode"))
        container.download_input(s3, source["S3Uri"], container.mapped(source["LocalPath"], base))


def outputs(request: Mapping[str, Any], base: Path) -> list[tuple[Path, str]]:
    """Each output's folder and S3 URI."""
    listed = (request.get("ProcessingOutputConfig") or {}).get("Outputs") or []
    found = []
    for output in listed:
        target = output["S3Output"]
        found.append((container.mapped(target["LocalPath"], base), target["S3Uri"]))
    return found


def exit_message(base: Path) -> str | None:
    """What the job wrote to output/message, first 1024 bytes."""
    path = base / "output" / "message"
    if not path.is_file():
        return None
    return path.read_bytes()[: container.REASON_BYTES].decode("utf-8", "replace").strip() or None


def run(local: LocalAws, processing: container.JobRequest, job: Job) -> container.Result:
    """Runs to the end; a JobError is a failure with that reason."""
    request, arn, region, role = processing.request, processing.arn, processing.region, processing.role
    s3 = local.client("s3", role.keys)
    name = request["ProcessingJobName"]
    application = request["AppSpecification"]
    limit = float((request.get("StoppingCondition") or {}).get("MaxRuntimeInSeconds") or DEFAULT_MAX_RUNTIME)
    container.check_image(local, application.get("ImageUri") or "", role)
    scratch = local.scratch("sagemaker", name)
    base = scratch / "ml"
    write_configuration(base, request, arn)
    download_inputs(s3, request, base)
    targets = outputs(request, base)
    for folder, _uri in targets:
        folder.mkdir(parents=True, exist_ok=True)
    argv = container.command_line(local, application.get("ContainerEntrypoint"), application.get("ContainerArguments"))
    variables = {"PROCESSING_JOB_NAME": name, "PROCESSING_JOB_ARN": arn, **(request.get("Environment") or {})}
    target = LogTarget({"stdout": GROUP, "stderr": GROUP}, f"{name}/algo-1-{int(datetime.now(UTC).timestamp())}", region)
    command = container.container_command(local, container.ContainerRun(argv, base, variables, limit), role.keys, region)
    taken_up = [base / "output", *(folder for folder, _uri in targets)]
    with (
        local.sink("sagemaker", name, target, role) as sink,
        mounted(base, taken_up, local.settings.image.user),
        local.pythons.warm(command) as warm,
    ):
        outcome = job.run(warm, sink.line)
    message = exit_message(base)
    stopped = container.stop_reason(outcome, limit, "processing")
    if stopped:
        return container.Result("Stopped", stopped, exit_message=message)
    if outcome.returncode != 0:
        reason = container.failure_reason(outcome, base / "output" / "message")
        return container.Result("Failed", reason, exit_message=message)
    for folder, uri in targets:
        upload_folder(s3, folder, uri)
    container.clean(scratch)
    return container.Result("Completed", exit_message=message)
