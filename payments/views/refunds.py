"""Giving money back: one page that asks how much and why, says what will happen, and does it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from accounts import permissions
from core.money import Money
from core.ui.numbers import money_text
from payments import selectors
from payments.forms_money import RefundForm
from payments.models import Payment, Refund
from payments.services.operations import Busy
from payments.services.payments import NotPossible
from payments.services.refunding import refund_payment
from stations.views.guards import member, member_required, organization_of

PAGE = "payments/refund.html"


@member_required
def refund(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """GET: the form. POST: what will happen, in words; with `confirmed` it is done."""
    payment = _payment(request, public_id)
    left = selectors.refundable(payment)
    if left is None:
        return render(request, PAGE, _context(payment))
    form = RefundForm(left, request.POST or None)
    if request.method != "POST" or not form.is_valid():
        status = 422 if form.is_bound else 200
        return render(request, PAGE, _context(payment, form=form, left=left), status=status)
    if "change" in request.POST or "confirmed" not in request.POST:
        is_asked = "change" not in request.POST
        return render(request, PAGE, _context(payment, form=form, left=left, is_asked=is_asked))
    return _give_back(request, payment, form)


def _payment(request: HttpRequest, public_id: UUID) -> Payment:
    organization = organization_of(request)
    wanted = Payment.objects.filter(organization=organization).select_related("session", "method")
    payment = get_object_or_404(wanted, public_id=public_id)
    if not permissions.may_manage_money(request.user, organization):
        raise PermissionDenied(_("Your role cannot give money back. An owner can give you one that can."))
    return payment


def _context(payment: Payment, **more: Any) -> dict[str, Any]:
    return {
        "section": "revenue",
        "organization": payment.organization,
        "shown": selectors.shown_payment(payment),
        **more,
    }


def _give_back(request: HttpRequest, payment: Payment, form: RefundForm) -> HttpResponse:
    amount: Money = form.cleaned_data["amount"]
    reason = form.cleaned_data["reason"]
    try:
        made = refund_payment(payment=payment, amount_minor=amount.minor, reason=reason, by=member(request))
    except Busy:
        form.add_error(None, _("Another refund of this payment is under way. Wait until it is done."))
    except NotPossible:
        form.add_error("amount", _("Meanwhile less is left of this payment. Look again."))
    else:
        _tell(request, made, amount)
        return _back(payment)
    left = selectors.refundable(Payment.objects.get(pk=payment.pk))
    return render(request, PAGE, _context(payment, form=form, left=left), status=422)


def _tell(request: HttpRequest, made: Refund, amount: Money) -> None:
    named = {"amount": money_text(amount), "why": made.failure}
    if made.status == Refund.Status.FAILED:
        messages.error(request, _("Nothing was given back. The payment provider says: %(why)s") % named)
    elif made.status == Refund.Status.ASKED:
        told = _("The payment provider did not answer. Whether %(amount)s went back is found out by itself.")
        messages.warning(request, told % named)
    else:
        messages.success(request, _("%(amount)s goes back to the payer.") % named)


def _back(payment: Payment) -> HttpResponse:
    if payment.session is None:
        return redirect("payments:revenue")
    return redirect("stations:session", payment.session.public_id)
