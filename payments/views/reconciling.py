"""Reconciliation: the last comparisons, what does not agree, and the button that mends it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import permissions
from accounts.models import Organization
from core.money import Money
from core.ui.fragments import render_either
from payments.models import Discrepancy, ReconciliationRun
from payments.providers.base import ProviderError
from payments.selectors import reconciling as chosen
from payments.services.mending import mend as mend_it
from payments.services.operations import Busy
from payments.services.payments import NotPossible
from payments.services.reconciliation import ask_reconciliation
from payments.views.operator import demand_money
from payments.words_money import COUNTED, STEPS, shown_discrepancy
from stations.views.guards import member, member_required, organization_of

Status = ReconciliationRun.Status


@require_safe
@member_required
def reconciliation(request: HttpRequest) -> HttpResponse:
    """GET /operate/reconciliation/; its fragment follows a run that is under way."""
    organization = organization_of(request)
    demand_money(request, organization)
    runs = list(chosen.latest_runs(organization))
    done = next((run for run in runs if run.status == Status.DONE), None)
    found = [shown_discrepancy(one) for one in chosen.open_discrepancies(organization)]
    context = {
        "section": "revenue",
        "tab": "reconciliation",
        "organization": organization,
        "runs": runs,
        "done": done,
        "counts": _counts(done),
        "sums": _sums(done),
        "under_way": _under_way(runs),
        "found": found,
        "closed": [shown_discrepancy(one) for one in chosen.closed_discrepancies(organization)],
        "may_manage": permissions.may_manage_money(request.user, organization),
        "live_topics": [f"reconciliation.{organization.pk}"],
    }
    return render_either(
        request,
        page="payments/reconciliation.html",
        fragment="payments/_reconciliation.html",
        context=context,
    )


def _under_way(runs: list[ReconciliationRun]) -> dict[str, Any] | None:
    """The newest run, while it is not over, with its step in words."""
    if not runs or runs[0].status in (Status.DONE, Status.FAILED):
        return None
    return {"run": runs[0], "step": STEPS.get(runs[0].step, _("Waiting for its turn"))}


def _counts(run: ReconciliationRun | None) -> list[tuple[str, int]]:
    return [(str(word), run.counts.get(name, 0)) for name, word in COUNTED.items()] if run else []


def _sums(run: ReconciliationRun | None) -> list[dict[str, Money]]:
    if run is None:
        return []
    return [
        {side: Money.of_minor(minor, currency) for side, minor in sums.items()}
        for currency, sums in sorted(run.sums.items())
    ]


@require_POST
@member_required
def run(request: HttpRequest) -> HttpResponse:
    """POST: compare now."""
    organization = _managed(request)
    ask_reconciliation(organization=organization, by=member(request))
    return redirect("payments:reconciliation")


@require_POST
@member_required
def mend(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """POST: do what this discrepancy's kind offers."""
    one = get_object_or_404(
        Discrepancy.objects.filter(organization=organization_of(request)).select_related("organization"),
        public_id=public_id,
    )
    _managed(request)
    try:
        if mend_it(discrepancy=one, by=member(request)):
            messages.success(request, _("Mended: %(what)s.") % {"what": one.get_kind_display()})
    except Busy:
        messages.warning(request, _("Something else is under way for this payment. Try again in a minute."))
    except (NotPossible, ProviderError):
        messages.error(request, _("That could not be done now. Compare again, and look what is left."))
    return redirect("payments:reconciliation")


def _managed(request: HttpRequest) -> Organization:
    organization = organization_of(request)
    if not permissions.may_manage_money(request.user, organization):
        raise PermissionDenied(_("Your role cannot change money. An owner can give you one that can."))
    return organization
