"""Companies' accounts: what of the month's limit is used, who charges, what is not invoiced yet."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import QuerySet, Sum

from accounts.models import Organization
from core import clock
from core.money import Money, to_minor
from payments.models import ChargeDetailRecord, CompanyAccount, Invoice, InvoicePayment, Voucher
from payments.selectors.books import company_account, owed_minor
from payments.selectors.months import local_day, month_of


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyStanding:
    """A company's month so far: billed, its limit (None: none), and what it owes in all."""

    company: CompanyAccount
    used: Money
    limit: Money | None
    owed: Money

    @property
    def percent(self) -> int | None:
        """How much of the limit is used."""
        if self.limit is None:
            return None
        return self.used.minor * 100 // self.limit.minor


def companies_of(organization: Organization) -> QuerySet[CompanyAccount]:
    return CompanyAccount.objects.filter(organization=organization).order_by("-is_active", "name")


def standing_of(company: CompanyAccount) -> CompanyStanding:
    currency, limit = company.organization.currency, company.monthly_limit_minor
    return CompanyStanding(
        company=company,
        used=Money.of_minor(used_this_month_minor(company), currency),
        limit=None if limit is None else Money.of_minor(limit, currency),
        owed=Money.of_minor(owed_minor(company_account(company.pk), currency), currency),
    )


def used_this_month_minor(company: CompanyAccount) -> int:
    """What charges billed this month came to (the organization's month); credits count against it.

    The same sum is in `selectors.standing`, where every start asks for it in one statement.
    """
    currency = company.organization.currency
    since = month_of(company.organization, clock.now()).starts_at
    billed = ChargeDetailRecord.objects.filter(company=company, currency=currency, issued_at__gte=since)
    return to_minor(billed.aggregate(total=Sum("total_gross"))["total"] or Decimal(0), currency)


def is_within_limit(company: CompanyAccount) -> bool:
    limit = company.monthly_limit_minor
    return limit is None or used_this_month_minor(company) < limit


def left_this_month(company: CompanyAccount) -> Money | None:
    """What its charges may still come to this month, at which a running one is stopped; None: no limit."""
    if company.monthly_limit_minor is None:
        return None
    left = max(0, company.monthly_limit_minor - used_this_month_minor(company))
    return Money.of_minor(left, company.organization.currency)


def uninvoiced(company: CompanyAccount) -> QuerySet[ChargeDetailRecord]:
    """Records that stand on no invoice yet, in the order in which they ended."""
    mine = ChargeDetailRecord.objects.filter(company=company, invoiced=None)
    sold = ("session__station__location", "session__evse", "kept__evse__station__location")
    return mine.select_related(*sold, "credit_of__invoiced__invoice").order_by("ended_at", "pk")


def invoices_of(company: CompanyAccount) -> QuerySet[Invoice]:
    """Newest first."""
    return Invoice.objects.filter(company=company).select_related("paid", "organization").order_by("-pk")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownInvoice:
    """An invoice with its amounts as money, for pages."""

    invoice: Invoice
    net: Money
    tax: Money
    gross: Money
    taxes: tuple[tuple[str, Money, Money], ...]

    @property
    def payment(self) -> InvoicePayment | None:
        return getattr(self.invoice, "paid", None)

    @property
    def status_word(self) -> str:
        """captured: paid; open; overdue."""
        if self.payment is not None:
            return "captured"
        due_on = self.invoice.due_on
        today = local_day(self.invoice.organization, clock.now())
        return "overdue" if due_on is not None and due_on < today else "open"


def shown_invoice(invoice: Invoice) -> ShownInvoice:
    def money(minor: int) -> Money:
        return Money.of_minor(minor, invoice.currency)

    return ShownInvoice(
        invoice=invoice,
        net=money(invoice.net_minor),
        tax=money(invoice.tax_minor),
        gross=money(invoice.gross_minor),
        taxes=tuple((tax["vat"], money(tax["net"]), money(tax["tax"])) for tax in invoice.taxes),
    )


def takes_vouchers(organization_id: int) -> bool:
    """Whether any voucher holds here now: else nobody is asked for a code."""
    lasting = Voucher.objects.filter(organization=organization_id, ended_at=None)
    return lasting.filter(valid_until__gt=clock.now()).exists()


def with_uninvoiced() -> QuerySet[CompanyAccount]:
    """Companies of which something stands on no invoice yet."""
    waiting = ChargeDetailRecord.objects.filter(invoiced=None, company__isnull=False)
    return CompanyAccount.objects.filter(pk__in=waiting.values("company")).select_related("organization")
