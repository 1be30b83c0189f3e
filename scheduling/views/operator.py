"""The operator's pages of scheduling: a day's bookings, and how power is shared."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.permissions import may_command_stations, may_manage_money, may_see_money
from core import clock
from core.ui.exports import csv_response
from core.ui.fragments import render_either
from payments.models import KeptStall
from payments.selectors import ShownPayment, payments_of, shown_payment
from payments.services import waiving
from payments.services.corrections import CannotCorrect, NothingChanges
from scheduling.models import Reservation
from scheduling.operator_forms import CancelForm, WaiveForm, read_day
from scheduling.selectors.days import bookings_on
from scheduling.selectors.fees import ShownFees, fees_of
from scheduling.selectors.sharing import sites_power
from scheduling.services.operating import cancel_for_driver
from scheduling.services.reservations import TooLate
from scheduling.states import OPEN_RESERVATION
from stations.models import Location
from stations.views.guards import member_required, organization_of

SITES = 12
DAY = timedelta(days=1)
BOOKING_COLUMNS = ("number", "site", "stall", "from", "until", "driver", "energy_kwh", "status")


@member_required
def power(request: HttpRequest) -> HttpResponse:
    """GET /operate/power/: each site's limit, what is drawn, what each car gets and why."""
    organization = organization_of(request)
    chosen = request.GET.get("site", "")
    places = Location.objects.visible_to(request.user).filter(is_waiting_room=False).order_by("name", "pk")
    page = Paginator(places.filter(slug=chosen) if chosen else places, SITES).get_page(
        request.GET.get("page")
    )
    context = {
        "section": "power",
        "organization": organization,
        "places": places,
        "chosen": chosen,
        "page": page,
        "sites": sites_power(list(page.object_list)),
        "live_topics": [f"org.{organization.pk}", f"power.{organization.pk}"],
    }
    return _either(request, "power", context)


@member_required
def bookings(request: HttpRequest) -> HttpResponse:
    """GET /operate/bookings/?day=2026-03-02&site=slug: a day's bookings by site and stall; or format=csv."""
    organization = organization_of(request)
    zone, chosen = organization.time_zone, request.GET.get("site", "")
    today = clock.now().astimezone(ZoneInfo(zone)).date()
    day = read_day(request.GET.get("day", ""), today=today)
    found = bookings_on(request.user, day=day, time_zone=zone, site=chosen)
    if request.GET.get("format") == "csv":
        return csv_response(f"bookings-{day:%Y-%m-%d}.csv", BOOKING_COLUMNS, map(_booking_row, found))
    context = {
        "section": "bookings",
        "organization": organization,
        "places": Location.objects.visible_to(request.user)
        .filter(is_waiting_room=False)
        .order_by("name", "pk"),
        "chosen": chosen,
        **_days(day, today),
        "bookings": found,
        "live_topics": [f"bookings.{organization.pk}"],
    }
    return _either(request, "bookings", context)


def _booking_row(found: Reservation) -> Sequence[object]:
    zone = ZoneInfo(found.location.time_zone)
    times = (at.astimezone(zone).isoformat() for at in (found.during.lower, found.during.upper))
    wanted = "" if found.energy_wh is None else found.energy_wh / 1000
    return (found.number, found.location.name, found.evse, *times, found.driver, wanted, found.status)


@member_required
def booking(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """GET /operate/bookings/<id>/: whose, where, when, and canceling it."""
    found = _visible(request, public_id)
    return render(request, "scheduling/operator/booking.html", _booking_context(request, found))


@require_POST
@member_required
def cancel_booking(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Cancel with a reason. Without one the form comes back with 422."""
    found = _visible(request, public_id)
    if not may_command_stations(request.user, found.organization):
        raise PermissionDenied(_("Your role cannot cancel bookings. An owner can give you one that can."))
    form = CancelForm(request.POST)
    if not form.is_valid():
        context = _booking_context(request, found) | {"form": form, "refused": form}
        return render(request, "scheduling/operator/booking.html", context, status=422)
    _cancel(request, found, form)
    return redirect("scheduling:operator_booking", public_id)


def _cancel(request: HttpRequest, found: Reservation, form: CancelForm) -> None:
    user = cast(User, request.user)
    try:
        cancel_for_driver(reservation=found, canceled_by=user, **form.cleaned_data)
    except TooLate:
        messages.error(request, _("This booking is over; it cannot be canceled any more."))
    else:
        messages.success(request, _("Canceled: the stall is free again at that time. The driver is told."))


@require_POST
@member_required
def waive_fee(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """POST: nobody is to pay for this booking; what was paid goes back. Without a reason 422."""
    found = _visible(request, public_id)
    if not may_manage_money(request.user, found.organization):
        raise PermissionDenied(_("Your role cannot waive fees. An owner can give you one that can."))
    form = WaiveForm(request.POST)
    if not form.is_valid():
        context = _booking_context(request, found) | {"waive_form": form, "refused": form}
        return render(request, "scheduling/operator/booking.html", context, status=422)
    _waive(request, found, form.cleaned_data["why"])
    return redirect("scheduling:operator_booking", public_id)


def _waive(request: HttpRequest, found: Reservation, reason: str) -> None:
    fees = fees_of(found)
    if fees is None:
        messages.error(request, _("This booking costs nothing."))
        return
    try:
        reissued = waiving.waive_fee(kept=fees.kept, by=cast(User, request.user), reason=reason)
    except NothingChanges:
        messages.info(request, _("There is nothing to waive any more."))
    except CannotCorrect:
        messages.error(request, _("The money is being taken at this moment. Try again in a minute."))
    else:
        words = _("Waived. What was paid goes back to the card by itself.")
        messages.success(request, words if reissued else _("Waived. Nobody pays for this booking."))


def _visible(request: HttpRequest, public_id: UUID) -> Reservation:
    visible = Reservation.objects.visible_to(request.user)
    related = ("organization", "location", "evse__station", "driver", "session")
    return get_object_or_404(visible.select_related(*related), public_id=public_id)


def _booking_context(request: HttpRequest, found: Reservation) -> dict[str, Any]:
    fees = fees_of(found)
    is_open = found.status in OPEN_RESERVATION and found.during.upper > clock.now()
    return {
        "section": "bookings",
        "organization": found.organization,
        "booking": found,
        "is_open": is_open,
        "may_cancel": is_open and may_command_stations(request.user, found.organization),
        "form": CancelForm(),
        "fees": fees,
        "payments": _payments(request, found, fees),
        "may_waive": may_manage_money(request.user, found.organization) and _can_be_waived(fees),
        "waive_form": WaiveForm(),
    }


def _payments(request: HttpRequest, found: Reservation, fees: ShownFees | None) -> list[ShownPayment]:
    """What was held or paid for it alone; what its charge cost is on the session's page."""
    if fees is None or not may_see_money(request.user, found.organization):
        return []
    return [shown_payment(payment) for payment in payments_of(fees.kept)]


def _can_be_waived(fees: ShownFees | None) -> bool:
    """While it may come to be paid, or after it was."""
    if fees is None or fees.kept.waived_at is not None or fees.terms.are_free:
        return False
    return fees.kept.outcome not in (KeptStall.Outcome.FREE, KeptStall.Outcome.EXCUSED)


def _days(day: date, today: date) -> dict[str, date | bool]:
    return {"day": day, "before": day - DAY, "after": day + DAY, "today": today, "is_today": day == today}


def _either(request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    return render_either(
        request,
        page=f"scheduling/operator/{name}.html",
        fragment=f"scheduling/operator/_{name}.html",
        context=context,
    )
