"""How moto is patched: every private name is looked up by name and must be there, so an upgrade cannot lose
a patch.
"""

import importlib
from typing import Any

from oleoduto_local.errors import PatchError


def load(module: str) -> Any:
    """A module of moto. It is `Any` on purpose: most of what is patched is untyped."""
    return importlib.import_module(module)


def _described(owner: Any) -> str:
    return str(getattr(owner, "__qualname__", None) or getattr(owner, "__name__", owner))


def require(owner: Any, name: str) -> Any:
    """A name that the patches rely on."""
    if not hasattr(owner, name):
        raise PatchError(
            f"moto's {_described(owner)} has no `{name}`, which the local AWS relies on; "
            "install the pinned moto or adapt the patch"
        )
    return getattr(owner, name)


def replace(owner: Any, name: str, value: Any) -> Any:
    """Puts `value` in the place of an existing name and returns what was there."""
    original = require(owner, name)
    setattr(owner, name, value)
    return original


def add(owner: Any, name: str, value: Any) -> None:
    """Adds a name that moto lacks; if moto has it by now the patch must be looked at again."""
    if hasattr(owner, name):
        raise PatchError(
            f"moto's {_described(owner)} already has `{name}`, which the local AWS adds; "
            "install the pinned moto or drop the patch"
        )
    setattr(owner, name, value)
