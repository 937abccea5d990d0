"""For all services: errors that answer at once instead of looking like a hang, and no work twice."""

import logging
from functools import cache
from typing import Any

from oleoduto_local.answers import error_answer, signed_service
from oleoduto_local.context import LocalAws
from oleoduto_local.models import LOADER
from oleoduto_local.patching import load, load_alone, replace, require

LOG = logging.getLogger("oleoduto_local")


def install(_local: LocalAws) -> None:
    utils = load("moto.core.utils")
    # moto makes a loader for each model that it reads, and botocore one for each session.
    replace(utils, "create_loader", lambda: LOADER)
    replace(load("botocore.session"), "create_loader", lambda _path: LOADER)
    # moto's Step Functions read one enumeration of Batch, whose package reads EC2 and the instance types of all regions:
    # more than half of what a start took.
    load_alone("moto.batch.utils")
    backends = load("moto.backends")
    # moto lists its folder, twice for each request.
    modules = tuple(require(backends, "list_of_moto_modules")())
    replace(backends, "list_of_moto_modules", lambda: modules)
    # All members of a service's class, anew for each request.
    responses = load("moto.core.responses")
    replace(responses, "method_names_from_class", cache(require(responses, "method_names_from_class")))
    converter = utils.convert_to_flask_response

    def call(self: Any, args: Any = None, **kwargs: Any) -> Any:
        from flask import Response, request
        from werkzeug.exceptions import HTTPException

        try:
            return original(self, args, **kwargs)
        except HTTPException:
            raise
        except NotImplementedError as error:
            # moto answers 500, which SDKs and Terraform retry for minutes: an unknown action looks like a
            # hang.
            code, message = "NotImplemented", f"the local AWS does not implement this action: {error}"
            LOG.warning("%s %s: %s", request.method, request.path, message)
        except Exception as error:
            # The same holds for moto's own faults: they do not go away by retrying.
            code, message = "LocalAwsFault", f"{type(error).__name__}: {error}"
            LOG.exception("%s %s failed", request.method, request.path)
        service = signed_service(request.headers.get("Authorization", ""))
        status, headers, body = error_answer(code, message, service, request.headers.get("Content-Type", ""))
        return Response(response=body, status=status, headers=headers)

    original = replace(converter, "__call__", call)
