"""Start at a stall: what it is, what it costs now, and one button. No account needed."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from core import clock
from core.links import sign
from core.ui.fragments import render_either
from core.ui.kept_form import take_kept_form
from payments.models import CompanyAccount, PaymentMethod
from payments.selectors import cards_of
from payments.selectors.balances import Purse, purse_of, terms_for
from payments.selectors.companies import left_this_month, takes_vouchers
from payments.selectors.paying import asks_cards
from payments.selectors.prices import Payer
from payments.services.addresses import return_path
from payments.services.attempts import last_address, running_attempt
from payments.services.checkout import (
    CheckoutUnavailable,
    NoCard,
    NotByCard,
    NotForGuests,
    NothingToPay,
    begin_checkout,
    pay_at_once,
)
from payments.services.company_charges import account_open_to
from payments.services.tariff_rules import is_sold_ad_hoc
from payments.services.vouchers import NotValid, UsedUp, most_with_voucher, start_with_voucher
from scheduling.forms import read_code
from scheduling.selectors.early import Outlook, ahead_of
from scheduling.selectors.prices import PriceNow, for_driver, prices_now
from scheduling.selectors.stalls import StallNow, stalls_of
from scheduling.views.guards import LIVE_LINK
from scheduling.views.payer import guest_of, payer_of, remember_guest
from scheduling.views.scan import NotProven, proven, scan_again
from stations.limits import ChargeLimits
from stations.models import ChargingSession, Evse
from stations.selectors_labels import label_means
from stations.services import sessions

REFUSALS = (sessions.StationOffline, sessions.EvseBusy, sessions.NotAuthorized)


def charge(request: HttpRequest) -> HttpResponse:
    """GET /charge/: the driver's running charge, or the code that is printed on the stall."""
    running = _running(request)
    if running:
        return redirect("scheduling:live", public_id=running.public_id)
    typed = request.GET.get("code", "")
    code = read_code(typed)
    labelled = Evse.objects.filter(_on_label(typed)).first() if code else None
    if labelled is not None:
        return redirect("scheduling:start", code=labelled.code)
    context = {"tab": "charge", "code": code}
    return render(request, "scheduling/charge.html", context, status=404 if code else 200)


def _on_label(text: str) -> Q:
    """What stands on a stall's label: our code however it is typed, its public id, a label bound to it."""
    return Q(code=read_code(text)) | label_means(text)


def start(request: HttpRequest, code: str) -> HttpResponse:
    """GET and POST /c/<code>/, the address in the stall's QR code; with ?scan=… also after its display's."""
    evses = Evse.objects.select_related("station__location__organization")
    evse = get_object_or_404(evses, _on_label(code))
    running = _way_to_mine(request, evse)
    if running:
        return HttpResponseRedirect(running)
    try:
        scanned = proven(request, evse)
    except NotProven:
        return scan_again(request)
    if request.method == "POST":
        return _begin(request, evse, scanned)
    kept = take_kept_form(request)
    email = kept.get("email", "") if kept else last_address(evse=evse, payer_key=payer_of(request))
    return remember_guest(request, _page(request, evse, email=email, limits=scanned))


def _page(request: HttpRequest, evse: Evse, *, status: int = 200, **more: Any) -> HttpResponse:
    context = {**_context(request, evse), **more}
    return render_either(
        request,
        page="scheduling/start.html",
        fragment="scheduling/_start.html",
        context=context,
        status=status,
    )


