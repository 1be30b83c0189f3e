"""The books of money that goes back: refunds, their credits, disputes.

**What a refund is.** The refund itself moves cash: `cash:<provider>` against the driver's receivable. What
the driver then no longer owes is a posting of its own, the credit: revenue and tax are taken back, each tax
in the proportion of the bill, rounded half up, and revenue bears the rest, so that the credits of a bill
given back whole are exactly the bill. Only what was given back beyond what had been overpaid is credited:
after a correction lowered the record's total the difference is overpaid, and refunding it credits nothing.

**What a dispute is.** What the payer's bank takes meanwhile stands in `withheld:disputes`, its fee is an
expense; what comes back leaves that account again, and what was lost becomes `expense:disputes`.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from core import clock
from payments.models import ChargeDetailRecord, Dispute, Posting, PostingLine, Refund
from payments.providers.base import Movement
from payments.selectors.credits import billed_lines, credited_lines
from payments.services.ledger import REVENUE, post, settled_by, source_of

WITHHELD: Final = "withheld:disputes"
DISPUTES_LOST: Final = "expense:disputes"
DISPUTE_FEES: Final = "expense:dispute_fees"


def post_refund(*, refund: Refund, provider: str) -> Posting | None:
    """The provider gives the money back for us, or it is put back where it was paid in ahead."""
    return _post(
        refund,
        "cash",
        "refund",
        {
            source_of(refund.payment, provider): -refund.amount_minor,
            settled_by(refund.payment): refund.amount_minor,
        },
    )


def undo_refund(*, refund: Refund, provider: str) -> Posting | None:
    """It did not arrive: the money is ours again, and what was credited for it is owed again."""
    back = {
        source_of(refund.payment, provider): refund.amount_minor,
        settled_by(refund.payment): -refund.amount_minor,
    }
    for line in PostingLine.objects.filter(posting__reference=_reference(refund, "credit")):
        back[line.account] = back.get(line.account, 0) - line.amount_minor
    return _post(refund, "undone", "refund came back", back)


def post_credit(*, refund: Refund, record: ChargeDetailRecord, amount_minor: int) -> Posting | None:
    """So much of the record is no longer owed."""
    done = credited_lines(record.refunds.all())
    wanted = shares(billed_lines(record), sum(done.values()) + amount_minor)
    lines = {account: amount - done.get(account, 0) for account, amount in wanted.items()}
    return _post(refund, "credit", "credit of a refund", lines | {settled_by(refund.payment): -amount_minor})


def shares(billed: dict[str, int], amount_minor: int) -> dict[str, int]:
    """What revenue and each tax bear of an amount, as debits; `billed` are the bill's own lines (credits)."""
    total = -sum(billed.values())
    taxes = {
        account: _part(-billed_minor, amount_minor, total)
        for account, billed_minor in billed.items()
        if account != REVENUE
    }
    return {REVENUE: amount_minor - sum(taxes.values()), **taxes}


def _part(share: int, amount: int, total: int) -> int:
    return int((Decimal(share) * amount / total).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _reference(refund: Refund, step: str) -> str:
    return f"refund.{refund.public_id}.{step}"


def _post(refund: Refund, step: str, reason: str, lines: dict[str, int]) -> Posting | None:
    return post(
        organization_id=refund.organization_id,
        reference=_reference(refund, step),
        reason=reason,
        currency=refund.currency,
        lines=lines,
        payment=refund.payment,
        at=clock.now(),
    )


# --- disputes --------------------------------------------------------------------------------


def post_dispute_movement(*, dispute: Dispute, movement: Movement, provider: str) -> Posting | None:
    """The bank took money (negative) or gave it back; the provider keeps its fee."""
    return post(
        organization_id=dispute.organization_id,
        reference=f"dispute.{dispute.public_id}.{movement.ref}",
        reason="dispute: money withheld" if movement.amount_minor < 0 else "dispute: money given back",
        currency=movement.currency,
        lines={
            f"cash:{provider}": movement.amount_minor - movement.fee_minor,
            WITHHELD: -movement.amount_minor,
            DISPUTE_FEES: movement.fee_minor,
        },
        payment=dispute.payment,
    )


def post_dispute_lost(*, dispute: Dispute, withheld_minor: int, currency: str) -> Posting | None:
    """What is still withheld will not come back; of money paid in ahead it is the driver who has it back."""
    bearer = settled_by(dispute.payment) if dispute.payment.tops_up_id else DISPUTES_LOST
    return post(
        organization_id=dispute.organization_id,
        reference=f"dispute.{dispute.public_id}.lost",
        reason="dispute lost",
        currency=currency,
        lines={bearer: withheld_minor, WITHHELD: -withheld_minor},
        payment=dispute.payment,
    )
