"""SageMaker, Glue, Lambda and Step Functions: requests that break the service's own model are refused. moto accepts them."""

import json
from collections.abc import Mapping
from typing import Any

from oleoduto_local.answers import error_answer
from oleoduto_local.context import LocalAws
from oleoduto_local.model_checks import WrongType, message, violations
from oleoduto_local.patching import load, replace, require

# The models of the services whose requests are JSON with the names of the model, by moto's names of the services.
MODELS = {"sagemaker": "sagemaker", "glue": "glue", "awslambda": "lambda", "stepfunctions": "stepfunctions"}


def refusal(service: str, action: str, body: str | bytes) -> tuple[str, str] | None:
    """The error's name and message, or none if the model allows the request."""
    utils = load("moto.core.utils")
    model = require(utils, "get_service_model")(service)
    if action not in model.operation_names:
        return None
    shape = model.operation_model(action).input_shape
    if shape is None or "payload" in shape.serialization:
        # A body that is one member, such as a function's event, is no JSON of the request.
        return None
    try:
        request: Any = json.loads(body or "{}")
        if not isinstance(request, Mapping):
            return None
        found = list(violations(shape, request))
    except json.JSONDecodeError as error:
        return "SerializationException", f"the request is not JSON: {error}"
    except WrongType as error:
        return "SerializationException", str(error)
    return ("ValidationException", message(found)) if found else None


def install(_local: LocalAws) -> None:
    response = require(load("moto.core.responses"), "BaseResponse")

    def call_action(self: Any) -> Any:
        action = self._get_action() or ""
        model = MODELS.get(self.service_name or "")
        refused = refusal(model, action, self.body) if model else None
        if refused is not None:
            return error_answer(*refused, self.service_name, "application/json")
        return original(self)

    original = replace(response, "call_action", call_action)
