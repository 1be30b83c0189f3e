"""Apply what the provider says about a payment: monotone, once, in one transaction with its news.

The provider is the authority for money. The same intent may be shown to `apply_intent` many times,
in any order, by answers, webhooks, return pages and sweeps: a payment only ever moves on.
"""

from __future__ import annotations

from typing import Any, Final

from django.db import transaction

from core import clock
from core.events import Event, publish
from core.live import nudge
from payments.events import PaymentAuthorized, PaymentCaptured, PaymentFailed, PaymentVoided
from payments.models import Payment
from payments.providers import provider
from payments.providers.base import Intent, IntentStatus
from payments.services import ledger
from payments.states import may_follow

Status = Payment.Status

TARGETS: Final = {
    IntentStatus.NEEDS_ACTION: Status.REQUIRES_ACTION,
    IntentStatus.HELD: Status.AUTHORIZED,
    IntentStatus.PAID: Status.CAPTURED,
    IntentStatus.CANCELED: Status.VOIDED,
}


def apply_intent(*, payment_id: int, intent: Intent) -> Payment:
    """Bring the payment to where the provider is. What cannot follow any more changes nothing."""
    with transaction.atomic():
        payment = locked(payment_id)
        if payment.provider_ref not in ("", intent.ref):
            return payment
        target = TARGETS.get(intent.status)
        if _is_refused(payment, intent):
            return fail_payment(
                payment_id=payment_id, code=intent.failure_code, message=intent.failure_message
            )
        if target is None or not may_follow(payment.status, target):
            return _note_only(payment, intent)
        return _move(payment, target, intent)


def fail_payment(*, payment_id: int, code: str, message: str) -> Payment:
    """No money will come of this payment. Nothing changes once it is final."""
    with transaction.atomic():
        payment = locked(payment_id)
        if not may_follow(payment.status, Status.FAILED):
            return payment
        payment.failure_code, payment.failure_message = code[:60], message[:300]
        _close(payment, Status.FAILED)
        publish(PaymentFailed(**about(payment), code=payment.failure_code))
        return payment


def locked(payment_id: int) -> Payment:
    """The payment, its row locked, with what applying needs."""
    rows = Payment.objects.select_for_update(of=("self",)).select_related(
        "account", "session", "organization"
    )
    return rows.get(pk=payment_id)


def is_stray(payment: Payment, intent: Intent) -> bool:
    """Money is held that no open payment of ours stands for: it must be let go."""
    if intent.status is not IntentStatus.HELD:
        return False
    return payment.provider_ref not in ("", intent.ref) or payment.status in (Status.FAILED, Status.VOIDED)


def _is_refused(payment: Payment, intent: Intent) -> bool:
    """A saved card said no, and we hear of it late: there is no page on which the payer tries another."""
    is_final = payment.method_id is not None and not payment.checkout_ref
    return intent.status is IntentStatus.NEEDS_CARD and bool(intent.failure_code) and is_final


def _note_only(payment: Payment, intent: Intent) -> Payment:
    """A decline on an open page: the payer may try another card, so only the words are kept."""
    if payment.status in (Status.CREATED, Status.REQUIRES_ACTION):
        payment.provider_ref = intent.ref
        payment.failure_code = intent.failure_code[:60]
        payment.failure_message = intent.failure_message[:300]
        payment.save(update_fields=["provider_ref", "failure_code", "failure_message"])
    return payment


def _move(payment: Payment, target: str, intent: Intent) -> Payment:
    was = payment.status
    payment.provider_ref = intent.ref
    payment.capture_before = intent.capture_before or payment.capture_before
    if target == Status.REQUIRES_ACTION:
        payment.status = target
        payment.save()
        return payment
    if was in (Status.CREATED, Status.REQUIRES_ACTION) and target != Status.VOIDED:
        _authorize(payment, intent)
    if target == Status.CAPTURED:
        _capture(payment, intent)
    elif target == Status.VOIDED:
        _close(payment, Status.VOIDED)
        publish(PaymentVoided(**about(payment)))
    return payment


def _authorize(payment: Payment, intent: Intent) -> None:
    payment.status = Status.AUTHORIZED
    payment.authorized_minor = intent.held_minor or intent.amount_minor
    payment.authorized_at = clock.now()
    payment.failure_code = payment.failure_message = ""
    payment.save()
    _tell(
        payment,
        PaymentAuthorized(
            **about(payment), authorized_minor=payment.authorized_minor, currency=payment.currency
        ),
    )


def _capture(payment: Payment, intent: Intent) -> None:
    payment.captured_minor = intent.received_minor
    payment.captured_at = clock.now()
    _close(payment, Status.CAPTURED)
    ledger.post_capture(payment=payment, provider=provider().name)
    publish(
        PaymentCaptured(**about(payment), captured_minor=payment.captured_minor, currency=payment.currency)
    )


def _close(payment: Payment, status: str) -> None:
    payment.status = status
    payment.closed_at = clock.now()
    payment.save()
    nudge(f"payment.{payment.public_id}")


def _tell(payment: Payment, event: Event) -> None:
    publish(event)
    nudge(f"payment.{payment.public_id}")


def about(payment: Payment) -> dict[str, Any]:
    """What every event about a payment says."""
    return {
        "payment_id": payment.pk,
        "organization_id": payment.organization_id,
        "session_id": payment.session_id,
        "kept_id": payment.kept_id,
        "evse_id": payment.evse_id,
        "driver_id": payment.account.user_id if payment.account else None,
        "at": clock.now(),
    }
