"""A driver's month: every document that sellers issued to her, and the money that moved (MONEY rule 12)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from django.db.models import Q

from accounts.models import Organization, User
from core.money import Money
from payments.models import Invoice, Occasion, Payment, Refund
from payments.selectors.months import local_day, next_month

GONE: Final = (Refund.Status.FAILED, Refund.Status.CANCELED)
PLACES: Final = (
    "session__organization",
    "session__station__location",
    "kept__organization",
    "kept__evse__station__location",
)
A_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A receipt, or the credit note of one: its amount is negative."""

    invoice: Invoice
    occasion: Occasion
    energy_wh: int
    amount: Money

    @property
    def is_credit(self) -> bool:
        return self.invoice.kind == Invoice.Kind.CREDIT_NOTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """Money taken from a card or from what was paid in ahead, or given back (negative)."""

    day: date
    occasion: Occasion
    amount: Money
    is_prepaid: bool

    @property
    def is_back(self) -> bool:
        return self.amount.minor < 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What one seller billed in one currency, and what was paid to it, in the month."""

    organization: Organization
    currency: str
    documents: Sequence[Document]
    movements: Sequence[Movement]

    @property
    def seller(self) -> str:
        return self.documents[-1].invoice.issuer["legal_name"] if self.documents else self.organization.name

    @property
    def billed(self) -> Money:
        return self._sum(self.documents)

    @property
    def paid(self) -> Money:
        return self._sum(self.movements)

    @property
    def energy_wh(self) -> int:
        return sum(-one.energy_wh if one.is_credit else one.energy_wh for one in self.documents)

    @property
    def taxes(self) -> list[tuple[Decimal, Money]]:
        """Tax within what was billed, by its rate in percent."""
        sums: dict[Decimal, int] = {}
        for one in self.documents:
            for tax in one.invoice.taxes:
                minor = -tax["tax"] if one.is_credit else tax["tax"]
                sums[Decimal(tax["vat"])] = sums.get(Decimal(tax["vat"]), 0) + minor
        return [(vat, Money.of_minor(minor, self.currency)) for vat, minor in sorted(sums.items())]

    def _sum(self, parts: Sequence[Document] | Sequence[Movement]) -> Money:
        return Money.of_minor(sum(part.amount.minor for part in parts), self.currency)


def driver_month(user: User, first_day: date) -> list[Account]:
    """One account per seller and currency, by the seller's name; days are the seller's. Three queries."""
    documents = list(_documents(user, first_day))
    movements = [*_taken(user, first_day), *_given_back(user, first_day)]
    keys = {*map(_key, documents), *map(_key, movements)}
    return [
        Account(
            organization=organization,
            currency=currency,
            documents=[one for one in documents if _key(one) == (organization, currency)],
            movements=sorted(
                (one for one in movements if _key(one) == (organization, currency)), key=lambda one: one.day
            ),
        )
        for organization, currency in sorted(keys, key=lambda key: (key[0].name, key[1]))
    ]


def _key(part: Document | Movement) -> tuple[Organization, str]:
    return part.occasion.organization, part.amount.currency


def _documents(user: User, first_day: date) -> Iterator[Document]:
    mine = Invoice.objects.filter(
        _of(user, "cdr__"), issued_on__gte=first_day, issued_on__lt=next_month(first_day)
    )
    wanted = mine.select_related(*(f"cdr__{place}" for place in PLACES))
    for invoice in wanted.order_by("issued_at", "pk"):
        assert invoice.cdr is not None  # noqa: S101 - chosen by its occasion
        sign = -1 if invoice.kind == Invoice.Kind.CREDIT_NOTE else 1
        yield Document(
            invoice=invoice,
            occasion=invoice.cdr.occasion,
            energy_wh=abs(invoice.cdr.energy_wh),
            amount=Money.of_minor(sign * invoice.gross_minor, invoice.currency),
        )


def _taken(user: User, first_day: date) -> Iterator[Movement]:
    mine = Payment.objects.filter(_of(user), captured_minor__gt=0, **_about("captured_at", first_day))
    for one in mine.select_related(*PLACES):
        assert one.captured_at is not None  # noqa: S101 - chosen by it
        yield from _within(first_day, one, one.captured_at, one.captured_minor)


def _given_back(user: User, first_day: date) -> Iterator[Movement]:
    mine = Refund.objects.filter(_of(user, "payment__"), **_about("created_at", first_day))
    wanted = mine.exclude(status__in=GONE).select_related(*(f"payment__{place}" for place in PLACES))
    for one in wanted:
        yield from _within(first_day, one.payment, one.created_at, -one.amount_minor)


def _of(user: User, prefix: str = "") -> Q:
    """Her charges, and the stalls that were kept for her in vain."""
    return Q(**{f"{prefix}session__driver": user}) | Q(**{f"{prefix}kept__driver": user})


def _about(name: str, first_day: date) -> dict[str, datetime]:
    """Not too narrow wherever the seller is; `_within` is exact."""
    begins, ends = (datetime.combine(day, time.min, UTC) for day in (first_day, next_month(first_day)))
    return {f"{name}__gte": begins - A_DAY, f"{name}__lt": ends + A_DAY}


def _within(first_day: date, payment: Payment, at: datetime, minor: int) -> Iterator[Movement]:
    if payment.occasion is None:
        return
    day = local_day(payment.occasion.organization, at)
    if day.replace(day=1) == first_day:
        amount = Money.of_minor(minor, payment.currency)
        is_prepaid = payment.paid_from_id is not None
        yield Movement(day=day, occasion=payment.occasion, amount=amount, is_prepaid=is_prepaid)
