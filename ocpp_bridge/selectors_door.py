"""Handshakes of the last day that failed, as an operator may see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.db.models.functions import Upper

from accounts.models import Organization
from core import clock
from ocpp_bridge.explain import Advice, advise
from ocpp_bridge.models import FailedHandshake
from ocpp_bridge.turned_away import CROWD
from stations.models import ChargingStation

LOOK_BACK: Final = timedelta(hours=24)
SHOWN: Final = 100


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
    if user.is_superuser or (Organization.objects.count() == 1 and mine.exists()):
        return FailedHandshake.objects.filter(Q(organization__in=mine) | nobodys)
    named = FailedHandshake.objects.alias(called=Upper("identity"))
    return named.filter(Q(organization__in=mine) | (nobodys & Q(called__in=alike)))


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
