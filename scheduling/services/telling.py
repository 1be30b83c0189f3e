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
    reservation = _find(reservation_id)
    site = _absolute(reverse("scheduling:site", args=[reservation.location.slug]))
    return _tell(reservation, kind="booking_canceled", url=site)


def tell_of_lost_stall(*, reservation_id: int) -> bool:
    """Tell the driver that her stall is out of order, and what is free instead; False without an address.

    Also False when it was mended before this was said.
    """
    reservation = _find(reservation_id)
    if reservation.lost_stall_at is None:
        return False
    return _tell(reservation, kind="stall_lost", url=_page(reservation), offers=instead_of(reservation))


def tell_of_mended_stall(*, reservation_id: int) -> bool:
    """Take the warning back, if she still has the booking and the stall has not broken again."""
    reservation = _find(reservation_id)
    if reservation.lost_stall_at is not None or reservation.status != Reservation.Status.CONFIRMED:
        return False
    return _tell(reservation, kind="stall_mended", url=_page(reservation))


def _find(reservation_id: int) -> Reservation:
    found = Reservation.objects.select_related("driver", "location__organization", "evse__station")
    return found.get(pk=reservation_id)


def _tell(reservation: Reservation, *, kind: str, url: str, **more: object) -> bool:
    driver, during = reservation.driver, reservation.during
    if not (driver.is_active and driver.email):
        return False
    zone = ZoneInfo(reservation.location.time_zone)
    context = {
        "booking": reservation,
        "label": labels_of(reservation.location_id).get(reservation.evse_id, ""),
        "start_at": during.lower.astimezone(zone),
        "end_at": during.upper.astimezone(zone),
        "url": url,
        **more,
    }
    send_message(to=driver.email, kind=kind, context=context, locale=driver.locale)
    return True


def _page(reservation: Reservation) -> str:
    return _absolute(reverse("scheduling:booking", args=[reservation.public_id]))


def _absolute(path: str) -> str:
    return f"{settings.PUBLIC_URL.rstrip('/')}{path}"
