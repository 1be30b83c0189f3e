"""What a parameter may look like. A shape is a hash of fields; a field reads text or says why not.

Three kinds of field: those that do something, `inert` (Stripe takes it, nothing here depends on it) and
`later` (Stripe takes it, the stand-in refuses it aloud, for silence would be a lie about money).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from simulator.stripe.errors import InvalidRequest

Read = Callable[[Any, str], Any]


@dataclass(frozen=True)
class Field:
    """Reads one parameter. `shape` (a hash's parts) and `words` (allowed) are compared with the SDK."""

    read: Read
    required: bool = False
    shape: Mapping[str, Field] = field(default_factory=dict)
    words: tuple[str, ...] = ()


Shape = Mapping[str, Field]


def read_shape(shape: Shape, given: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """The parameters read by their shape. Raises InvalidRequest naming the first wrong parameter."""
    for name in given:
        if name not in shape:
            label = _label(prefix, name)
            raise InvalidRequest(
                f"Received unknown parameter: {label}", code="parameter_unknown", param=label
            )
    for name, part in shape.items():
        if part.required and given.get(name) in (None, ""):
            label = _label(prefix, name)
            raise InvalidRequest(f"Missing required param: {label}.", code="parameter_missing", param=label)
    return {name: shape[name].read(value, _label(prefix, name)) for name, value in given.items()}


def _label(prefix: str, name: str) -> str:
    return f"{prefix}[{name}]" if prefix else name


def _text(value: Any, label: str) -> str | None:
    if not isinstance(value, str):
        raise InvalidRequest(f"Invalid string: {label} must be a string.", param=label)
    if len(value) > 5000:
        raise InvalidRequest(f"Invalid string: {label} must be at most 5000 characters.", param=label)
    return value or None


def _integer(value: Any, label: str) -> int | None:
    if value == "":
        return None
    body = value[1:] if isinstance(value, str) and value[:1] == "-" else value
    if not (isinstance(body, str) and body.isascii() and body.isdigit() and len(body) < 16):
        raise InvalidRequest(f"Invalid integer: {value}", code="parameter_invalid_integer", param=label)
    return int(value)


def _flag(value: Any, label: str) -> bool | None:
    if value not in ("true", "false", ""):
        raise InvalidRequest(f"Invalid boolean: {value}", param=label)
    return None if value == "" else bool(value == "true")


def text(*, required: bool = False) -> Field:
    return Field(_text, required)


def integer(*, at_least: int | None = None, required: bool = False) -> Field:
    def read(value: Any, label: str) -> int | None:
        number = _integer(value, label)
        if number is not None and at_least is not None and number < at_least:
            message = f"This value must be greater than or equal to {at_least}."
            raise InvalidRequest(message, code="parameter_invalid_integer", param=label)
        return number

    return Field(read, required)


def flag(*, required: bool = False) -> Field:
    return Field(_flag, required)


def choice(*words: str, required: bool = False) -> Field:
    def read(value: Any, label: str) -> str | None:
        if value != "" and value not in words:
            raise InvalidRequest(f"Invalid {label}: must be one of {', '.join(words)}", param=label)
        return value or None

    return Field(read, required, words=words)


def hash_of(shape: Shape, *, required: bool = False) -> Field:
    def read(value: Any, label: str) -> dict[str, Any] | None:
        if value == "":
            return None
        if not isinstance(value, dict):
            raise InvalidRequest(f"Invalid hash: {label}", param=label)
        return read_shape(shape, value, label)

    return Field(read, required, shape)


def list_of(part: Field, *, required: bool = False) -> Field:
    def read(value: Any, label: str) -> list[Any] | None:
        if value == "":
            return None
        if not isinstance(value, list):
            raise InvalidRequest(f"Invalid array: {label}", param=label)
        return [part.read(entry, f"{label}[{place}]") for place, entry in enumerate(value)]

    return Field(read, required, part.shape)


def _metadata(value: Any, label: str) -> dict[str, str]:
    """Stripe's limits: 50 keys of 40 characters, values of 500. An empty value removes its key."""
    if value == "":
        return {}
    value = dict(enumerate(value)) if isinstance(value, list) else value
    if not isinstance(value, dict) or len(value) > 50:
        raise InvalidRequest(f"Invalid {label}: must be a hash of at most 50 keys", param=label)
    for key, entry in value.items():
        if len(str(key)) > 40 or not isinstance(entry, str) or len(entry) > 500:
            raise InvalidRequest(f"Invalid {label}: keys to 40, values to 500 characters", param=label)
    return {str(key): entry for key, entry in value.items()}


def metadata() -> Field:
    return Field(_metadata)


RANGE: Shape = {name: integer() for name in ("gt", "gte", "lt", "lte")}


def span() -> Field:
    """A moment, or bounds around moments, in unix seconds; read as a hash of bounds."""

    def read(value: Any, label: str) -> dict[str, Any]:
        if isinstance(value, dict):
            return read_shape(RANGE, value, label)
        moment = _integer(value, label)
        return {"gte": moment, "lte": moment}

    return Field(read, shape=RANGE)


def off_session() -> Field:
    """`true`, `false`, or one of the older words for a merchant's own initiative."""

    def read(value: Any, label: str) -> bool | None:
        return True if value in ("one_off", "recurring") else _flag(value, label)

    return Field(read)


def inert(*names: str) -> dict[str, Field]:
    """Known to Stripe and taken; nothing in the stand-in depends on it."""
    return dict.fromkeys(names, Field(lambda value, label: value))


def later(*names: str) -> dict[str, Field]:
    """Known to Stripe, not to the stand-in: refused by name rather than ignored."""

    def refuse(value: Any, label: str) -> Any:
        raise InvalidRequest(
            f"The stand-in does not know {label} yet.", code="standin_unsupported", param=label
        )

    return dict.fromkeys(names, Field(refuse))
