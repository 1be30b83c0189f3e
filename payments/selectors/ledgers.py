"""Months of the books: their sums, whether they are closed, and their postings for other bookkeeping."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db.models import Min, Q, Sum
from django.db.models.functions import Coalesce

from accounts.models import Organization
from core import clock
from core.money import Money, from_minor
from payments.models import ChargeDetailRecord, ClosedMonth, Invoice, LedgerMapping, Posting, PostingLine
from payments.pairs import pairs
from payments.selectors.balances import PREPAID
from payments.selectors.books import COUNTED
from payments.selectors.fees import FEES
from payments.selectors.months import Month, local_day, month_from, month_of

FEE_ACCOUNTS: Final = (FEES, "expense:dispute_fees")
PAYOUTS: Final = "host_payout."
"""How the references of transfers begin."""
GATHERED: Final = (
    ("receivable:user.", "receivable:users"),
    ("receivable:company.", "receivable:companies"),
    (PREPAID, "payable:prepaid"),
)
"""Accounts of single people and companies go to one account of the bookkeeping each."""

EXPORTED: Final = ("date", "amount", "currency", "debit", "credit", "document", "text", "belongs_to")


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthSums:
    """What a month's postings and records come to, in the organization's currency."""

    month: Month
    sessions: int
    energy_wh: int
    net: Money
    taxes: tuple[tuple[str, Money], ...]
    captured: Money
    refunded: Money
    fees: Money
    paid_out: Money
    banked: Money
    written_off: Money
    prepaid: Money
    """How much more drivers have on their balances at its end than at its beginning."""
    elsewhere: int
    """Postings of this month that belong to another one."""
    closed: ClosedMonth | None

    @property
    def kept(self) -> Money:
        """What the provider took for us, less what went back and its fees."""
        minor = self.captured.minor - self.refunded.minor - self.fees.minor
        return Money.of_minor(minor, self.captured.currency)

    @property
    def is_over(self) -> bool:
        return self.month.ends_at <= clock.now()

    def as_json(self) -> dict[str, Any]:
        """Plain values, amounts in minor units."""
        names = ("net", "captured", "refunded", "fees", "paid_out", "banked", "written_off", "prepaid")
        amounts = {name: getattr(self, name).minor for name in names}
        taxes = {rate: amount.minor for rate, amount in self.taxes}
        return {"sessions": self.sessions, "energy_wh": self.energy_wh, "taxes": taxes, **amounts}


def months_of(organization: Organization, *, at_most: int = 24) -> list[MonthSums]:
    """From the present month back to that of the first posting."""
    first = Posting.objects.filter(organization=organization).aggregate(at=Min("at"))["at"]
    if first is None:
        return []
    found: list[MonthSums] = []
    month = month_of(organization, clock.now())
    while month.ends_at > first and len(found) < at_most:
        found.append(sums_of(organization, month))
        month = month_from(organization, month.first_day - timedelta(days=1))
    return found


def sums_of(organization: Organization, month: Month) -> MonthSums:
    moved = _moved(organization, month)
    kept_minor = sum(_sum(moved, account) for account in FEE_ACCOUNTS)
    paid_minor = _paid_out(organization, month)
    left_minor = sum(credit for account, _, credit in moved if _is_provider(account))
    records = ChargeDetailRecord.objects.filter(
        organization=organization,
        currency=organization.currency,
        issued_at__gte=month.starts_at,
        issued_at__lt=month.ends_at,
    ).aggregate(sessions=COUNTED, energy_wh=Coalesce(Sum("energy_wh"), 0))

    def money(minor: int) -> Money:
        return Money.of_minor(minor, organization.currency)

    return MonthSums(
        month=month,
        **records,
        net=money(-_sum(moved, "revenue:")),
        taxes=tuple(
            (account.removeprefix("tax:"), money(-debit - credit))
            for account, debit, credit in moved
            if account.startswith("tax:")
        ),
        captured=money(sum(debit for account, debit, _ in moved if _is_provider(account))),
        refunded=money(-left_minor - kept_minor - paid_minor),
        fees=money(kept_minor),
        paid_out=money(paid_minor),
        banked=money(_sum(moved, "cash:bank")),
        written_off=money(_sum(moved, "expense:write_off")),
        prepaid=money(-_sum(moved, PREPAID)),
        elsewhere=_postings(organization, month).filter(belongs_to__isnull=False).count(),
        closed=ClosedMonth.objects.filter(organization=organization, month=month.first_day).first(),
    )


def _paid_out(organization: Organization, month: Month) -> int:
    """What went by transfers to those who are paid from the books, less what was taken back of it."""
    lines = PostingLine.objects.filter(
        posting__in=_postings(organization, month).filter(reference__startswith=PAYOUTS),
        account__startswith="cash:",
        currency=organization.currency,
    )
    return -(lines.aggregate(sum=Sum("amount_minor"))["sum"] or 0)


def _is_provider(account: str) -> bool:
    return account.startswith("cash:") and account != "cash:bank"


def _sum(moved: Sequence[tuple[str, int, int]], prefix: str) -> int:
    return sum(debit + credit for account, debit, credit in moved if account.startswith(prefix))


def _moved(organization: Organization, month: Month) -> list[tuple[str, int, int]]:
    """What was debited (positive) and credited (negative), by account."""
    lines = PostingLine.objects.filter(
        posting__organization=organization,
        posting__at__gte=month.starts_at,
        posting__at__lt=month.ends_at,
        currency=organization.currency,
    )
    rows = lines.values("account").annotate(
        debit=Coalesce(Sum("amount_minor", filter=Q(amount_minor__gt=0)), 0),
        credit=Coalesce(Sum("amount_minor", filter=Q(amount_minor__lt=0)), 0),
    )
    return list(rows.order_by("account").values_list("account", "debit", "credit"))


def _postings(organization: Organization, month: Month) -> Any:
    mine = Posting.objects.filter(organization=organization)
    return mine.filter(at__gte=month.starts_at, at__lt=month.ends_at)


# --- for other bookkeeping -------------------------------------------------------------------


def gathered(account: str) -> str:
    """The name under which an account is mapped."""
    for prefix, name in GATHERED:
        if account.startswith(prefix):
            return name
    return account


def mapping_of(organization: Organization) -> dict[str, str]:
    """Our accounts, each with its number in the organization's bookkeeping; empty where none is given."""
    used = PostingLine.objects.filter(posting__organization=organization).values_list("account", flat=True)
    mapped = LedgerMapping.objects.filter(organization=organization).values_list("account", "number")
    names = {gathered(account) for account in used.distinct()}
    return {**dict.fromkeys(sorted(names), ""), **dict(mapped)}


