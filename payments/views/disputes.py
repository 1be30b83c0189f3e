"""Disputes: who asks money back, why, until when an answer counts, and what it cost."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from payments.models import Dispute
from payments.selectors import disputes as chosen
from payments.views.operator import demand_money
from payments.words_money import reason_of
from stations.views.guards import member_required, organization_of


@require_safe
@member_required
def disputes(request: HttpRequest) -> HttpResponse:
    """GET /operate/disputes/"""
    organization = organization_of(request)
    demand_money(request, organization)
    rows = [_shown(one) for one in chosen.disputes_of(organization)]
    context = {"section": "revenue", "tab": "disputes", "organization": organization, "rows": rows}
    return render(request, "payments/disputes.html", context)


@require_safe
@member_required
def dispute(request: HttpRequest, public_id: UUID) -> HttpResponse:
    organization = organization_of(request)
    demand_money(request, organization)
    mine = Dispute.objects.filter(organization=organization)
    wanted = mine.select_related("payment__session__station__location", "payment__method")
    one = get_object_or_404(wanted, public_id=public_id)
    context = {
        "section": "revenue",
        "tab": "disputes",
        "organization": organization,
        "money": chosen.money_of(one),
        "live_topics": [f"payment.{one.payment.public_id}"],
        **_shown(one),
    }
    return render(request, "payments/dispute.html", context)


def _shown(one: Dispute) -> dict[str, Any]:
    return {"shown": chosen.shown_dispute(one), "one": one, "reason": reason_of(one)}
