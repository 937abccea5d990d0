"""Lambda: Invoke runs the handler; LoggingConfig is kept; updates reach every setting that was given."""

from typing import Any

from oleoduto_local.context import LocalAws
from oleoduto_local.patching import load, replace, require
from oleoduto_local.runners import lambdas


def header(headers: Any, name: str, default: str) -> str:
    """A header whatever its case: moto hands them on as a plain dictionary at times."""
    for key, value in dict(headers).items():
        if key.lower() == name:
            return str(value)
    return default


def logging_config(function: Any) -> dict[str, Any]:
    """AWS always answers one, with the default group when none was given."""
    given = getattr(function, "logging_config", None) or {}
    return {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{function.function_name}", **given}


def described(function: Any) -> lambdas.Function:
    return lambdas.Function(
        name=function.function_name,
        arn=function.function_arn,
        version=str(function.version),
        region=function.region,
        runtime=function.run_time or "",
        handler=function.handler or "",
        code=function.code_bytes,
        code_hash=function.code_digest.removeprefix("sha256:"),
        timeout=float(function.timeout),
        memory_mb=int(function.memory_size),
        log_group=logging_config(function)["LogGroup"],
        environment=function.environment_vars or {},
        role_arn=function.role or "",
    )


def install(local: LocalAws) -> None:
    function_class = require(load("moto.awslambda.models"), "LambdaFunction")

    # moto runs functions in Docker, which is not used here, and calls every error "Handled".
    def invoke(self: Any, body: str | bytes, request_headers: Any, response_headers: Any) -> str | bytes:
        event = body.decode() if isinstance(body, bytes) else body
        kind = header(request_headers, "x-amz-invocation-type", "RequestResponse")
        if kind == "DryRun":
            return b""
        function = described(self)
        if kind == "Event":
            # AWS retries a failed asynchronous invocation twice, minutes later; here it is tried once.
            local.in_background(f"lambda-{function.name}", lambda: lambdas.run(local, function, event))
            return b""
        answer = lambdas.run(local, function, event)
        if answer.failed:
            response_headers["x-amz-function-error"] = "Unhandled"
        response_headers["x-amz-log-result"] = answer.log_tail()
        response_headers["x-amz-executed-version"] = function.version
        return answer.payload

    # moto drops LoggingConfig: Terraform would plan it anew for ever.
    def init(self: Any, account_id: str, spec: dict[str, Any], region: str, version: Any = 1) -> None:
        original_init(self, account_id, spec, region, version)
        self.logging_config = spec.get("LoggingConfig")

    def get_configuration(self: Any, on_create: bool = False) -> dict[str, Any]:
        configuration: dict[str, Any] = original_configuration(self, on_create)
        return {**configuration, "LoggingConfig": logging_config(self)}

    # moto ignores these members of UpdateFunctionConfiguration, so a changed setting would come back at
    # every plan.
    def update_configuration(self: Any, config_updates: dict[str, Any]) -> dict[str, Any]:
        original_update(self, config_updates)
        if "LoggingConfig" in config_updates:
            self.logging_config = config_updates["LoggingConfig"]
        if "TracingConfig" in config_updates:
            self.tracing_config = config_updates["TracingConfig"]
        if "EphemeralStorage" in config_updates:
            self.ephemeral_storage = config_updates["EphemeralStorage"]["Size"]
        configuration: dict[str, Any] = self.get_configuration()
        return configuration

    replace(function_class, "invoke", invoke)
    original_init = replace(function_class, "__init__", init)
    original_configuration = replace(function_class, "get_configuration", get_configuration)
    original_update = replace(function_class, "update_configuration", update_configuration)
