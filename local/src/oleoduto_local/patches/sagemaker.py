"""SageMaker: training and processing jobs that run, can be stopped and can fail; what moto only pretends is
refused.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from oleoduto_local import faults, quotas
from oleoduto_local.context import LocalAws
from oleoduto_local.errors import JobError
from oleoduto_local.patching import add, load, replace, require
from oleoduto_local.process import Job
from oleoduto_local.runners import container, processing, training

LOG = logging.getLogger("oleoduto_local")
ACTIVE = ("InProgress", "Stopping")


def now() -> datetime:
    return datetime.now(UTC)


def check_name(name: str, existing: Any, kind: str, errors: Any) -> None:
    """moto silently replaces a job of the same name."""
    if name in existing:
        raise errors.ResourceInUseException(f"{kind} job names must be unique: {name} already exists")


def finish_training(job: Any, result: container.Result) -> None:
    job.final_metric_data_list = list(result.metrics)
    job.failure_reason = result.reason
    if result.model_uri:
        job.model_artifacts = {"S3ModelArtifacts": result.model_uri}
    job.training_end_time = job.last_modified_time = now()
    began = job.training_start_time or job.creation_time
    job.training_time_in_seconds = round((job.training_end_time - began).total_seconds())
    job.billable_time_in_seconds = max(1, job.training_time_in_seconds)
    move(job, result.secondary or result.status, result.reason or "")
    # Last: a reader who sees the final status must see everything else, too.
    job.training_job_status = result.status


def move(job: Any, secondary: str, message: str = "") -> None:
    """Enters a secondary status, closing the one before it."""
    at = now()
    transitions = [dict(entry) for entry in job.secondary_status_transitions]
    if transitions and "EndTime" not in transitions[-1]:
        transitions[-1]["EndTime"] = at
    transitions.append({"Status": secondary, "StartTime": at, "StatusMessage": message or secondary})
    job.secondary_status = secondary
    job.last_modified_time = at
    job.secondary_status_transitions = transitions


def result_of(local: LocalAws, kind: str, handle: Job, run: Callable[[], container.Result]) -> container.Result:
    """The result of a job; whatever happens, it has one, and its process is closed."""
    try:
        fault = faults.take(local.settings.data_dir, handle.name, at_start=False)
        result = run() if fault is None else container.faulty(fault)
    except JobError as error:
        result = container.Result("Failed", str(error))
    except Exception as error:
        LOG.exception("%s job %s", kind, handle.name)
        result = container.Result("Failed", f"InternalServerError: {type(error).__name__}: {error}")
    finally:
        local.registry.close(handle)
    LOG.info("%s job %s: %s %s", kind, handle.name, result.status, result.reason or "")
    return result


def execute_training(local: LocalAws, job: Any, asked: container.JobRequest, handle: Job) -> None:
    def on_step(step: training.Step) -> None:
        if step == "Training":
            job.training_start_time = now()
        move(job, step)

    result = result_of(local, "training", handle, lambda: training.run(local, asked, handle, on_step))
    finish_training(job, result)


def execute_processing(local: LocalAws, job: Any, asked: container.JobRequest, handle: Job) -> None:
    job.processing_start_time = now()
    result = result_of(local, "processing", handle, lambda: processing.run(local, asked, handle))
    job.failure_reason = result.reason
    job.exit_message = result.exit_message
    job.processing_end_time = job.last_modified_time = now()
    job.processing_job_status = result.status


@dataclass(frozen=True)
class Kind:
    """A kind of job that runs: its name in moto and in errors, its instances, what is reset when it is created, its work."""

    name: str
    instances: Callable[[dict[str, Any]], quotas.Instances]
    begin: Callable[[Any, dict[str, Any]], None]
    execute: Callable[[LocalAws, Any, container.JobRequest, Job], None]


def training_instances(request: dict[str, Any]) -> quotas.Instances:
    config, is_spot = request.get("ResourceConfig") or {}, bool(request.get("EnableManagedSpotTraining"))
    use = "spot training job" if is_spot else "training job"
    return quotas.Instances(use, config.get("InstanceType", ""), config.get("InstanceCount") or 0)


def processing_instances(request: dict[str, Any]) -> quotas.Instances:
    cluster = (request.get("ProcessingResources") or {}).get("ClusterConfig") or {}
    return quotas.Instances("processing job", cluster.get("InstanceType", ""), cluster.get("InstanceCount") or 0)


def spot_refusal(request: dict[str, Any]) -> str | None:
    """What SageMaker says of a waiting time that does not go with the use of spot instances."""
    condition = request.get("StoppingCondition") or {}
    wait, longest = condition.get("MaxWaitTimeInSeconds"), condition.get("MaxRuntimeInSeconds")
    if not request.get("EnableManagedSpotTraining"):
        only = "Invalid MaxWaitTimeInSeconds. It is only supported when EnableManagedSpotTraining is set to true"
        return None if wait is None else only
    if wait is None or (longest is not None and wait < longest):
        return "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds"
    return None


def begin_training(job: Any, request: dict[str, Any]) -> None:
    definitions = (request.get("AlgorithmSpecification") or {}).get("MetricDefinitions")
    job.algorithm_specification.pop("MetricDefinitions", None)
    if definitions:
        job.algorithm_specification["MetricDefinitions"] = definitions
    job.training_job_status, job.model_artifacts, job.final_metric_data_list = "InProgress", None, []
    job.training_start_time = job.training_end_time = None
    job.secondary_status_transitions = []
    move(job, "Starting", "Preparing the instances for training")


def begin_processing(job: Any, request: dict[str, Any]) -> None:
    job.processing_job_status, job.processing_end_time = "InProgress", None
    job.processing_resources = request.get("ProcessingResources")


KINDS = (
    Kind("training", training_instances, begin_training, execute_training),
    Kind("processing", processing_instances, begin_processing, execute_processing),
)


def install(local: LocalAws) -> None:
    response = require(load("moto.sagemaker.responses"), "SageMakerResponse")
    errors = load("moto.sagemaker.exceptions")
    result = require(load("moto.core.responses"), "ActionResult")
    for kind in KINDS:
        install_jobs(local, kind, response, errors, result)
    install_missing(response)


def install_jobs(local: LocalAws, kind: Kind, response: Any, errors: Any, result: Any) -> None:
    handles: dict[str, Job] = {}
    member, status = f"{kind.name.capitalize()}JobName", f"{kind.name}_job_status"

    # moto answers "Completed" at once, does nothing, and puts its own MetricDefinitions and metrics in.
    def create_job(self: Any) -> Any:
        request: dict[str, Any] = json.loads(self.body)
        name, jobs = request.get(member, ""), getattr(self.sagemaker_backend, f"{kind.name}_jobs")
        check_name(name, jobs, kind.name.capitalize(), errors)
        refused = spot_refusal(request) if kind.name == "training" else None
        if refused is not None:
            raise errors.AWSValidationException(refused)
        asked_instances = kind.instances(request)
        active = [job for job in list(jobs.values()) if getattr(job, status) in ACTIVE]
        refused = quotas.too_many_instances(local.settings.data_dir, [job.instances for job in active], asked_instances)
        if refused is not None:
            raise errors.SagemakerClientError("ResourceLimitExceeded", refused)
        fault = faults.take(local.settings.data_dir, name, at_start=True)
        if fault is not None:
            raise errors.SagemakerClientError(fault.error, fault.reason)
        source = f"arn:{self.partition}:sagemaker:{self.region}:{self.current_account}:{kind.name}-job/{name}"
        try:
            role = local.roles.for_service(request.get("RoleArn", ""), "sagemaker", "SageMaker", source)
        except JobError as error:
            raise errors.AWSValidationException(f"Could not assume role {request.get('RoleArn')}: {error}") from error
        answer = original_create(self)
        job = jobs[name]
        job.instances = asked_instances
        job.environment = request.get("Environment")
        job.creation_time = job.last_modified_time = now()
        kind.begin(job, request)
        handle = handles[job.arn] = local.registry.open("sagemaker", name)
        asked = container.JobRequest(request, job.arn, self.region, role)
        local.in_background(f"{kind.name}-{name}", lambda: kind.execute(local, job, asked, handle))
        return answer

    # Absent in moto.
    def stop_job(self: Any) -> Any:
        name = self._get_param(member)
        getattr(self.sagemaker_backend, f"describe_{kind.name}_job")(name)
        job = getattr(self.sagemaker_backend, f"{kind.name}_jobs")[name]
        if getattr(job, status) not in ACTIVE:
            raise errors.AWSValidationException(
                f"The request was rejected because the {kind.name} job is in status {getattr(job, status)}."
            )
        setattr(job, status, "Stopping")
        handles[job.arn].stop(container.STOP_GRACE)
        return result({})

    original_create = replace(response, f"create_{kind.name}_job", create_job)
    add(response, f"stop_{kind.name}_job", stop_job)


def install_missing(response: Any) -> None:
    # moto says "Completed" at once; a model server behind it is not there yet, and a pretended success is
    # worse.
    def create_transform_job(self: Any) -> Any:
        raise NotImplementedError("CreateTransformJob (use a processing job for batch inference)")

    replace(response, "create_transform_job", create_transform_job)
