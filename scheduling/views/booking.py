"""Bookings: the list, one booking, cancel, and the calendar file."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core import clock
from core.money import Money
from core.ui.fragments import render_either
from core.ui.numbers import money_text
from payments.providers.base import ProviderError
from payments.services.addresses import action_url
from payments.services.kept_holds import NothingToHold, hold_for_kept, look_at_hold
from payments.services.operations import Busy
from scheduling import selectors
from scheduling.calendar_file import calendar_file
from scheduling.models import Reservation
from scheduling.selectors.fees import ShownFees, cost_of, fees_of
from scheduling.selectors.instead import has_lost_its_stall, instead_of
from scheduling.selectors.stalls import labels_of
from scheduling.services import keeping
from scheduling.services.reservations import NotBookable, SlotTaken, TooLate, cancel
from scheduling.times import ANNOUNCE_BEFORE, kept_until
from scheduling.views.site import Chosen


@login_required
def bookings(request: HttpRequest) -> HttpResponse:
    """GET /bookings/: the next one on top, then what is planned, then the past."""
    mine = list(selectors.bookings_of(request.user)[:100])  # type: ignore[arg-type]
    now = clock.now()
    coming = sorted((one for one in mine if _is_coming(one)), key=lambda one: one.during.lower)
    context = {
        "tab": "bookings",
        "next": coming[0] if coming else None,
        "next_label": _label(coming[0]) if coming else "",
        "starts_in_s": max(0, (coming[0].during.lower - now).total_seconds()) if coming else 0,
        "planned": coming[1:],
        "past": [one for one in mine if not _is_coming(one)],
        "live_topics": [f"user.{request.user.pk}"],
    }
    return render_either(
        request, page="scheduling/bookings.html", fragment="scheduling/_bookings.html", context=context
    )


@login_required
def booking(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """GET /bookings/<id>/: where, when, what it costs, and what can be done."""
    mine = _mine(request, public_id)
    look_at_hold(public_id=mine.public_id)
    during, quote = mine.during, mine.quote or {}
    context = {
        "tab": "bookings",
        "booking": mine,
        "label": _label(mine),
        "kept_until": kept_until(during.lower, mine.created_at),
        **_fees(mine),
        "can_start": _is_coming(mine) and during.lower - ANNOUNCE_BEFORE <= clock.now(),
        "can_cancel": _is_coming(mine),
        **_lost(mine),
        "total": _quoted(quote),
        "live_topics": [f"user.{request.user.pk}", f"location.{mine.location_id}"],
    }
    return render(request, "scheduling/booking.html", context)


@require_POST
@login_required
def cancel_booking(request: HttpRequest, public_id: UUID) -> HttpResponse:
    mine = _mine(request, public_id)
    fees = fees_of(mine)
    costs = not _is_free_to_cancel(mine, fees)
    try:
        cancel(reservation=mine, canceled_by=request.user)  # type: ignore[arg-type]
    except TooLate:
        messages.error(request, _("This booking is over; it cannot be canceled any more."))
        return redirect("scheduling:booking", public_id=public_id)
    if costs:
        amount = money_text(cost_of(mine))
        words = _("Your booking is canceled. It costs %(amount)s; the receipt comes by mail.")
        messages.info(request, words % {"amount": amount})
        return redirect("scheduling:booking", public_id=public_id)
    messages.success(request, _("Your booking is canceled. It cost nothing."))
    return redirect("scheduling:bookings")


@require_POST
@login_required
def hold_again(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """POST /bookings/<id>/hold/: the card said no; try it (or the new one) again, with the driver there."""
    mine = _mine(request, public_id)
    fees = fees_of(mine)
    here = reverse("scheduling:booking", args=[public_id])
    if fees is None or not fees.kept.is_open:
        return redirect(here)
    try:
        payment = hold_for_kept(kept=fees.kept, return_url=request.build_absolute_uri(here))
    except NothingToHold:
        messages.error(request, _("There is no card that could be asked. Save one first."))
        return redirect(here)
    except (Busy, ProviderError):
        messages.error(request, _("The payment service does not answer. Please try again in a minute."))
        return redirect(here)
    return redirect(action_url(payment) or here)


@require_POST
@login_required
def take_instead(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """POST /bookings/<id>/instead/: another stall or time for the one that is out of order."""
    mine = _mine(request, public_id)
    wish = Chosen.read(request.POST.get("slot", ""), mine.location)
    if wish is None or not has_lost_its_stall(mine):
        messages.error(request, _("This offer is over."))
        return redirect("scheduling:booking", public_id=public_id)
    return _take(request, mine, wish)


def _take(request: HttpRequest, mine: Reservation, wish: Chosen) -> HttpResponse:
    try:
        taken = keeping.take_instead(
            reservation=mine, evse=wish.evse, start_at=wish.start_at, end_at=wish.end_at
        )
    except (SlotTaken, NotBookable, TooLate):
        messages.error(request, _("This time is no longer free. Your booking is as it was."))
        return redirect("scheduling:booking", public_id=mine.public_id)
    messages.success(request, _("Your booking has moved."))
    return redirect("scheduling:booking", public_id=taken.public_id)


@login_required
def booking_calendar(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The booking as an iCalendar file."""
    mine = _mine(request, public_id)
    response = HttpResponse(calendar_file(mine, label=_label(mine)), content_type="text/calendar")
    response["Content-Disposition"] = f'attachment; filename="booking-{mine.number}.ics"'
    return response


def _mine(request: HttpRequest, public_id: UUID) -> Reservation:
    mine = selectors.bookings_of(request.user)  # type: ignore[arg-type]
    return get_object_or_404(mine, public_id=public_id)


def _is_coming(reservation: Reservation) -> bool:
    is_open = reservation.status in (Reservation.Status.HELD, Reservation.Status.CONFIRMED)
    return is_open and reservation.during.upper > clock.now()


def _lost(reservation: Reservation) -> dict[str, object]:
    """Whether the stall is out of order, and then what is free instead."""
    if not has_lost_its_stall(reservation):
        return {"is_lost": False}
    return {"is_lost": True, "offers": instead_of(reservation)}


def _fees(reservation: Reservation) -> dict[str, object]:
    """What it costs, and whether the start has passed while the stall is kept still."""
    fees, now = fees_of(reservation), clock.now()
    is_kept = reservation.status == Reservation.Status.CONFIRMED
    return {
        "fees": fees,
        "confirm_url": action_url(fees.hold) if fees and fees.hold else "",
        "is_free_to_cancel": _is_free_to_cancel(reservation, fees),
        "is_late": is_kept and reservation.during.lower < now and fees is not None and fees.may_cost,
    }


def _is_free_to_cancel(reservation: Reservation, fees: ShownFees | None) -> bool:
    return fees is None or fees.is_free_to_cancel or reservation.lost_stall_at is not None


def _label(reservation: Reservation) -> str:
    return labels_of(reservation.location_id)[reservation.evse_id]


def _quoted(quote: dict[str, str]) -> Money | None:
    """The price that was on the screen when it was booked."""
    return Money(Decimal(quote["total"]), quote["currency"]) if quote.get("total") else None
