"""Glue: jobs with workers that Glue refuses, and the quotas of an account. moto takes any number."""

import json
from typing import Any

from oleoduto_local import quotas
from oleoduto_local.context import LocalAws
from oleoduto_local.patches.glue import ACTIVE
from oleoduto_local.patching import load, replace, require

# Spark needs a driver and an executor.
LEAST_WORKERS = 2
# Sources: the errors that people report of CreateJob and StartJobRun, such as https://github.com/aws/aws-cdk/pull/26241
BOTH = "Please set both Worker Type and Number of Workers."
NOT_BOTH = "Please do not set Max Capacity if using Worker Type and Number of Workers."


def workers_refusal(request: dict[str, Any]) -> str | None:
    """What Glue says of the capacity that a job or a run asks for."""
    kind, number = request.get("WorkerType"), request.get("NumberOfWorkers")
    if (kind is None) != (number is None):
        return BOTH
    if kind is None or number is None:
        return None
    if request.get("MaxCapacity") is not None:
        return NOT_BOTH
    # Z.2X is of Ray.
    if number < LEAST_WORKERS and kind != "Z.2X":
        return f"To use Worker Type {kind}, minimum allowed value of Number of Workers is {LEAST_WORKERS}."
    return None


def install(local: LocalAws) -> None:
    response = require(load("moto.glue.responses"), "GlueResponse")
    exceptions = load("moto.glue.exceptions")

    def check_workers(request: dict[str, Any]) -> None:
        refused = workers_refusal(request)
        if refused is not None:
            raise exceptions.GlueClientError("InvalidInputException", refused)

    def create_job(self: Any) -> Any:
        check_workers(json.loads(self.body or "{}"))
        if len(self.glue_backend.jobs) >= quotas.limit(local.settings.data_dir, "Max jobs per account"):
            raise exceptions.GeneralResourceNumberLimitExceededException("jobs")
        return originals["create_job"](self)

    def update_job(self: Any) -> Any:
        check_workers(json.loads(self.body or "{}").get("JobUpdate") or {})
        return originals["update_job"](self)

    def start_job_run(self: Any) -> Any:
        check_workers(json.loads(self.body or "{}"))
        runs = sum(run.status in ACTIVE for job in list(self.glue_backend.jobs.values()) for run in job.job_runs)
        most = quotas.limit(local.settings.data_dir, "Max concurrent job runs per account")
        if runs >= most:
            raise exceptions.ResourceNumberLimitExceededException(
                f"The account's quota of {most} concurrent job runs is reached"
            )
        return originals["start_job_run"](self)

    made = {"create_job": create_job, "update_job": update_job, "start_job_run": start_job_run}
    originals = {name: replace(response, name, value) for name, value in made.items()}
