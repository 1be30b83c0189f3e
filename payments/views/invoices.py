"""One invoice: to read, to print, as PDF, as XML, as CSV; and the issuer's details."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import permissions
from core import clock
from core.ui.exports import csv_response
from payments.book_forms import IssuerForm, PaidForm
from payments.einvoice.cii import as_cii
from payments.einvoice.document import missing
from payments.einvoice.ubl import as_ubl
from payments.models import Invoice, IssuerDetails
from payments.selectors.companies import shown_invoice
from payments.services import company_desk
from payments.services.company_documents import COLUMNS, csv_rows, einvoice_of
from payments.services.company_invoices import AlreadyPaid, mark_paid
from payments.services.invoice_pdf import invoice_pdf
from payments.services.receipts import address_lines
from payments.views.book_guards import managed_books, seen_books
from stations.views.guards import member, member_required


@require_safe
@member_required
def invoice(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """GET: to read and to print."""
    found = _invoice(request, public_id)
    return render(request, "payments/invoice.html", _context(request, found))


def _invoice(request: HttpRequest, public_id: UUID) -> Invoice:
    """A company's invoice of the member's organization."""
    mine = Invoice.objects.filter(organization=seen_books(request), company__isnull=False)
    return get_object_or_404(mine.select_related("organization", "company", "paid"), public_id=public_id)


def _context(request: HttpRequest, found: Invoice, **more: Any) -> dict[str, Any]:
    document = einvoice_of(found)
    return {
        "section": "companies",
        "organization": found.organization,
        "shown": shown_invoice(found),
        "invoice": found,
        "document": document,
        "rows": zip(found.lines, document.lines, strict=True),
        "issuer_lines": address_lines(found.issuer),
        "customer_lines": address_lines(found.customer),
        "missing": missing(document),
        "may_manage": permissions.may_manage_money(request.user, found.organization),
        "paid_form": PaidForm(initial={"paid_on": clock.now().date()}),
        **more,
    }


@require_safe
@member_required
def invoice_file(request: HttpRequest, public_id: UUID) -> HttpResponse:
    found = _invoice(request, public_id)
    return _file(invoice_pdf(found, einvoice_of(found)), "application/pdf", f"{found.text}.pdf")


@require_safe
@member_required
def invoice_ubl(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """404 while the standard misses something: a program would refuse it."""
    found = _invoice(request, public_id)
    document = einvoice_of(found)
    if missing(document):
        return HttpResponse(status=404)
    return _file(as_ubl(document), "application/xml", f"{found.text}.ubl.xml")


@require_safe
@member_required
def invoice_cii(request: HttpRequest, public_id: UUID) -> HttpResponse:
    found = _invoice(request, public_id)
    document = einvoice_of(found)
    if missing(document):
        return HttpResponse(status=404)
    return _file(as_cii(document), "application/xml", f"{found.text}.cii.xml")


@require_safe
@member_required
def invoice_csv(request: HttpRequest, public_id: UUID) -> HttpResponse:
    found = _invoice(request, public_id)
    return csv_response(f"{found.text}.csv", COLUMNS, csv_rows(found))


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'inline; filename="{name}"'
    return response


@require_POST
@member_required
def paid(request: HttpRequest, public_id: UUID) -> HttpResponse:
    managed_books(request)
    found = _invoice(request, public_id)
    form = PaidForm(request.POST)
    if form.is_valid():
        try:
            mark_paid(invoice=found, by=member(request), **form.cleaned_data)
        except AlreadyPaid:
            messages.warning(request, _("It was marked as paid before."))
        return redirect("payments:invoice", public_id)
    return render(
        request, "payments/invoice.html", _context(request, found, paid_form=form, refused=form), status=422
    )


@member_required
def issuer(request: HttpRequest) -> HttpResponse:
    """GET, POST /operate/issuer/: what documents say of the network."""
    organization = managed_books(request)
    known = IssuerDetails.objects.filter(organization=organization).first()
    initial = {"legal_name": organization.name, "country_code": organization.country_code}
    form = IssuerForm(request.POST or None, instance=known, initial=None if known else initial)
    if request.method == "POST" and form.is_valid():
        company_desk.set_issuer(actor=member(request), organization=organization, **form.cleaned_data)
        messages.success(request, _("Saved. It stands on documents from now on."))
        return redirect("payments:issuer")
    context = {"section": "companies", "organization": organization, "form": form}
    return render(request, "payments/issuer.html", context, status=422 if form.is_bound else 200)
