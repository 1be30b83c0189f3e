"""Invoices of companies: each month what their members charged, once, with tax exact per rate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from django.db import IntegrityError, transaction

from accounts.models import Organization, User
from accounts.services import note_action
from core import clock
from core.events import publish
from core.money import to_minor
from payments.events import InvoiceIssued
from payments.models import (
    ChargeDetailRecord,
    CompanyAccount,
    Invoice,
    InvoicedRecord,
    InvoicePayment,
    IssuerDetails,
)
from payments.rating.bill import read_line
from payments.rating.totals import half_up
from payments.selectors.books import company_account
from payments.selectors.companies import uninvoiced, with_uninvoiced
from payments.selectors.months import local_day, month_from, month_of
from payments.services import invoicing, ledger

BANK: Final = "cash:bank"
SETTLES_IN: Final = timedelta(hours=3)
"""After a month's end: charges that ended at midnight have their records by then."""


class NothingToInvoice(ValueError):
    """Everything of this company stands on an invoice already, or cancels out."""


class AlreadyPaid(ValueError):
    """The invoice was marked as paid before."""


def issue_due_invoices() -> int:
    """Sweep: the regular invoice of last month for each company that has none yet. Returns how many."""
    return sum(_issue_regular(company) for company in with_uninvoiced())


def _issue_regular(company: CompanyAccount) -> bool:
    this = month_of(company.organization, clock.now())
    last = month_from(company.organization, this.first_day - timedelta(days=1))
    is_made = Invoice.objects.filter(company=company, month=last.first_day).exists()
    if is_made or clock.now() < this.starts_at + SETTLES_IN:
        return False
    try:
        issue_invoice(company=company, until=this.starts_at, month=last.first_day)
    except (NothingToInvoice, IntegrityError):  # or another worker has just made it
        return False
    return True


@transaction.atomic
def issue_invoice(
    *,
    company: CompanyAccount,
    by: User | None = None,
    until: datetime | None = None,
    month: date | None = None,
) -> Invoice:
    """What ended before `until` and stands on no invoice yet; a credit note if it comes to less than nothing.

    Tax is reckoned on each rate's sum (EN 16931, BR-CO-17); what that differs from the sum of the
    records' taxes is posted with it. `month`: the first day, for the regular invoice of a month.
    Raises NothingToInvoice.
    """
    CompanyAccount.objects.select_for_update().get(pk=company.pk)
    records = list(uninvoiced(company).filter(ended_at__lt=until or clock.now()))
    lines = [line for record in _not_canceled(records) for line in _lines(record)]
    if not lines:
        raise NothingToInvoice(str(company))
    invoice = _write(company, lines, month)
    InvoicedRecord.objects.bulk_create(InvoicedRecord(invoice=invoice, cdr=record) for record in records)
    _post_rounding(invoice, records)
    _tell(invoice, by)
    return invoice


def _not_canceled(records: Sequence[ChargeDetailRecord]) -> Iterator[ChargeDetailRecord]:
    """Without pairs of a record and its credit that nobody was told of yet."""
    here = {record.pk for record in records}
    credited = {record.credit_of_id for record in records} & here
    for record in records:
        if record.pk not in credited and record.credit_of_id not in credited:
            yield record


def _lines(record: ChargeDetailRecord) -> Iterator[dict[str, Any]]:
    """One line for each tax rate of the record, in minor units; a credit's are negative."""
    sign = -1 if record.credit_of_id else 1
    nets: dict[Decimal, Decimal] = {}
    for line in map(read_line, record.lines["lines"]):
        vat = line.vat or Decimal(0)
        nets[vat] = nets.get(vat, Decimal(0)) + line.net
    for vat, net in sorted((nets or {Decimal(0): Decimal(0)}).items()):
        yield {**_told(record), "vat": _percent(vat), "net": sign * to_minor(net, record.currency)}


def _told(record: ChargeDetailRecord) -> dict[str, Any]:
    sold, organization = record.occasion, record.organization
    location = sold.station.location
    corrected = record.credit_of.invoiced.invoice if record.credit_of else None
    return {
        "record": str(record.public_id),
        "session": record.session.number if record.session else "",
        "reservation": record.kept.number if record.kept else "",
        "is_used": bool(record.kept and record.kept.session_id),
        "first_day": local_day(organization, record.started_at).isoformat(),
        "last_day": local_day(organization, record.ended_at).isoformat(),
        "started_at": record.started_at.isoformat(),
        "place": ", ".join(part for part in (location.name, location.city) if part),
        "stall": f"{sold.evse or sold.station}",
        "energy_wh": record.energy_wh,
        "cost_center": record.cost_center,
        "corrects": corrected.text if corrected else "",
        "corrects_of": corrected.issued_on.isoformat() if corrected else "",
    }


