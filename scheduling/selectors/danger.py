"""Bookings whose stall will probably not be there for them, and those that may be sure of it again."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from core import clock
from scheduling.models import Reservation
from scheduling.selectors.stalls import OUT_OF_ORDER, is_out_of_order
from scheduling.times import BROKEN_FOR, MENDED_FOR, OFFLINE_FOR, WARN_AHEAD
from stations.models import ChargingStation, Connector, Evse

_MINE = Connector.objects.filter(evse=OuterRef("evse"))


def in_danger(now: datetime) -> QuerySet[Reservation]:
    """Those that begin soon, at a stall that has been broken or out of reach for long. Not who was warned."""
    coming = _coming(now).filter(lost_stall_at=None, during__startswith__lte=now + WARN_AHEAD)
    broken_long = Q(status__in=OUT_OF_ORDER, status_at__lte=now - BROKEN_FOR)
    is_broken = Exists(_MINE) & ~Exists(_MINE.exclude(broken_long))
    is_silent = Q(evse__station__is_connected=False, evse__station__disconnected_at__lte=now - OFFLINE_FOR)
    return coming.filter(is_broken | is_silent)


def out_of_danger(now: datetime) -> QuerySet[Reservation]:
    """Those whose driver was warned, and whose stall has worked again for a while."""
    since = now - MENDED_FOR
    works = _MINE.exclude(status__in=OUT_OF_ORDER).exclude(status_at__gt=since)
    return _coming(now).filter(
        Exists(works),
        lost_stall_at__isnull=False,
        evse__station__is_connected=True,
        evse__station__connected_at__lte=since,
    )


def _coming(now: datetime) -> QuerySet[Reservation]:
    confirmed = Reservation.objects.filter(status=Reservation.Status.CONFIRMED, during__endswith__gt=now)
    return confirmed.select_related("evse__station").order_by("pk")


def is_out_of_service(evse: Evse) -> bool:
    """Broken or closed at this moment, or out of reach for long."""
    return is_out_of_order(evse) or _is_silent(evse.station)


def _is_silent(station: ChargingStation) -> bool:
    left_at = station.disconnected_at
    return not station.is_connected and left_at is not None and left_at <= clock.now() - OFFLINE_FOR


def out_of_service(location_id: int) -> frozenset[int]:
    """The EVSEs of a place that are of no use to anybody now."""
    evses = Evse.objects.filter(station__location=location_id).select_related("station")
    return frozenset(evse.pk for evse in evses if is_out_of_service(evse))
