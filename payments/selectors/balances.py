"""What drivers have paid in ahead, and what of it can be spent: reckoned from the books."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection
from django.db.models import Sum

from accounts.models import Organization, User
from core.money import Money
from payments.models import Payment, PostingLine, PrepaidBalance, PrepaidTerms
from payments.selectors.books import owed_minor

PREPAID: Final = "payable:prepaid."

AVAILABLE: Final = """
  coalesce((select -sum(l.amount_minor) from payments_postingline l
             where l.account = 'payable:prepaid.' || b.id and l.currency = b.currency), 0)
- coalesce((select sum(p.authorized_minor) from payments_payment p
             where p.paid_from_id = b.id and p.status = 'authorized'), 0)
- coalesce((select sum(r.amount_minor) from payments_refund r join payments_payment p on p.id = r.payment_id
             where p.tops_up_id = b.id and r.status = 'asked'), 0)
- coalesce((select sum(d.amount_minor) from payments_dispute d join payments_payment p on p.id = d.payment_id
             where p.tops_up_id = b.id and d.closed_at is null), 0)
"""
"""SQL, of a row `b`: what is paid in, less what is held, on its way back but not booked yet, or disputed."""

_OF_ONE: Final = "select :available from payments_prepaidbalance b where b.id = %s".replace(
    ":available", AVAILABLE
)


def prepaid_account(balance_id: int) -> str:
    """The ledger account of what is owed to a driver who has paid in ahead (a credit)."""
    return f"{PREPAID}{balance_id}"


def terms_for(organization: Organization) -> PrepaidTerms:
    """What an owner has set; not offered where nobody has."""
    found = PrepaidTerms.objects.filter(organization=organization).first()
    return found or PrepaidTerms(organization=organization)


def balance_of(*, user_id: int, organization_id: int) -> PrepaidBalance | None:
    found = PrepaidBalance.objects.filter(user=user_id, organization=organization_id)
    return found.select_related("organization").first()


def paid_in_minor(balance: PrepaidBalance) -> int:
    """What the books owe the driver; negative after a top-up was taken back that had been spent."""
    return -owed_minor(prepaid_account(balance.pk), balance.currency)


def available_minor(balance: PrepaidBalance) -> int:
    """What of it can be spent or given back now."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_ONE, [balance.pk])
        (minor,) = cursor.fetchone() or (0,)
    return int(minor)


def held_minor(balance: PrepaidBalance) -> int:
    """What running charges and bookings may still take."""
    held = Payment.objects.filter(paid_from=balance, status=Payment.Status.AUTHORIZED)
    return held.aggregate(sum=Sum("authorized_minor"))["sum"] or 0


def can_begin(*, user: User, organization_id: int) -> bool:
    """Is enough paid in here for a charge to begin with?"""
    balance = balance_of(user_id=user.pk, organization_id=organization_id)
    return balance is not None and _suffices(balance, available_minor(balance))


def holds_first(balance: PrepaidBalance, *, available: int, hold_minor: int, has_card: bool) -> bool:
    """Whether a charge is held on the balance: it covers the hold; or no card is there, and it is enough to
    begin with. Else a card's hold stands for it, and the balance lessens what the card pays."""
    return available >= hold_minor if has_card else _suffices(balance, available)


def _suffices(balance: PrepaidBalance, available: int) -> bool:
    return available >= terms_for(balance.organization).start_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Purse:
    """What is paid in ahead, as a page that starts a charge shows it. `pays`: the charge is held on it."""

    available: Money
    pays: bool


def purse_of(user: User, organization_id: int, *, hold: Money | None, has_card: bool) -> Purse | None:
    """None where nothing can be spent."""
    balance = balance_of(user_id=user.pk, organization_id=organization_id)
    available = available_minor(balance) if balance else 0
    if balance is None or available <= 0 or (hold and hold.currency != balance.currency):
        return None
    hold_minor = hold.minor if hold else 0
    pays = holds_first(balance, available=available, hold_minor=hold_minor, has_card=has_card)
    return Purse(available=Money.of_minor(available, balance.currency), pays=pays)


# --- pages -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownBalance:
    """A balance as money: all of it, what is held of it, and what can be spent or given back."""

    balance: PrepaidBalance
    paid_in: Money
    held: Money
    available: Money

    @property
    def is_overdrawn(self) -> bool:
        return self.paid_in.amount < 0


def shown_balance(balance: PrepaidBalance) -> ShownBalance:
    def money(minor: int) -> Money:
        return Money.of_minor(minor, balance.currency)

    return ShownBalance(
        balance=balance,
        paid_in=money(paid_in_minor(balance)),
        held=money(held_minor(balance)),
        available=money(available_minor(balance)),
    )


def balances_of(user: User) -> list[ShownBalance]:
    """The driver's own, with every network where she has one."""
    found = PrepaidBalance.objects.filter(user=user).select_related("organization").order_by("pk")
    return [shown_balance(one) for one in found]


def offering() -> list[Organization]:
    """Networks in which drivers may pay in ahead."""
    return list(Organization.objects.filter(prepaid_terms__is_offered=True).order_by("name"))


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedBalance:
    """A driver's balance in an operator's list: what is paid in and not used."""

    balance: PrepaidBalance
    paid_in: Money


def balances_in(organization: Organization) -> list[OwedBalance]:
    """Every balance that is not empty, the largest first. Two queries."""
    found = PrepaidBalance.objects.filter(organization=organization).select_related("user")
    balances = {prepaid_account(one.pk): one for one in found}
    lines = PostingLine.objects.filter(account__in=list(balances)).order_by().values_list("account")
    sums = {account: -minor for account, minor in lines.annotate(Sum("amount_minor")) if minor}
    shown = [
        OwedBalance(balance=balances[account], paid_in=Money.of_minor(minor, balances[account].currency))
        for account, minor in sums.items()
    ]
    return sorted(shown, key=lambda one: (-one.paid_in.amount, one.balance.pk))


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One line of a balance's history: positive came in. `kind`: top_up, charge, booking, returned,
    given_back, disputed, other."""

    at: datetime
    kind: str
    amount: Money
    after: Money
    payment: Payment | None


def movements_of(balance: PrepaidBalance) -> list[Movement]:
    """All that moved it, the newest first, each with what was there after it."""
    wanted = ("posting__payment__session__station__location", "posting__payment__kept")
    lines = PostingLine.objects.filter(account=prepaid_account(balance.pk), currency=balance.currency)
    found, after = [], 0
    for line in lines.select_related(*wanted).order_by("posting__at", "pk"):
        after -= line.amount_minor
        found.append(_movement(line, after, balance.currency))
    return found[::-1]


def _movement(line: PostingLine, after_minor: int, currency: str) -> Movement:
    return Movement(
        at=line.posting.at,
        kind=_kind(line),
        amount=Money.of_minor(-line.amount_minor, currency),
        after=Money.of_minor(after_minor, currency),
        payment=line.posting.payment,
    )


def _kind(line: PostingLine) -> str:
    payment, reference = line.posting.payment, line.posting.reference
    if reference.startswith("dispute."):
        return "disputed"
    if payment is None:
        return "other"
    came_in = line.amount_minor < 0
    if payment.tops_up_id:
        return "top_up" if came_in else "given_back"
    if came_in:
        return "returned"
    return "charge" if payment.session_id else "booking"


def total_minor(shown: Sequence[OwedBalance]) -> int:
    """What the network owes all of them together; overdrawn balances do not lessen it."""
    return sum(max(0, one.paid_in.minor) for one in shown)
