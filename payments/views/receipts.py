"""The receipt: for the driver, the organization, or whoever holds its signed link; as page and PDF."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from core.links import sign
from payments.models import Occasion
from payments.selectors import record_of
from payments.services import receipts
from payments.services.receipt_pdf import receipt_pdf
from payments.views.guards import occasion_of_receipt_link, occasion_with_receipt
from stations.models import ChargingSession
from stations.selectors_energy import has_signed_values
from stations.services import transparency


@never_cache
def receipt(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """GET /receipts/<session or reservation>/, signed in."""
    return _page(request, occasion_with_receipt(request, public_id))


@never_cache
def receipt_link(request: HttpRequest, token: str) -> HttpResponse:
    """GET /r/<token>/, from an e-mail or a guest's live page."""
    return _page(request, occasion_of_receipt_link(token))


def receipt_file(request: HttpRequest, public_id: UUID) -> HttpResponse:
    return _pdf(occasion_with_receipt(request, public_id))


def receipt_link_file(request: HttpRequest, token: str) -> HttpResponse:
    return _pdf(occasion_of_receipt_link(token))


def signed_values(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """What the meter signed, as the file that the transparency software opens."""
    return _signed_values(occasion_with_receipt(request, public_id))


def link_signed_values(request: HttpRequest, token: str) -> HttpResponse:
    return _signed_values(occasion_of_receipt_link(token))


def _signed_values(session: Occasion) -> HttpResponse:
    text = transparency.signed_file(session) if isinstance(session, ChargingSession) else None
    if text is None:
        return HttpResponse(status=404)
    response = HttpResponse(text, content_type=transparency.CONTENT_TYPE)
    response["Content-Disposition"] = f'attachment; filename="signed-values-{session.number}.xml"'
    return response


def _page(request: HttpRequest, session: Occasion) -> HttpResponse:
    """202 and a page that looks again while the record is being made."""
    record = record_of(session)
    context: dict[str, Any] = {"tab": "history", "session": session, "location": session.station.location}
    if record is None:
        return render(request, "payments/receipt_pending.html", context, status=202)
    token = sign(receipts.LINK, str(session.public_id))
    context |= {
        "receipt": receipts.receipt_of(record),
        "pdf_url": reverse("payments:receipt_link_pdf", args=[token]),
        "share_url": receipts.receipt_link(record),
        "signed_url": _signed_url(session, token),
    }
    return render(request, "payments/receipt.html", context)


def _signed_url(session: Occasion, token: str) -> str:
    """Where what the meter signed can be had; empty where it signed nothing."""
    if not isinstance(session, ChargingSession) or not has_signed_values(session):
        return ""
    return reverse("payments:receipt_link_signed_values", args=[token])


def _pdf(session: Occasion) -> HttpResponse:
    record = record_of(session)
    if record is None:
        return HttpResponse(status=404)
    response = HttpResponse(receipt_pdf(receipts.receipt_of(record)), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="receipt-{session.number}.pdf"'
    return response
