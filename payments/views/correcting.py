"""Correct this charge: old and new bill side by side, then a credit and a new record."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from payments.correction_form import REFUSALS, CorrectionForm, why_not
from payments.rating.explain import explain, explain_lines
from payments.selectors import record_of
from payments.services import correcting, corrections, receipts
from payments.services.corrections import Corrected
from payments.views.book_guards import managed_books
from payments.words import speech
from stations.models import ChargingSession
from stations.views.guards import member, member_required


@member_required
def correct(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """GET the form; POST with `preview` shows both bills, without it issues credit and new record."""
    organization = managed_books(request)
    mine = ChargingSession.objects.filter(organization=organization)
    wanted = ("organization", "station__location", "evse", "driver")
    session = get_object_or_404(mine.select_related(*wanted), public_id=public_id)
    record = record_of(session)
    if record is None:
        raise Http404
    form = CorrectionForm(record, request.POST or None)
    context = {"section": "sessions", "organization": organization, "session": session, "form": form}
    context["old"] = receipts.receipt_of(record)
    if request.method != "POST":
        return render(request, "payments/correct.html", context)
    return _answer(request, session, form, context)


def _answer(
    request: HttpRequest, session: ChargingSession, form: CorrectionForm, context: dict[str, Any]
) -> HttpResponse:
    if form.is_valid():
        try:
            if "preview" in request.POST:
                seen = corrections.preview_correction(occasion=session, wanted=form.wanted())
                return render(request, "payments/correct.html", {**context, **_new_bill(seen)})
            _issue(request, session, form)
            return redirect("stations:session", session.public_id)
        except REFUSALS as refusal:
            form.add_error(None, why_not(refusal))
    return render(request, "payments/correct.html", {**context, "refused": form}, status=422)


def _issue(request: HttpRequest, session: ChargingSession, form: CorrectionForm) -> None:
    said = form.cleaned_data
    record = correcting.correct_session(
        session=session,
        by=member(request),
        reason=said["reason"],
        wanted=form.wanted(),
        seen=said["seen"],
    )
    number = receipts.number_of(record)
    messages.success(request, _("Corrected: receipt %(number)s is issued.") % {"number": number})


def _new_bill(seen: Corrected) -> dict[str, Any]:
    currency = seen.bill.currency
    return {
        "new": seen,
        "lines": explain(seen.bill, speech()),
        "waived": explain_lines(seen.waived_lines, currency, speech()),
        "is_dearer": seen.difference.amount > 0,
    }
