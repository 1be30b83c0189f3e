"""What was written off, with its reason; as a page and as a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core.ui.exports import csv_response
from payments.selectors.write_offs import WriteOff, written_off
from payments.selectors.write_offs import write_offs as entries_of
from payments.views.operator import demand_money
from stations.views.guards import member_required, organization_of

COLUMNS: Final = ("at", "session", "reason", "amount", "currency")
MOST: Final = 10_000


@require_safe
@member_required
def write_offs(request: HttpRequest) -> HttpResponse:
    """GET /operate/write-offs/; format=csv: all of them."""
    organization = organization_of(request)
    demand_money(request, organization)
    if request.GET.get("format") == "csv":
        return csv_response("write-offs.csv", COLUMNS, map(_row, entries_of(organization, MOST)))
    context = {
        "section": "revenue",
        "tab": "write_offs",
        "organization": organization,
        "entries": entries_of(organization),
        "totals": written_off(organization),
    }
    return render(request, "payments/write_offs.html", context)


def _row(entry: WriteOff) -> Sequence[object]:
    number = entry.session.number if entry.session else ""
    at = entry.at.isoformat(timespec="seconds")
    return (at, number, entry.reason, entry.amount.amount, entry.amount.currency)
