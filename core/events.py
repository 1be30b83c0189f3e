"""News that comes up: events are frozen dataclasses, published inside the caller's transaction.

`publish` writes one DomainEvent and one Delivery per handler (config/wiring.py says which), in a
single statement, and wakes the outbox after commit.
"""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, ClassVar, Self, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import orjson
from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from core import clock
from core.hot import hot_line

_BY_NAME: dict[str, type[Event]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Base. Subclasses set `name` ("stations.SessionStarted") and may set `subject`.

    Fields are plain: str, int, bool, datetime, Decimal, UUID, list[str] and optional forms.
    """

    name: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        if cls.name:
            _BY_NAME[cls.name] = cls

    @property
    def subject(self) -> str:
        """What it is about, for people reading the table: "session.81"."""
        return ""

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> Self:
        hints = _hints(cls)  # type: ignore[arg-type]
        return cls(**{key: _typed(hints[key], value) for key, value in payload.items() if key in hints})


def event_types() -> Mapping[str, type[Event]]:
    """Every event class that has been imported, by name."""
    return _BY_NAME


def publish(*events: Event) -> None:
    """Write the events and their deliveries now; deliver after commit. Idempotent it is not."""
    if not events:
        return
    routes = _routes()
    now = clock.now()
    news = [
        {"type": event.name, "subject": event.subject, "payload": event, "occurred_at": now}
        for event in events
    ]
    handlers = [
        {"type": name, "handler": handler}
        for name in {e.name for e in events}
        for handler in routes.get(name, ())
    ]
    hot_line().execute(_PUBLISH, [_json(news), _json(handlers), now])
    if handlers:
        transaction.on_commit(_wake_outbox, robust=True)


def _wake_outbox() -> None:
    from core.outbox import wake

    wake()


def _routes() -> Mapping[str, Sequence[str]]:
    routes: Mapping[str, Sequence[str]] = import_string(settings.EVENT_HANDLERS)
    return routes


_PUBLISH = """
with told as (
  insert into core_domainevent (type, subject, payload, occurred_at)
  select type, subject, payload, occurred_at
    from json_to_recordset(%s) as n(type text, subject text, payload jsonb, occurred_at timestamptz)
  returning id, type
)
insert into core_delivery (event_id, handler, state, attempts, next_attempt_at, error)
select told.id, h.handler, 'pending', 0, x.now, ''
  from told join json_to_recordset(%s) as h(type text, handler text) using (type),
       (select %s::timestamptz as now) x
"""


def _json(rows: list[dict[str, Any]]) -> str:
    return orjson.dumps(rows, default=str).decode()


@cache
def _hints(cls: type[Event]) -> dict[str, Any]:
    return {f.name: _bare(get_type_hints(cls)[f.name]) for f in fields(cls)}


def _bare(hint: Any) -> Any:
    if get_origin(hint) in (Union, types.UnionType):
        return next(arg for arg in get_args(hint) if arg is not type(None))
    return hint


def _typed(hint: Any, value: Any) -> Any:
    if value is None or not isinstance(value, str):
        return value
    if hint is datetime:
        return datetime.fromisoformat(value)
    return hint(value) if hint in (Decimal, UUID) else value
