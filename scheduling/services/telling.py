"""What drivers are told of their bookings by e-mail. Called by event handlers only."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse

from accounts.notifications import send_message
from core.money import Money
from payments.models import Payment
from scheduling.models import Reservation
from scheduling.selectors.fees import fees_of
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


def tell_of_booking(*, reservation_id: int) -> bool:
    """Confirm what was booked and what it may cost; False where it costs nothing, or is over already."""
    return _tell_of_fees(_find(reservation_id), kind="booking_confirmed")


def remind(*, reservation_id: int, is_late: bool) -> bool:
    """Say what not coming will cost, and how to cancel; False when there is nothing to say any more."""
    return _tell_of_fees(_find(reservation_id), kind="booking_reminder", is_late=is_late)


def tell_of_refused_hold(*, payment_id: int) -> bool:
    """Say that the card said no, and where that is mended; the booking stands."""
    payment = Payment.objects.select_related("kept").get(pk=payment_id)
    if payment.kept is None:
        return False
    reservation = Reservation.objects.filter(public_id=payment.kept.public_id).first()
    if reservation is None or reservation.status != Reservation.Status.CONFIRMED:
        return False
    amount = Money.of_minor(payment.requested_minor, payment.currency)
    found = _find(reservation.pk)
    return _tell(found, kind="booking_hold_refused", url=_page(found), amount=amount)


def _tell_of_fees(reservation: Reservation, *, kind: str, **more: object) -> bool:
    fees = fees_of(reservation)
    is_open = reservation.status == Reservation.Status.CONFIRMED
    if fees is None or not is_open or fees.terms.are_free or fees.kept.waived_at is not None:
        return False
    zone = ZoneInfo(reservation.location.time_zone)
    instants = {name: getattr(fees.kept, name).astimezone(zone) for name in ("kept_until", "free_until")}
    return _tell(reservation, kind=kind, url=_page(reservation), fees=fees, **instants, **more)


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