def export_rows(organization: Organization, month: Month) -> Iterator[Sequence[object]]:
    """The month's postings as pairs of debit and credit, after EXPORTED, in the order of time.

    Where an account has no number its own name stands.
    """
    numbers = mapping_of(organization)
    for posting in _postings(organization, month).prefetch_related("lines").order_by("at", "pk"):
        lines = list(posting.lines.all())
        for pair in pairs([(line.account, line.amount_minor) for line in lines]):
            yield (
                local_day(organization, posting.at).isoformat(),
                from_minor(pair.amount_minor, lines[0].currency),
                lines[0].currency,
                _number(numbers, pair.debit),
                _number(numbers, pair.credit),
                posting.reference,
                posting.reason,
                _month_text(posting.belongs_to),
            )


DOCUMENTED: Final = (
    "number",
    "kind",
    "date",
    "customer",
    "net",
    "tax",
    "gross",
    "currency",
    "credits",
    "session",
    "reservation",
)


def document_rows(organization: Organization, month: Month) -> Iterator[Sequence[object]]:
    """Every numbered document of the month, after DOCUMENTED, by series and number; credit notes negative."""
    issued = Invoice.objects.filter(
        organization=organization, issued_at__gte=month.starts_at, issued_at__lt=month.ends_at
    )
    rows = issued.select_related("credits", "cdr__session", "cdr__kept").order_by("series", "year", "number")
    for one in rows:
        sign = -1 if one.kind == Invoice.Kind.CREDIT_NOTE else 1
        amounts = (one.net_minor, one.tax_minor, one.gross_minor)
        yield (
            one.text,
            one.kind,
            one.issued_on.isoformat(),
            one.customer.get("legal_name", ""),
            *(from_minor(sign * minor, one.currency) for minor in amounts),
            one.currency,
            one.credits.text if one.credits else "",
            one.cdr.session.number if one.cdr and one.cdr.session else "",
            one.cdr.kept.number if one.cdr and one.cdr.kept else "",
        )


def _number(numbers: dict[str, str], account: str) -> str:
    name = gathered(account)
    return numbers.get(name) or name


def _month_text(day: date | None) -> str:
    return f"{day:%Y-%m}" if day else ""


def sums_row(sums: MonthSums) -> Sequence[object]:
    """A month as a line of a table, after SUMMED."""
    amounts = (
        sums.net,
        sums.captured,
        sums.refunded,
        sums.fees,
        sums.kept,
        sums.paid_out,
        sums.banked,
        sums.written_off,
    )
    taxes = "; ".join(f"{rate} %: {amount.amount}" for rate, amount in sums.taxes)
    return (
        f"{sums.month.first_day:%Y-%m}",
        sums.sessions,
        Decimal(sums.energy_wh) / 1000,
        taxes,
        *(amount.amount for amount in amounts),
        sums.net.currency,
        "yes" if sums.closed else "no",
    )


SUMMED: Final = (
    "month",
    "sessions",
    "energy_kwh",
    "taxes",
    "net",
    "captured",
    "refunded",
    "provider_fees",
    "kept",
    "paid_out",
    "by_bank",
    "written_off",
    "currency",
    "closed",
)