def _context(request: HttpRequest, evse: Evse) -> dict[str, Any]:
    location = evse.station.location
    stalls = stalls_of([location.pk])[location.pk]
    stall = next(one for one in stalls if one.evse.pk == evse.pk)
    user: Any = request.user
    ahead = ahead_of(evse=evse, at=clock.now(), driver_id=user.pk)
    is_due = ahead is not None and ahead.outlook is Outlook.DUE
    account = _account(request, evse)
    price = _price(evse, user)
    card = cards_of(user).first() if user.is_authenticated else None
    return {
        "tab": "charge",
        "evse": evse,
        "here": _here(request, evse),
        "location": location,
        "stall": stall,
        "price": price,
        "needs_account": not user.is_authenticated and not is_sold_ad_hoc(evse),
        "takes_cards": asks_cards(evse.organization_id),
        "ahead": ahead,
        "ahead_label": _label(stalls, ahead.reservation.evse_id) if ahead else "",
        "state": _state(stall, is_mine=is_due),
        "other": next((one for one in stalls if one.is_free and one.evse.pk != evse.pk), None),
        "account": account,
        "account_left": left_this_month(account) if account else None,
        "takes_vouchers": takes_vouchers(evse.organization_id),
        "card": card,
        "purse": _purse(evse, user, price, card),
        "tops_up": user.is_authenticated and terms_for(location.organization).is_offered,
        "live_topics": [f"station.{evse.station_id}", f"location.{location.pk}"],
    }


def _price(evse: Evse, user: Any) -> PriceNow:
    now = clock.now()
    price = prices_now([evse], now, Payer(user_id=user.pk))[evse.pk]
    return for_driver(price, evse, user if user.is_authenticated else None, now)


def _purse(evse: Evse, user: Any, price: PriceNow, card: PaymentMethod | None) -> Purse | None:
    if not user.is_authenticated or price.is_free:
        return None
    has_card = card is not None and asks_cards(evse.organization_id)
    return purse_of(user, evse.organization_id, hold=price.hold, has_card=has_card)


def _account(request: HttpRequest, evse: Evse) -> CompanyAccount | None:
    """The company on whose account the visitor would charge here."""
    if not isinstance(request.user, User):
        return None
    return account_open_to(user=request.user, organization=evse.station.location.organization)


def _here(request: HttpRequest, evse: Evse) -> str:
    """This page's address, with the proof that its code was scanned, if it was."""
    proof = request.GET.get("scan", "")
    path = reverse("scheduling:start", args=[evse.code])
    return f"{path}?{urlencode({'scan': proof})}" if proof else path


def _label(stalls: list[StallNow], evse_id: int) -> str:
    return next((stall.label for stall in stalls if stall.evse.pk == evse_id), "")


def _state(stall: StallNow, *, is_mine: bool) -> str:
    """offline, fault, closed, busy, kept, or what can be started: plug_in, ready."""
    if stall.role == "booked" and is_mine:
        return "plug_in"
    blocked = {"off": "offline", "fault": "fault", "charge": "busy", "booked": "kept"}
    if stall.word in ("unavailable", "closed"):
        return "closed"
    if stall.session is not None and stall.session.id_token_id is None and stall.word == "connected":
        return "ready"
    if stall.session is not None:
        return "busy"
    return blocked.get(stall.role, "plug_in" if stall.is_free else "ready")


def _begin(request: HttpRequest, evse: Evse, scanned: ChargeLimits | None) -> HttpResponse:
    """The hold first; the station is asked when it stands. Where charging is free it is asked at once."""
    email = request.POST.get("email", "").strip()
    if not request.user.is_authenticated and not _is_email_or_empty(email):
        why = _("This is not an e-mail address.")
        return _page(request, evse, status=422, email=email, email_error=why, limits=scanned)
    if _context(request, evse)["state"] not in ("plug_in", "ready"):
        return _page(request, evse, status=409, email=email, limits=scanned)
    if request.POST.get("with") == "voucher":
        return _redeem(request, evse, scanned)
    if "with" not in request.POST and _account(request, evse) is not None:
        return _start_free(request, evse, scanned)
    try:
        return HttpResponseRedirect(_pay(request, evse, email, scanned))
    except (NotForGuests, NotByCard):
        return _page(request, evse, status=403, email=email, limits=scanned)
    except NothingToPay:
        return _start_free(request, evse, scanned)
    except CheckoutUnavailable:
        why = _("The payment service does not answer. Nothing is held on your card; please try again.")
        return _page(request, evse, status=503, email=email, failure=why, limits=scanned)


