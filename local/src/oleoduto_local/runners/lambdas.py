"""Runs a Lambda function: unpacks the uploaded zip once and runs the handler in a process for each
invocation.
"""

import base64
import io
import json
import secrets
import shutil
import signal
import sys
import threading
import time
import uuid
import zipfile
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from oleoduto_local.access.principals import Keys
from oleoduto_local.alarms.publish import publish
from oleoduto_local.context import LocalAws
from oleoduto_local.errors import JobError
from oleoduto_local.logsink import LogTarget
from oleoduto_local.process import Command, Outcome

BOOTSTRAP = Path(__file__).with_name("lambda_bootstrap.py")
# AWS gives a function 10 s for its start before the time limit counts.
INIT_SECONDS = 10.0
TIMED_OUT = 128 + signal.SIGALRM
LOG_TAIL_BYTES = 4096
_UNPACKING = threading.Lock()


@dataclass(frozen=True)
class Function:
    """What an invocation needs of a function. `timeout` is seconds, `memory_mb` MiB (told, not enforced)."""

    name: str
    arn: str
    version: str
    region: str
    runtime: str
    handler: str
    code: bytes
    code_hash: str
    timeout: float
    memory_mb: int
    log_group: str
    environment: Mapping[str, str]
    role_arn: str


@dataclass
class Invocation:
    """The answer: the payload, whether it is an error, and the last 4 KB of the log."""

    payload: bytes
    failed: bool
    log: deque[str] = field(default_factory=lambda: deque(maxlen=400))

    def log_tail(self) -> str:
        text = "\n".join(self.log).encode()[-LOG_TAIL_BYTES:]
        return base64.b64encode(text).decode()


def unpack(local: LocalAws, function: Function) -> Path:
    """The function's files, unpacked once for each content of its zip."""
    folder = local.settings.work_dir / "lambda-code" / function.code_hash
    with _UNPACKING:
        if not folder.exists():
            part = folder.with_suffix(".part")
            shutil.rmtree(part, ignore_errors=True)
            try:
                with zipfile.ZipFile(io.BytesIO(function.code)) as archive:
                    archive.extractall(part)
            except zipfile.BadZipFile as error:
                raise JobError(f"the code of {function.name} is not a zip file: {error}") from error
            part.rename(folder)
    return folder


def error_payload(kind: str, message: str, request_id: str) -> bytes:
    return json.dumps({"errorType": kind, "errorMessage": message, "requestId": request_id}).encode()


def run(local: LocalAws, function: Function, event: str) -> Invocation:
    """Invokes once; a fault of the function or of its set-up is an error payload, as on AWS."""
    request_id = str(uuid.uuid4())
    now = datetime.now(UTC)
    stream = f"{now:%Y/%m/%d}/[{function.version}]{secrets.token_hex(16)}"
    target = LogTarget({"stdout": function.log_group, "stderr": function.log_group}, stream, function.region)
    answer = Invocation(b"null", False)
    try:
        role = local.roles.for_service(function.role_arn, "lambda", function.name, function.arn)
    except JobError as error:
        return Invocation(error_payload("AccessDeniedException", str(error), request_id), True)
    job = local.registry.open("lambda", function.name)
    try:
        with local.sink("lambda", function.name, target, role) as sink:

            def line(source: str, text: str) -> None:
                answer.log.append(text)
                sink.line(source, text)

            line("stdout", f"START RequestId: {request_id} Version: {function.version}")
            began = time.monotonic()
            try:
                check_runtime(function)
                scratch = local.scratch("lambda", f"{function.name}-{request_id}")
                command = prepare(local, function, role.keys, event, Names(request_id, stream, scratch))
                outcome = job.run(command, line)
                answer.payload, answer.failed = read_result(scratch, outcome, function, request_id)
                if answer.failed:
                    line("stderr", f"error: {answer.payload.decode()}")
                else:
                    shutil.rmtree(scratch)
            except JobError as error:
                answer.payload, answer.failed = error_payload("LocalAwsError", str(error), request_id), True
                line("stderr", f"error: {error}")
            milliseconds = (time.monotonic() - began) * 1000
            line("stdout", f"END RequestId: {request_id}")
            line("stdout", f"REPORT RequestId: {request_id} Duration: {milliseconds:.2f} ms")
            publish_invocation(local, function, answer, milliseconds)
    finally:
        local.registry.close(job)
    return answer


def publish_invocation(local: LocalAws, function: Function, answer: Invocation, milliseconds: float) -> None:
    """Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html"""
    values = {
        "Invocations": (1.0, "Count"),
        "Errors": (float(answer.failed), "Count"),
        "Duration": (milliseconds, "Milliseconds"),
    }
    publish(local.settings.account, function.region, "AWS/Lambda", {"FunctionName": function.name}, values)


def check_runtime(function: Function) -> None:
    if not function.runtime.startswith("python"):
        raise JobError(
            f"{function.name} has the runtime {function.runtime or 'none'}; "
            "the local AWS runs Python functions from zip files only"
        )


@dataclass(frozen=True)
class Names:
    """What one invocation has of its own."""

    request_id: str
    stream: str
    scratch: Path


def prepare(local: LocalAws, function: Function, keys: Keys, event: str, names: Names) -> Command:
    code = unpack(local, function)
    try:
        parsed: Any = json.loads(event) if event else {}
    except json.JSONDecodeError as error:
        raise JobError(f"the payload is not JSON: {error}") from error
    invocation = {
        "event": parsed,
        "handler": function.handler,
        "code": str(code),
        "request_id": names.request_id,
        "function_name": function.name,
        "function_version": function.version,
        "function_arn": function.arn,
        "memory_mb": function.memory_mb,
        "timeout": function.timeout,
        "log_group": function.log_group,
        "log_stream": names.stream,
    }
    (names.scratch / "invocation.json").write_text(json.dumps(invocation), encoding="utf-8")
    reserved = {
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": function.version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": names.stream,
        "LAMBDA_TASK_ROOT": str(code),
        "_HANDLER": function.handler,
        "PYTHONPATH": str(code),
        "TZ": ":UTC",
    }
    return Command(
        argv=[sys.executable, str(BOOTSTRAP), *(str(names.scratch / name) for name in ("invocation.json", "result.json"))],
        env=local.environment({**function.environment, **reserved}, keys, function.region),
        cwd=code,
        timeout=INIT_SECONDS + function.timeout,
        grace=0.5,
    )


def read_result(scratch: Path, outcome: Outcome, function: Function, request_id: str) -> tuple[bytes, bool]:
    """Payload and whether it is an error."""
    result = scratch / "result.json"
    if outcome.ended_by == "itself" and result.exists():
        document = json.loads(result.read_text(encoding="utf-8"))
        return document["payload"].encode(), not document["succeeded"]
    if outcome.ended_by == "timeout" or outcome.returncode == TIMED_OUT:
        message = f"RequestId: {request_id} Error: Task timed out after {function.timeout:.2f} seconds"
        return error_payload("Sandbox.Timedout", message, request_id), True
    if outcome.ended_by == "stop":
        return error_payload("LocalAwsError", "the local AWS stopped the function", request_id), True
    message = f"RequestId: {request_id} Error: Runtime exited with error: exit status {outcome.returncode}"
    return error_payload("Runtime.ExitError", message, request_id), True
