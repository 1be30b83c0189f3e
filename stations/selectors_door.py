"""What an operator sees of the door: who waits, what each charger must show, which certificates end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from core import clock
from stations.attention import Attention
from stations.models import ChargingStation, HeldStation, StationCertificate, StationTemplate

WARN_BEFORE: Final = timedelta(days=30)
IN_USE: Final = (StationCertificate.Status.ISSUED, StationCertificate.Status.INSTALLED)


def held(user: Any, state: str) -> QuerySet[HeldStation]:
    """Stations that came by themselves, newest first."""
    visible = HeldStation.objects.visible_to(user).filter(state=state)
    return visible.select_related("station", "decided_by")


def templates(organization: Organization) -> QuerySet[StationTemplate]:
    return StationTemplate.objects.filter(organization=organization)


def certificates(station: ChargingStation) -> QuerySet[StationCertificate]:
    return StationCertificate.objects.filter(station=station)[:12]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """The certificate with which a station comes, and when it ends."""

    station: ChargingStation
    valid_until: datetime


def ending_certificates(user: Any) -> list[Ending]:
    """The newest certificate of each station, where it ends within a month or has ended."""
    newest = (
        StationCertificate.objects.visible_to(user)
        .filter(status__in=IN_USE, use=StationCertificate.Use.CONNECTION)
        .order_by("station_id", "-valid_until")
        .distinct("station_id")
        .select_related("station__location")
    )
    limit = clock.now() + WARN_BEFORE
    ending = [Ending(station=found.station, valid_until=found.valid_until) for found in newest]
    return sorted((e for e in ending if e.valid_until <= limit), key=lambda e: e.valid_until)


def attention(user: Any) -> list[Attention]:
    """Certificates that end soon, and chargers that wait to be adopted."""
    return [*_certificates(user), *_waiting(user)]


def _certificates(user: Any) -> list[Attention]:
    return [
        Attention(
            role="fault" if ending.valid_until <= clock.now() else "wait",
            icon="shield-check",
            title=format_lazy(_("Certificate of {station}"), station=ending.station),
            detail=format_lazy(_("Ends on {day}"), day=ending.valid_until.date().isoformat()),
            since=None,
            href=reverse("door:security", args=[ending.station.identity]),
            action=_("Open"),
        )
        for ending in ending_certificates(user)
    ]


def _waiting(user: Any) -> list[Attention]:
    waiting = held(user, HeldStation.State.WAITING)
    count = waiting.count()
    if not count:
        return []
    return [
        Attention(
            role="wait",
            icon="plug",
            title=format_lazy(_("Chargers that wait to be adopted: {count}"), count=count),
            detail=_("They came by themselves with the onboarding password"),
            since=waiting.order_by("first_seen_at").values_list("first_seen_at", flat=True).first(),
            href=reverse("door:waiting"),
            action=_("Open"),
        )
    ]
