"""What the recorders of one batch share: the line to the database, the instant, the stations, the news."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any, Final, NamedTuple, TypeVar, get_type_hints

import orjson

from core.events import Event
from core.hot import Line, array
from stations.facts import Json, ReadingTaken

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
    """One call of `record`. `answers` is keyed by the identity of the fact, `verdicts` by what was asked.

    `readings` has one of each station that names its transaction. Sessions of which something earlier was
    told are in `told_late`; ended ones whose story has become whole are in `completed`.
    """

    line: Line
    now: datetime
    stations: dict[int, Station]
    answers: dict[int, object] = field(default_factory=dict)
    verdicts: dict[Sighting, Any] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    readings: dict[int, ReadingTaken] = field(default_factory=dict)
    touched: set[int] = field(default_factory=set)
    told_late: set[int] = field(default_factory=set)
    completed: set[int] = field(default_factory=set)
    touched_sessions: set[int] = field(default_factory=set)

    def run(self, statement: str, sightings: Sequence[Sighting], **more: object) -> list[Any]:
        """Execute one statement over these facts (an array for each of `recordset`, and now); its rows."""
        station_ids, facts = zip(*sightings, strict=True)
        parameters: dict[str, object] = {"station_id": array(station_ids), "now": self.now, **more}
        kind: Any = type(facts[0])
        for column in _columns(kind):
            parameters[column.name] = column.array(facts)
        return self.line.execute(statement, parameters)

    def touch(self, station_id: int, session_id: int | None = None) -> None:
        """Nudge whoever looks at this station, its place and network, and the session."""
        self.touched.add(station_id)
        if session_id is not None:
            self.touched_sessions.add(session_id)

    def topics(self) -> list[str]:
        """What was touched, as pages name it."""
        stations = [self.stations[pk] for pk in self.touched]
        return [
            *(f"station.{pk}" for pk in self.touched),
            *(f"location.{pk}" for pk in {station.location_id for station in stations}),
            *(f"org.{pk}" for pk in {station.organization_id for station in stations}),
            *(f"session.{pk}" for pk in self.touched_sessions),
        ]


@cache
def recordset(kind: type) -> str:
    """A from-item `f` of these facts: one column per field, `station_id`, and the position `n`.

    Arrays, because PostgreSQL reads one value of an array in a tenth of the time of one in a JSON object.
    """
    columns = _columns(kind)
    names = ", ".join(column.name for column in columns)
    arrays = ", ".join(f"%({column.name})s::{column.sent_as}[]" for column in columns)
    values = ", ".join(column.value for column in columns)
    return (
        f"(select {values}, station_id, n from unnest({arrays}, %(station_id)s::bigint[])"
        f" with ordinality as u({names}, station_id, n)) f"
    )


class Column(NamedTuple):
    """A field of a fact: its SQL type, and the type in which its values travel."""

    name: str
    sql_type: str
    sent_as: str

    @property
    def value(self) -> str:
        return self.name if self.sent_as == self.sql_type else f"{self.name}::{self.sql_type} as {self.name}"

    def array(self, facts: Iterable[Any]) -> str:
        values = map(attrgetter(self.name), facts)
        return array(values if self.sent_as == self.sql_type else map(_PACKED[self.sql_type], values))


_PACKED: Final[dict[str, Callable[[Any], str | None]]] = {
    "jsonb": lambda value: None if value is None else orjson.dumps(value).decode(),
    "text[]": lambda value: None if value is None else array(value),
}
"""What cannot be a member of an array as it is travels as text."""


@cache
def _columns(kind: type) -> tuple[Column, ...]:
    hints = get_type_hints(kind)
    types = ((item.name, SQL_TYPES[_bare(hints[item.name])]) for item in fields(kind))
    return tuple(
        Column(name, sql_type, "text" if sql_type in _PACKED else sql_type) for name, sql_type in types
    )


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
