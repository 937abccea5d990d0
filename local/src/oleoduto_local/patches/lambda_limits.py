"""Lambda: sizes, times and concurrency that the service refuses. moto takes anything.

Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

import io
import json
import threading
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote

from oleoduto_local import quotas
from oleoduto_local.answers import error_answer
from oleoduto_local.context import LocalAws
from oleoduto_local.patches.awslambda import header
from oleoduto_local.patching import load, replace, require

# Bytes of an event that is answered, and of one that is queued.
EVENT_BYTES = {"RequestResponse": 6_291_456, "Event": 1_048_576}
ARCHIVE_BYTES = 50 * 1024 * 1024
UNPACKED_BYTES = 262_144_000
VARIABLES_BYTES = 4096
# Of functions on Lambda's own instances; the service's model has those of the managed ones.
MOST = {"Timeout": ("timeout", 900), "MemorySize": ("memorySize", 10_240)}
Refusal = tuple[str, str]


def configuration_refusal(request: dict[str, Any]) -> Refusal | None:
    """The error's name and message if Lambda refuses the settings of a function."""
    for name, (shown, most) in MOST.items():
        value = request.get(name)
        if value is not None and value > most:
            rule = f"failed to satisfy constraint: Member must have value less than or equal to {most}"
            return "ValidationException", f"1 validation error detected: Value '{value}' at '{shown}' {rule}"
    variables = (request.get("Environment") or {}).get("Variables") or {}
    text = json.dumps(variables, separators=(",", ":"))
    if len(text.encode()) > VARIABLES_BYTES:
        return "InvalidParameterValueException", (
            "Lambda was unable to configure your environment variables because the environment variables you have provided "
            f"exceeded the 4KB limit. String measured: {text}"
        )
    return None


def code_refusal(archive: bytes) -> Refusal | None:
    """The error's name and message if Lambda refuses the size of an archive's content."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as packed:
            size = sum(entry.file_size for entry in packed.infolist())
    except zipfile.BadZipFile:
        return (
            "InvalidParameterValueException",
            "Could not unzip uploaded file. Please check your file, then try to upload again.",
        )
    if size >= UNPACKED_BYTES:
        return "InvalidParameterValueException", f"Unzipped size must be smaller than {UNPACKED_BYTES} bytes"
    return None


class Concurrency:
    """The functions that run now."""

    def __init__(self) -> None:
        self._running: Counter[str] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def slot(self, function: str, reserved: int | None, account: int) -> Iterator[str | None]:
        """Hold a slot for one invocation; the reason instead if there is none."""
        with self._lock:
            if reserved is not None and self._running[function] >= reserved:
                reason: str | None = "ReservedFunctionConcurrentInvocationLimitExceeded"
            else:
                reason = "ConcurrentInvocationLimitExceeded" if self._running.total() >= account else None
            self._running[function] += reason is None
        try:
            yield reason
        finally:
            with self._lock:
                self._running[function] -= reason is None


def install(local: LocalAws) -> None:
    response = require(load("moto.awslambda.responses"), "LambdaResponse")
    install_code_check()
    concurrency = Concurrency()

    def answered(refusal: Refusal, status: int, body: str | None = None) -> Any:
        _, headers, text = error_answer(*refusal, "lambda", "application/json", status)
        # moto takes the status from there.
        return status, {**headers, "status": str(status)}, body or text

    def refused(refusal: Refusal | None, status: int = 400) -> Any:
        return answered(refusal, status) if refusal else None

    def create_function(self: Any) -> Any:
        request = json.loads(self.body or "{}")
        too_large = archive_refusal(self.body, "CreateFunction")
        return refused(too_large, 413) or refused(configuration_refusal(request)) or originals["create_function"](self)

    def update_function_configuration(self: Any) -> Any:
        refusal = configuration_refusal(json.loads(self.body or "{}"))
        return refused(refusal) or originals["update_function_configuration"](self)

    def update_function_code(self: Any) -> Any:
        return refused(archive_refusal(self.body, "UpdateFunctionCode"), 413) or originals["update_function_code"](self)

    def invoke(self: Any) -> Any:
        # moto looks for the version among the members of the event, which may be of any type.
        self._get_param = lambda name, if_none=None: self.querystring.get(name, [if_none])[0]
        kind = header(self.headers, "x-amz-invocation-type", "RequestResponse")
        refusal = event_refusal(kind, self.body)
        if refusal is not None or kind != "RequestResponse":
            return refused(refusal, 413) or originals["invoke"](self)
        function = self.backend.get_function(unquote(self.path.rsplit("/", 2)[-2]))
        reserved = function.reserved_concurrency
        account = quotas.limit(local.settings.data_dir, "Concurrent executions")
        with concurrency.slot(function.function_arn, None if reserved is None else int(reserved), account) as reason:
            if reason is None:
                return originals["invoke"](self)
            body = json.dumps({"Reason": reason, "Type": "User", "message": "Rate Exceeded."})
            return answered(("TooManyRequestsException", ""), 429, body)

    made = {
        "create_function": create_function,
        "update_function_configuration": update_function_configuration,
        "update_function_code": update_function_code,
        "invoke": invoke,
    }
    originals = {name: replace(response, name, value) for name, value in made.items()}


def install_code_check() -> None:
    """Both ways to code: in the request, and from a bucket."""
    models, errors = load("moto.awslambda.models"), load("moto.awslambda.exceptions")

    def checked(original: Any) -> Any:
        def content(source: Any) -> Any:
            found = original(source)
            refusal = code_refusal(found[0])
            if refusal is not None:
                raise errors.LambdaClientError(*refusal)
            return found

        return content

    for name in ("_zipfile_content", "_s3_content"):
        replace(models, name, checked(require(models, name)))


def archive_refusal(body: str | bytes, operation: str) -> Refusal | None:
    """What Lambda says of a request with an archive that is too large for it: such a one goes through S3."""
    most = ARCHIVE_BYTES * 4 // 3
    if len(body) <= most:
        return None
    return "RequestEntityTooLargeException", f"Request must be smaller than {most} bytes for the {operation} operation"


def event_refusal(kind: str, body: str | bytes) -> Refusal | None:
    """What Lambda says of an event that is too large."""
    most = EVENT_BYTES.get(kind)
    size = len(body.encode() if isinstance(body, str) else body)
    if most is None or size <= most:
        return None
    return "RequestEntityTooLargeException", f"Request must be smaller than {most} bytes for the InvokeFunction operation"
