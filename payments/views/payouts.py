"""Payouts to the organization itself, and taking a payout back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.money import Money
from core.ui.numbers import money_text
from payments.forms_money import TakeBackForm
from payments.models import HostPayout
from payments.providers.base import Refused
from payments.services import hosting, taking_back
from payments.services.operations import Busy
from payments.views.host_guards import demand_hosts
from stations.views.guards import member, member_required, organization_of

PAGE = "payments/take_back.html"


@require_POST
@member_required
def ourselves(request: HttpRequest) -> HttpResponse:
    """The organization itself as somebody who is paid: made on the first click, shown on every other."""
    organization = organization_of(request)
    demand_hosts(request, organization, is_change=True)
    host = hosting.pay_ourselves(actor=member(request), organization=organization)
    return redirect("payments:host", host.public_id)


@member_required
def take_back(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """GET: how much, and why. POST: it is asked of the provider."""
    organization = organization_of(request)
    demand_hosts(request, organization, is_change=True)
    mine = HostPayout.objects.filter(organization=organization).select_related("host__organization")
    payout = get_object_or_404(mine, public_id=public_id)
    left = Money.of_minor(payout.left_minor, payout.currency)
    form = TakeBackForm(left, request.POST or None)
    if request.method == "POST" and form.is_valid() and _is_done(request, payout, form):
        return redirect("payments:host", payout.host.public_id)
    context: dict[str, Any] = {
        "section": "hosts",
        "organization": organization,
        "payout": payout,
        "amount": Money.of_minor(payout.amount_minor, payout.currency),
        "left": left,
        "form": form,
    }
    return render(request, PAGE, context, status=422 if form.is_bound else 200)


def _is_done(request: HttpRequest, payout: HostPayout, form: TakeBackForm) -> bool:
    amount: Money = form.cleaned_data["amount"]
    reason = form.cleaned_data["reason"]
    try:
        found = taking_back.take_back(
            payout=payout, amount_minor=amount.minor, reason=reason, actor=member(request)
        )
    except Busy:
        form.add_error(None, _("This payout is being taken back already. Wait until it is done."))
    except taking_back.NothingToTakeBack:
        form.add_error("amount", _("Meanwhile less is left of this payout. Look again."))
    except Refused:
        form.add_error(None, _("The payment provider refused: perhaps the money has gone on to the bank."))
    else:
        _tell(request, amount, is_known=found.reversed_minor > payout.reversed_minor)
    return not form.errors


def _tell(request: HttpRequest, amount: Money, *, is_known: bool) -> None:
    named = {"amount": money_text(amount)}
    if is_known:
        messages.success(request, _("%(amount)s came back, and is owed again.") % named)
    else:
        words = _("The payment provider did not answer. Whether %(amount)s came back is found out by itself.")
        messages.warning(request, words % named)
