"""The rules of a service's model that moto skips: names, lengths, ranges and required members, refused in AWS's words."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

# AWS names at most this many violations of one request.
MOST = 10


class WrongType(Exception):
    """A value has another type than the model says; AWS refuses it before it looks at anything else."""


def violations(shape: Any, value: Any, path: str = "") -> Iterator[str]:
    """What `value` breaks of a botocore shape, one text for each rule."""
    kind = shape.type_name
    if kind == "structure":
        yield from _structure(shape, _typed(value, Mapping, "structure", path), path)
    elif kind == "list":
        items = _typed(value, list, "list", path)
        yield from _size(shape, items, items, path)
        for number, item in enumerate(items, start=1):
            yield from violations(shape.member, item, f"{path}.{number}.member")
    elif kind == "map":
        members = _typed(value, Mapping, "map", path)
        yield from _size(shape, members, members, path)
        for key, item in members.items():
            yield from violations(shape.key, key, f"{path}.key")
            yield from violations(shape.value, item, f"{path}.{key}.member")
    elif kind == "string":
        yield from _text(shape, _typed(value, str, "string", path), path)
    elif kind in ("integer", "long", "float", "double"):
        if isinstance(value, bool):
            raise WrongType(f"the value at '{path}' is a boolean, not a number")
        yield from _range(shape, _typed(value, int | float, "number", path), path)
    elif kind == "boolean":
        _typed(value, bool, "boolean", path)


def message(found: list[str]) -> str:
    """The text of a ValidationException."""
    errors = "error" if len(found) == 1 else "errors"
    return f"{len(found)} validation {errors} detected: {'; '.join(found[:MOST])}"


def _typed(value: Any, wanted: Any, name: str, path: str) -> Any:
    if not isinstance(value, wanted):
        raise WrongType(f"the value {value!r} at '{path}' can not be converted to a {name}")
    return value


def _structure(shape: Any, value: Mapping[str, Any], path: str) -> Iterator[str]:
    for name, member in shape.members.items():
        # The model's names begin with a capital letter, AWS's messages do not.
        place = f"{path}.{name[:1].lower()}{name[1:]}".lstrip(".")
        if value.get(name) is not None:
            yield from violations(member, value[name], place)
        # What is in the address or a header is there, or the request would not have come to this operation.
        elif name in shape.required_members and "location" not in member.serialization:
            yield _broken(None, place, "Member must not be null")


def _text(shape: Any, value: str, path: str) -> Iterator[str]:
    yield from _size(shape, value, value, path)
    pattern = shape.metadata.get("pattern")
    if pattern is not None and not _matches(pattern, value):
        rule = f"Member must satisfy regular expression pattern: {pattern}"
        yield _broken(value, path, rule, bool(shape.metadata.get("sensitive")))
    if shape.enum and value not in shape.enum:
        yield _broken(value, path, f"Member must satisfy enum value set: [{', '.join(shape.enum)}]")


def _matches(pattern: str, value: str) -> bool:
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error:
        # Written for Java, such as `\\p{L}`: Python can't judge it, so it refuses nothing.
        return True


def _size(shape: Any, value: Any, shown: Any, path: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    is_secret = bool(shape.metadata.get("sensitive"))
    if least is not None and len(value) < least:
        yield _broken(shown, path, f"Member must have length greater than or equal to {least}", is_secret)
    if most is not None and len(value) > most:
        yield _broken(shown, path, f"Member must have length less than or equal to {most}", is_secret)


def _range(shape: Any, value: float, path: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and value < least:
        yield _broken(value, path, f"Member must have value greater than or equal to {least}")
    if most is not None and value > most:
        yield _broken(value, path, f"Member must have value less than or equal to {most}")


def _broken(value: Any, path: str, rule: str, is_secret: bool = False) -> str:
    shown = "" if is_secret else " null" if value is None else f" '{value}'"
    return f"Value{shown} at '{path}' failed to satisfy constraint: {rule}"
