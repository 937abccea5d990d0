"""Step Functions: executions that run, can be repeated, stopped, described and read while they run."""

import copy
import json
import logging
import uuid
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from oleoduto_local.alarms.publish import publish
from oleoduto_local.context import LocalAws
from oleoduto_local.errors import PatchError
from oleoduto_local.patches.stepfunctions_common import PARSER, history_of, iso_milliseconds
from oleoduto_local.patches.stepfunctions_redrive import description
from oleoduto_local.patching import add, load, replace, require

LOG = logging.getLogger("oleoduto_local")
DEFAULT_PAGE = 1000
# The metric of each end of an execution.
ENDS = {
    "SUCCEEDED": "ExecutionsSucceeded",
    "FAILED": "ExecutionsFailed",
    "TIMED_OUT": "ExecutionsTimedOut",
    "ABORTED": "ExecutionsAborted",
}


def install(_local: LocalAws) -> None:
    config = load("moto.core.config").default_user_config
    # Off by default: moto would leave every execution RUNNING with a canned history.
    config["stepfunctions"] = {"execute_state_machine": True}
    response = require(load("moto.stepfunctions.responses"), "StepFunctionResponse")
    result = require(load("moto.core.responses"), "ActionResult")
    install_error_names()
    install_start()
    install_end()
    install_metrics()
    install_reading(response, result)
    install_provider_calls(response, result)


def install_error_names() -> None:
    # moto's parser declares its errors with `code` but their base class reads `TYPE`: callers get an empty
    # name.
    api = load(f"{PARSER}.api")
    base = require(api, "ServiceException")
    require(base, "TYPE")
    members: list[Any] = list(vars(api).values())
    for error in members:
        if isinstance(error, type) and issubclass(error, base) and isinstance(vars(error).get("code"), str):
            replace(error, "TYPE", vars(error)["code"])
    if api.InvalidDefinition.TYPE != "InvalidDefinition":
        raise PatchError("moto's Step Functions errors have changed their form; adapt the patch")


def install_start() -> None:
    backend = require(load(f"{PARSER}.models"), "StepFunctionsParserBackend")
    instance = require(load("moto.stepfunctions.models"), "StateMachineInstance")
    execution = require(load(f"{PARSER}.backend.execution"), "Execution")
    details = require(load(f"{PARSER}.backend.execution"), "ExecutionDetails")

    # moto deep-copies the machine for each execution and with it all earlier executions, whose threads and
    # locks cannot be copied: every start after the first is a 500. A definition is text, so a shallow copy
    # is enough.
    def clone(self: Any, _memo: Any) -> Any:
        twin = copy.copy(self)
        twin.executions = []
        return twin

    # moto calls every unnamed execution "None", so the second is ExecutionAlreadyExists; AWS makes up a UUID.
    def start_execution(
        self: Any,
        state_machine_arn: str,
        name: Any = None,
        execution_input: Any = None,
        trace_header: Any = None,
    ) -> Any:
        if name:
            self._validate_name(name)
        return original_start(self, state_machine_arn, name or str(uuid.uuid4()), execution_input, trace_header)

    # moto puts a datetime into $$.Execution.StartTime, which reaches jobs as +00:00 with microseconds.
    def get_start_execution_details(self: Any) -> Any:
        return details(
            arn=self.exec_arn,
            name=self.name,
            role_arn=self.role_arn,
            inpt=self.input_data,
            start_time=iso_milliseconds(self.start_date),
        )

    add(instance, "__deepcopy__", clone)
    original_start = replace(backend, "start_execution", start_execution)
    require(backend, "_validate_name")
    replace(execution, "get_start_execution_details", get_start_execution_details)


def install_end() -> None:
    backend = require(load(f"{PARSER}.models"), "StepFunctionsParserBackend")
    execution_module = load(f"{PARSER}.backend.execution")
    execution = require(execution_module, "Execution")
    status = require(execution_module, "ExecutionStatus")
    worker = require(load(f"{PARSER}.backend.execution_worker"), "ExecutionWorker")

    # Without this an exception outside the state machine's own error handling leaves the execution RUNNING
    # for ever.
    def execution_logic(self: Any) -> None:
        try:
            original_logic(self)
        except Exception as error:
            LOG.exception("an execution failed outside its states")
            finished = self._execution_communication.execution
            finished.error, finished.cause = "States.Runtime", f"{type(error).__name__}: {error}"
            finished.stop_date = datetime.now(UTC)
            finished.exec_status = status.FAILED

    # moto only flags the program; the execution would stay RUNNING until the task in hand looks up.
    def stop(self: Any, stop_date: datetime, error: str | None, cause: str | None) -> None:
        if self.exec_status != status.RUNNING:
            return
        original_stop(self, stop_date, error, cause)
        self.error, self.cause = error or None, cause or None
        self.stop_date = stop_date
        self.exec_status = status.ABORTED

    # AWS ends the executions of a deleted machine; moto forgets them while their jobs run on.
    def delete_state_machine(self: Any, arn: str) -> None:
        for machine in [machine for machine in self.state_machines if machine.arn == arn]:
            for running in machine.executions:
                running.stop(datetime.now(UTC), None, "the state machine was deleted")
        original_delete(self, arn)

    original_logic = replace(worker, "_execution_logic", execution_logic)
    original_stop = replace(execution, "stop", stop)
    original_delete = replace(backend, "delete_state_machine", delete_state_machine)


