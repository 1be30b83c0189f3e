"""What is owed, and what came in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncDate

from accounts.models import Organization
from core import clock
from core.money import Money
from payments.models import ChargeDetailRecord, PostingLine

DEBT_SETTLES_IN: Final = timedelta(minutes=15)


def receivable_account(user_id: int | None) -> str:
    """The ledger account of what a driver owes; guests share one."""
    return f"receivable:user.{user_id}" if user_id else "receivable:guests"


def receivable_of_record(record: ChargeDetailRecord) -> str:
    """Where what a record says is owed: by its company, else by its driver."""
    if record.company_id is not None:
        return company_account(record.company_id)
    return receivable_account(record.occasion.driver_id)


def company_account(company_id: int) -> str:
    """The ledger account of what a company owes."""
    return f"receivable:company.{company_id}"


_OWING: Final = """
select l.account from payments_postingline l join payments_posting p on p.id = l.posting_id
 where l.account = any(%s) and p.at < %s group by l.account having sum(l.amount_minor) > 0
"""


def debts(user_ids: set[int]) -> set[int]:
    """Who owes something that should have been collected by now. One query, in SQL: every start asks it."""
    accounts = {receivable_account(user_id): user_id for user_id in user_ids}
    with connection.cursor() as cursor:
        cursor.execute(_OWING, [list(accounts), clock.now() - DEBT_SETTLES_IN])
        return {accounts[account] for (account,) in cursor.fetchall()}


def owed_minor(account: str, currency: str) -> int:
    """What stands in a ledger account (debit positive)."""
    lines = PostingLine.objects.filter(account=account, currency=currency)
    return lines.aggregate(total=Sum("amount_minor"))["total"] or 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Revenue:
    """What an organization's sessions of a day came to, tax included."""

    gross: Money
    net: Money
    records: int
    energy_wh: int

    @property
    def per_kwh(self) -> Decimal | None:
        """The average price, to a tenth of a cent."""
        if not self.energy_wh:
            return None
        return (Decimal(self.gross.amount) * 1000 / self.energy_wh).quantize(Decimal("0.001"))


def revenue_today(organization: Organization) -> Revenue:
    """The records issued since local midnight of the organization."""
    midnight = (
        clock.now()
        .astimezone(ZoneInfo(organization.time_zone))
        .replace(hour=0, minute=0, second=0, microsecond=0)
    )
    return revenue_between(organization, midnight, clock.now())


COUNTED: Final = Count("pk", filter=Q(credit_of=None)) - Count("pk", filter=~Q(credit_of=None))
"""How many charges records tell of: a credit takes one back, and a reissue puts it in again."""


def revenue_between(organization: Organization, start: datetime, end: datetime) -> Revenue:
    records = ChargeDetailRecord.objects.filter(
        organization=organization, currency=organization.currency, issued_at__gte=start, issued_at__lte=end
    )
    sums = records.aggregate(
        gross=Sum("total_gross"), net=Sum("total_net"), energy_wh=Sum("energy_wh"), records=COUNTED
    )
    return Revenue(
        gross=Money(sums["gross"] or Decimal(0), organization.currency).rounded(),
        net=Money(sums["net"] or Decimal(0), organization.currency).rounded(),
        records=sums["records"],
        energy_wh=sums["energy_wh"] or 0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What was billed on a day; `given_back` is what refunds took off bills on it, tax included."""

    day: date
    gross: Money
    net: Money
    given_back: Money
    records: int
    energy_wh: int

    @property
    def left(self) -> Money:
        return Money(self.gross.amount - self.given_back.amount, self.gross.currency)


def revenue_by_day(organization: Organization, *, days: int = 14) -> list[Day]:
    """The last days in the organization's time zone, newest first; days on which nothing was are left out."""
    zone, since = ZoneInfo(organization.time_zone), clock.now() - timedelta(days=days)
    records = ChargeDetailRecord.objects.filter(
        organization=organization, currency=organization.currency, issued_at__gte=since
    )
    rows = (
        records.annotate(day=TruncDate("issued_at", tzinfo=zone))
        .values("day")
        .annotate(gross=Sum("total_gross"), net=Sum("total_net"), sold_wh=Sum("energy_wh"), records=COUNTED)
        .order_by("-day")
    )
    sold, returned = {row["day"]: row for row in rows}, _given_back(organization, since, zone)
    found = sorted({*sold, *returned}, reverse=True)
    return [_day(one, sold.get(one, NOTHING), returned.get(one, 0), organization.currency) for one in found]


NOTHING: Final = {"gross": Decimal(0), "net": Decimal(0), "records": 0, "sold_wh": 0}


def _day(day: date, row: Mapping[str, Any], back_minor: int, currency: str) -> Day:
    return Day(
        day=day,
        gross=Money(row["gross"], currency).rounded(),
        net=Money(row["net"], currency).rounded(),
        given_back=Money.of_minor(back_minor, currency),
        records=row["records"],
        energy_wh=row["sold_wh"],
    )


def _given_back(organization: Organization, since: datetime, zone: ZoneInfo) -> dict[date, int]:
    """What refunds took off revenue and taxes, by day; a refund that came back puts it on again."""
    lines = PostingLine.objects.filter(
        Q(account__startswith="revenue:") | Q(account__startswith="tax:"),
        posting__organization=organization,
        posting__at__gte=since,
        posting__reference__startswith="refund.",
        currency=organization.currency,
    )
    days = lines.annotate(day=TruncDate("posting__at", tzinfo=zone)).order_by().values_list("day")
    return {day: minor for day, minor in days.annotate(Sum("amount_minor")) if minor}
