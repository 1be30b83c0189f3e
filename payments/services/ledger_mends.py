"""Put payments and books right where reconciliation found them wrong. The provider is the authority."""

from __future__ import annotations

from typing import Final

from django.db import transaction
from django.db.models import Sum

from core import clock
from core.live import nudge
from payments.models import Payment, PostingLine
from payments.providers import provider
from payments.services.applying import locked
from payments.services.ledger import post, post_capture, settled_by
from payments.services.ledger_returns import post_refund, undo_refund
from payments.services.payments import NotPossible
from payments.services.refund_states import UNDONE

SUSPENSE: Final = "suspense:reconciliation"
Status = Payment.Status


@transaction.atomic
def take_their_amount(*, payment: Payment, received_minor: int) -> None:
    """What the provider took is what was paid; the difference goes into the books. Repeatable."""
    payment = locked(payment.pk)
    difference_minor = received_minor - payment.captured_minor
    if not difference_minor:
        return
    payment.captured_minor = received_minor
    payment.authorized_minor = max(payment.authorized_minor, received_minor)
    payment.captured_at = payment.captured_at or clock.now()
    _close(payment, Status.CAPTURED)
    _post(payment, f"captured_{received_minor}", "captured otherwise at the provider", difference_minor)


@transaction.atomic
def undo_capture(*, payment: Payment) -> None:
    """Nothing was taken there: what was paid here is open again. Repeatable. Raises NotPossible."""
    payment = locked(payment.pk)
    if payment.status != Status.CAPTURED:
        return
    if payment.refunded_minor:
        raise NotPossible("Of this payment something was given back.")
    taken_minor, payment.captured_minor = payment.captured_minor, 0
    payment.failure_code = "not_captured"
    _close(payment, Status.FAILED)
    _post(payment, "capture_undone", "not captured at the provider", -taken_minor)


@transaction.atomic
def square_books(*, payment: Payment, account_minor: int, reference: str) -> None:
    """The books follow the provider's account: postings that are missing first, the rest into suspense.

    `account_minor` is what the account gained by the payment; `reference` is unique for this mend.
    """
    payment = locked(payment.pk)
    _post_what_is_missing(payment)
    cash = f"cash:{provider().name}"
    lines = PostingLine.objects.filter(posting__payment=payment, account=cash, currency=payment.currency)
    difference_minor = account_minor - (lines.aggregate(total=Sum("amount_minor"))["total"] or 0)
    post(
        organization_id=payment.organization_id,
        reference=f"reconciliation.{reference}",
        reason="the provider's account differed from the books",
        currency=payment.currency,
        lines={cash: difference_minor, SUSPENSE: -difference_minor},
        payment=payment,
    )


def _post_what_is_missing(payment: Payment) -> None:
    """What is in the books already stays as it is: each event is posted once."""
    if payment.status == Status.CAPTURED:
        post_capture(payment=payment, provider=provider().name)
    for refund in payment.refunds.exclude(provider_ref=""):
        post_refund(refund=refund, provider=provider().name)
        if refund.status in UNDONE:
            undo_refund(refund=refund, provider=provider().name)


def _close(payment: Payment, status: str) -> None:
    payment.status = status
    payment.closed_at = payment.closed_at or clock.now()
    payment.save()
    nudge(f"payment.{payment.public_id}")


def _post(payment: Payment, step: str, reason: str, amount_minor: int) -> None:
    post(
        organization_id=payment.organization_id,
        reference=f"payment.{payment.public_id}.{step}",
        reason=reason,
        currency=payment.currency,
        lines={f"cash:{provider().name}": amount_minor, settled_by(payment): -amount_minor},
        payment=payment,
    )
