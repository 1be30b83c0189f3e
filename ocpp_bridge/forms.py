"""What an operator looks for in the journal, read from an address. Nothing in it can be wrong: what
cannot be read filters nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self
from urllib.parse import urlencode

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from ocpp_bridge.journal_search import Place, Search

FIELDS: Final = ("station", "action", "direction", "q", "since", "until", "errors")
DIRECTIONS: Final = ("in", "out")
LONGEST: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalFilter:
    """The fields of the form as they came; `before` says where the page before ended."""

    station: str = ""
    action: str = ""
    direction: str = ""
    q: str = ""
    since: str = ""
    until: str = ""
    errors: str = ""
    before: Place | None = None

    @classmethod
    def read(cls, query: Mapping[str, Any]) -> Self:
        given = {name: str(query.get(name, "")).replace("\0", "").strip()[:LONGEST] for name in FIELDS}
        if given["direction"] not in DIRECTIONS:
            given["direction"] = ""
        return cls(before=_place(str(query.get("before", ""))), **given)

    def search(self, station_ids: list[int]) -> Search:
        return Search(
            station_ids=station_ids,
            action=self.action,
            direction=self.direction,
            text=self.q,
            since=_instant(self.since),
            until=_instant(self.until),
            only_errors=bool(self.errors),
            before=self.before,
        )

    @property
    def is_empty(self) -> bool:
        return not any(getattr(self, name) for name in FIELDS)

    @property
    def query(self) -> str:
        """The filter as the query of an address, without the place."""
        return urlencode({name: value for name in FIELDS if (value := getattr(self, name))})


def _instant(text: str) -> datetime | None:
    """What a form's time field sends, in the network's time zone; or ISO 8601 with its offset."""
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    if found is None or found.tzinfo is not None:
        return found
    return timezone.make_aware(found)


def _place(text: str) -> Place | None:
    at, _, pk = text.partition("~")
    found = _instant(at)
    return Place(found, int(pk)) if found and pk.isdecimal() and len(pk) < 19 else None
