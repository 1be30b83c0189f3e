"""A receipt as one A4 page."""

from __future__ import annotations

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.money import Money
from core.ui.numbers import kwh_text, money_text, register_text
from payments.models import ChargeDetailRecord
from payments.services.pdf_page import Page
from payments.services.receipts import Receipt
from stations.models import ChargingSession


def receipt_pdf(receipt: Receipt) -> bytes:
    """The PDF's bytes, in the active language."""
    page = Page()
    record = receipt.record
    page.title(_("Receipt"), receipt.seller)
    for told in receipt.seller_lines:
        page.small(told)
    for label, value in _facts(receipt):
        page.pair(label, value)
    page.rule()
    for line in receipt.lines:
        page.amount(line.what, money_text(line.line.gross, record.currency), is_strong=False)
        page.small(" · ".join(part for part in (line.how_much, line.price, line.why) if part))
    page.rule()
    page.amount(_("Total"), money_text(receipt.total), is_strong=True)
    for tax in receipt.taxes:
        label = _("of which %(rate)s %% tax") % {"rate": f"{tax.vat.normalize():f}"}
        page.amount(label, money_text(Money(tax.tax, record.currency)), is_strong=False)
    page.amount(_("Paid"), money_text(receipt.paid), is_strong=False)
    _refunds(page, receipt)
    for sentence in (*receipt.left_out, *receipt.remarks):
        page.small(sentence)
    return page.bytes()


def _refunds(page: Page, receipt: Receipt) -> None:
    """What went back, and what the charge costs after all."""
    zone = receipt.record.occasion.station.location.time_zone
    for shown in receipt.refunds:
        if not shown.is_undone:
            label = _("Given back, %(at)s") % {"at": _at(shown.refund.created_at, zone)}
            page.amount(label, f"-{money_text(shown.amount)}", is_strong=False)
    if receipt.given_back.amount:
        page.amount(_("Total after what was given back"), money_text(receipt.remaining), is_strong=True)


def _facts(receipt: Receipt) -> list[tuple[str, str]]:
    record, sold = receipt.record, receipt.record.occasion
    location = sold.station.location
    address = ", ".join(part for part in (location.address, location.postal_code, location.city) if part)
    return [
        (_("Receipt number"), receipt.number),
        (_("In place of"), receipt.credited_number),
        (_("Place"), location.name),
        (_("Address"), address),
        (_("Stall"), f"{sold.evse or sold.station}"),
        (_("Reservation"), f"#{record.kept.number}" if record.kept else ""),
        (_("From"), _at(record.started_at, location.time_zone)),
        (_("To"), _at(record.ended_at, location.time_zone)),
        *(_energy(record, record.session) if record.session else ()),
    ]


def _energy(record: ChargeDetailRecord, session: ChargingSession) -> list[tuple[str, str]]:
    return [
        (_("Energy"), kwh_text(record.energy_wh)),
        (_("Meter"), _meter(session.meter_start_wh, session.meter_end_wh)),
    ]


def _at(at: object, zone: str) -> str:
    with timezone.override(zone):
        return f"{date_format(timezone.localtime(at), 'DATETIME_FORMAT')} ({zone})"  # type: ignore[arg-type]


def _meter(start_wh: int | None, end_wh: int | None) -> str:
    if start_wh is None or end_wh is None:
        return ""
    return f"{register_text(start_wh)} - {register_text(end_wh)}"
