"""An invoice in the terms of EN 16931 (BT and BG are its numbers). Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

SPECIFICATION = "urn:cen.eu:en16931:2017"
INVOICE, CREDIT_NOTE = "380", "381"
PIECE = "C62"
SEPA_TRANSFER = "58"


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Seller (BG-4) or buyer (BG-7)."""

    name: str
    street: str = ""
    postal_code: str = ""
    city: str = ""
    country_code: str = ""
    vat_number: str = ""
    tax_number: str = ""
    email: str = ""
    identifier: str = ""
    """The seller's own (BT-29): by it a seller without a VAT number is known (BR-CO-26)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An invoice line (BG-25): one piece at its net amount; what is given back is minus one piece."""

    number: int
    name: str
    description: str
    net: Decimal
    vat: Decimal
    cost_center: str
    first_day: date
    last_day: date

    @property
    def quantity(self) -> int:
        return -1 if self.net < 0 else 1

    @property
    def price(self) -> Decimal:
        """Never negative (BR-27)."""
        return abs(self.net)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tax:
    """What one rate comes to (BG-23)."""

    vat: Decimal
    net: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Preceding:
    """An earlier invoice that this one corrects (BG-3)."""

    number: str
    issued_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class EInvoice:
    number: str
    is_credit: bool
    issued_on: date
    due_on: date | None
    currency: str
    note: str
    terms: str
    buyer_reference: str
    iban: str
    seller: Party
    buyer: Party
    lines: tuple[Line, ...]
    taxes: tuple[Tax, ...]
    net: Decimal
    tax: Decimal
    gross: Decimal
    preceding: tuple[Preceding, ...] = ()

    @property
    def type_code(self) -> str:
        """BT-3."""
        return CREDIT_NOTE if self.is_credit else INVOICE

    @property
    def period(self) -> tuple[date, date]:
        """The first and the last day of what is invoiced (BG-14)."""
        return min(line.first_day for line in self.lines), max(line.last_day for line in self.lines)


def category(vat: Decimal) -> str:
    """The VAT category of a rate (UNCL 5305): standard, or zero rated."""
    return "S" if vat else "Z"


def missing(invoice: EInvoice) -> tuple[str, ...]:
    """What the standard asks for and nobody has written yet; empty: it can be sent."""
    return tuple(_missing(invoice))


def _missing(invoice: EInvoice) -> Iterator[str]:
    if not (invoice.seller.vat_number or invoice.seller.tax_number):
        yield "seller.vat_number"  # BR-S-02, BR-Z-02
    if not invoice.seller.country_code:
        yield "seller.country_code"  # BR-9
    if not invoice.buyer.country_code:
        yield "buyer.country_code"  # BR-11
    if not invoice.lines:
        yield "lines"  # BR-16
