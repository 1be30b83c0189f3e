"""Site: live stalls, what the car needs, the recommended slot, other times, the cost; and the booking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Self

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Vehicle
from core import clock
from core.ui.fragments import render_either
from core.ui.kept_form import keep_and_sign_in, keep_form, take_kept_form
from payments.selectors.prices import Payer
from payments.services import reserving
from payments.services.checkout import CheckoutUnavailable, begin_card_setup
from payments.views.cards import keep_saved_card
from scheduling.forms import DAYS_AHEAD, NeedInput, read_code
from scheduling.selectors.availability import FreeTime
from scheduling.selectors.fees import terms_for
from scheduling.selectors.offers import Need, Recommended, Slot, estimate_of, recommend, slots_of
from scheduling.selectors.prices import Estimate, PriceNow, for_driver, prices_now
from scheduling.selectors.saved import saved_places
from scheduling.selectors.stalls import StallNow, stalls_of
from scheduling.services.reservations import NotBookable, NoWayToPay, SlotTaken, book
from scheduling.times import kept_until
from scheduling.views.common import own_car
from scheduling.views.sentences import stalls_sentence
from stations.models import Evse, Location


def site(request: HttpRequest, slug: str) -> HttpResponse:
    """GET /sites/<slug>/ with the need in the URL; the fragment is the plan below the stalls.

    With ?card=saved the driver is back from saving a card, and finds what she had chosen.
    """
    location = _location(slug)
    if request.GET.get("card") == "saved":
        keep_saved_card(request)
    context = plan_context(request, location, take_kept_form(request) or request.GET)
    return render_either(
        request, page="scheduling/site.html", fragment="scheduling/_site.html", context=context
    )


def book_slot(request: HttpRequest, slug: str) -> HttpResponse:
    """POST /sites/<slug>/book/. What is no longer free comes back with the next free times (422).

    Where a fee may come to be paid and there is no way to pay it, a card is saved first.
    """
    location = _location(slug)
    if request.method != "POST":
        return redirect("scheduling:site", slug=slug)
    if not request.user.is_authenticated:
        return keep_and_sign_in(request, back_to=f"/sites/{slug}/")
    wish = Chosen.read(request.POST.get("slot", ""), location)
    if wish is None:
        return _refused(request, location, _("Please choose a time first."))
    return _book(request, location, wish)


def _book(request: HttpRequest, location: Location, wish: Chosen) -> HttpResponse:
    context = plan_context(request, location, request.POST)
    try:
        reservation = book(
            evse=wish.evse,
            driver=request.user,  # type: ignore[arg-type]
            start_at=wish.start_at,
            end_at=wish.end_at,
            energy_wh=context["need"].energy_wh,
            quote=_quote(context, wish),
        )
    except SlotTaken as taken:
        return _refused(request, location, _("Somebody else has this time now."), taken.next_free)
    except NoWayToPay:
        return _save_card_first(request, location)
    except NotBookable:
        return _refused(request, location, _("This time cannot be booked any more."))
    messages.success(request, _("Your slot is booked."))
    return redirect("scheduling:booking", public_id=reservation.public_id)


def _save_card_first(request: HttpRequest, location: Location) -> HttpResponse:
    """To the hosted page that saves a card, and back to what was chosen."""
    back = reverse("scheduling:site", args=[location.slug])
    keep_form(request, path=back)
    user: Any = request.user
    try:
        return redirect(begin_card_setup(driver=user, return_to=f"{back}?card=saved"))
    except CheckoutUnavailable:
        why = _("The payment service does not answer. Please try again in a minute.")
        return _refused(request, location, why)


def _refused(
    request: HttpRequest, location: Location, why: str, next_free: Sequence[FreeTime] = ()
) -> HttpResponse:
    """The same page with everything that was typed, the reason on top, and the next free times."""
    context = plan_context(request, location, request.POST)
    context |= {"refused": why, "next_free": [_free_time(context, free) for free in next_free]}
    return render(request, "scheduling/site.html", context, status=422)


def _free_time(context: Mapping[str, Any], free: FreeTime) -> dict[str, Any]:
    stall = next(stall for stall in context["stalls"] if stall.evse.pk == free.evse_id)
    chosen = Chosen(evse=stall.evse, start_at=free.start_at, end_at=free.end_at)
    terms = terms_for(stall.evse, free.start_at, context["payer"])
    return {
        "start_at": free.start_at,
        "end_at": free.end_at,
        "stall": stall,
        "value": chosen.value,
        "missed": terms.missed if terms and terms.missed.amount else None,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A slot as the form sends it: start, minutes and stall code."""

    evse: Evse
    start_at: datetime
    end_at: datetime

    @classmethod
    def read(cls, text: str, location: Location) -> Self | None:
        start, minutes, code = ([*text.split("-"), "", "", ""])[:3]
        evse = (
            Evse.objects.filter(code=read_code(code), station__location=location)
            .select_related("station")
            .first()
        )
        try:
            start_at = datetime.strptime(start, "%Y%m%dT%H%MZ").replace(tzinfo=UTC)
            length = timedelta(minutes=int(minutes))
        except ValueError:
            return None
        return cls(evse=evse, start_at=start_at, end_at=start_at + length) if evse else None

    @property
    def value(self) -> str:
        minutes = int((self.end_at - self.start_at).total_seconds() // 60)
        return f"{self.start_at:%Y%m%dT%H%M}Z-{minutes}-{self.evse.code}"


def plan_context(request: HttpRequest, location: Location, query: QueryDict) -> dict[str, Any]:
    """Everything that the site page shows."""
    stalls = stalls_of([location.pk])[location.pk]
    asked = NeedInput.read(query, location)
    car = own_car(request)
    payer = Payer(user_id=request.user.pk)
    price = _price(stalls, payer)
    fit = partial(_fit, location, car, price, stalls, payer)
    need, slots = fit(asked)
    if not slots and not query.get("day"):  # late in the evening, tomorrow is meant
        tomorrow = replace(asked, day=asked.day + timedelta(days=1))
        asked, (need, slots) = tomorrow, fit(tomorrow)
    pick = recommend(slots, need, payer)
    chosen = next((slot for slot in slots if slot.value == asked.slot and slot.stall), None)
    chosen = chosen or (pick.slot if pick else None)
    terms = terms_for(chosen.stall.evse, chosen.start_at, payer) if chosen and chosen.stall else None
    cost = _cost(chosen, pick, need, payer)
    return {
        "tab": "find",
        "location": location,
        "stalls": stalls,
        "free": sum(stall.is_free for stall in stalls),
        "is_saved": location.pk in saved_places(request.user),
        "notes": stalls_sentence(stalls, location),
        "asked": asked,
        "need": need,
        "car": car,
        "price": _for_chosen(request, price, chosen),
        "slots": slots,
        "pick": pick,
        "chosen": chosen,
        "payer": payer,
        "cost": cost,
        "total": cost.total + terms.used if cost and terms else cost and cost.total,
        "kept_until": kept_until(chosen.start_at, clock.now()) if chosen else None,
        "terms": terms,
        "can_pay": _can_pay(request, location),
        "days": _days(asked, location),
        "live_topics": [f"location.{location.pk}"],
    }


def _fit(
    location: Location,
    car: Vehicle | None,
    price: PriceNow | None,
    stalls: Sequence[StallNow],
    payer: Payer,
    asked: NeedInput,
) -> tuple[Need, list[Slot]]:
    """The need in what was asked, and the times of its day that it fits into."""
    need = asked.need(location, car, price.per_kwh if price else Decimal(0))
    return need, slots_of(location, asked.day, stalls, need, payer)


def _can_pay(request: HttpRequest, location: Location) -> bool:
    user: Any = request.user
    return user.is_authenticated and reserving.can_pay(user, location.organization)


def _cost(chosen: Slot | None, pick: Recommended | None, need: Need, payer: Payer) -> Estimate | None:
    if chosen is None:
        return None
    return pick.estimate if pick and chosen is pick.slot else estimate_of(chosen, need, payer)


def _days(asked: NeedInput, location: Location) -> list[dict[str, Any]]:
    today = NeedInput.read({}, location).day
    days = (today + timedelta(days=n) for n in range(DAYS_AHEAD + 1))
    return [{"day": day, "is_today": day == today, "is_chosen": day == asked.day} for day in days]


def _price(stalls: Sequence[StallNow], payer: Payer) -> PriceNow | None:
    """The lowest price here now."""
    prices = prices_now([stall.evse for stall in stalls], clock.now(), payer)
    return min(prices.values(), key=lambda price: price.per_kwh, default=None)


def _for_chosen(request: HttpRequest, price: PriceNow | None, chosen: Slot | None) -> PriceNow | None:
    """With the hold that this driver's car needs at the stall that was chosen."""
    if price is None or chosen is None or chosen.stall is None:
        return price
    driver = request.user if request.user.is_authenticated else None
    return for_driver(price, chosen.stall.evse, driver, chosen.start_at)


def _quote(context: Mapping[str, Any], wish: Chosen) -> dict[str, Any] | None:
    """The price as it was on the screen, kept with the booking."""
    slot: Slot | None = next((s for s in context["slots"] if s.value == wish.value and s.stall), None)
    if slot is None:
        return None
    need: Need = context["need"]
    total = estimate_of(slot, need, context["payer"]).total
    return {
        "energy_wh": need.energy_wh,
        "total": str(total.amount),
        "currency": total.currency,
        "per_kwh": str(slot.per_kwh),
    }


def _location(slug: str) -> Location:
    return get_object_or_404(Location.objects.select_related("organization"), slug=slug, is_public=True)
