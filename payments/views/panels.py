"""Fragments of payments inside other apps' pages; each guards itself (ARCHITECTURE 5.4)."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from accounts import permissions
from core.money import Money
from payments import selectors
from payments.models import CompanyCharge
from payments.rating.explain import explain
from payments.selectors.disputes import disputes_of_session
from payments.services import receipts
from payments.services.pricing import live_cost as cost_so_far
from payments.views.guards import find_session, session_with_cost
from payments.words import speech
from stations.views.guards import member_required, organization_of


@never_cache
def live_cost(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """What the session has cost so far, for its driver, its guest (`?t=`) and its operators."""
    session = session_with_cost(request, public_id)
    bill = cost_so_far(session)
    payment = selectors.open_payment_of(session)
    on_account = CompanyCharge.objects.filter(session=session).select_related("company__organization")
    charge = on_account.first()
    context = {
        "session": session,
        "total": Money(bill.total_gross, bill.currency),
        "lines": explain(bill, speech()),
        "hold": Money.of_minor(payment.authorized_minor, payment.currency) if payment else None,
        "is_nearly_used": payment is not None and payment.warned_at is not None and session.is_open,
        "account": charge,
        "most": _most(charge),
        "link": request.GET.get("t", ""),
    }
    return render(request, "payments/_live_cost.html", context)


def _most(charge: CompanyCharge | None) -> Money | None:
    """What the charge may come to by its voucher."""
    if charge is None or charge.limit_minor is None:
        return None
    return Money.of_minor(charge.limit_minor, charge.company.organization.currency)


@member_required
def revenue_today(request: HttpRequest) -> HttpResponse:
    organization = organization_of(request)
    if not permissions.may_see_money(request.user, organization):
        return HttpResponse(status=403)
    context = {"revenue": selectors.revenue_today(organization)}
    return render(request, "payments/_revenue_today.html", context)


@member_required
def session_money(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The record, the payments and their operations of one session, for its operators."""
    session = find_session(str(public_id))
    if not permissions.may_see_money(request.user, session.organization):
        return HttpResponse(status=403)
    record = selectors.record_of(session)
    context = {
        "session": session,
        "receipt": receipts.receipt_of(record) if record else None,
        "so_far": None if record else cost_so_far(session),
        "disputes": disputes_of_session(session),
        "refunds": selectors.refunds_of(session),
        "may_refund": permissions.may_manage_money(request.user, session.organization),
        "may_correct": permissions.may_manage_money(request.user, session.organization),
        "payments": [selectors.shown_payment(payment) for payment in selectors.payments_of(session)],
    }
    return render(request, "payments/_session_money.html", context)
