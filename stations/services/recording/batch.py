"""What the recorders of one batch share: the cursor, the instant, the locked stations, the news."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import cache
from typing import Any, Final, NamedTuple, TypeVar, get_type_hints

import orjson
import psycopg

from core.events import Event
from stations.facts import Json

SQL_TYPES: Final[dict[Any, str]] = {
    str: "text",
    int: "bigint",
    bool: "boolean",
    datetime: "timestamptz",
    Json: "jsonb",
    list[str]: "text[]",
}

F = TypeVar("F")


class Station(NamedTuple):
    """A locked station, as far as the recorders need it."""

    organization_id: int
    location_id: int
    connection_no: int
    registration: str


class Sighting(NamedTuple):
    """One fact and the station that reported it."""

    station_id: int
    fact: Any


@dataclass(slots=True)
class Batch:
    """One call of `record`. `answers` is keyed by the identity of the fact, `verdicts` by what was asked."""

    cursor: psycopg.Cursor[Any]
    now: datetime
    stations: dict[int, Station]
    answers: dict[int, object] = field(default_factory=dict)
    verdicts: dict[Sighting, Any] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    topics: set[str] = field(default_factory=set)

    def run(self, statement: str, sightings: Sequence[Sighting], **more: object) -> list[Any]:
        """Execute one statement over these facts (placeholders facts, stations, now); its rows."""
        parameters = {
            "facts": orjson.dumps([sighting.fact for sighting in sightings]).decode(),
            "stations": array(sighting.station_id for sighting in sightings),
            "now": self.now,
            **more,
        }
        self.cursor.execute(statement, parameters)
        return self.cursor.fetchall() if self.cursor.description else []

    def touch(self, station_id: int, session_id: int | None = None) -> None:
        """Nudge whoever looks at this station, its place and network, and the session."""
        station = self.stations[station_id]
        self.topics.add(f"station.{station_id}")
        self.topics.add(f"location.{station.location_id}")
        self.topics.add(f"org.{station.organization_id}")
        if session_id is not None:
            self.topics.add(f"session.{session_id}")


def array(ids: Iterable[int]) -> str:
    """Whole numbers as PostgreSQL writes an array of them: psycopg's own way costs ten times as much."""
    return f"{{{','.join(map(str, ids))}}}"


@cache
def recordset(kind: type) -> str:
    """A from-item `f` of these facts: one column per field, `station_id`, and the position `n`."""
    columns = _columns(kind)
    typed = ", ".join(f"{name} {sql_type}" for name, sql_type in columns)
    names = ", ".join(name for name, _ in columns)
    return (
        f"rows from (json_to_recordset(%(facts)s::json) as ({typed}), unnest(%(stations)s::bigint[]))"
        f" with ordinality as f({names}, station_id, n)"
    )


def _columns(kind: type) -> list[tuple[str, str]]:
    hints = get_type_hints(kind)
    return [(item.name, SQL_TYPES[_bare(hints[item.name])]) for item in fields(kind)]


def _bare(hint: Any) -> Any:
    """The type inside an optional one."""
    if hint in SQL_TYPES:
        return hint
    return next(option for option in hint.__args__ if option is not type(None))


def once_per_station(sightings: Sequence[Sighting]) -> Iterator[Sequence[Sighting]]:
    """The sightings in parts that hold a station at most once, in order; nearly always one part."""
    rest = sightings
    while rest:
        first = _first_of_each(rest)
        if len(first) == len(rest):
            yield rest
            return
        yield first
        taken = set(map(id, first))
        rest = [sighting for sighting in rest if id(sighting) not in taken]


def _first_of_each(sightings: Iterable[Sighting]) -> list[Sighting]:
    by_station: dict[int, Sighting] = {}
    for sighting in sightings:
        by_station.setdefault(sighting.station_id, sighting)
    return list(by_station.values())
