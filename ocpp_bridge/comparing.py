"""Where two messages differ, member by member. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

CLOSE_ENOUGH: Final = timedelta(seconds=5)
NOTHING: Final = "(nothing)"


class Mismatch(NamedTuple):
    """One member: its path ("2.idTagInfo.status"), as it was recorded, as it is now."""

    path: str
    recorded: Any
    now: Any


def mismatches(recorded: str | None, now: str | None) -> list[Mismatch]:
    """How two frames differ; texts that are no JSON are compared as they stand. None: there is none."""
    if recorded is None or now is None:
        same = recorded is None and now is None
        return [] if same else [Mismatch("", recorded or NOTHING, now or NOTHING)]
    return list(_walk("", _read(recorded), _read(now)))


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _walk(path: str, recorded: Any, now: Any) -> Iterator[Mismatch]:
    if isinstance(recorded, dict) and isinstance(now, dict):
        for name in sorted(recorded.keys() | now.keys()):
            yield from _walk(f"{path}.{name}", recorded.get(name, NOTHING), now.get(name, NOTHING))
    elif isinstance(recorded, list) and isinstance(now, list) and len(recorded) == len(now):
        for position, (one, other) in enumerate(zip(recorded, now, strict=True)):
            yield from _walk(f"{path}.{position}", one, other)
    elif not _same(recorded, now):
        yield Mismatch(path.lstrip("."), recorded, now)


def _same(one: Any, other: Any) -> bool:
    """Equal, or two instants that a clock may tell apart and a station does not."""
    if type(one) is type(other) and one == other:
        return True
    if isinstance(one, int | float) and isinstance(other, int | float):
        return one == other and not isinstance(one, bool) and not isinstance(other, bool)
    first, second = _instant(one), _instant(other)
    return first is not None and second is not None and abs(first - second) <= CLOSE_ENOUGH


def _instant(value: Any) -> datetime | None:
    if not isinstance(value, str) or "T" not in value:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo else None
