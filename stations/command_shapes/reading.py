"""What comes from outside, judged against the shape of its kind: names and types of values."""

from __future__ import annotations

import math
import types
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

from django.utils.translation import gettext as _

from stations.command_kinds import CommandKind
from stations.command_shapes.parts import LISTS, Part, holds_instant, is_shape, parts_of

K = TypeVar("K", bound=CommandKind)


class BadParams(ValueError):
    """Names or values that do not fit; `problems` says what is wrong, by the path of the parameter."""

    def __init__(self, problems: Mapping[str, list[str]]) -> None:
        super().__init__("; ".join(f"{path}: {' '.join(said)}" for path, said in problems.items()))
        self.problems = dict(problems)


def read_params(kind: type[K], params: Any) -> K:
    """The command that these parameters name. Raises BadParams with every problem at once."""
    wrong: dict[str, list[str]] = {}
    found = _object(kind, params, "", wrong)
    if wrong:
        raise BadParams(wrong)
    command: K = found
    return command


def _object(shape: type[Any], given: Any, path: str, wrong: dict[str, list[str]]) -> Any:
    if not isinstance(given, Mapping):
        return _note(wrong, path or "params", _("This must be an object."))
    parts = {part.name: part for part in parts_of(shape)}
    for name in given.keys() - parts.keys():
        known = ", ".join(parts) or "–"
        _note(
            wrong, path + str(name), _("There is no such parameter; there are: %(names)s.") % {"names": known}
        )
    for name, part in parts.items():
        if part.is_required and name not in given:
            _note(wrong, path + name, _("This parameter is required."))
    values = {name: _value(parts[name], given[name], path + name, wrong) for name in given if name in parts}
    return None if wrong else _made(shape, values, path, wrong)


def _made(shape: type[Any], values: Mapping[str, Any], path: str, wrong: dict[str, list[str]]) -> Any:
    try:
        return shape(**values)
    except (TypeError, ValueError) as error:
        return _note(wrong, path.rstrip(".") or "params", str(error))


def _value(part: Part, given: Any, path: str, wrong: dict[str, list[str]]) -> Any:
    if given is None and part.is_optional:
        return None
    if isinstance(given, str) and given and holds_instant(part):
        _plain(datetime, given, path, wrong)
    return _typed(part.hint, given, path, wrong)


def _typed(hint: Any, given: Any, path: str, wrong: dict[str, list[str]]) -> Any:
    origin = get_origin(hint) or hint
    if hint is Any:
        return given
    if origin in (Union, types.UnionType):
        return _one_of(get_args(hint), given, path, wrong)
    if origin is Literal:
        return _literal(get_args(hint), given, path, wrong)
    if origin in LISTS:
        return _list(hint, origin, given, path, wrong)
    if origin in (dict, Mapping):
        return _mapping(hint, given, path, wrong)
    if is_shape(hint):
        return _object(hint, given, f"{path}.", wrong)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _literal(tuple(member.value for member in hint), given, path, wrong, hint)
    return _plain(hint, given, path, wrong)


def _plain(hint: Any, given: Any, path: str, wrong: dict[str, list[str]]) -> Any:
    reader, sentence = _PLAIN.get(hint, (lambda value: value, ""))
    try:
        return reader(given)
    except (TypeError, ValueError, InvalidOperation):
        return _note(wrong, path, str(sentence()) if callable(sentence) else sentence)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 2**63:
        raise ValueError
    return int(value)


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError
    return value


def _decimal(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError
    found = Decimal(str(value))
    if not found.is_finite():
        raise ValueError
    return found


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise ValueError
    return value


def _moment(value: Any) -> datetime:
    found = datetime.fromisoformat(value)
    if found.tzinfo is None:
        raise ValueError
    return found


_PLAIN: dict[Any, tuple[Callable[[Any], Any], Callable[[], str]]] = {
    int: (_whole, lambda: _("This must be a whole number.")),
    float: (_number, lambda: _("This must be a number.")),
    Decimal: (_decimal, lambda: _("This must be a number.")),
    bool: (_truth, lambda: _("This must be true or false.")),
    str: (_text, lambda: _("This must be a text.")),
    datetime: (_moment, lambda: _("This must be a time with its offset, such as 2026-03-01T12:00:00Z.")),
}


def _one_of(hints: tuple[Any, ...], given: Any, path: str, wrong: dict[str, list[str]]) -> Any:
    trials: list[dict[str, list[str]]] = []
    for hint in hints:
        trial: dict[str, list[str]] = {}
        found = _typed(hint, given, path, trial)
        if not trial:
            return found
        trials.append(trial)
    wrong.update(trials[0])
    return None


def _literal(
    words: tuple[Any, ...], given: Any, path: str, wrong: dict[str, list[str]], made: Any = None
) -> Any:
    if isinstance(given, list | dict) or given not in words:
        listed = ", ".join(map(str, words))
        return _note(wrong, path, _("This must be one of: %(words)s.") % {"words": listed})
    return made(given) if made else given


def _list(hint: Any, origin: Any, given: Any, path: str, wrong: dict[str, list[str]]) -> Any:
    if not isinstance(given, list | tuple):
        return _note(wrong, path, _("This must be a list."))
    inner = (get_args(hint) or (Any,))[0]
    read = [_typed(inner, value, f"{path}[{n}]", wrong) for n, value in enumerate(given)]
    return read if origin is list else tuple(read)


def _mapping(hint: Any, given: Any, path: str, wrong: dict[str, list[str]]) -> Any:
    if not isinstance(given, dict):
        return _note(wrong, path, _("This must be an object."))
    inner = (*get_args(hint), Any, Any)[1] if get_args(hint) else Any
    return {key: _typed(inner, value, f"{path}.{key}", wrong) for key, value in given.items()}


def _note(wrong: dict[str, list[str]], path: str, sentence: str) -> None:
    wrong.setdefault(path, []).append(sentence)
