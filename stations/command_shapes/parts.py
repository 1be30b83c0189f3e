"""The parameters of a kind, by their names and types."""

from __future__ import annotations

import types
from collections.abc import Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache
from typing import (
    Any,
    Final,
    NotRequired,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

NOTHING = type(None)
LISTS: Final = (list, tuple, set, frozenset, Sequence)
INSTANTS: Final = ("_at", "_from", "_until")
"""How the name of a text ends that holds an ISO 8601 instant."""


@dataclass(frozen=True, slots=True)
class Part:
    """One parameter. `hint` is its type without None; `is_optional`: it may be null."""

    name: str
    hint: Any
    is_required: bool
    is_optional: bool
    default: Any


def parts_of(shape: type[Any]) -> tuple[Part, ...]:
    """The parameters of a kind (or of a dataclass or TypedDict inside one), in their order."""
    return _parts(shape)  # type: ignore[arg-type]


@cache
def _parts(shape: Any) -> tuple[Part, ...]:
    hints = get_type_hints(shape, include_extras=True)
    if is_typeddict(shape):
        return tuple(_member(name, hint) for name, hint in hints.items())
    return tuple(_part(field, hints[field.name]) for field in fields(shape))


def _member(name: str, hint: Any) -> Part:
    is_required = get_origin(hint) is not NotRequired
    bare, is_optional = without_none(hint if is_required else get_args(hint)[0])
    return Part(name, bare, is_required, is_optional, None)


def _part(field: Any, hint: Any) -> Part:
    has_default = field.default is not MISSING or field.default_factory is not MISSING
    default = field.default if field.default is not MISSING else None
    if field.default_factory is not MISSING:
        default = field.default_factory()
    bare, is_optional = without_none(hint)
    return Part(field.name, bare, not has_default, is_optional, default)


def holds_instant(part: Part) -> bool:
    return part.hint is str and part.name.endswith(INSTANTS)


def is_shape(hint: Any) -> bool:
    return is_typeddict(hint) or (isinstance(hint, type) and is_dataclass(hint))


def without_none(hint: Any) -> tuple[Any, bool]:
    """`int | None` -> (int, True)."""
    if get_origin(hint) not in (Union, types.UnionType):
        return hint, hint is NOTHING
    rest = tuple(arg for arg in get_args(hint) if arg is not NOTHING)
    return (rest[0] if len(rest) == 1 else Union[rest]), len(rest) < len(get_args(hint))  # noqa: UP007
