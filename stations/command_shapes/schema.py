"""A shape as JSON Schema: the API describes itself with it."""

from __future__ import annotations

import types
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, Union, get_args, get_origin

from stations.command_shapes.parts import LISTS, Part, holds_instant, is_shape, parts_of

_WORDS: dict[Any, dict[str, Any]] = {
    int: {"type": "integer"},
    float: {"type": "number"},
    Decimal: {"type": "number"},
    bool: {"type": "boolean"},
    str: {"type": "string"},
    datetime: {"type": "string", "format": "date-time"},
}


def about(kind: type[Any]) -> str:
    """What its author wrote about it; a dataclass without words describes itself by its fields."""
    words = " ".join((kind.__doc__ or "").split())
    return "" if words.startswith(f"{kind.__name__}(") else words


def schema_of(shape: type[Any]) -> dict[str, Any]:
    """A JSON Schema of the parameters."""
    parts = parts_of(shape)
    described: dict[str, Any] = {
        "type": "object",
        "properties": {part.name: _schema_of_part(part) for part in parts},
        "additionalProperties": False,
    }
    required = [part.name for part in parts if part.is_required]
    return described | ({"required": required} if required else {})


def _schema_of_part(part: Part) -> dict[str, Any]:
    described = _schema(part.hint)
    if holds_instant(part):
        described = {"type": "string", "format": "date-time"}
    if part.is_optional:
        described["nullable"] = True
    if not part.is_required and isinstance(part.default, bool | int | float | str):
        described["default"] = part.default
    return described


def _schema(hint: Any) -> dict[str, Any]:
    origin = get_origin(hint) or hint
    if origin in (Union, types.UnionType):
        return {"oneOf": [_schema(arg) for arg in get_args(hint)]}
    if origin is Literal:
        return {"enum": list(get_args(hint))}
    if origin in LISTS:
        return {"type": "array", "items": _schema((get_args(hint) or (Any,))[0])}
    if origin in (dict, Mapping):
        return {"type": "object", "additionalProperties": True}
    if is_shape(hint):
        return schema_of(hint)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {"enum": [member.value for member in hint]}
    return dict(_WORDS.get(hint, {}))
