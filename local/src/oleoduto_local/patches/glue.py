"""Glue: runs that really run, stopping, UpdateJob, and no ExecutionClass unless one was given."""

import json
import logging
import secrets
from datetime import UTC, datetime
from typing import Any

from oleoduto_local import faults
from oleoduto_local.access.judge import partition_of
from oleoduto_local.alarms.publish import publish
from oleoduto_local.context import LocalAws
from oleoduto_local.errors import JobError
from oleoduto_local.patching import add, load, replace, require
from oleoduto_local.process import Job
from oleoduto_local.runners import glue as runner

LOG = logging.getLogger("oleoduto_local")
# Glue 5.0's default Timeout, minutes.
DEFAULT_TIMEOUT = 480
ACTIVE = ("STARTING", "RUNNING", "STOPPING")
# UpdateJob replaces the whole definition; names as in the API and as attributes of moto's FakeJob.
UPDATABLE = {
    "Description": "description",
    "LogUri": "log_uri",
    "Role": "role",
    "ExecutionProperty": "execution_property",
    "Command": "command",
    "DefaultArguments": "default_arguments",
    "NonOverridableArguments": "non_overridable_arguments",
    "Connections": "connections",
    "MaxRetries": "max_retries",
    "AllocatedCapacity": "allocated_capacity",
    "Timeout": "timeout",
    "MaxCapacity": "max_capacity",
    "WorkerType": "worker_type",
    "NumberOfWorkers": "number_of_workers",
    "SecurityConfiguration": "security_configuration",
    "NotificationProperty": "notification_property",
    "GlueVersion": "glue_version",
    "CodeGenConfigurationNodes": "code_gen_configuration_nodes",
    "ExecutionClass": "execution_class",
    "SourceControlDetails": "source_control_details",
}
# Settings that a run may have of its own.
OVERRIDABLE = (
    *("WorkerType", "NumberOfWorkers", "MaxCapacity", "AllocatedCapacity"),
    *("SecurityConfiguration", "NotificationProperty", "ExecutionClass"),
)


class GlueRun:
    """The state of one run, in the place of moto's FakeJobRun, which only pretends to advance."""

    def __init__(self, job: Any, overrides: dict[str, Any], arguments: dict[str, str]) -> None:
        self.job = job
        self.job_run_id = f"jr_{secrets.token_hex(32)}"
        self.arguments = arguments
        self.overrides = overrides
        self.status = "STARTING"
        self.error_message: str | None = None
        self.started_on = self.modified_on = datetime.now(UTC)
        self.completed_on: datetime | None = None
        self.handle: Job | None = None

    @property
    def timeout_minutes(self) -> float:
        return float(self.overrides.get("Timeout") or self.job.timeout or DEFAULT_TIMEOUT)

    def advance(self) -> None:
        """moto calls this on every read; the real state advances by itself."""

    def get_name(self) -> str:
        return str(self.job.name)

    def to(self, status: str, error_message: str | None = None) -> None:
        self.modified_on = datetime.now(UTC)
        if status not in ACTIVE:
            self.completed_on = self.modified_on
        self.error_message = error_message
        self.status = status

    def stop(self) -> None:
        if self.status in ACTIVE:
            self.to("STOPPING")
            if self.handle is not None:
                self.handle.stop()

    def as_dict(self) -> dict[str, Any]:
        end = self.completed_on or datetime.now(UTC)
        values = {
            "Id": self.job_run_id,
            "Attempt": 0,
            "JobName": self.job.name,
            "StartedOn": self.started_on,
            "LastModifiedOn": self.modified_on,
            "CompletedOn": self.completed_on,
            "JobRunState": self.status,
            "ErrorMessage": self.error_message,
            "Arguments": self.arguments,
            "PredecessorRuns": [],
            "ExecutionTime": round((end - self.started_on).total_seconds()),
            "Timeout": int(self.timeout_minutes),
            **{name: self.overrides.get(name) or getattr(self.job, UPDATABLE[name]) for name in OVERRIDABLE},
            "PreviousRunId": self.overrides.get("JobRunId"),
            "LogGroupName": self.arguments.get("--custom-logGroup-prefix", runner.LOG_PREFIX),
            "GlueVersion": self.job.glue_version,
        }
        return {name: value for name, value in values.items() if value is not None}


def execute(local: LocalAws, run: GlueRun, region: str) -> None:
    """The run's thread: whatever happens, the run reaches a final state with a reason."""
    handle = run.handle
    if handle is None:
        raise JobError("the run has no process handle")
    try:
        fault = faults.take(local.settings.data_dir, run.job.name, at_start=False)
        if fault is not None:
            raise JobError(fault.reason)
        outcome, reason = runner.run(local, request_of(local, run, region), handle, lambda: started(run))
        if outcome.ended_by == "timeout":
            run.to("TIMEOUT", reason)
        elif outcome.ended_by == "stop":
            run.to("STOPPED", reason)
        else:
            run.to("FAILED" if reason else "SUCCEEDED", reason)
    except JobError as error:
        run.to("FAILED", str(error))
    except Exception as error:
        LOG.exception("Glue run %s of %s", run.job_run_id, run.job.name)
        run.to("FAILED", f"the local AWS failed: {type(error).__name__}: {error}")
    finally:
        local.registry.close(handle)
        publish_run(local, run, region)
        LOG.info("Glue run %s of %s: %s %s", run.job_run_id[:11], run.job.name, run.status, run.error_message or "")


