"""A day's bookings for the operator."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from psycopg.types.range import TimestamptzRange

from scheduling.models import Reservation


def bookings_on(user: Any, *, day: date, time_zone: str, site: str = "") -> QuerySet[Reservation]:
    """Those that touch a local day at the person's organizations, by site, stall and time.

    Holds that nobody confirmed are left out: they never became a booking. `site` is a slug.
    """
    found = Reservation.objects.visible_to(user).filter(during__overlap=_local_day(day, time_zone))
    found = found.filter(location__slug=site) if site else found
    return (
        found.exclude(status=Reservation.Status.EXPIRED)
        .select_related("location", "evse__station", "driver", "session")
        .order_by("location__name", "location", "evse__station__identity", "evse__number", "during")
    )


def _local_day(day: date, time_zone: str) -> TimestamptzRange:
    zone = ZoneInfo(time_zone)
    start_at = datetime.combine(day, time(), zone)
    return TimestamptzRange(start_at, datetime.combine(day + timedelta(days=1), time(), zone))
