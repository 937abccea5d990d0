"""Connections of Glue jobs to networks: kept, given back whole, deleted. Nothing here connects by them."""

from typing import Any

from oleoduto_local.context import LocalAws
from oleoduto_local.patching import add, load, replace, require


def install(_local: LocalAws) -> None:
    response = require(load("moto.glue.responses"), "GlueResponse")
    connection = require(load("moto.glue.models"), "FakeConnection")
    result = require(load("moto.core.responses"), "ActionResult")

    # moto gives the type and the subnet back in a member that the API does not have, so every plan would change them.
    def as_dict(self: Any) -> dict[str, Any]:
        given: dict[str, Any] = original(self)
        return {**{key: value for key, value in given.items() if key != "Connection"}, **self.connection_input}

    original = replace(connection, "as_dict", as_dict)

    # Absent in moto. AWS answers the same for a connection that is not there.
    def delete_connection(self: Any) -> Any:
        self.glue_backend.connections.pop(self._get_param("ConnectionName"), None)
        return result({})

    add(response, "delete_connection", delete_connection)
