"""The books: double entry, integer minor units, append-only, one posting per business event.

Debit is positive. Accounts: `receivable:user.<id>`, `receivable:guests` and `receivable:company.<id>` (what
is owed to us), `revenue:charging`, `tax:<percent>`, `cash:<provider>`, `cash:bank`, `expense:write_off`,
`expense:site_hosts`, `payable:host.<id>` (what hosts are owed), `expense:provider_fees`,
`expense:platform_fee`, `payable:platform` (what the installation keeps), `payable:organization.<id>` and
`transfers:organization` (what is sent to the organization's own bank account), `payable:prepaid.<balance>`
(what drivers have paid in ahead and not used).
A posting is made now, never back in time: where what it tells of belongs to another month, it says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from django.db import IntegrityError, transaction

from core import clock
from core.money import to_minor
from payments.models import (
    ChargeDetailRecord,
    HostPayout,
    HostStatement,
    Payment,
    Posting,
    PostingLine,
)
from payments.rating.bill import Bill
from payments.selectors import receivable_account, receivable_of_record
from payments.selectors.balances import prepaid_account
from payments.selectors.fees import PLATFORM
from payments.selectors.hosts import payable_account
from payments.selectors.months import month_of
from payments.selectors.occasions import about_record

REVENUE = "revenue:charging"
WRITE_OFF = "expense:write_off"
HOST_SHARE = "expense:site_hosts"
OWN_PART = "transfers:organization"
PLATFORM_FEE = "expense:platform_fee"
UNDONE = ".write_off_undone"


class Unbalanced(ValueError):
    """Debits and credits differ."""


@transaction.atomic
def post(
    *,
    organization_id: int,
    reference: str,
    reason: str,
    currency: str,
    lines: Mapping[str, int],
    payment: Payment | None = None,
    at: datetime | None = None,
    belongs_to: date | None = None,
) -> Posting | None:
    """Write one posting, in the caller's transaction if there is one; None when this event is already posted.

    `lines` are signed minor units by account; zero lines are left out. Raises Unbalanced.
    """
    moved = {account: amount for account, amount in lines.items() if amount}
    if sum(moved.values()):
        raise Unbalanced(f"{reference}: {moved}")
    if not moved:
        return None
    try:
        with transaction.atomic():
            posting = Posting.objects.create(
                organization_id=organization_id,
                reference=reference,
                reason=reason,
                payment=payment,
                at=at or clock.now(),
                belongs_to=belongs_to,
            )
    except IntegrityError:
        return None
    PostingLine.objects.bulk_create(
        PostingLine(posting=posting, account=account, amount_minor=amount, currency=currency)
        for account, amount in moved.items()
    )
    return posting


def post_bill(*, cdr: ChargeDetailRecord, bill: Bill) -> Posting | None:
    """It was sold: the driver (or her company) owes the total, we owe the tax."""
    lines = {
        receivable_of_record(cdr): to_minor(bill.total_gross, bill.currency),
        REVENUE: -to_minor(bill.total_net, bill.currency),
    }
    for total in bill.taxes:
        lines[tax_account(total.vat)] = -to_minor(total.tax, bill.currency)
    return post(
        organization_id=cdr.organization_id,
        reference=bill_reference(cdr),
        reason=f"{_sold(cdr)} billed",
        currency=bill.currency,
        lines=lines,
        belongs_to=other_month(cdr),
    )


def post_credit(*, credit: ChargeDetailRecord, of: ChargeDetailRecord) -> Posting | None:
    """The record was credited: each account gets back exactly what its bill moved, rate by rate."""
    return post(
        organization_id=credit.organization_id,
        reference=bill_reference(credit),
        reason=f"{_sold(credit)} credited",
        currency=credit.currency,
        lines={account: -amount for account, amount in _moved(bill_reference(of))},
        belongs_to=other_month(credit),
    )


def take_back_write_off(*, credit: ChargeDetailRecord, of: ChargeDetailRecord) -> Posting | None:
    """What was written off of a credited record is not lost any more: it was not owed."""
    written = dict(_moved(_write_off_reference(of)))
    undone = PostingLine.objects.filter(
        account=WRITE_OFF, posting__reference__endswith=UNDONE, **about_record(of, "posting__payment__")
    )
    left_minor = written.get(WRITE_OFF, 0) + sum(undone.values_list("amount_minor", flat=True))
    return post(
        organization_id=credit.organization_id,
        reference=f"cdr.{credit.public_id}{UNDONE}",
        reason="what was written off is not owed any more",
        currency=credit.currency,
        lines={WRITE_OFF: -left_minor, receivable_of_record(of): left_minor},
        belongs_to=other_month(credit),
    )


def _sold(cdr: ChargeDetailRecord) -> str:
    return "charging session" if cdr.session_id else "stall kept in vain"


def bill_reference(cdr: ChargeDetailRecord) -> str:
    return f"cdr.{cdr.public_id}.bill"


def tax_account(vat: Decimal) -> str:
    return f"tax:{vat.normalize():f}"


def other_month(cdr: ChargeDetailRecord) -> date | None:
    """The month in which what was sold ended, unless that is the present one."""
    ended_in = month_of(cdr.organization, cdr.ended_at).first_day
    return None if ended_in == month_of(cdr.organization, clock.now()).first_day else ended_in


def _moved(reference: str) -> list[tuple[str, int]]:
    lines = PostingLine.objects.filter(posting__reference=reference)
    return list(lines.values_list("account", "amount_minor"))


def _write_off_reference(cdr: ChargeDetailRecord) -> str:
    return f"cdr.{cdr.public_id}.write_off"


def post_capture(*, payment: Payment, provider: str) -> Posting | None:
    """The provider took the money for us, or it was taken from what was paid in ahead."""
    return post(
        organization_id=payment.organization_id,
        reference=f"payment.{payment.public_id}.capture",
        reason="payment captured",
        currency=payment.currency,
        lines={
            source_of(payment, provider): payment.captured_minor,
            settled_by(payment): -payment.captured_minor,
        },
        payment=payment,
    )


def post_write_off(*, cdr: ChargeDetailRecord, amount_minor: int, reason: str) -> Posting | None:
    """What will not be collected, visibly."""
    return post(
        organization_id=cdr.organization_id,
        reference=_write_off_reference(cdr),
        reason=reason,
        currency=cdr.currency,
        lines={
            WRITE_OFF: amount_minor,
            receivable_of_record(cdr): -amount_minor,
        },
    )


def undo_write_off(*, cdr: ChargeDetailRecord, payment: Payment, lost_minor: int) -> Posting | None:
    """Money came after the record was written off: only `lost_minor` of it stays lost (at least nothing)."""
    written = PostingLine.objects.filter(posting__reference=_write_off_reference(cdr), account=WRITE_OFF)
    came_minor = sum(written.values_list("amount_minor", flat=True)) - max(0, lost_minor)
    if came_minor <= 0:
        return None
    return post(
        organization_id=cdr.organization_id,
        reference=f"payment.{payment.public_id}{UNDONE}",
        reason="what was written off came in by a terminal",
        currency=cdr.currency,
        lines={WRITE_OFF: -came_minor, receivable_of_record(cdr): came_minor},
        payment=payment,
    )


def post_host_share(*, statement: HostStatement) -> Posting | None:
    """What is owed to a site host by a month's statement; a month of corrections takes it back."""
    return post(
        organization_id=statement.organization_id,
        reference=f"host_statement.{statement.public_id}",
        reason="site host's share",
        currency=statement.currency,
        lines={
            HOST_SHARE: statement.share_minor,
            payable_account(statement.host): -statement.share_minor,
        },
    )