def install_metrics() -> None:
    execution_module = load(f"{PARSER}.backend.execution")
    execution = require(execution_module, "Execution")
    status = require(execution_module, "ExecutionStatus")

    # moto publishes nothing of its executions. Every way to a status sets this attribute.
    def change(self: Any, value: Any) -> None:
        before, self._oleoduto_status = getattr(self, "_oleoduto_status", None), value
        if before != status.RUNNING and value == status.RUNNING:
            publish_execution(self, {"ExecutionsStarted": (1.0, "Count")})
        elif before == status.RUNNING and value in ENDS:
            milliseconds = (self.stop_date - self.start_date).total_seconds() * 1000
            publish_execution(self, {ENDS[value]: (1.0, "Count"), "ExecutionTime": (milliseconds, "Milliseconds")})

    add(execution, "exec_status", property(lambda self: self._oleoduto_status, change))


def publish_execution(execution: Any, values: dict[str, tuple[float, str]]) -> None:
    """Metrics of a state machine.
    Source: https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
    """
    dimensions = {"StateMachineArn": execution.state_machine.arn}
    publish(execution.account_id, execution.region_name, "AWS/States", dimensions, values)


def install_reading(response: Any, result: Any) -> None:
    to_json = require(load(f"{PARSER}.asl.utils.encoding"), "to_json_str")

    # moto drops `error` and `cause` of the request.
    def stop_execution(self: Any) -> Any:
        execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
        execution.stop(datetime.now(UTC), self._get_param("error"), self._get_param("cause"))
        return result({"stopDate": execution.stop_date})

    # moto's own is a 500 as soon as an output holds a datetime, and leaves out the stop date of a timeout.
    def describe_execution(self: Any) -> Any:
        arn = self._get_param("executionArn")
        execution = self.stepfunction_backend.describe_execution(arn)
        included = {"included": True}
        answer = {
            "executionArn": arn,
            "stateMachineArn": execution.state_machine_arn,
            "name": execution.name,
            "status": execution.status,
            "startDate": execution.start_date,
            "stopDate": None if execution.status == "RUNNING" else execution.stop_date,
            "input": execution.execution_input,
            "inputDetails": included,
            "error": execution.error,
            "cause": execution.cause,
            **description(execution),
        }
        if execution.status == "SUCCEEDED":
            answer["output"] = to_json(execution.output, separators=(",", ":"))
            answer["outputDetails"] = included
        return result({name: value for name, value in answer.items() if value is not None})

    # moto knows neither pages nor the reverse order, and raises while an execution is being set up.
    def get_execution_history(self: Any) -> Any:
        execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
        events = history_of(execution)
        if str(self._get_param("reverseOrder")).lower() == "true":
            events.reverse()
        first = int(self._get_param("nextToken") or 0)
        last = first + int(self._get_param("maxResults") or DEFAULT_PAGE)
        answer: dict[str, Any] = {"events": events[first:last]}
        if last < len(events):
            answer["nextToken"] = str(last)
        return result(answer)

    for function in (stop_execution, describe_execution, get_execution_history):
        replace(response, function.__name__, function)


def install_provider_calls(response: Any, result: Any) -> None:
    api = load(f"{PARSER}.api")
    invalid = require(api, "InvalidDefinition")

    # Absent in moto; the provider validates at plan and retries the 500 for ten minutes.
    def validate_state_machine_definition(self: Any) -> Any:
        try:
            self.stepfunction_backend._validate_definition(definition=self._get_param("definition"))
            json.loads(self._get_param("definition"))
        except invalid as error:
            diagnostic = {
                "severity": "ERROR",
                "code": "SCHEMA_VALIDATION_FAILED",
                "message": str(getattr(error, "message", error)),
                "location": "/",
            }
            return result({"result": "FAIL", "diagnostics": [diagnostic], "truncated": False})
        return result({"result": "OK", "diagnostics": [], "truncated": False})

    # Absent in moto; the provider asks on every read.
    def list_state_machine_versions(self: Any) -> Any:
        machine = self.stepfunction_backend.describe_state_machine(self._get_param("stateMachineArn"))
        versions = [
            {"stateMachineVersionArn": version.arn, "creationDate": version.creation_date}
            for _number, version in sorted(machine.versions.items(), reverse=True)
        ]
        return result({"stateMachineVersions": versions})

    backend = require(load(f"{PARSER}.models"), "StepFunctionsParserBackend")
    # The provider asks twice and then creates: moto's parser needs a second for the first machine. An error is not remembered.
    valid = lru_cache(maxsize=16)(require(backend, "_validate_definition"))
    replace(backend, "_validate_definition", staticmethod(valid))
    for function in (validate_state_machine_definition, list_state_machine_versions):
        add(response, function.__name__, function)
