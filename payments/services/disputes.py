"""Disputes, followed: applied by look, monotone, with their money in the books (see `ledger_returns`)."""

from __future__ import annotations

from django.db import transaction

from core import clock
from core.events import publish
from core.live import nudge
from payments.events import DisputeChanged
from payments.models import Dispute, Payment
from payments.providers import provider
from payments.providers.base import DisputeSeen
from payments.services import ledger_returns
from payments.services.applying import locked
from payments.states import DISPUTE, DISPUTE_CLOSED

Status = Dispute.Status


@transaction.atomic
def apply_dispute(*, payment: Payment, seen: DisputeSeen) -> Dispute:
    """Bring our dispute to where the provider is; one that we did not know is taken over. Repeatable."""
    payment = locked(payment.pk)
    dispute = Dispute.objects.filter(provider_ref=seen.ref).first()
    if dispute is None:
        dispute = _new(payment, seen)
        _tell(dispute)
    elif seen.status in DISPUTE[dispute.status]:
        dispute.status = seen.status
        _tell(dispute)
    dispute.due_at, dispute.amount_minor, dispute.looked_at = seen.due_at, seen.amount_minor, clock.now()
    if dispute.status in DISPUTE_CLOSED:
        dispute.closed_at = dispute.closed_at or clock.now()
    dispute.save()
    _enter(dispute, seen)
    return dispute


def look_at_disputes(*, payment: Payment) -> list[Dispute]:
    """Every dispute of a payment, as the provider has it. Raises OutcomeUnknown."""
    seen = provider().disputes_of(payment.provider_ref) if payment.provider_ref else []
    return [apply_dispute(payment=payment, seen=one) for one in seen]


def _new(payment: Payment, seen: DisputeSeen) -> Dispute:
    return Dispute.objects.create(
        organization=payment.organization,
        payment=payment,
        provider_ref=seen.ref,
        amount_minor=seen.amount_minor,
        currency=payment.currency,
        reason=seen.reason[:60],
        status=seen.status,
        opened_at=seen.opened_at,
    )


def _enter(dispute: Dispute, seen: DisputeSeen) -> None:
    """Each movement of money once; what a lost dispute still withholds is an expense."""
    for movement in seen.movements:
        ledger_returns.post_dispute_movement(dispute=dispute, movement=movement, provider=provider().name)
    withheld_minor = -sum(movement.amount_minor for movement in seen.movements)
    if dispute.status == Status.LOST and withheld_minor > 0:
        currency = seen.movements[0].currency
        ledger_returns.post_dispute_lost(dispute=dispute, withheld_minor=withheld_minor, currency=currency)


def _tell(dispute: Dispute) -> None:
    publish(
        DisputeChanged(
            dispute_id=dispute.pk,
            payment_id=dispute.payment_id,
            organization_id=dispute.organization_id,
            status=dispute.status,
            at=clock.now(),
        )
    )
    nudge(f"payment.{dispute.payment.public_id}", f"session.{dispute.payment.session_id}")
