"""Plans and their inputs as plain JSON and back, so that any plan can be made again and compared."""

from __future__ import annotations

import types
from collections.abc import Sequence
from dataclasses import asdict, fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from scheduling.allocation import power
from scheduling.allocation.power_types import Plan, Session, Site

T = TypeVar("T")
Json = dict[str, Any]


def record(*, plan: Plan, site: Site, sessions: Sequence[Session], previous: Plan | None) -> Json:
    """All that a plan was made from, and the plan."""
    return {
        "site": dump(site),
        "sessions": [dump(session) for session in sessions],
        "previous": None if previous is None else dump(previous),
        "plan": dump(plan),
    }


def recorded_plan(inputs: Json) -> Plan:
    return load(Plan, inputs["plan"])


def replay(inputs: Json) -> Plan:
    """The plan that the planner of today makes from recorded inputs."""
    previous = inputs["previous"]
    return power.plan(
        now=recorded_plan(inputs).made_at,
        site=load(Site, inputs["site"]),
        sessions=[load(Session, session) for session in inputs["sessions"]],
        previous=None if previous is None else load(Plan, previous),
    )


def dump(value: Any) -> Json:
    plain: Json = _plain(asdict(value))
    return plain


def load(kind: type[T], value: Json) -> T:
    dataclass: Any = kind
    hints = _hints(dataclass)
    return kind(**{name: _load(hints[name], each) for name, each in value.items() if name in hints})


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return str(value) if isinstance(value, StrEnum) else value


@cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def _load(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(each for each in get_args(hint) if each is not type(None))
    if get_origin(hint) is tuple:
        return tuple(_load(get_args(hint)[0], each) for each in value)
    if hint is datetime:
        return datetime.fromisoformat(value)
    if isinstance(hint, type) and is_dataclass(hint):
        return load(hint, value)
    return hint(value) if isinstance(hint, type) and issubclass(hint, StrEnum) else value
