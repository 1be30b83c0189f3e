"""Months of the books: sums, closing, and the ledger for other bookkeeping."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import permissions
from core.ui.exports import csv_response
from payments.book_forms import MappingForm
from payments.selectors import ledgers
from payments.selectors.months import month_from
from payments.services import closing
from payments.views.book_guards import managed_books, seen_books
from stations.views.guards import member, member_required


@require_safe
@member_required
def months(request: HttpRequest) -> HttpResponse:
    """GET /operate/months/; format=csv: the sums."""
    organization = seen_books(request)
    found = ledgers.months_of(organization)
    if request.GET.get("format") == "csv":
        return csv_response("months.csv", ledgers.SUMMED, map(ledgers.sums_row, found))
    context = {
        "section": "months",
        "organization": organization,
        "months": found,
        "may_manage": permissions.may_manage_money(request.user, organization),
    }
    return render(request, "payments/months.html", context)


@require_POST
@member_required
def close(request: HttpRequest) -> HttpResponse:
    """POST month=2026-11."""
    organization = managed_books(request)
    day = _first_day(request.POST.get("month", ""))
    told = {"month": date_format(day, "YEAR_MONTH_FORMAT")}
    try:
        closing.close_month(organization=organization, day=day, by=member(request))
    except closing.NotOver:
        messages.error(request, _("%(month)s is not over yet, or ended only just now.") % told)
    else:
        messages.success(request, _("%(month)s is closed.") % told)
    return redirect("payments:months")


@require_safe
@member_required
def ledger_file(request: HttpRequest) -> HttpResponse:
    """GET ?month=2026-11: its postings as pairs of debit and credit, in the numbers of the bookkeeping."""
    organization = seen_books(request)
    chosen = month_from(organization, _first_day(request.GET.get("month", "")))
    rows = ledgers.export_rows(organization, chosen)
    return csv_response(f"ledger-{chosen.first_day:%Y-%m}.csv", ledgers.EXPORTED, rows)


@require_safe
@member_required
def documents_file(request: HttpRequest) -> HttpResponse:
    """GET ?month=2026-11: its receipts, invoices and credit notes by number."""
    organization = seen_books(request)
    chosen = month_from(organization, _first_day(request.GET.get("month", "")))
    rows = ledgers.document_rows(organization, chosen)
    return csv_response(f"documents-{chosen.first_day:%Y-%m}.csv", ledgers.DOCUMENTED, rows)


def _first_day(text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise Http404 from error


@member_required
def mapping(request: HttpRequest) -> HttpResponse:
    """GET, POST /operate/months/accounts/: the numbers of our accounts elsewhere."""
    organization = managed_books(request)
    form = MappingForm(ledgers.mapping_of(organization), request.POST or None)
    if request.method == "POST" and form.is_valid():
        closing.map_accounts(organization=organization, by=member(request), numbers=form.numbers())
        messages.success(request, _("Saved. The next export uses these numbers."))
        return redirect("payments:months")
    context = {"section": "months", "organization": organization, "form": form}
    return render(request, "payments/ledger_accounts.html", context, status=422 if form.is_bound else 200)
