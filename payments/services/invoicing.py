"""Numbered documents: receipts of charges and what credits them. Numbers have no gap."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.conf import settings
from django.db import connection

from accounts.models import Organization
from core import clock
from core.money import to_minor
from payments.models import ChargeDetailRecord, Invoice, IssuerDetails
from payments.rating.bill import TaxTotal, read_tax
from payments.selectors.months import local_day

RECEIPTS: Final = "R"
INVOICES: Final = "I"
CREDITS: Final = "C"
PRINTED: Final = ("legal_name", "street", "postal_code", "city", "country_code", "vat_number", "tax_number")

_NEXT: Final = """
insert into payments_invoicecounter as c (organization_id, series, year, number) values (%s, %s, %s, 1)
    on conflict (organization_id, series, year) do update set number = c.number + 1
returning number
"""


def issue_receipt(*, cdr: ChargeDetailRecord) -> Invoice:
    """The numbered receipt of a record, in the transaction that makes the record.

    Nobody is named as its customer: a person may ask to be forgotten, a document may not be changed.
    """
    return issue(kind=Invoice.Kind.RECEIPT, series=RECEIPTS, cdr=cdr, **_amounts(cdr, 1))


def credit_receipt(*, credit: ChargeDetailRecord, of: ChargeDetailRecord) -> Invoice:
    """The credit note of a credited record: names the receipt that it takes back, if that has a number."""
    credited = Invoice.objects.filter(cdr=of).first()
    return issue(
        kind=Invoice.Kind.CREDIT_NOTE, series=CREDITS, cdr=credit, credits=credited, **_amounts(credit, -1)
    )


def issue(*, kind: str, series: str, **fields: Any) -> Invoice:
    """Write a document with the next number of its series, inside the caller's transaction.

    The counter's row stays locked until that transaction ends: a number is taken with its document or
    not at all. So this comes last in a transaction. `fields`: `cdr` or `company`, and the amounts.
    """
    organization = (fields.get("cdr") or fields["company"]).organization
    issued_at = clock.now()
    issued_on = local_day(organization, issued_at)
    issuer = IssuerDetails.objects.filter(organization=organization).first()
    number = _next_number(organization.pk, series, issued_on.year)
    return Invoice.objects.create(
        organization=organization,
        kind=kind,
        series=series,
        year=issued_on.year,
        number=number,
        text=number_text(issuer.invoice_prefix if issuer else "", series, issued_on, number),
        issued_at=issued_at,
        issued_on=issued_on,
        issuer=issuer_snapshot(organization, issuer),
        collector=settings.COLLECTOR_NAME,
        **fields,
    )


def _next_number(organization_id: int, series: str, year: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [organization_id, series, year])
        (number,) = cursor.fetchone()
        return int(number)


def number_text(prefix: str, series: str, day: date, number: int) -> str:
    """As it is printed: "NL-R2026-00017"."""
    return "-".join(part for part in (prefix, f"{series}{day.year}", f"{number:05d}") if part)


def issuer_snapshot(organization: Organization, issuer: IssuerDetails | None) -> dict[str, str]:
    """Who issues, as of now; its identifier is OCPI's party."""
    known = {"identifier": f"{organization.country_code}*{organization.party_id}"}
    if issuer is None:
        return {**known, "legal_name": organization.name, "country_code": organization.country_code}
    return known | {name: getattr(issuer, name) for name in (*PRINTED, "email", "iban")}


def tax_json(total: TaxTotal, currency: str, sign: int = 1) -> dict[str, Any]:
    """A rate's amounts in minor units."""
    net, tax = (sign * to_minor(amount, currency) for amount in (total.net, total.tax))
    return {"vat": f"{total.vat.normalize() + Decimal(0):f}", "net": net, "tax": tax, "gross": net + tax}


def _amounts(cdr: ChargeDetailRecord, sign: int) -> dict[str, Any]:
    net, tax = (sign * to_minor(amount, cdr.currency) for amount in (cdr.total_net, cdr.total_tax))
    totals = (read_tax(one) for one in cdr.lines["taxes"])
    return {
        "currency": cdr.currency,
        "net_minor": net,
        "tax_minor": tax,
        "gross_minor": net + tax,
        "taxes": [tax_json(total, cdr.currency, sign) for total in totals],
    }
