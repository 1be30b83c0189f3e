"""At start-up: every handler named in the wiring exists, and every event has been considered."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.utils.module_loading import import_string

from core.dotted import resolve
from core.events import event_types


@register()
def wiring_is_complete(**_: Any) -> list[CheckMessage]:
    wiring: dict[str, tuple[str, ...]] = import_string(settings.EVENT_HANDLERS)
    unknown = [
        Error(f"config.wiring names the event {name}, which does not exist.", id="core.E001")
        for name in wiring.keys() - event_types().keys()
    ]
    forgotten = [
        Error(f"The event {name} is not considered in config.wiring.", id="core.E002")
        for name in event_types().keys() - wiring.keys()
    ]
    return [
        *unknown,
        *forgotten,
        *_missing([h for hs in wiring.values() for h in hs]),
        *_missing([*settings.AUTHORIZATION_CHECKS, *settings.BEFORE_REMOTE_START]),
    ]


def _missing(names: list[str]) -> list[CheckMessage]:
    return [
        Error(f"{name} is named in the wiring and cannot be imported.", id="core.E003")
        for name in names
        if not _exists(name)
    ]


def _exists(name: str) -> bool:
    try:
        return callable(resolve(name))
    except ImportError:
        return False
