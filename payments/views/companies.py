"""Companies' accounts: the list, one company with its members and invoices, and what is done to them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import permissions
from accounts.models import Organization
from payments.book_forms import CompanyForm, MemberForm, VoucherForm
from payments.models import CompanyAccount, CompanyMember
from payments.selectors import companies as chosen
from payments.services import company_desk
from payments.services.belonging import NameTaken, NobodyFound
from payments.services.company_invoices import NothingToInvoice, issue_invoice
from payments.services.vouchers import shown_vouchers
from payments.views.book_guards import managed_books, seen_books
from stations.views.guards import member, member_required


@require_safe
@member_required
def companies(request: HttpRequest) -> HttpResponse:
    """GET /operate/companies/."""
    organization = seen_books(request)
    context = {
        "section": "companies",
        "organization": organization,
        "standings": [chosen.standing_of(company) for company in chosen.companies_of(organization)],
        "may_manage": permissions.may_manage_money(request.user, organization),
    }
    return render(request, "payments/companies.html", context)


@require_safe
@member_required
def company(request: HttpRequest, public_id: UUID) -> HttpResponse:
    found = company_of(seen_books(request), public_id)
    return render(request, "payments/company.html", page_of(request, found))


def company_of(organization: Organization, public_id: UUID) -> CompanyAccount:
    mine = CompanyAccount.objects.filter(organization=organization).select_related("organization")
    return get_object_or_404(mine, public_id=public_id)


def page_of(request: HttpRequest, found: CompanyAccount, **more: Any) -> dict[str, Any]:
    organization = found.organization
    return {
        "section": "companies",
        "organization": organization,
        "company": found,
        "standing": chosen.standing_of(found),
        "members": found.members.select_related("user", "id_token").order_by("pk"),
        "invoices": [chosen.shown_invoice(invoice) for invoice in chosen.invoices_of(found)],
        "waiting": chosen.uninvoiced(found).count(),
        "may_manage": permissions.may_manage_money(request.user, organization),
        "member_form": MemberForm(),
        "vouchers": shown_vouchers(found),
        "voucher_form": VoucherForm(organization.currency),
        **more,
    }


@member_required
def new(request: HttpRequest) -> HttpResponse:
    """GET, POST."""
    organization = managed_books(request)
    initial = {"country_code": organization.country_code, "locale": request.LANGUAGE_CODE}
    form = CompanyForm(organization.currency, request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            made = company_desk.open_account(actor=member(request), organization=organization, **form.said())
        except NameTaken:
            form.add_error("name", _("Another company has this name."))
        else:
            return redirect("payments:company", made.public_id)
    return _written(request, organization, form, None)


@member_required
def change(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """GET, POST."""
    organization = managed_books(request)
    found = company_of(organization, public_id)
    form = CompanyForm(organization.currency, request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        try:
            company_desk.change_account(actor=member(request), company=found, **form.said())
        except NameTaken:
            form.add_error("name", _("Another company has this name."))
        else:
            messages.success(request, _("Saved. Invoices that are issued stay as they are."))
            return redirect("payments:company", public_id)
    return _written(request, organization, form, found)


def _written(
    request: HttpRequest, organization: Organization, form: CompanyForm, old: CompanyAccount | None
) -> HttpResponse:
    context = {"section": "companies", "organization": organization, "form": form, "old": old}
    status = 422 if form.is_bound else 200
    return render(request, "payments/company_form.html", context, status=status)


@require_POST
@member_required
def add_member(request: HttpRequest, public_id: UUID) -> HttpResponse:
    found = company_of(managed_books(request), public_id)
    form = MemberForm(request.POST)
    if form.is_valid():
        try:
            company_desk.add_member(actor=member(request), company=found, **form.cleaned_data)
        except NobodyFound:
            form.add_error("who", _("No driver has this address, and no card of this network this number."))
        except company_desk.MemberElsewhere:
            form.add_error("who", _("They charge on a company's account already."))
        else:
            return redirect("payments:company", public_id)
    context = page_of(request, found, member_form=form, refused=form)
    return render(request, "payments/company.html", context, status=422)


@require_POST
@member_required
def remove_member(request: HttpRequest, public_id: UUID, pk: int) -> HttpResponse:
    found = company_of(managed_books(request), public_id)
    one = get_object_or_404(
        CompanyMember.objects.select_related("company__organization"), company=found, pk=pk
    )
    company_desk.remove_member(actor=member(request), member=one)
    messages.success(request, _("Removed. What runs now stays on the account."))
    return redirect("payments:company", public_id)


@require_POST
@member_required
def invoice_now(request: HttpRequest, public_id: UUID) -> HttpResponse:
    found = company_of(managed_books(request), public_id)
    try:
        invoice = issue_invoice(company=found, by=member(request))
    except NothingToInvoice:
        messages.warning(request, _("There is nothing to invoice."))
        return redirect("payments:company", public_id)
    messages.success(request, _("Invoice %(number)s is issued and mailed.") % {"number": invoice.text})
    return redirect("payments:invoice", invoice.public_id)
