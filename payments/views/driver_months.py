"""A driver's month: what every seller billed and what was paid; as page, PDF and CSV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from core.ui.exports import csv_response
from payments.selectors.driver_months import Account, Document, Movement, driver_month
from payments.services.driver_month_pdf import driver_month_pdf

COLUMNS: Final = ("seller", "day", "kind", "number", "place", "energy_kwh", "amount", "currency", "session")


@require_safe
@login_required
@never_cache
def month(request: HttpRequest, year: int, month: int) -> HttpResponse:
    """GET /history/<year>/<month>/; with format=pdf or format=csv the same as a file."""
    first_day = _first_day(year, month)
    user: Any = request.user
    accounts = driver_month(user, first_day)
    name = f"statement-{first_day:%Y-%m}"
    match request.GET.get("format"):
        case "csv":
            return csv_response(f"{name}.csv", COLUMNS, _rows(accounts))
        case "pdf":
            response = HttpResponse(
                driver_month_pdf(str(user), first_day, accounts), content_type="application/pdf"
            )
            response["Content-Disposition"] = f'inline; filename="{name}.pdf"'
            return response
    context = {"tab": "history", "first_day": first_day, "accounts": accounts}
    return render(request, "payments/driver_month.html", context)


def _first_day(year: int, month: int) -> date:
    try:
        return date(year, month, 1)
    except ValueError as error:
        raise Http404("There is no such month.") from error


def _rows(accounts: Sequence[Account]) -> Iterator[Sequence[object]]:
    for account in accounts:
        for document in account.documents:
            yield _document_row(account, document)
        for movement in account.movements:
            yield _movement_row(account, movement)


def _document_row(account: Account, document: Document) -> Sequence[object]:
    invoice, place = document.invoice, document.occasion.station.location.name
    energy_kwh = Decimal(document.energy_wh) / 1000
    told = (account.seller, invoice.issued_on, invoice.kind, invoice.text, place, energy_kwh)
    return (*told, document.amount.amount, account.currency, document.occasion.public_id)


def _movement_row(account: Account, movement: Movement) -> Sequence[object]:
    kind = "refund" if movement.is_back else "payment"
    told = (account.seller, movement.day, kind, "", movement.occasion.station.location.name, "")
    return (*told, movement.amount.amount, account.currency, movement.occasion.public_id)
