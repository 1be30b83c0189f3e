"""The way back from the hosted page or the bank: look, start the charge, say what happened."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from core.links import sign
from core.money import Money
from core.ui.fragments import render_either
from payments.models import Payment
from payments.providers.base import ProviderError
from payments.services.addresses import action_url, page_url
from payments.services.looking import refresh_payment
from payments.services.starting import follow_hold
from payments.views.guards import LIVE_LINK, payment_of_link
from stations.models import ChargingSession

Status = Payment.Status


@never_cache
def back(request: HttpRequest, token: str) -> HttpResponse:
    """GET /pay/<token>/. When the hold stands, on to the live page of the charge it starts.

    With ?left=1 the payer has come back from the hosted page without paying.
    """
    payment = _looked_at(payment_of_link(token))
    if payment.session is not None and payment.session.status != ChargingSession.Status.ABANDONED:
        return HttpResponseRedirect(live_path(payment.session))
    state = state_of(payment, has_left="left" in request.GET)
    context = {
        "tab": "charge",
        "payment": payment,
        "state": state,
        "hold": Money.of_minor(payment.requested_minor, payment.currency),
        "advice": advice(payment, state),
        "action_url": action_url(payment),
        "page_url": page_url(payment),
        "again": reverse("scheduling:start", args=[payment.evse.code]) if payment.evse else "/",
        "path": request.get_full_path(),
        "live_topics": [f"payment.{payment.public_id}"],
    }
    return render_either(
        request, page="payments/return.html", fragment="payments/_return.html", context=context
    )


def _looked_at(payment: Payment) -> Payment:
    """As the provider has it now; if it cannot be asked, as we have it (the sweep asks later)."""
    try:
        refresh_payment(payment_id=payment.pk)
        follow_hold(payment_id=payment.pk)
    except ProviderError:
        pass
    wanted = Payment.objects.select_related("session", "evse__station__location", "account")
    return wanted.get(pk=payment.pk)


def live_path(session: ChargingSession) -> str:
    """The live page; a guest's carries its signed link."""
    path = reverse("scheduling:live", args=[session.public_id])
    return (
        path if session.driver_id else f"{path}?{urlencode({'t': sign(LIVE_LINK, str(session.public_id))})}"
    )


def state_of(payment: Payment, *, has_left: bool = False) -> str:
    """waiting, confirm, starting, refused (hold released), declined, left."""
    if payment.status == Status.CREATED and has_left:
        return "declined" if payment.failure_code else "left"
    if payment.status == Status.REQUIRES_ACTION:
        return "confirm"
    if payment.status == Status.AUTHORIZED:
        return "refused" if payment.failure_code else "starting"
    if payment.status == Status.VOIDED:
        return "refused"
    if payment.status == Status.FAILED:
        return "left" if payment.failure_code in ("abandoned", "not_done") else "declined"
    return "waiting"


def advice(payment: Payment, state: str) -> str:
    """What the payer can do now."""
    code = payment.failure_code or ("abandoned" if state == "left" else "")
    return str(_advices().get(code, _advices()[""]))


def _advices() -> dict[str, Any]:
    other_card = _("Please try another card, or ask your bank why it refused.")
    return {
        "": other_card,
        "insufficient_funds": _(
            "There is not enough money on this card for the hold. Please try another card."
        ),
        "expired_card": _("This card has expired. Please use another card."),
        "incorrect_cvc": _("The security code was wrong. Please try again."),
        "processing_error": _("The bank had a problem. Please try again in a minute, or use another card."),
        "authentication_required": _(
            "Your bank wants you to confirm. Please start again and confirm in your bank's app."
        ),
        "payment_intent_authentication_failure": _(
            "The confirmation failed. Please try again and confirm in your bank's app, or use another card."
        ),
        "checkout_unavailable": _("The payment service does not answer. Please try again in a minute."),
        "not_done": _("The payment service did not answer in time. Please try again."),
        "abandoned": _("The payment page was left before paying. You can start again."),
        "station_offline": _("The charger is not connected. Please choose another stall."),
        "already_yours": _("You are charging here already. This second hold was not needed."),
        "evse_busy": _("Somebody else has just started here. Please choose another stall."),
        "not_authorized": _("The charger is kept for somebody else. Please choose another stall."),
    }
