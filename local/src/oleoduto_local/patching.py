"""How moto is patched: every private name is looked up by name and must be there, so an upgrade cannot lose
a patch.
"""

import importlib
import importlib.util
import sys
from typing import Any

from oleoduto_local.errors import PatchError


def load(module: str) -> Any:
    """A module of moto. It is `Any` on purpose: most of what is patched is untyped."""
    return importlib.import_module(module)


def load_alone(module: str) -> Any:
    """A module of a package without the package's own `__init__`, which comes when somebody asks for the package."""
    package = module.rpartition(".")[0]
    spec = importlib.util.find_spec(package)
    if spec is None:
        raise PatchError(f"moto has no `{package}`, which the local AWS relies on; install the pinned moto or adapt the patch")
    if package in sys.modules:
        return load(module)
    sys.modules[package] = importlib.util.module_from_spec(spec)
    try:
        return load(module)
    finally:
        del sys.modules[package]


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
