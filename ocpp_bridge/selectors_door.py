"""Handshakes of the last day that failed, as an operator may see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.db.models.functions import Upper

from accounts.models import Organization
from core import clock
from ocpp_bridge import failed_lines
from ocpp_bridge.explain import Advice, advise, advise_line
from ocpp_bridge.models import FailedHandshake, FailedLine
from ocpp_bridge.turned_away import CROWD
from stations.models import ChargingStation

LOOK_BACK: Final = timedelta(hours=24)
SHOWN: Final = 100
NEIGHBORS_SHOWN: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One reason why one identity did not get in. `attempts`: the newest (when, address) of the day."""

    identity: str
    station: ChargingStation | None
    advice: Advice
    count: int
    last_at: datetime
    offered: str
    detail: str
    attempts: list[tuple[datetime, str]]

    @property
    def is_crowd(self) -> bool:
        """Many strangers in one row: the day's list was full."""
        return self.identity == CROWD


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """TLS failed from this address for one reason. `stations`: some of the user's that came from there."""

    address: str
    advice: Advice
    count: int
    last_at: datetime
    detail: str
    stations: list[ChargingStation]

    @property
    def is_crowd(self) -> bool:
        """Many addresses in one row: the day's list was full."""
        return self.address == failed_lines.CROWD


def failures(user: Any, *, station: ChargingStation | None = None) -> list[Failure]:
    """The last 24 hours, newest first; of one station when it is given."""
    found = _visible(user).filter(last_at__gte=clock.now() - LOOK_BACK).order_by("-last_at")
    if station is not None:
        found = found.filter(identity__iexact=station.identity)
    rows = list(found[:SHOWN])
    known = _stations(user, {row.identity.upper() for row in rows})
    return [_failure(row, known.get(row.identity.upper())) for row in rows]


def _visible(user: Any) -> QuerySet[FailedHandshake]:
    """What concerns the user's networks. What names no network is for those whom it may concern: the
    only network there is, or one with a charger that is called nearly so."""
    mine = user.organizations()
    alike = ChargingStation.objects.filter(organization__in=mine).values(called=Upper("identity"))
    nobodys = Q(organization=None)
    if _sees_nobodys(user):
        return FailedHandshake.objects.filter(Q(organization__in=mine) | nobodys)
    named = FailedHandshake.objects.alias(called=Upper("identity"))
    return named.filter(Q(organization__in=mine) | (nobodys & Q(called__in=alike)))


def _sees_nobodys(user: Any) -> bool:
    """Whether what names no network can only be the user's own."""
    return bool(user.is_superuser or (Organization.objects.count() == 1 and user.organizations().exists()))


def lines(user: Any, *, station: ChargingStation | None = None) -> list[Line]:
    """Where TLS failed in the last 24 hours, newest first; for one station from where it last came.

    Nobody said then who it was. So an operator sees only addresses from which a charger of hers came
    before, unless there is no other network: an address tells nothing of another one's chargers.
    """
    found = FailedLine.objects.filter(last_at__gte=clock.now() - LOOK_BACK).order_by("-last_at")
    mine = ChargingStation.objects.visible_to(user).exclude(remote_address="")
    if station is not None:
        found = found.filter(remote_address__in=filter(None, [station.remote_address]))
    elif not _sees_nobodys(user):
        found = found.filter(remote_address__in=mine.values("remote_address"))
    rows = list(found[:SHOWN])
    near = list(mine.filter(remote_address__in={row.remote_address for row in rows}).order_by("identity"))
    return [_line(row, near) for row in rows]


def _line(row: FailedLine, near: list[ChargingStation]) -> Line:
    return Line(
        address=row.remote_address,
        advice=advise_line(row.reason),
        count=row.count,
        last_at=row.last_at,
        detail=row.detail,
        stations=[one for one in near if one.remote_address == row.remote_address][:NEIGHBORS_SHOWN],
    )


def _stations(user: Any, identities: set[str]) -> dict[str, ChargingStation]:
    visible = ChargingStation.objects.visible_to(user).alias(called=Upper("identity"))
    return {station.identity.upper(): station for station in visible.filter(called__in=identities)}


def _failure(row: FailedHandshake, station: ChargingStation | None) -> Failure:
    since = clock.now() - LOOK_BACK
    attempts = [(datetime.fromisoformat(at), str(address)) for at, address in row.attempts]
    return Failure(
        identity=row.identity,
        station=station,
        advice=advise(row.reason),
        count=row.count,
        last_at=row.last_at,
        offered=row.offered,
        detail=row.detail,
        attempts=[attempt for attempt in attempts if attempt[0] >= since],
    )