def _is_email_or_empty(text: str) -> bool:
    try:
        validate_email(text or "nobody@example.org")
    except ValidationError:
        return False
    return True


def _pay(request: HttpRequest, evse: Evse, email: str, scanned: ChargeLimits | None) -> str:
    """The address to go to: the bank's or the provider's page, or ours when the hold stands."""
    user: Any = request.user
    if not user.is_authenticated:
        return begin_checkout(evse=evse, email=email, guest_key=guest_of(request), scanned=scanned).url
    if request.POST.get("with") != "other":
        try:
            return pay_at_once(evse=evse, driver=user, scanned=scanned).url
        except NoCard:
            pass
    return begin_checkout(evse=evse, driver=user, scanned=scanned).url


def _redeem(request: HttpRequest, evse: Evse, scanned: ChargeLimits | None) -> HttpResponse:
    """Start with a voucher: nobody's charge, followed by a signed link as a guest's is.

    What the voucher pays at most is said first, and is in the form that comes back.
    """
    code = request.POST.get("voucher", "").replace("\0", "")
    try:
        most = most_with_voucher(evse=evse, code=code)
        if most is not None and request.POST.get("most") != str(most.minor):
            return _page(request, evse, voucher=code, voucher_most=most, limits=scanned)
        session = start_with_voucher(evse=evse, code=code, limits=scanned or sessions.UNLIMITED)
    except NotValid:
        why = _("This code is not valid here.")
        return _page(request, evse, status=422, voucher=code, code_error=why, limits=scanned)
    except UsedUp:
        why = _("This voucher is used up.")
        return _page(request, evse, status=422, voucher=code, code_error=why, limits=scanned)
    except REFUSALS as refusal:
        return _page(request, evse, status=409, failure=_refusal(refusal), limits=scanned)
    return _follow(request, session, is_guest=True)


def _start_free(request: HttpRequest, evse: Evse, scanned: ChargeLimits | None) -> HttpResponse:
    user: Any = request.user if request.user.is_authenticated else None
    try:
        session = sessions.request_start(evse=evse, user=user, limits=scanned or sessions.UNLIMITED)
    except REFUSALS as refusal:
        mine = _way_to_mine(request, evse)
        return (
            HttpResponseRedirect(mine)
            if mine
            else _page(request, evse, status=409, failure=_refusal(refusal))
        )
    return _follow(request, session, is_guest=user is None)


def _follow(request: HttpRequest, session: ChargingSession, *, is_guest: bool) -> HttpResponse:
    messages.success(request, _("Asking the charger to start."))
    path = reverse("scheduling:live", args=[session.public_id])
    link = "?" + urlencode({"t": sign(LIVE_LINK, str(session.public_id))}) if is_guest else ""
    return HttpResponseRedirect(path + link)


def _refusal(refusal: Exception) -> str:
    if isinstance(refusal, sessions.StationOffline):
        return _("This charger is not connected. Nothing was charged.")
    if isinstance(refusal, sessions.EvseBusy):
        return _("A charge has just been started here. Nothing more was charged.")
    return _("This start was refused: %(reason)s. Nothing was charged.") % {"reason": refusal}


def _way_to_mine(request: HttpRequest, evse: Evse) -> str:
    """Where this visitor's own charge at this place is followed; empty when there is none."""
    running = _running(request, evse)
    if running:
        return reverse("scheduling:live", args=[running.public_id])
    paid = running_attempt(evse=evse, payer_key=payer_of(request))
    return return_path(paid) if paid else ""


def _running(request: HttpRequest, evse: Evse | None = None) -> ChargingSession | None:
    """The open session of the person who is signed in, here or anywhere."""
    if not request.user.is_authenticated:
        return None
    mine = ChargingSession.objects.filter(driver=request.user, status__in=["pending", "active"])
    return (mine.filter(evse=evse) if evse else mine).order_by("-created_at").first()
