"""botocore's models of the services: each file is parsed once per process, not once per client. SageMaker's has 1.5 MB."""

from functools import cache
from typing import Any

import botocore.session
from botocore.loaders import Loader

LOADER = Loader(include_default_search_paths=True)


def session() -> botocore.session.Session:
    """A new session that shares the parsed models."""
    made = botocore.session.get_session()
    made.register_component("data_loader", LOADER)
    return made


@cache
def service_model(name: str) -> Any:
    """The model of a service, which is looked up by attributes that botocore does not type."""
    return session().get_service_model(name)
