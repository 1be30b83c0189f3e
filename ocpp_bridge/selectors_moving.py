"""Who has arrived from another system, who has not, and who fails at the door."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Upper
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core import clock
from ocpp_bridge.explain import Advice, advise
from ocpp_bridge.models import FailedHandshake
from ocpp_bridge.turned_away import CROWD
from stations.models import Arrival, ChargingStation, StationAlias
from stations.path_patterns import PLACE

LOOK_BACK: Final = timedelta(days=7)
UNKNOWN_SHOWN: Final = 50
STATES: Final[Sequence[tuple[str, str | Promise]]] = (
    ("", _("All")),
    ("expected", _("Expected")),
    ("failing", _("Failing")),
    ("arrived", _("Arrived")),
)
COLUMNS: Final = (
    *("identity", "dials_as", "name", "site", "state", "expected_at", "arrived_at", "last_at"),
    *("dialed", "ocpp_version", "showed", "remote_address", "reason", "what_to_do"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """The newest reason why somebody does not get in."""

    identity: str
    reason: str
    path: str
    last_at: datetime
    count: int
    remote_address: str
    advice: Advice

    @property
    def pattern(self) -> str:
        """The address as an alias that would fit; "" when it is known or names nobody."""
        if self.reason not in ("unknown_path", "unknown_network") or self.identity not in self.path:
            return ""
        before, _name, after = self.path.rpartition(self.identity)
        return f"{before}{PLACE}{after}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    arrival: Arrival
    station: ChargingStation
    names: list[str]
    trouble: Trouble | None

    @property
    def state(self) -> str:
        if self.arrival.arrived_at is not None:
            return "arrived"
        return "failing" if self.trouble else "expected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    expected: int
    failing: int
    arrived: int

    @property
    def total(self) -> int:
        return self.expected + self.failing + self.arrived

    @property
    def percent(self) -> int:
        return round(100 * self.arrived / self.total) if self.total else 0


class Board:
    """All that the page tells about the user's networks. Seven queries, however many stations there are."""

    def __init__(self, user: Any) -> None:
        self._user = user
        self._failed = FailedHandshake.objects.filter(last_at__gte=clock.now() - LOOK_BACK)
        self._mine = Q(organization__in=user.organizations())
        self.troubles = self._troubles()

    def _troubles(self) -> dict[str, Trouble]:
        """By name in capitals: the newest of each, where it is an expected station of ours."""
        arrivals = Arrival.objects.visible_to(self._user).filter(arrived_at=None)
        stations = arrivals.values(called=Upper("station__identity"))
        aliases = StationAlias.objects.visible_to(self._user).filter(station__arrival__arrived_at=None)
        ours = Q(called__in=stations) | Q(called__in=aliases.values(called=Upper("alias")))
        found = self._failed.alias(called=Upper("identity")).filter(ours)
        mine = found.filter(self._mine | Q(organization=None)).order_by("last_at")
        return {row.identity.upper(): _trouble(row) for row in mine}

    def arrivals(self, *, state: str = "", query: str = "") -> QuerySet[Arrival]:
        """Those who fail first, then who is expected, then who has come, the newest first."""
        found: QuerySet[Arrival] = Arrival.objects.visible_to(self._user)
        if query:
            words = Q(station__identity__icontains=query) | Q(station__name__icontains=query)
            named = StationAlias.objects.filter(station=OuterRef("station"), alias__icontains=query)
            found = found.filter(words | Q(station__location__name__icontains=query) | Exists(named))
        found = self._in_state(found, state)
        related = found.select_related("station__location", "path_alias").prefetch_related("station__aliases")
        return related.order_by("-arrived_at", "station__identity")

    def _in_state(self, found: QuerySet[Arrival], state: str) -> QuerySet[Arrival]:
        if state == "arrived":
            return found.exclude(arrived_at=None)
        if state not in ("expected", "failing"):
            return found
        names = list(self.troubles)
        aliases = StationAlias.objects.alias(called=Upper("alias")).filter(called__in=names)
        by_alias = Exists(aliases.filter(station=OuterRef("station")))
        fails = Q(called__in=names) | by_alias
        open_ones = found.filter(arrived_at=None).alias(called=Upper("station__identity"))
        return open_ones.filter(fails if state == "failing" else ~fails)

    def count(self) -> Count:
        arrived = self.arrivals(state="arrived").count()
        failing = self.arrivals(state="failing").count() if self.troubles else 0
        total = Arrival.objects.visible_to(self._user).count()
        return Count(expected=total - arrived - failing, failing=failing, arrived=arrived)

    def rows(self, arrivals: Sequence[Arrival]) -> list[Row]:
        return [_row(arrival, self.troubles) for arrival in arrivals]

    def unknown(self) -> list[Trouble]:
        """Who calls at the networks' foreign addresses and is nobody that we know, the latest first."""
        found = self._failed.filter(self._mine, reason="unknown_identity").exclude(path="")
        found = found.exclude(identity=CROWD).order_by("-last_at")
        newest: dict[str, Trouble] = {}
        for row in found[: 4 * UNKNOWN_SHOWN]:
            newest.setdefault(row.identity, _trouble(row))
        return list(newest.values())[:UNKNOWN_SHOWN]


def _trouble(row: FailedHandshake) -> Trouble:
    return Trouble(
        identity=row.identity,
        reason=row.reason,
        path=row.path,
        last_at=row.last_at,
        count=row.count,
        remote_address=row.remote_address,
        advice=advise(row.reason),
    )


def _row(arrival: Arrival, troubles: Mapping[str, Trouble]) -> Row:
    station = arrival.station
    names = [alias.alias for alias in station.aliases.all()]
    found = [troubles[name.upper()] for name in (station.identity, *names) if name.upper() in troubles]
    trouble = max(found, key=lambda one: one.last_at) if found and arrival.arrived_at is None else None
    return Row(arrival=arrival, station=station, names=names, trouble=trouble)


def exported(board: Board, arrivals: QuerySet[Arrival]) -> Iterator[list[str]]:
    """The list as CSV rows without the head (COLUMNS); times in UTC."""
    for row in board.rows(list(arrivals)):
        arrival, trouble = row.arrival, row.trouble
        times = (arrival.expected_at, arrival.arrived_at, arrival.last_at)
        yield [
            *(
                row.station.identity,
                " ".join(row.names),
                row.station.name,
                row.station.location.name,
                row.state,
            ),
            *(at.isoformat(timespec="seconds") if at else "" for at in times),
            *(arrival.dialed, arrival.ocpp_version, arrival.showed, arrival.remote_address),
            *((str(trouble.advice.what), str(trouble.advice.todo)) if trouble else ("", "")),
        ]
