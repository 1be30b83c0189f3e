"""What drivers are told of their bookings by e-mail. Called by event handlers only."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse

from accounts.notifications import send_message
from scheduling.models import Reservation
from scheduling.selectors.instead import instead_of
from scheduling.selectors.stalls import labels_of


def tell_of_cancellation(*, reservation_id: int) -> bool:
    """Tell the driver that her booking was taken away, and where to book anew; False without an address."""
    found = Reservation.objects.select_related("driver", "location__organization", "evse")
    reservation = found.get(pk=reservation_id)
    driver = reservation.driver
    if not (driver.is_active and driver.email):
        return False
    zone = ZoneInfo(reservation.location.time_zone)
    context = {
        "booking": reservation,
        "label": labels_of(reservation.location_id).get(reservation.evse_id, ""),
        "start_at": reservation.during.lower.astimezone(zone),
        "end_at": reservation.during.upper.astimezone(zone),
        "url": _absolute(reverse("scheduling:site", args=[reservation.location.slug])),
    }
    send_message(to=driver.email, kind="booking_canceled", context=context, locale=driver.locale)
    return True


def tell_of_lost_stall(*, reservation_id: int) -> bool:
    """Tell the driver that her stall is out of order, and what is free instead; False without an address."""
    found = Reservation.objects.select_related("driver", "location__organization", "evse__station")
    reservation = found.get(pk=reservation_id)
    driver, during = reservation.driver, reservation.during
    if not (driver.is_active and driver.email):
        return False
    zone = ZoneInfo(reservation.location.time_zone)
    context = {
        "booking": reservation,
        "label": labels_of(reservation.location_id).get(reservation.evse_id, ""),
        "start_at": during.lower.astimezone(zone),
        "end_at": during.upper.astimezone(zone),
        "offers": instead_of(reservation),
        "url": _absolute(reverse("scheduling:booking", args=[reservation.public_id])),
    }
    send_message(to=driver.email, kind="stall_lost", context=context, locale=driver.locale)
    return True


def _absolute(path: str) -> str:
    return f"{settings.PUBLIC_URL.rstrip('/')}{path}"
