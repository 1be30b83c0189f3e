"""What the operator's first screen shows: figures, what needs a person, the connector wall."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncHour
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from core import clock
from core.dotted import resolve_all
from core.ui.status import stall_word
from core.units import watts
from stations import selectors_door, selectors_reports
from stations.attention import Attention
from stations.models import ChargingSession, ChargingStation, Connector, Location, StrayReport

HOURS = 24
VOLTS = 230
_PIN_ORDER = ("available", "charging", "connected", "idle", "occupied", "reserved", "faulted", "unavailable")
ATTENTION_SHOWN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Today's figures, in the time zone of the first organization; `hourly_wh` is for the sparkline."""

    online: int
    stations: int
    charging: int
    connectors: int
    sessions_today: int
    energy_today_wh: int
    energy_yesterday_wh: int | None
    hourly_wh: Sequence[int]
    hourly_sessions: Sequence[int]

    @property
    def offline(self) -> int:
        return self.stations - self.online

    @property
    def energy_change_percent(self) -> int | None:
        """Against yesterday up to the same hour; None without a whole yesterday."""
        if not self.energy_yesterday_wh:
            return None
        return round(100 * (self.energy_today_wh - self.energy_yesterday_wh) / self.energy_yesterday_wh)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    word: str
    name: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WallRow:
    """A place: its cells, what it draws, and the limit of its grid connection."""

    location: Location
    cells: Sequence[Cell]
    power_w: int | None
    limit_w: int | None

    @property
    def free(self) -> int:
        return sum(cell.word == "available" for cell in self.cells)

    @property
    def pin_text(self) -> str:
        return f"{self.free}/{len(self.cells)}"

    @property
    def word(self) -> str:
        """The place in one word, for its pin: free while anything is free."""
        words = [cell.word for cell in self.cells]
        return next((word for word in _PIN_ORDER if word in words), "offline")


def day_start(now: datetime, time_zone: str) -> datetime:
    """Local midnight of the day that `now` is in."""
    return now.astimezone(ZoneInfo(time_zone)).replace(hour=0, minute=0, second=0, microsecond=0)


def figures(user: Any, *, time_zone: str) -> Figures:
    now = clock.now()
    today = day_start(now, time_zone)
    real = ChargingStation.objects.visible_to(user).filter(location__is_waiting_room=False)
    stations = real.aggregate(stations=Count("id"), online=Count("id", filter=Q(is_connected=True)))
    sessions = ChargingSession.objects.visible_to(user).exclude(purpose="test")
    hourly = _hourly(sessions, today)
    return Figures(
        **stations,
        charging=sessions.filter(status="active").count(),
        connectors=Connector.objects.visible_to(user).count(),
        sessions_today=sum(count for count, _wh in hourly),
        energy_today_wh=sum(energy for _count, energy in hourly),
        energy_yesterday_wh=_energy_until(sessions, today - timedelta(days=1), now - timedelta(days=1)),
        hourly_wh=[energy for _count, energy in hourly],
        hourly_sessions=[count for count, _wh in hourly],
    )


def _energy_until(sessions: QuerySet[ChargingSession], start: datetime, end: datetime) -> int | None:
    """None when nothing is older than `start`: a network that opened within it cannot be compared with."""
    if not sessions.filter(started_at__lt=start).exists():
        return None
    found = sessions.filter(started_at__gte=start, started_at__lt=end).aggregate(energy=Sum("energy_wh"))
    return found["energy"] or 0


def _hourly(sessions: QuerySet[ChargingSession], today: datetime) -> list[tuple[int, int]]:
    """(sessions, watt-hours) of each hour since local midnight, by the hour in which they began."""
    rows = (
        sessions.filter(started_at__gte=today)
        .annotate(hour=TruncHour("started_at"))
        .values("hour")
        .annotate(count=Count("id"), energy=Sum("energy_wh"))
    )
    found = {row["hour"]: (row["count"], row["energy"] or 0) for row in rows}
    hours = [today + timedelta(hours=hour) for hour in range(HOURS)]
    return [found.get(hour, (0, 0)) for hour in hours if hour <= clock.now()]


def attention(user: Any) -> list[Attention]:
    """Faults first, then lost stations, their reports, the door, reviews, reports nobody could use."""
    found = [
        *_faults(user),
        *_lost(user),
        *(item for source in resolve_all(settings.ATTENTION_SOURCES) for item in source(user)),
        *selectors_reports.attention(user),
        *selectors_door.attention(user),
        *_reviews(user),
        *_strays(user),
    ]
    return found[:ATTENTION_SHOWN]


