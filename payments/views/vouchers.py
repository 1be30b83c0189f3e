"""Vouchers of a company: made and ended on its page."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from payments.book_forms import VoucherForm
from payments.models import Voucher
from payments.services import vouchers
from payments.views.book_guards import managed_books
from payments.views.companies import company_of, page_of
from stations.views.guards import member, member_required


@require_POST
@member_required
def make(request: HttpRequest, public_id: UUID) -> HttpResponse:
    found = company_of(managed_books(request), public_id)
    form = VoucherForm(found.organization.currency, request.POST)
    if not form.is_valid():
        context = page_of(request, found, voucher_form=form, refused=form)
        return render(request, "payments/company.html", context, status=422)
    vouchers.make_vouchers(actor=member(request), company=found, **form.said())
    messages.success(request, _("The codes are made. Give each to one guest."))
    return redirect("payments:company", public_id)


@require_POST
@member_required
def end(request: HttpRequest, public_id: UUID, pk: int) -> HttpResponse:
    found = company_of(managed_books(request), public_id)
    voucher = get_object_or_404(Voucher.objects.select_related("company__organization"), company=found, pk=pk)
    vouchers.end_voucher(actor=member(request), voucher=voucher)
    messages.success(request, _("Ended: %(name)s.") % {"name": voucher})
    return redirect("payments:company", public_id)