def _write(company: CompanyAccount, lines: list[dict[str, Any]], month: date | None) -> Invoice:
    taxes = tax_sums(lines)
    is_credit = sum(tax["gross"] for tax in taxes) < 0
    if is_credit:
        lines = [{**line, "net": -line["net"], "energy_wh": -line["energy_wh"]} for line in lines]
        taxes = tax_sums(lines)
    net, tax = (sum(one[name] for one in taxes) for name in ("net", "tax"))
    today = local_day(company.organization, clock.now())
    return invoicing.issue(
        kind=Invoice.Kind.CREDIT_NOTE if is_credit else Invoice.Kind.INVOICE,
        series=invoicing.CREDITS if is_credit else invoicing.INVOICES,
        company=company,
        month=month,
        currency=company.organization.currency,
        lines=lines,
        taxes=taxes,
        net_minor=net,
        tax_minor=tax,
        gross_minor=net + tax,
        due_on=None if is_credit else today + timedelta(days=_days_to_pay(company.organization)),
        customer=_customer(company),
    )


def tax_sums(lines: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Per rate: net, tax reckoned once on it (half up), and gross, in minor units."""
    nets: dict[Decimal, int] = {}
    for line in lines:
        nets[Decimal(line["vat"])] = nets.get(Decimal(line["vat"]), 0) + line["net"]
    return [_tax_of(vat, net) for vat, net in sorted(nets.items())]


def _tax_of(vat: Decimal, net: int) -> dict[str, Any]:
    tax = half_up(abs(net) * Fraction(vat) / 100) * (-1 if net < 0 else 1)
    return {"vat": _percent(vat), "net": net, "tax": tax, "gross": net + tax}


def _percent(vat: Decimal) -> str:
    return f"{vat.normalize() + Decimal(0):f}"


def _days_to_pay(organization: Organization) -> int:
    issuer = IssuerDetails.objects.filter(organization=organization).first()
    return issuer.payment_days if issuer else int(IssuerDetails._meta.get_field("payment_days").get_default())


def _customer(company: CompanyAccount) -> dict[str, str]:
    names = ("street", "postal_code", "city", "country_code", "vat_number", "email", "buyer_reference")
    return {"legal_name": company.name, **{name: getattr(company, name) for name in names}}


def _post_rounding(invoice: Invoice, records: Iterable[ChargeDetailRecord]) -> None:
    """So that the books have the invoice's tax: it is reckoned on the sum, the records' one by one."""
    sign = sign_of(invoice)
    differing = {one["vat"]: sign * one["tax"] for one in invoice.taxes}
    for record in records:
        of_record = -1 if record.credit_of_id else 1
        for total in record.lines["taxes"]:
            vat = _percent(Decimal(total["vat"]))
            minor = of_record * to_minor(Decimal(total["tax"]), record.currency)
            differing[vat] = differing.get(vat, 0) - minor
    lines = {f"tax:{vat}": -difference for vat, difference in differing.items()}
    ledger.post(
        organization_id=invoice.organization_id,
        reference=f"invoice.{invoice.public_id}.rounding",
        reason="tax reckoned on the invoice's sum",
        currency=invoice.currency,
        lines={company_account(invoice.company_id or 0): sum(differing.values()), **lines},
    )


def sign_of(invoice: Invoice) -> int:
    """Which way a document's amounts go."""
    return -1 if invoice.kind == Invoice.Kind.CREDIT_NOTE else 1


def _tell(invoice: Invoice, by: User | None) -> None:
    note_action(
        actor=by,
        organization=invoice.organization,
        action="company.invoice",
        subject=f"company.{invoice.company_id}",
        changes={"number": invoice.text, "gross_minor": invoice.gross_minor, "currency": invoice.currency},
    )
    publish(
        InvoiceIssued(
            invoice_id=invoice.pk,
            organization_id=invoice.organization_id,
            company_id=invoice.company_id or 0,
            at=invoice.issued_at,
        )
    )


@transaction.atomic
def mark_paid(*, invoice: Invoice, by: User, paid_on: date, reference: str) -> InvoicePayment:
    """The money came by bank. For a credit note: it went. Raises AlreadyPaid."""
    try:
        with transaction.atomic():
            paid = InvoicePayment.objects.create(
                invoice=invoice, paid_on=paid_on, reference=reference, noted_by=by
            )
    except IntegrityError as error:
        raise AlreadyPaid(invoice.text) from error
    amount_minor = sign_of(invoice) * invoice.gross_minor
    ledger.post(
        organization_id=invoice.organization_id,
        reference=f"invoice.{invoice.public_id}.paid",
        reason="invoice paid by bank",
        currency=invoice.currency,
        lines={BANK: amount_minor, company_account(invoice.company_id or 0): -amount_minor},
    )
    note_action(
        actor=by,
        organization=invoice.organization,
        action="invoice.paid",
        subject=f"company.{invoice.company_id}",
        changes={"number": invoice.text, "paid_on": paid_on.isoformat(), "reference": reference},
    )
    return paid
