"""The operator's pages of money: revenue and what is stuck."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import permissions
from accounts.models import Organization
from core import clock
from core.ui.exports import csv_response
from payments import selectors
from payments.models import Payment
from payments.selectors import ledgers
from payments.selectors.books import Day
from payments.selectors.months import month_of
from payments.services import debts, settlements
from stations.views.guards import member_required, organization_of

COLUMNS = ("day", "charges", "energy_kwh", "net", "gross", "given_back", "left", "currency")


@member_required
def revenue(request: HttpRequest) -> HttpResponse:
    """GET /operate/revenue/: the last two weeks, and payments to look at; format=csv: the days."""
    organization = organization_of(request)
    demand_money(request, organization)
    if request.GET.get("format") == "csv":
        return csv_response("revenue.csv", COLUMNS, map(_row, selectors.revenue_by_day(organization)))
    context = {
        "section": "revenue",
        "organization": organization,
        "today": selectors.revenue_today(organization),
        "month": ledgers.sums_of(organization, month_of(organization, clock.now())),
        "days": selectors.revenue_by_day(organization),
        "payments": [selectors.shown_payment(one) for one in selectors.latest_payments(organization)],
        "debts": selectors.unpaid_debts(organization),
        "may_write_off": permissions.may_manage_money(request.user, organization),
        "refunds": selectors.latest_refunds(organization),
        "differing": [selectors.shown_payment(one) for one in _differing(organization)],
    }
    return render(request, "payments/revenue.html", context)


@require_POST
@member_required
def looked_at(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """POST: a person has seen that a terminal settled something else than our price."""
    organization = organization_of(request)
    demand_money(request, organization)
    payment = get_object_or_404(Payment.objects.filter(organization=organization), public_id=public_id)
    settlements.note_looked_at(payment=payment)
    return redirect("payments:revenue")


@require_POST
@member_required
def write_off(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """POST: what no reminder could bring in is given up, visibly."""
    organization = organization_of(request)
    if not permissions.may_manage_money(request.user, organization):
        raise PermissionDenied(_("Your role cannot change money."))
    debt = selectors.debt_of(str(public_id))
    if debt is None or debt.record.organization_id != organization.pk:
        raise Http404
    user: Any = request.user
    try:
        debts.write_off(debt=debt, by=user)
    except debts.NothingOwed:
        messages.info(
            request, _("This charge cannot be written off: it is paid, or reminders are still due.")
        )
    else:
        messages.success(request, _("The charge was written off."))
    return redirect("payments:revenue")


def _differing(organization: Organization) -> QuerySet[Payment]:
    return selectors.differing(Payment.objects.filter(organization=organization).select_related("session"))


def _row(day: Day) -> Sequence[object]:
    amounts = (day.net, day.gross, day.given_back, day.left)
    sums = (*(one.amount for one in amounts), day.gross.currency)
    return (day.day.isoformat(), day.records, Decimal(day.energy_wh) / 1000, *sums)


def demand_money(request: HttpRequest, organization: Organization) -> None:
    if not permissions.may_see_money(request.user, organization):
        raise PermissionDenied(_("Your role cannot see money. An owner can give you one that can."))
