"""Foreign addresses at the door: which stations may be meant by a path that is not one of ours.

The aliases of all organizations are kept in memory for FRESH_S seconds: one that was added, changed or
removed holds in every process after that time, without anybody being told. The house's own addresses never
come here.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

from django.db.models.functions import Upper

from ocpp_bridge.callers import Caller, is_possible
from stations.models import ChargingStation, PathAlias, StationAlias
from stations.path_patterns import BadPattern, Dialed, PathPattern, read_pattern

FRESH_S: Final = 2.0
AT_MOST: Final = 5000
"""Aliases looked at; ALIASES_AT_MOST bounds each organization's."""


class Entry(NamedTuple):
    pk: int
    organization_id: int
    host: str
    pattern: PathPattern


class Way(NamedTuple):
    """By which foreign address or name somebody came. `caller` is named as it called itself there.

    `path_alias_id` is None on our own address: only the name is foreign. `organization_id` is None when
    several networks have the address and none has such a station.
    """

    caller: Caller
    path_alias_id: int | None
    organization_id: int | None
    station: ChargingStation | None


class _Book:
    """The aliases by the number of their steps, read anew when they are too old."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._entries: dict[int, list[Entry]] = {}

    def of_length(self, steps: int) -> list[Entry]:
        with self._lock:
            if time.monotonic() - self._read_at >= FRESH_S:
                self._entries = _read_all()
                self._read_at = time.monotonic()
            return self._entries.get(steps, [])

    def forget(self) -> None:
        """For tests, whose database is emptied without anybody being told."""
        with self._lock:
            self._read_at = float("-inf")


book: Final = _Book()


def _read_all() -> dict[int, list[Entry]]:
    found: dict[int, list[Entry]] = {}
    rows = PathAlias.objects.order_by("pk").values_list("pk", "organization_id", "host", "pattern")
    for pk, organization_id, host, text in rows[:AT_MOST]:
        try:
            _host, pattern = read_pattern(text)
        except BadPattern:  # a row that nobody's form has made
            continue
        found.setdefault(len(pattern.steps), []).append(Entry(pk, organization_id, host, pattern))
    return found


def find(callers: Sequence[Caller], networks: Mapping[str, int]) -> dict[Caller, Way]:
    """The ways by which these callers came, as far as an alias fits: of those whom our own addresses do
    not find. `networks`: the organizations that addresses of ours name, which no alias stands in for.

    Three queries at most, and none when nobody is asked for.
    """
    fitting = {
        caller: {} if caller.organization in networks else fitting_at(caller.dialed) for caller in callers
    }
    foreign = {name for found in fitting.values() for name in found}
    people = _People(foreign, {caller.identity for caller in callers} - {""})
    ways = {caller: _way(caller, fitting[caller], people, networks) for caller in callers}
    return {caller: way for caller, way in ways.items() if way is not None}


def fitting_at(dialed: Dialed) -> dict[str, list[Entry]]:
    """Aliases that fit, by the identity they read; with the dialed host name first, then the longest."""
    fitting: dict[str, list[Entry]] = {}
    entries = [entry for entry in book.of_length(len(dialed.steps)) if entry.host in ("", dialed.host)]
    for entry in sorted(entries, key=lambda one: (not one.host, -one.pattern.weight)):
        identity = entry.pattern.identity_in(dialed)
        if identity and is_possible(identity):
            fitting.setdefault(identity, []).append(entry)
    return fitting


def _way(
    caller: Caller, fitting: Mapping[str, list[Entry]], people: _People, networks: Mapping[str, int]
) -> Way | None:
    station = people.by_alias(caller.identity)
    if station is not None and _is_its_address(caller, station, networks):
        return Way(caller, None, station.organization_id, station)
    for identity, entries in fitting.items():
        station = people.of({entry.organization_id for entry in entries}, identity)
        if station is not None:
            entry = next(one for one in entries if one.organization_id == station.organization_id)
            return Way(caller._replace(identity=identity), entry.pk, station.organization_id, station)
    return _way_of_a_stranger(caller, fitting)


def _is_its_address(caller: Caller, station: ChargingStation, networks: Mapping[str, int]) -> bool:
    return not caller.organization or networks.get(caller.organization) == station.organization_id


def _way_of_a_stranger(caller: Caller, fitting: Mapping[str, list[Entry]]) -> Way | None:
    for identity, entries in fitting.items():
        owners = {entry.organization_id for entry in entries}
        owner = owners.pop() if len(owners) == 1 else None
        return Way(caller._replace(identity=identity), entries[0].pk, owner, None)
    return None


class _People:
    """The stations that these names may mean: `foreign` ones at a foreign address, `own` ones at ours, where
    only an alias is left to be meant."""

    def __init__(self, foreign: Collection[str], own: Collection[str]) -> None:
        self._stations: dict[str, list[ChargingStation]] = {}
        for station in _called(foreign):
            self._stations.setdefault(station.identity.upper(), []).append(station)
        self._aliases = _aliased({*foreign, *own})

    def by_alias(self, name: str) -> ChargingStation | None:
        return self._aliases.get(name.upper()) if name else None

    def of(self, organization_ids: set[int], name: str) -> ChargingStation | None:
        """By its identity, by an alias, or by the identity in other letters if only one is called so."""
        alike = [
            one for one in self._stations.get(name.upper(), []) if one.organization_id in organization_ids
        ]
        exact = next((one for one in alike if one.identity == name), None)
        alias = self.by_alias(name)
        if exact is None and alias is not None and alias.organization_id in organization_ids:
            return alias
        return exact or (alike[0] if len(alike) == 1 else None)


def _called(names: Collection[str]) -> list[ChargingStation]:
    """Stations with these identities, in whatever letters."""
    if not names:
        return []
    called = ChargingStation.objects.alias(called=Upper("identity")).select_related("organization")
    return list(called.filter(called__in={name.upper() for name in names}))


def _aliased(names: Collection[str]) -> dict[str, ChargingStation]:
    """By their aliases in capitals."""
    if not names:
        return {}
    found = StationAlias.objects.alias(called=Upper("alias")).select_related("station__organization")
    return {one.alias.upper(): one.station for one in found.filter(called__in={n.upper() for n in names})}
