"""Lambda: handlers that run, raise, time out, and what callers see."""

import base64
import json
from typing import Any

from local_support import Aws, Server, wait_until

HANDLER = """
import os
def handler(event, context):
    print("event", event)
    assert 0 < context.get_remaining_time_in_millis() <= 5000
    return {"sum": event["a"] + event["b"], "who": context.function_name, "id": context.aws_request_id,
            "prefix": os.environ["PIPELINE_PREFIX"], "home": os.environ["AWS_LAMBDA_FUNCTION_NAME"],
            "token": os.environ.get("GITHUB_TOKEN")}
"""


def call(aws: Aws, name: str, event: Any, **more: Any) -> tuple[dict[str, Any], Any]:
    answer = aws.functions.invoke(FunctionName=name, Payload=json.dumps(event), **more)
    return answer, json.loads(answer["Payload"].read())


def test_result_environment_and_log(aws: Aws, server: Server) -> None:
    name = aws.function(HANDLER, Environment={"Variables": {"PIPELINE_PREFIX": "oleoduto"}})
    answer, payload = call(aws, name, {"a": 1, "b": 2}, LogType="Tail")
    assert answer["StatusCode"] == 200
    assert "FunctionError" not in answer
    assert payload["sum"] == 3
    assert payload["who"] == payload["home"] == name
    assert payload["prefix"] == "oleoduto"
    assert payload["token"] is None
    assert (server.data / "logs" / "lambda" / f"{name}.log").stat().st_mode & 0o777 == 0o600
    assert payload["id"] in base64.b64decode(answer["LogResult"]).decode()
    lines = aws.log_lines(f"/aws/lambda/{name}")
    assert lines[0].startswith("START RequestId")
    assert "event {'a': 1, 'b': 2}" in lines
    assert lines[-1].startswith("REPORT RequestId")
    assert "event {'a': 1, 'b': 2}" in server.log("lambda", name)


def test_exception(aws: Aws) -> None:
    name = aws.function("def handler(event, context):\n    raise ValueError('bad run_date: x')\n")
    answer, payload = call(aws, name, {})
    assert answer["FunctionError"] == "Unhandled"
    assert (payload["errorType"], payload["errorMessage"]) == ("ValueError", "bad run_date: x")
    assert "line 2, in handler" in payload["stackTrace"][0]


def test_timeout(aws: Aws) -> None:
    name = aws.function("import time\ndef handler(event, context):\n    time.sleep(30)\n", timeout=1)
    answer, payload = call(aws, name, {})
    assert answer["FunctionError"] == "Unhandled"
    assert payload["errorType"] == "Sandbox.Timedout"
    assert payload["errorMessage"].endswith("Task timed out after 1.00 seconds")


def test_bad_code_and_bad_results(aws: Aws) -> None:
    cases = {
        "import nothing_of_this_name": "Runtime.ImportModuleError",
        "other = 1": "Runtime.HandlerNotFound",
        "def handler(e, c) return 1": "Runtime.UserCodeSyntaxError",
        "def handler(e, c): return {1, 2}": "Runtime.MarshalError",
        "def handler(e, c): raise SystemExit(4)": "Runtime.ExitError",
        "import os\ndef handler(e, c): os._exit(9)": "Runtime.ExitError",
    }
    for source, kind in cases.items():
        answer, payload = call(aws, aws.function(source), {})
        assert answer["FunctionError"] == "Unhandled", source
        assert payload["errorType"] == kind, source


def test_asynchronous_invocation(aws: Aws, server: Server) -> None:
    name = aws.function("def handler(event, context):\n    print('got', event['x'])\n")
    answer = aws.functions.invoke(FunctionName=name, InvocationType="Event", Payload=b'{"x": 41}')
    assert answer["StatusCode"] == 202
    log = server.data / "logs" / "lambda" / f"{name}.log"
    wait_until(lambda: log.exists() and "got 41" in log.read_text(), "the event is handled")


def test_update_of_code_and_settings(aws: Aws) -> None:
    name = aws.function("def handler(e, c): return 1", LoggingConfig={"LogFormat": "Text", "LogGroup": "/own/group"})
    assert call(aws, name, {})[1] == 1
    assert aws.log_lines("/own/group")[0].startswith("START")
    group = {"LogFormat": "JSON", "LogGroup": "/other/group"}
    aws.functions.update_function_configuration(FunctionName=name, LoggingConfig=group, TracingConfig={"Mode": "Active"})
    found = aws.functions.get_function_configuration(FunctionName=name)
    assert found["LoggingConfig"] == group
    assert found["TracingConfig"] == {"Mode": "Active"}
    other = aws.function("def handler(e, c): return 2")
    code = aws.functions.get_function(FunctionName=other)["Configuration"]["CodeSha256"]
    assert code != found["CodeSha256"]
