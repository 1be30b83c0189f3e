"""An owner answers for a price that a rule speaks against."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from payments.rating.price_rules import Rule
from payments.services import tariff_desk
from payments.views.tariff_guards import overriding
from stations.views.guards import member, member_required

REASON_AT_MOST = 300


@require_POST
@member_required
def override(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """POST rule, reason; without a reason nothing is overridden."""
    newest = overriding(request, public_id)
    rule, reason = request.POST.get("rule", ""), request.POST.get("reason", "").strip()[:REASON_AT_MOST]
    if rule not in set(Rule) or not reason:
        messages.error(request, _("Write why the rule does not bind this price."))
    else:
        tariff_desk.override_rule(actor=member(request), tariff=newest, rule=rule, reason=reason)
        messages.success(request, _("Noted. Guests can pay this price again."))
    return redirect("payments:tariff", public_id)


@require_POST
@member_required
def withdraw(request: HttpRequest, public_id: UUID) -> HttpResponse:
    newest = overriding(request, public_id)
    if tariff_desk.withdraw_override(
        actor=member(request), tariff=newest, rule=request.POST.get("rule", "")[:40]
    ):
        messages.success(request, _("The rule binds again."))
    return redirect("payments:tariff", public_id)
