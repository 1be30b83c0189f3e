"""The books: double entry, integer minor units, append-only, one posting per business event.

Debit is positive. Accounts: `receivable:user.<id>` and `receivable:guests` (what drivers owe),
`revenue:charging`, `tax:<percent>`, `cash:<provider>`, `expense:write_off`, `expense:site_hosts`,
`payable:host.<id>` (what hosts are owed).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

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
from payments.selectors import receivable_account
from payments.selectors.hosts import payable_account

REVENUE = "revenue:charging"
WRITE_OFF = "expense:write_off"
HOST_SHARE = "expense:site_hosts"


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
            )
    except IntegrityError:
        return None
    PostingLine.objects.bulk_create(
        PostingLine(posting=posting, account=account, amount_minor=amount, currency=currency)
        for account, amount in moved.items()
    )
    return posting


def post_bill(*, cdr: ChargeDetailRecord, bill: Bill) -> Posting | None:
    """The session was sold: the driver owes the total, we owe the tax."""
    lines = {
        receivable_account(cdr.session.driver_id): to_minor(bill.total_gross, bill.currency),
        REVENUE: -to_minor(bill.total_net, bill.currency),
    }
    for total in bill.taxes:
        lines[f"tax:{total.vat.normalize():f}"] = -to_minor(total.tax, bill.currency)
    return post(
        organization_id=cdr.organization_id,
        reference=f"cdr.{cdr.public_id}.bill",
        reason="charging session billed",
        currency=bill.currency,
        lines=lines,
    )


def post_capture(*, payment: Payment, provider: str) -> Posting | None:
    """The provider took the money for us."""
    return post(
        organization_id=payment.organization_id,
        reference=f"payment.{payment.public_id}.capture",
        reason="payment captured",
        currency=payment.currency,
        lines={
            f"cash:{provider}": payment.captured_minor,
            receivable_of(payment): -payment.captured_minor,
        },
        payment=payment,
    )


def post_write_off(*, cdr: ChargeDetailRecord, amount_minor: int, reason: str) -> Posting | None:
    """What will not be collected, visibly."""
    return post(
        organization_id=cdr.organization_id,
        reference=f"cdr.{cdr.public_id}.write_off",
        reason=reason,
        currency=cdr.currency,
        lines={
            WRITE_OFF: amount_minor,
            receivable_account(cdr.session.driver_id): -amount_minor,
        },
    )


def undo_write_off(*, cdr: ChargeDetailRecord, payment: Payment, lost_minor: int) -> Posting | None:
    """Money came after the record was written off: only `lost_minor` of it stays lost (at least nothing)."""
    written = PostingLine.objects.filter(
        posting__reference=f"cdr.{cdr.public_id}.write_off", account=WRITE_OFF
    )
    came_minor = sum(written.values_list("amount_minor", flat=True)) - max(0, lost_minor)
    if came_minor <= 0:
        return None
    return post(
        organization_id=cdr.organization_id,
        reference=f"payment.{payment.public_id}.write_off_undone",
        reason="what was written off came in by a terminal",
        currency=cdr.currency,
        lines={WRITE_OFF: -came_minor, receivable_account(cdr.session.driver_id): came_minor},
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
            payable_account(statement.host_id): -statement.share_minor,
        },
    )


def post_payout(*, payout: HostPayout, provider: str) -> Posting | None:
    """The provider sent it to the host."""
    return post(
        organization_id=payout.organization_id,
        reference=f"host_payout.{payout.public_id}",
        reason="paid out to a site host",
        currency=payout.currency,
        lines={
            payable_account(payout.host_id): payout.amount_minor,
            f"cash:{provider}": -payout.amount_minor,
        },
    )


def receivable_of(payment: Payment) -> str:
    """Who owed what this payment pays: its session's driver, else its own payer."""
    if payment.session is not None:
        return receivable_account(payment.session.driver_id)
    return receivable_account(payment.account.user_id if payment.account else None)
