"""Runs one Lambda invocation in its own process: `python lambda_bootstrap.py INVOCATION.json RESULT.json`.

Standard library only, since it runs among the function's own files. The time limit is a timer signal with its
default action, which ends the process whatever the handler is doing; the server reads that as a timeout.
"""

import importlib
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any


class Context:
    """What handlers get as their second argument."""

    def __init__(self, invocation: dict[str, Any], deadline: float) -> None:
        self.aws_request_id: str = invocation["request_id"]
        self.function_name: str = invocation["function_name"]
        self.function_version: str = invocation["function_version"]
        self.invoked_function_arn: str = invocation["function_arn"]
        self.memory_limit_in_mb = str(invocation["memory_mb"])
        self.log_group_name: str = invocation["log_group"]
        self.log_stream_name: str = invocation["log_stream"]
        self.identity = None
        self.client_context = None
        self._deadline = deadline

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._deadline - time.monotonic()) * 1000))


def failure(kind: str, message: str, trace: list[str], request_id: str) -> dict[str, Any]:
    return {"errorMessage": message, "errorType": kind, "requestId": request_id, "stackTrace": trace}


def find_handler(name: str) -> Callable[[Any, Context], Any]:
    module_name, _, function = name.rpartition(".")
    module = importlib.import_module(module_name.replace("/", "."))
    handler: Callable[[Any, Context], Any] = getattr(module, function)
    return handler


def frames(error: BaseException) -> list[str]:
    """The stack without this file's own frame, as Lambda shows it."""
    return traceback.format_list(traceback.extract_tb(error.__traceback__)[1:])


def invoke(invocation: dict[str, Any]) -> tuple[bool, Any]:
    """(True, JSON text of the result) or (False, the error object)."""
    request_id, name = invocation["request_id"], invocation["handler"]
    try:
        handler = find_handler(name)
    except (AttributeError, ValueError) as error:
        return False, failure("Runtime.HandlerNotFound", f"Handler '{name}' not found: {error}", [], request_id)
    except ImportError as error:
        module = name.rpartition(".")[0]
        message = f"Unable to import module '{module}': {error}"
        return False, failure("Runtime.ImportModuleError", message, [], request_id)
    except SyntaxError as error:
        return False, failure("Runtime.UserCodeSyntaxError", f"Syntax error in {name}: {error}", [], request_id)
    limit = float(invocation["timeout"])
    context = Context(invocation, time.monotonic() + limit)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, limit)
    try:
        result = handler(invocation["event"], context)
    except SystemExit as error:
        message = f"RequestId: {request_id} Error: Runtime exited with {error.code}"
        return False, failure("Runtime.ExitError", message, [], request_id)
    except BaseException as error:
        traceback.print_exc()
        return False, failure(type(error).__name__, str(error), frames(error), request_id)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    try:
        return True, json.dumps(result, allow_nan=False)
    except (TypeError, ValueError) as error:
        message = f"Unable to marshal response: {error}"
        return False, failure("Runtime.MarshalError", message, [], request_id)


def main(argv: list[str]) -> None:
    with open(argv[0], encoding="utf-8") as file:
        invocation = json.load(file)
    # The function's folder takes this script's own place on the import path.
    sys.path[0] = invocation["code"]
    succeeded, value = invoke(invocation)
    payload = value if succeeded else json.dumps(value)
    with open(argv[1] + ".part", "w", encoding="utf-8") as file:
        json.dump({"succeeded": succeeded, "payload": payload}, file)
    os.replace(argv[1] + ".part", argv[1])
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
