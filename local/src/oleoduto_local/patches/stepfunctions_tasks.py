"""Step Functions tasks: `.sync` for Glue and SageMaker, which waits for real jobs and stops them with the
execution.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.response import StreamingBody

from oleoduto_local.access.judge import partition_of
from oleoduto_local.context import LocalAws
from oleoduto_local.errors import JobError
from oleoduto_local.models import service_model
from oleoduto_local.patching import add, load, replace, require

ASL = "moto.stepfunctions.parser.asl"
TASK = f"{ASL}.component.state.exec.state_task"
# A job's end wakes who waits for it; an execution that is stopped meanwhile notices so late.
POLL_SECONDS = 1.0


@dataclass(frozen=True)
class SageMakerJob:
    """What `.sync` needs to know of a kind of SageMaker job: calls, and members of its description."""

    describe: str
    stop: str
    name: str
    status: str


def sagemaker_job(kind: str) -> SageMakerJob:
    return SageMakerJob(f"describe_{kind.lower()}_job", f"stop_{kind.lower()}_job", f"{kind}JobName", f"{kind}JobStatus")


# The actions of sagemaker:*.sync.
SYNC = {f"create_{kind.lower()}_job": sagemaker_job(kind) for kind in ("Training", "Processing")}
# Those SageMaker errors that Step Functions names one by one; all others are AmazonSageMakerException.
NAMED_ERRORS = ("ResourceInUse", "ResourceLimitExceeded", "ResourceNotFound")


def plain(value: Any) -> Any:
    """JSON-plain, as Step Functions shows results: times are milliseconds since 1970."""
    if isinstance(value, datetime):
        return int(value.timestamp() * 1000)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if key != "ResponseMetadata"}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, StreamingBody):
        return value.read().decode()
    return value


def install(local: LocalAws) -> None:
    install_clients(local)
    install_waiting(local)
    install_abort()
    install_glue()
    install_sagemaker()
    install_sdk()


def install_clients(local: LocalAws) -> None:
    # moto builds a client per call from boto3's default session, which is not thread-safe, and by the name
    # `localhost`, which may be ::1 while the server listens on 127.0.0.1 only.
    original = require(load(f"{ASL}.utils.boto_client"), "boto_client_for")

    def boto_client_for(region: str, service: str, state_credentials: Any = None) -> Any:
        role_arn = state_credentials.role_arn
        source = f"arn:{partition_of(region)}:states:{region}:{local.settings.account}:stateMachine:*"
        return local.client(service, local.roles.for_service(role_arn, "states", "execution", source).keys, region)

    # The modules have imported the function by name: load the task services first, then replace it wherever
    # it is.
    load(f"{TASK}.state_task_factory")
    for module in list(sys.modules.values()):
        if getattr(module, "__name__", "").startswith("moto.stepfunctions.parser") and (
            getattr(module, "boto_client_for", None) is original
        ):
            replace(module, "boto_client_for", boto_client_for)


def failed(task: Any, env: Any, error: str, cause: str) -> Exception:
    """A TaskFailed event with this error name and cause."""
    names = f"{ASL}.component.common.error_name"
    events = load(f"{names}.failure_event")
    api = load("moto.stepfunctions.parser.api")
    if error == "States.TaskFailed":
        kind = load(f"{names}.states_error_name_type").StatesErrorNameType.StatesTaskFailed
        name = load(f"{names}.states_error_name").StatesErrorName(typ=kind)
    else:
        name = load(f"{names}.custom_error_name").CustomErrorName(error)
    details = api.TaskFailedEventDetails(
        error=error,
        cause=cause,
        resource=task._get_sfn_resource(),
        resourceType=task._get_sfn_resource_type(),
    )
    event = events.FailureEvent(
        env=env,
        error_name=name,
        event_type=api.HistoryEventType.TaskFailed,
        event_details=load(f"{ASL}.eval.event.event_detail").EventDetails(taskFailedEventDetails=details),
    )
    exception: Exception = events.FailureEventException(event)
    return exception


def install_sdk() -> None:
    # moto leaves times and streamed bodies (s3:getObject) in the result, which then is no JSON.
    service = require(load(f"{TASK}.service.state_task_service_aws_sdk"), "StateTaskServiceAwsSdk")

    def evaluate(self: Any, env: Any, *args: Any, **kwargs: Any) -> None:
        original(self, env, *args, **kwargs)
        env.stack.append(plain(env.stack.pop()))

    original = replace(service, "_eval_service_task", evaluate)


def install_waiting(local: LocalAws) -> None:
    module = load(f"{TASK}.service.state_task_service_callback")
    callback = require(module, "StateTaskServiceCallback")
    conditions = require(load(f"{TASK}.service.resource"), "ResourceCondition")

    # moto's `.sync` of services without task tokens dies on `None.interrupt_all()`. Here it waits for the
    # resolver while the task's frame runs; a frame that ended first (StopExecution, a timeout, a failed
    # sibling) stops the job.
    def eval_integration_pattern(
        self: Any, env: Any, resource_runtime_part: Any, normalised_parameters: Any, state_credentials: Any
    ) -> None:
        if conditions.WaitForTaskToken in self._supported_integration_patterns:
            original(self, env, resource_runtime_part, normalised_parameters, state_credentials)
            return
        submitted = env.stack[-1]
        synchronous = self.resource.condition == conditions.Sync
        build = self._build_sync_resolver if synchronous else self._build_sync2_resolver
        resolver = build(env, resource_runtime_part, normalised_parameters, state_credentials)
        while env.is_running():
            ended = local.ends.count
            answer = resolver()
            if answer is not None:
                env.stack.append(plain(answer))
                return
            local.ends.wait(ended, POLL_SECONDS)
        stop = getattr(self, "_oleoduto_stop", None)
        if stop is not None:
            stop(resource_runtime_part.region, state_credentials, normalised_parameters, submitted)
        raise JobError("the task was aborted")

    original = replace(callback, "_eval_integration_pattern", eval_integration_pattern)


def install_abort() -> None:
    state = require(load(f"{ASL}.component.state.exec.execute_state"), "ExecutionState")
    programs = load(f"{ASL}.eval.program_state")
    over = (require(programs, "ProgramStopped"), require(programs, "ProgramTimedOut"))

    # An error of a task in an execution that is over is no TaskFailed to record, retry or catch.
    def evaluate_with_timeout(self: Any, env: Any) -> None:
        try:
            original(self, env)
        except Exception:
            if not isinstance(env.program_state(), over):
                raise

    original = replace(state, "_evaluate_with_timeout", evaluate_with_timeout)


def install_glue() -> None:
    glue = require(load(f"{TASK}.service.state_task_service_glue"), "StateTaskServiceGlue")
    to_json = require(load(f"{ASL}.utils.encoding"), "to_json_str")

    # As moto's, but JSON-plain in success and failure alike, and a STOPPED run is a failure: nothing was
    # finished.
    def sync_to_start_job_run(
        self: Any, env: Any, resource_runtime_part: Any, _parameters: Any, credentials: Any
    ) -> Callable[[], Any]:
        submitted = env.stack.pop()
        name = submitted["JobName"]
        client = self._get_glue_client(resource_runtime_part, credentials)

        def resolve() -> Any:
            run = plain(client.get_job_run(JobName=name, RunId=submitted["JobRunId"])["JobRun"])
            run["JobName"] = name
            if run["JobRunState"] == "SUCCEEDED":
                return run
            if run["JobRunState"] in ("FAILED", "TIMEOUT", "ERROR", "STOPPED"):
                raise failed(self, env, "States.TaskFailed", to_json(run))
            return None

        return resolve

    def stop(self: Any, region: str, credentials: Any, _parameters: Any, submitted: Any) -> None:
        client = load(f"{TASK}.service.state_task_service_glue").boto_client_for(region, "glue", credentials)
        client.batch_stop_job_run(JobName=submitted["JobName"], JobRunIds=[submitted["JobRunId"]])

    replace(glue, "_sync_to_start_job_run", sync_to_start_job_run)
    require(glue, "_get_glue_client")
    add(glue, "_oleoduto_stop", stop)


def sagemaker_error(details: Mapping[str, Any]) -> tuple[str, str]:
    """The name and the cause that Step Functions gives to an error of SageMaker."""
    code = str(details["Code"])
    name = f"{code}Exception" if code in NAMED_ERRORS else "AmazonSageMakerException"
    return f"SageMaker.{name}", f"{details['Message']} (Service: AmazonSageMaker; Status Code: 400; Error Code: {code})"


def sagemaker_parameters(action: str) -> set[str] | None:
    """The members of an action's request; none if SageMaker has no such action."""
    model = service_model("sagemaker")
    operation = action[:1].upper() + action[1:]
    return set(model.operation_model(operation).input_shape.members) if operation in model.operation_names else None


