"""What an operator sees of the door: who waits, what each charger must show, which certificates end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from core import clock
from stations.attention import Attention
from stations.models import ChargingStation, HeldStation, StationCertificate, StationTemplate

WARN_BEFORE: Final = timedelta(days=30)
IN_USE: Final = Q(status="installed") | Q(status="issued", command__status__in=["queued", "sent"])
"""One that did not arrive must not hide that the one before it ends."""

WHY_NOT_DELIVERED: Final = {
    "expired": _("The charger was not connected in time"),
    "timed_out": _("The charger did not answer"),
    "rejected": _("The charger rejected it"),
    "failed": _("The charger could not take it"),
    "refused": _("The charger refused it"),
    "unknown": _("Nothing is known of its way any more"),
}


def held(user: Any, state: str) -> QuerySet[HeldStation]:
    """Stations that came by themselves, newest first."""
    visible = HeldStation.objects.visible_to(user).filter(state=state)
    return visible.select_related("station", "decided_by")


def templates(organization: Organization) -> QuerySet[StationTemplate]:
    return StationTemplate.objects.filter(organization=organization)


def certificates(station: ChargingStation) -> QuerySet[StationCertificate]:
    return StationCertificate.objects.filter(station=station).select_related("command")[:12]


def undelivered_certificates(user: Any) -> list[StationCertificate]:
    """The newest certificate of each station and use, where it did not arrive and could still be used."""
    newest = (
        StationCertificate.objects.visible_to(user)
        .exclude(status=StationCertificate.Status.REVOKED)
        .order_by("station_id", "use", "-issued_at")
        .distinct("station_id", "use")
        .select_related("station", "command")
    )
    return [found for found in newest if found.can_be_sent_again]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """The certificate with which a station comes, and when it ends."""

    station: ChargingStation
    valid_until: datetime


def ending_certificates(user: Any) -> list[Ending]:
    """The newest certificate of each station, where it ends within a month or has ended."""
    newest = (
        StationCertificate.objects.visible_to(user)
        .filter(IN_USE, use=StationCertificate.Use.CONNECTION)
        .order_by("station_id", "-valid_until")
        .distinct("station_id")
        .select_related("station__location")
    )
    limit = clock.now() + WARN_BEFORE
    ending = [Ending(station=found.station, valid_until=found.valid_until) for found in newest]
    return sorted((e for e in ending if e.valid_until <= limit), key=lambda e: e.valid_until)


def attention(user: Any) -> list[Attention]:
    """Certificates that end soon or did not arrive, and chargers that wait to be adopted."""
    return [*_certificates(user), *_undelivered(user), *_waiting(user)]


def _undelivered(user: Any) -> list[Attention]:
    return [
        Attention(
            role="wait",
            icon="shield-check",
            title=format_lazy(_("Certificate of {station} did not arrive"), station=found.station),
            detail=WHY_NOT_DELIVERED[found.undelivered or found.status],
            since=found.issued_at,
            href=reverse("door:security", args=[found.station.identity]),
            action=_("Open"),
        )
        for found in undelivered_certificates(user)
    ]


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
