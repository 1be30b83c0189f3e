"""What chargers told besides sessions and states, and what of it needs a person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.db.models import Count, F, Max, QuerySet
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from core import clock
from stations.attention import Attention
from stations.models import (
    ChargingNeeds,
    ChargingStation,
    DeviceEvent,
    DisplayMessage,
    ReportedLimit,
    ReportedProfile,
    SecurityEvent,
    StationNotice,
    StationReport,
    StationTransfer,
    VariableMonitor,
)

FAILURES_SHOWN_FOR: Final = timedelta(days=7)
SHOWN: Final = 20
MANY: Final = 200


def transfers(station: ChargingStation) -> QuerySet[StationTransfer]:
    return StationTransfer.objects.filter(station=station)[:SHOWN]


def security_events(station: ChargingStation) -> QuerySet[SecurityEvent]:
    """The newest, and with them whatever still waits for a person."""
    return SecurityEvent.objects.filter(station=station).order_by("resolved_at", "-is_urgent", "-id")[:SHOWN]


def open_security_events(station: ChargingStation) -> QuerySet[SecurityEvent]:
    return SecurityEvent.objects.filter(station=station, is_urgent=True, resolved_at=None)


def device_events(station: ChargingStation) -> QuerySet[DeviceEvent]:
    return DeviceEvent.objects.filter(station=station)[:SHOWN]


def notices(station: ChargingStation) -> QuerySet[StationNotice]:
    return StationNotice.objects.filter(station=station)[:SHOWN]


def monitors(station: ChargingStation) -> QuerySet[VariableMonitor]:
    """The most severe first."""
    return VariableMonitor.objects.filter(station=station).order_by("severity", "component", "number")[:MANY]


def display_messages(station: ChargingStation) -> QuerySet[DisplayMessage]:
    return DisplayMessage.objects.filter(station=station)[:MANY]


def profiles(station: ChargingStation) -> QuerySet[ReportedProfile]:
    return ReportedProfile.objects.filter(station=station)[:MANY]


def limits(station: ChargingStation) -> QuerySet[ReportedLimit]:
    """Those in force first, then the latest that were lifted."""
    found = ReportedLimit.objects.filter(station=station)
    return found.order_by(F("cleared_at").desc(nulls_first=True), "-told_at")[:SHOWN]


def needs(station: ChargingStation) -> QuerySet[ChargingNeeds]:
    return ChargingNeeds.objects.filter(station=station).select_related("session")[:SHOWN]


def parted_reports(station: ChargingStation) -> QuerySet[StationReport]:
    return StationReport.objects.filter(station=station)[:SHOWN]


# --- what needs a person -------------------------------------------------------------------------


def attention(user: Any) -> list[Attention]:
    """Security events that nobody has looked at, and firmware or logs that did not arrive."""
    return [*_security(user), *_failures(user)]


def _security(user: Any) -> list[Attention]:
    urgent = SecurityEvent.objects.visible_to(user).filter(is_urgent=True, resolved_at=None)
    rows = urgent.values("station_id").annotate(count=Count("id"), latest=Max("id")).order_by("-latest")
    newest = urgent.select_related("station__location").in_bulk([row["latest"] for row in rows])
    return [_security_of(newest[row["latest"]], row["count"]) for row in rows]


def _security_of(event: SecurityEvent, count: int) -> Attention:
    several = format_lazy(_("{type}, {count} in all"), type=event.type, count=count)
    return Attention(
        role="fault",
        icon="shield-check",
        title=format_lazy(_("{station}: security"), station=event.station),
        detail=event.type if count == 1 else several,
        since=event.received_at,
        href=_page(event.station),
        action=_("Look"),
    )


def _failures(user: Any) -> list[Attention]:
    """The latest transfer of a charger and kind, when it failed lately."""
    latest = (
        StationTransfer.objects.visible_to(user)
        .filter(requested_at__gt=clock.now() - 2 * FAILURES_SHOWN_FOR)
        .order_by("station_id", "kind", "-id")
        .distinct("station_id", "kind")
        .select_related("station")
    )
    since = clock.now() - FAILURES_SHOWN_FOR
    return [_failure(found) for found in latest if found.status == "failed" and found.status_at > since]


def _failure(transfer: StationTransfer) -> Attention:
    return Attention(
        role="wait",
        icon="download",
        title=format_lazy(
            _("{station}: {what} failed"), station=transfer.station, what=transfer.get_kind_display()
        ),
        detail=transfer.word,
        since=transfer.ended_at,
        href=_page(transfer.station),
        action=_("Open"),
    )


def _page(station: ChargingStation) -> str:
    return reverse("upkeep:reports", args=[station.identity])
