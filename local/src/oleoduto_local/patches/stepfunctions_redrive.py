"""Step Functions: RedriveExecution, which moto lacks, and what it changes in the context, the history and descriptions."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from oleoduto_local.context import LocalAws
from oleoduto_local.patches.stepfunctions_common import PARSER, iso_milliseconds
from oleoduto_local.patching import add, load, replace, require

REDRIVABLE = ("FAILED", "ABORTED", "TIMED_OUT")
# AWS redrives the branches and items of these that failed; here a state is redriven as a whole or not at all.
PARTS = ("Parallel", "Map")


@dataclass
class Redrive:
    """The newest redrive of an execution: its number and time, the state that runs again, and that state's input."""

    count: int
    time: datetime
    state: str
    input: Any
    # Of the attempt before.
    history: Any
    last_event: int


def install(_local: LocalAws) -> None:
    response = require(load("moto.stepfunctions.responses"), "StepFunctionResponse")
    result = require(load("moto.core.responses"), "ActionResult")
    worker = require(load(f"{PARSER}.backend.execution_worker"), "ExecutionWorker")
    install_context(worker)
    install_again(worker)
    install_calls(response, result)


def redrive_of(execution: Any) -> Redrive | None:
    """The newest redrive of an execution or of a worker."""
    found: Redrive | None = getattr(execution, "_oleoduto_redrive", None)
    return found


def install_context(worker: Any) -> None:
    # moto's context object knows no redrives; AWS's has RedriveCount always, and RedriveTime after one.
    def environment(self: Any) -> Any:
        made = original(self)
        context = made.states.context_object.context_object_data["Execution"]
        redrive = redrive_of(self)
        context["RedriveCount"] = redrive.count if redrive else 0
        if redrive:
            context["RedriveTime"] = iso_milliseconds(redrive.time)
        return made

    original = replace(worker, "_get_evaluation_environment", environment)


def install_again(worker: Any) -> None:
    api = load(f"{PARSER}.api")
    details = require(load(f"{PARSER}.asl.eval.event.event_detail"), "EventDetails")
    contexts = require(load(f"{PARSER}.asl.eval.event.event_manager"), "EventHistoryContext")

    def execution_logic(self: Any) -> None:
        redrive = redrive_of(self)
        if redrive is None:
            original(self)
            return
        program = self._get_evaluation_entrypoint()
        program.start_at.start_at_name = redrive.state
        env = self._get_evaluation_environment()
        # The history goes on.
        env.event_manager = redrive.history
        env.event_history_context = contexts(previous_event_id=redrive.last_event)
        env.states.reset(redrive.input)
        env.event_manager.add_event(
            context=env.event_history_context,
            event_type=api.HistoryEventType.ExecutionRedriven,
            event_details=details(executionRedrivenEventDetails={"redriveCount": redrive.count}),
        )
        self.env = env
        program.eval(env)
        self._execution_communication.terminated()

    original = replace(worker, "_execution_logic", execution_logic)


def install_calls(response: Any, result: Any) -> None:
    service_error = require(load(f"{PARSER}.api"), "ServiceException")

    class ExecutionNotRedrivable(service_error):  # type: ignore[misc, valid-type]
        code = TYPE = "ExecutionNotRedrivable"
        sender_fault = True
        status_code = 400

    def redrive_execution(self: Any) -> Any:
        execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
        reason = why_not(execution)
        if reason:
            raise ExecutionNotRedrivable(reason)
        redrive = next_redrive(execution)
        execution._oleoduto_redrive = redrive
        execution.error = execution.cause = execution.stop_date = None
        execution.exec_worker = execution._get_start_execution_worker()
        execution.exec_worker._oleoduto_redrive = redrive
        execution.exec_status = load(f"{PARSER}.api").ExecutionStatus.RUNNING
        execution.exec_worker.start()
        return result({"redriveDate": redrive.time})

    add(response, "redrive_execution", redrive_execution)


def description(execution: Any) -> dict[str, Any]:
    """What DescribeExecution says about redrives; None is left out."""
    redrive, reason = redrive_of(execution), why_not(execution)
    return {
        "redriveCount": redrive.count if redrive else 0,
        "redriveDate": redrive.time if redrive else None,
        "redriveStatus": "NOT_REDRIVABLE" if reason else "REDRIVABLE",
        "redriveStatusReason": reason,
    }


def why_not(execution: Any) -> str | None:
    """Why an execution can't be redriven now, as AWS says it."""
    return None if execution.status in REDRIVABLE else f"Execution is {execution.status} and cannot be redriven"


def next_redrive(execution: Any) -> Redrive:
    """Where the execution goes on: at the state that was entered last and did not end well."""
    states = json.loads(execution.state_machine.definition)["States"]
    manager = execution.exec_worker.env.event_manager
    events = manager.get_event_history()
    entered = [event["stateEnteredEventDetails"] for event in events if "stateEnteredEventDetails" in event]
    # Names are unique in the whole machine: others are states of branches and items.
    place = [details for details in entered if details["name"] in states][-1]
    if states[place["name"]]["Type"] in PARTS:
        raise NotImplementedError(f"RedriveExecution at {place['name']}, a {states[place['name']]['Type']} state")
    before = redrive_of(execution)
    count = before.count + 1 if before else 1
    return Redrive(count, datetime.now(UTC), place["name"], json.loads(place["input"]), manager, events[-1]["id"])
