"""A company's invoice as what people and programs read: EN 16931, CSV, and the letter that brings it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.notifications import send_message
from core.money import Money, from_minor
from core.ui.numbers import kwh_text
from payments.einvoice.document import EInvoice, Line, Party, Preceding, Tax
from payments.models import Invoice
from payments.services.invoice_pdf import invoice_pdf

COLUMNS: Final = (
    "invoice",
    "session",
    "reservation",
    "started_at",
    "place",
    "stall",
    "energy_kwh",
    "cost_center",
    "tax_percent",
    "net",
    "currency",
    "corrects",
)


def einvoice_of(invoice: Invoice) -> EInvoice:
    """The document in the terms of EN 16931, in the active language."""
    issuer, customer = invoice.issuer, invoice.customer
    return EInvoice(
        number=invoice.text,
        is_credit=invoice.kind == Invoice.Kind.CREDIT_NOTE,
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        currency=invoice.currency,
        note=collector_note(invoice),
        terms=terms_of(invoice),
        buyer_reference=customer.get("buyer_reference", ""),
        iban=issuer.get("iban", ""),
        seller=_party(issuer),
        buyer=_party(customer),
        lines=tuple(_line(invoice, n, line) for n, line in enumerate(invoice.lines, 1)),
        taxes=tuple(_tax(invoice, tax) for tax in invoice.taxes),
        net=from_minor(invoice.net_minor, invoice.currency),
        tax=from_minor(invoice.tax_minor, invoice.currency),
        gross=from_minor(invoice.gross_minor, invoice.currency),
        preceding=tuple(_preceding(invoice)),
    )


def terms_of(invoice: Invoice) -> str:
    """When it is to be paid (BT-20)."""
    if invoice.due_on is None:
        return _("The amount is credited to you.")
    return _("To be paid by %(day)s.") % {"day": date_format(invoice.due_on)}


def collector_note(invoice: Invoice) -> str:
    if not invoice.collector:
        return ""
    return _("The money is collected by %(collector)s.") % {"collector": invoice.collector}


def _party(snapshot: dict[str, str]) -> Party:
    names = (
        "street",
        "postal_code",
        "city",
        "country_code",
        "vat_number",
        "tax_number",
        "email",
        "identifier",
    )
    return Party(name=snapshot["legal_name"], **{name: snapshot.get(name, "") for name in names})


def _line(invoice: Invoice, number: int, line: dict[str, Any]) -> Line:
    told = [line["first_day"], line["place"], line["stall"]]
    if line["corrects"]:
        told.append(_("corrects %(number)s") % {"number": line["corrects"]})
    return Line(
        number=number,
        name=_sold(line),
        description=", ".join(told),
        net=from_minor(line["net"], invoice.currency),
        vat=Decimal(line["vat"]),
        cost_center=line["cost_center"],
        first_day=date.fromisoformat(line["first_day"]),
        last_day=date.fromisoformat(line["last_day"]),
    )


def _sold(line: dict[str, Any]) -> str:
    """Invoices from before reservations cost something know of none."""
    if number := line.get("reservation"):
        words = (
            _("Reservation #%(number)s") if line.get("is_used") else _("Reservation #%(number)s, not used")
        )
        return words % {"number": number}
    return _("Charging, %(energy)s") % {"energy": kwh_text(abs(line["energy_wh"]))}


def _tax(invoice: Invoice, tax: dict[str, Any]) -> Tax:
    amounts = {name: from_minor(tax[name], invoice.currency) for name in ("net", "tax")}
    return Tax(vat=Decimal(tax["vat"]), **amounts)


def _preceding(invoice: Invoice) -> Iterator[Preceding]:
    named = {line["corrects"]: line["corrects_of"] for line in invoice.lines if line["corrects"]}
    for number, day in sorted(named.items()):
        yield Preceding(number=number, issued_on=date.fromisoformat(day))


def csv_rows(invoice: Invoice) -> Iterator[Sequence[object]]:
    """A line for each session, or stall kept in vain, and tax rate, after COLUMNS."""
    for line in invoice.lines:
        yield (
            invoice.text,
            line["session"],
            line.get("reservation", ""),  # the oldest invoices know none
            line["started_at"],
            line["place"],
            line["stall"],
            Decimal(line["energy_wh"]) / 1000,
            line["cost_center"],
            line["vat"],
            from_minor(line["net"], invoice.currency),
            invoice.currency,
            line["corrects"],
        )


def send_invoice(*, invoice_id: int) -> bool:
    """Mail a company its invoice; False without an address."""
    invoice = Invoice.objects.select_related("company", "organization").get(pk=invoice_id)
    to, company = invoice.customer.get("email", ""), invoice.company
    if not to or company is None:
        return False
    with translation.override(company.locale):
        send_message(
            to=to,
            kind="invoice",
            context={
                "invoice": invoice,
                "total": Money.of_minor(invoice.gross_minor, invoice.currency),
                "terms": terms_of(invoice),
            },
            locale=company.locale,
            files=[(f"{invoice.text}.pdf", invoice_pdf(invoice, einvoice_of(invoice)), "application/pdf")],
        )
    return True