def publish_run(local: LocalAws, run: GlueRun, region: str) -> None:
    """The driver's time, which Glue publishes while a run goes on if `--enable-metrics` is given.
    Source: https://docs.aws.amazon.com/glue/latest/dg/monitoring-awsglue-with-cloudwatch-metrics.html
    """
    if "--enable-metrics" not in run.arguments:
        return
    elapsed = ((run.completed_on or run.modified_on) - run.started_on).total_seconds() * 1000
    dimensions = {"JobName": str(run.job.name), "JobRunId": "ALL", "Type": "count"}
    values = {"glue.driver.aggregate.elapsedTime": (elapsed, "Milliseconds")}
    publish(local.settings.account, region, "Glue", dimensions, values)


def started(run: GlueRun) -> None:
    if run.status == "STARTING":
        run.to("RUNNING")


def request_of(local: LocalAws, run: GlueRun, region: str) -> runner.GlueRequest:
    command = run.job.command or {}
    script = command.get("ScriptLocation")
    if not script:
        raise JobError(f"the Glue job {run.job.name} has no Command.ScriptLocation")
    partition = partition_of(region)
    source = f"arn:{partition}:glue:{region}:{local.settings.account}:job/{run.job.name}"
    role_arn = local.roles.arn_of(run.job.role or "", partition)
    return runner.GlueRequest(
        job_name=run.job.name,
        run_id=run.job_run_id,
        script=script,
        arguments=run.arguments,
        timeout_minutes=run.timeout_minutes,
        region=region,
        role=local.roles.for_service(role_arn, "glue", "GlueJobRunnerSession", source),
        is_spark=command.get("Name", "glueetl") != "pythonshell",
    )


def install(local: LocalAws) -> None:
    models = load("moto.glue.models")
    responses = load("moto.glue.responses")
    exceptions = load("moto.glue.exceptions")
    fake_job = require(models, "FakeJob")
    response = require(responses, "GlueResponse")
    result = require(load("moto.core.responses"), "ActionResult")
    install_job_definition(fake_job, response, result)

    # moto's runs succeed by themselves without running anything; its response method passes on only some
    # settings.
    def start_job_run(self: Any) -> Any:
        request: dict[str, Any] = json.loads(self.body or "{}")
        job = self.glue_backend.get_job(request.get("JobName"))
        limit = (job.execution_property or {}).get("MaxConcurrentRuns", 1)
        if sum(run.status in ACTIVE for run in job.job_runs) >= limit:
            raise exceptions.ConcurrentRunsExceededException(
                f"Concurrent runs exceeded for {job.name}: MaxConcurrentRuns is {limit}"
            )
        fault = faults.take(local.settings.data_dir, job.name, at_start=True)
        if fault is not None:
            raise exceptions.GlueClientError(fault.error, fault.reason)
        arguments = runner.merged_arguments(job.default_arguments, request.get("Arguments"), job.non_overridable_arguments)
        run = GlueRun(job, request, arguments)
        run.handle = local.registry.open("glue", job.name)
        job.job_runs.append(run)
        local.in_background(f"glue-{job.name}", lambda: execute(local, run, self.region))
        return result({"JobRunId": run.job_run_id})

    # Absent in moto.
    def batch_stop_job_run(self: Any) -> Any:
        name = self._get_param("JobName")
        runs = {run.job_run_id: run for run in self.glue_backend.get_job(name).job_runs}
        submitted, errors = [], []
        for run_id in self._get_param("JobRunIds") or []:
            run = runs.get(run_id)
            if run is None or run.status not in ACTIVE:
                code, text = (
                    ("EntityNotFoundException", "there is no such run")
                    if run is None
                    else ("InvalidInputException", f"the run is {run.status}")
                )
                detail = {"ErrorCode": code, "ErrorMessage": text}
                errors.append({"JobName": name, "JobRunId": run_id, "ErrorDetail": detail})
            else:
                run.stop()
                submitted.append({"JobName": name, "JobRunId": run_id})
        return result({"SuccessfulSubmissions": submitted, "Errors": errors})

    # AWS lists the newest run first; moto the oldest.
    def get_job_runs(self: Any) -> list[GlueRun]:
        return list(reversed(self.job_runs))

    replace(response, "start_job_run", start_job_run)
    add(response, "batch_stop_job_run", batch_stop_job_run)
    replace(fake_job, "get_job_runs", get_job_runs)


def install_job_definition(fake_job: Any, response: Any, result: Any) -> None:
    # moto makes ExecutionClass STANDARD when none was given; the provider then plans STANDARD -> null for
    # ever.
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        original_init(self, *args, **kwargs)
        # `execution_class` is the third last positional parameter, before source_control_details; backend
        # is by name.
        self.execution_class = args[-2] if len(args) >= 2 else kwargs.get("execution_class")

    def as_dict(self: Any) -> dict[str, Any]:
        values: dict[str, Any] = original_as_dict(self)
        return {name: value for name, value in values.items() if name != "ExecutionClass" or value}

    # Absent in moto: without it a second `terraform apply` cannot change a job (a new package hash, for one).
    def update_job(self: Any) -> Any:
        name = self._get_param("JobName")
        update = self._get_param("JobUpdate") or {}
        job = self.glue_backend.get_job(name)
        for member, attribute in UPDATABLE.items():
            value = update.get(member)
            if attribute in ("execution_property", "default_arguments"):
                value = value or {}
            setattr(job, attribute, value)
        job.last_modified_on = datetime.now(UTC)
        return result({"JobName": name})

    original_init = replace(fake_job, "__init__", init)
    original_as_dict = replace(fake_job, "as_dict", as_dict)
    add(response, "update_job", update_job)