def post_own_statement(*, statement: HostStatement) -> Posting | None:
    """What is to be sent to the organization itself, and what the installation keeps of it."""
    return post(
        organization_id=statement.organization_id,
        reference=f"host_statement.{statement.public_id}",
        reason="the organization's own part",
        currency=statement.currency,
        lines={
            OWN_PART: statement.share_minor,
            payable_account(statement.host): -statement.share_minor,
            PLATFORM_FEE: statement.fee_minor,
            PLATFORM: -statement.fee_minor,
        },
    )


def post_payout(*, payout: HostPayout, provider: str) -> Posting | None:
    """The provider sent it to the host, or to the organization itself."""
    return post(
        organization_id=payout.organization_id,
        reference=f"host_payout.{payout.public_id}",
        reason="paid out",
        currency=payout.currency,
        lines={
            payable_account(payout.host): payout.amount_minor,
            f"cash:{provider}": -payout.amount_minor,
        },
    )


def post_taken_back(*, payout: HostPayout, provider: str, was_minor: int) -> Posting | None:
    """Of what was paid out so much came back beyond `was_minor`: it is owed again."""
    back_minor = payout.reversed_minor - was_minor
    return post(
        organization_id=payout.organization_id,
        reference=f"host_payout.{payout.public_id}.reversed_{payout.reversed_minor}",
        reason="payout taken back",
        currency=payout.currency,
        lines={
            f"cash:{provider}": back_minor,
            payable_account(payout.host): -back_minor,
        },
    )


def source_of(payment: Payment, provider: str) -> str:
    """Where its money lies: at the provider, or prepaid."""
    return prepaid_account(payment.paid_from_id) if payment.paid_from_id else f"cash:{provider}"


def settled_by(payment: Payment) -> str:
    """What it settles: what its session's driver owes, else its own payer; or it is paid in ahead."""
    if payment.tops_up_id:
        return prepaid_account(payment.tops_up_id)
    if payment.session is not None:
        return receivable_account(payment.session.driver_id)
    return receivable_account(payment.account.user_id if payment.account else None)
