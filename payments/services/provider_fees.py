"""What the provider keeps for itself, in the books: one posting for each movement of its account.

Read from the provider's own account by the daily reconciliation, never asked for while somebody waits. The
fees of disputes are posted with their movements (`ledger_returns`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.conf import settings

from payments.models import Payment
from payments.providers import provider
from payments.providers.base import Movement
from payments.selectors.fees import FEES, PLATFORM, fee_reference, posted_fees
from payments.services.ledger import post


def note_fees(*, payments: Collection[Payment], movements: Iterable[Movement]) -> int:
    """Post every fee of these payments that is not in the books yet. Returns how many; repeatable."""
    by_ref = {one.provider_ref: one for one in payments if one.provider_ref}
    known = {ref for fees in posted_fees(payments).values() for ref in fees}
    missing = [
        move
        for move in movements
        if move.own_fee_minor and move.intent_ref in by_ref and move.ref not in known
    ]
    for move in missing:
        _post(by_ref[move.intent_ref], fee_reference(move.ref), move.own_fee_minor, move.currency)
    return len(missing)


def square_fee(*, payment: Payment, ref: str, theirs_minor: int, currency: str, reference: str) -> None:
    """The books follow the provider: the difference is posted, under the mend's `reference`. Repeatable."""
    ours_minor = posted_fees([payment])[payment.pk][ref]
    _post(payment, f"{fee_reference(ref)}.{reference}", theirs_minor - ours_minor, currency)


def _bearer() -> str:
    """Whose cost it is: the organization's whose payment it was, or the installation's."""
    return PLATFORM if settings.PROVIDER_FEES_BORNE_BY == "installation" else FEES


def _post(payment: Payment, reference: str, fee_minor: int, currency: str) -> None:
    post(
        organization_id=payment.organization_id,
        reference=reference,
        reason="fee of the payment provider",
        currency=currency,
        lines={_bearer(): fee_minor, f"cash:{provider().name}": -fee_minor},
        payment=payment,
    )