def sagemaker_service() -> Any:
    """The task service that moto lacks (its stand-in forwards the call and cannot do `.sync`)."""
    from botocore.exceptions import ClientError

    callback = load(f"{TASK}.service.state_task_service_callback")
    base = require(callback, "StateTaskServiceCallback")
    conditions = require(load(f"{TASK}.service.resource"), "ResourceCondition")
    to_json = require(load(f"{ASL}.utils.encoding"), "to_json_str")
    client_module = load(f"{TASK}.service.state_task_service_glue")

    def client_for(region: str, credentials: Any) -> Any:
        return client_module.boto_client_for(region, "sagemaker", credentials)

    class StateTaskServiceSageMaker(base):  # type: ignore[misc, valid-type]
        def __init__(self) -> None:
            super().__init__(supported_integration_patterns={conditions.Sync})

        def _get_supported_parameters(self) -> set[str] | None:
            return sagemaker_parameters(self.resource.api_action)

        def _validate_service_integration_is_supported(self) -> None:
            super()._validate_service_integration_is_supported()
            action = self._get_boto_service_action()
            if self.resource.condition == conditions.Sync and action not in SYNC:
                raise ValueError(
                    f"{self.resource.resource_arn} is not done by the local AWS, which waits for "
                    "createTrainingJob and createProcessingJob; use one of them"
                )

        def _from_error(self, env: Any, ex: Exception) -> Any:
            if isinstance(ex, ClientError):
                ex = failed(self, env, *sagemaker_error(ex.response["Error"]))
            return super()._from_error(env=env, ex=ex)

        def _eval_service_task(
            self, env: Any, resource_runtime_part: Any, normalised_parameters: Any, state_credentials: Any
        ) -> None:
            call = getattr(client_for(resource_runtime_part.region, state_credentials), self._get_boto_service_action())
            env.stack.append(plain(call(**normalised_parameters)))

        def _build_sync_resolver(
            self, env: Any, resource_runtime_part: Any, normalised_parameters: Any, state_credentials: Any
        ) -> Callable[[], Any]:
            env.stack.pop()
            kind = SYNC[self._get_boto_service_action()]
            client = client_for(resource_runtime_part.region, state_credentials)
            name = normalised_parameters[kind.name]

            def resolve() -> Any:
                job = plain(getattr(client, kind.describe)(**{kind.name: name}))
                if job[kind.status] == "Completed":
                    return job
                if job[kind.status] in ("Failed", "Stopped"):
                    raise failed(self, env, "States.TaskFailed", to_json(job))
                return None

            return resolve

        def _oleoduto_stop(self, region: str, credentials: Any, parameters: Any, _submitted: Any) -> None:
            kind = SYNC[self._get_boto_service_action()]
            getattr(client_for(region, credentials), kind.stop)(**{kind.name: parameters[kind.name]})

    return StateTaskServiceSageMaker


def install_sagemaker() -> None:
    factory = load(f"{TASK}.state_task_factory")
    service = sagemaker_service()

    def state_task_service_for(service_name: str) -> Any:
        return service() if service_name == "sagemaker" else original(service_name)

    original = replace(factory, "state_task_service_for", state_task_service_for)
