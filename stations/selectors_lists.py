"""The operator's lists: chargers and sessions with their filters, a charger's stalls, a session's curve."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core import clock
from core.ui.status import stall_word
from stations.models import ChargingSession, ChargingStation, Connector, Evse, Location, MeterReading

Choices = Sequence[tuple[str, str | Promise]]
STATION_STATES: Final[Choices] = (
    ("", _("All")),
    ("online", _("Online")),
    ("offline", _("Offline")),
    ("faulted", _("Out of order")),
    ("charging", _("Charging")),
)
SESSION_STATES: Final[Choices] = (
    ("", _("All")),
    ("active", _("Charging")),
    ("pending", _("Starting")),
    ("completed", _("Completed")),
    ("review", _("To review")),
    ("abandoned", _("Never started")),
)
_STATION_FILTERS: Final[dict[str, Q]] = {
    "online": Q(is_connected=True),
    "offline": Q(is_connected=False),
    "faulted": Q(evses__connectors__status="faulted"),
    "charging": Q(sessions__status="active"),
}
_SESSION_FILTERS: Final[dict[str, Q]] = {
    "review": ~Q(review_reasons=[]) & Q(reviewed_at=None) & ~Q(purpose="test"),
    **{status: Q(status=status) for status in ("active", "pending", "completed", "abandoned")},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stall:
    """One EVSE of a charger as an operator sees it."""

    evse: Evse
    connector: Connector
    word: str
    session: ChargingSession | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    at: datetime
    power_w: int | None
    energy_wh: int | None
    soc_percent: int | None


def places(user: Any) -> QuerySet[Location]:
    return Location.objects.visible_to(user).filter(is_waiting_room=False)


def stations(user: Any, *, query: str = "", state: str = "", site: str = "") -> QuerySet[ChargingStation]:
    """Chargers with their place and counts; an unknown `state` filters nothing."""
    found = ChargingStation.objects.visible_to(user).filter(_STATION_FILTERS.get(state, Q()))
    if site:
        found = found.filter(location__slug=site)
    for word in query.split():
        found = found.filter(
            Q(identity__icontains=word)
            | Q(name__icontains=word)
            | Q(location__name__icontains=word)
            | Q(vendor__icontains=word)
            | Q(serial__iexact=word)
        )
    counts = found.annotate(
        evse_count=Count("evses", distinct=True),
        charging_count=Count("sessions", filter=Q(sessions__status="active"), distinct=True),
        faulted_count=Count(
            "evses__connectors", filter=Q(evses__connectors__status="faulted"), distinct=True
        ),
    )
    return counts.select_related("location").distinct().order_by("location__name", "identity")


def station_details(user: Any) -> QuerySet[ChargingStation]:
    evses = Evse.objects.prefetch_related("connectors").order_by("number")
    visible = ChargingStation.objects.visible_to(user).select_related("location", "organization")
    return visible.prefetch_related(Prefetch("evses", queryset=evses))


def stalls(station: ChargingStation) -> list[Stall]:
    running = {s.evse_id: s for s in station.sessions.filter(status="active").select_related("driver")}
    return [
        _stall(station, evse, connector, running.get(evse.pk))
        for evse in station.evses.all()
        for connector in evse.connectors.all()
    ]


def _stall(
    station: ChargingStation, evse: Evse, connector: Connector, session: ChargingSession | None
) -> Stall:
    word = stall_word(
        is_connected=station.is_connected,
        connector_status=connector.status,
        phase=session.phase if session and connector.status == "occupied" else "",
    )
    return Stall(evse=evse, connector=connector, word=word, session=session)


def sessions(user: Any, *, query: str = "", state: str = "", site: str = "") -> QuerySet[ChargingSession]:
    """Sessions, newest first; `query` finds charger, place, driver, token or number."""
    found = ChargingSession.objects.visible_to(user).filter(_SESSION_FILTERS.get(state, Q()))
    if site:
        found = found.filter(station__location__slug=site)
    for word in query.split():
        number = word.removeprefix("#")
        found = found.filter(
            Q(station__identity__icontains=word)
            | Q(station__location__name__icontains=word)
            | Q(driver__email__icontains=word)
            | Q(driver__name__icontains=word)
            | Q(token_uid__iexact=word)
            | (Q(number=number[:18]) if number.isdecimal() else Q(pk=None))
        )
    return found.select_related("station__location", "evse", "driver").order_by("-id")


def session_rows(found: QuerySet[ChargingSession]) -> Iterator[list[str]]:
    """The list as CSV rows, the heading first; energy in kWh, times in UTC."""
    yield ["number", "site", "charger", "stall", "status", "started_at", "ended_at", "energy_kwh", "token"]
    for s in found.iterator(chunk_size=500):
        yield [
            str(s.number),
            s.station.location.name,
            s.station.identity,
            str(s.evse or ""),
            s.status,
            s.started_at.isoformat() if s.started_at else "",
            s.ended_at.isoformat() if s.ended_at else "",
            f"{s.energy_wh / 1000:.3f}",
            s.token_uid,
        ]


def power_curve(session: ChargingSession) -> list[CurvePoint]:
    """Its readings in order; the time range lets PostgreSQL skip the other days' partitions."""
    if session.started_at is None:
        return []
    end = (session.ended_at or clock.now()) + timedelta(minutes=5)
    readings = MeterReading.objects.filter(
        session=session, taken_at__gte=session.started_at - timedelta(minutes=5), taken_at__lte=end
    )
    return [
        CurvePoint(at=r.taken_at, power_w=r.power_w, energy_wh=r.energy_wh, soc_percent=r.soc_percent)
        for r in readings.order_by("taken_at")
    ]
