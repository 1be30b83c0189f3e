"""Put payments and books right where reconciliation found them wrong. The provider is the authority."""

from __future__ import annotations

from typing import Final

from django.db import transaction

from core import clock
from core.live import nudge
from payments.models import Payment
from payments.providers import provider
from payments.services.applying import locked
from payments.services.ledger import post, receivable_of
from payments.services.payments import NotPossible

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
def post_difference(*, payment: Payment, amount_minor: int, reference: str) -> None:
    """The books follow the provider's account; the rest stands in suspense until somebody explains it."""
    post(
        organization_id=payment.organization_id,
        reference=f"reconciliation.{reference}",
        reason="the provider's account differed from the books",
        currency=payment.currency,
        lines={f"cash:{provider().name}": amount_minor, SUSPENSE: -amount_minor},
        payment=payment,
    )


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
        lines={f"cash:{provider().name}": amount_minor, receivable_of(payment): -amount_minor},
        payment=payment,
    )