def _faults(user: Any) -> list[Attention]:
    faulted = (
        Connector.objects.visible_to(user)
        .filter(status="faulted", evse__station__is_connected=True)
        .select_related("evse__station__location")
    )
    return [
        Attention(
            role="fault",
            icon="triangle-alert",
            title=format_lazy("{}, {}", connector.evse.station.location.name, connector.evse),
            detail=connector.info or connector.error_code or _("Out of order"),
            since=connector.status_at,
            href=_station_page(connector.evse.station),
            action=_("Open"),
        )
        for connector in faulted.order_by("status_at")
    ]


def _lost(user: Any) -> list[Attention]:
    real = ChargingStation.objects.visible_to(user).filter(location__is_waiting_room=False)
    lost = real.filter(is_connected=False).select_related("location")
    by_place: dict[Location, list[ChargingStation]] = defaultdict(list)
    for station in lost.order_by("disconnected_at"):
        by_place[station.location].append(station)
    return [_lost_at(place, stations) for place, stations in by_place.items()]


def _lost_at(place: Location, stations: list[ChargingStation]) -> Attention:
    is_one = len(stations) == 1
    return Attention(
        role="off",
        icon="wifi-off",
        title=format_lazy(
            _("{place} lost contact with {stations}"),
            place=place.name,
            stations=stations[0] if is_one else format_lazy(_("{count} chargers"), count=len(stations)),
        ),
        detail=_("No connection") if is_one else _("Several at one place: probably the site's link"),
        since=max((s.last_seen_at for s in stations if s.last_seen_at), default=None),
        href=_station_page(stations[0]) if is_one else f"{reverse('stations:stations')}?state=offline",
        action=_("Open"),
    )


def _reviews(user: Any) -> list[Attention]:
    flagged = ChargingSession.objects.visible_to(user).filter(reviewed_at=None).exclude(review_reasons=[])
    waiting = flagged.exclude(purpose="test")
    count = waiting.count()
    if not count:
        return []
    return [
        Attention(
            role="wait",
            icon="eye",
            title=format_lazy(_("Sessions to review: {count}"), count=count),
            detail=_("Odd reports; nothing is billed before you release them"),
            since=waiting.order_by("created_at").values_list("created_at", flat=True).first(),
            href=f"{reverse('stations:sessions')}?state=review",
            action=_("Review"),
        )
    ]


def _strays(user: Any) -> list[Attention]:
    open_reports = StrayReport.objects.visible_to(user).filter(resolved_at=None).select_related("station")
    newest = open_reports.order_by("-at").first()
    if newest is None:
        return []
    return [
        Attention(
            role="wait",
            icon="circle-help",
            title=format_lazy(_("Reports without a session: {count}"), count=open_reports.count()),
            detail=newest.reason,
            since=newest.at,
            href=_station_page(newest.station),
            action=_("Open"),
        )
    ]


def wall(user: Any) -> list[WallRow]:
    """One row per location, one cell per connector."""
    real = Location.objects.visible_to(user).filter(is_waiting_room=False)
    places = real.prefetch_related("stations__evses__connectors", "circuits")
    open_sessions = _open_sessions(user)
    return [_wall_row(place, open_sessions) for place in places]


def _open_sessions(user: Any) -> dict[int, ChargingSession]:
    active = ChargingSession.objects.visible_to(user).filter(status="active", evse__isnull=False)
    return {session.evse_id: session for session in active if session.evse_id}


def _wall_row(place: Location, open_sessions: dict[int, ChargingSession]) -> WallRow:
    cells, power_w, is_heard = [], 0, False
    for station in place.stations.all():
        is_heard = is_heard or station.is_connected
        for evse in station.evses.all():
            session = open_sessions.get(evse.pk)
            power_w += (session.power_w or 0) if session else 0
            cells += [_cell(station, connector, session) for connector in evse.connectors.all()]
    return WallRow(
        location=place, cells=cells, power_w=power_w if is_heard else None, limit_w=_grid_limit_w(place)
    )


def _grid_limit_w(place: Location) -> int | None:
    grid = next((circuit for circuit in place.circuits.all() if circuit.parent_id is None), None)
    return watts(limit_a=grid.limit_a, phases=grid.phases, voltage_v=VOLTS) if grid else None


def _cell(station: ChargingStation, connector: Connector, session: ChargingSession | None) -> Cell:
    word = stall_word(
        is_connected=station.is_connected,
        connector_status=connector.status,
        phase=session.phase if session and connector.status == "occupied" else "",
    )
    return Cell(word=word, name=str(connector.evse), href=_station_page(station))


def _station_page(station: ChargingStation) -> str:
    return reverse("stations:station", args=[station.identity])
