"""What payment terminals at chargers settled: recorded and compared with our price, never taken again.

The terminal and its provider hold and take the money by themselves (OCPP 2.1 C18 to C23); what we learn
of it is one Payment. Where what was settled is not what we would have billed, a person looks.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from django.db import transaction
from django.db.models import F

from accounts.models import Organization
from core import clock
from core.events import publish
from core.live import nudge
from core.money import to_minor
from payments.events import PaymentCaptured
from payments.models import Payment
from payments.selectors import record_of
from payments.services import ledger
from stations.models import ChargingSession

Status = Payment.Status
PROVIDER: Final = "terminal"
CLOSES: Final = {"canceled": Status.VOIDED, "rejected": Status.FAILED, "failed": Status.FAILED}


@transaction.atomic
def record_settlement(
    *, organization_id: int, reference: str, status: str, amount: Decimal, session_id: int | None
) -> Payment:
    """One payment per reference of the terminal's provider, however often it is told.

    `status`: settled, canceled, rejected or failed; `amount` in the organization's currency. Money that
    was settled is final: a later word of failure changes nothing; a settlement after a failure counts.
    """
    payment = _payment(organization_id, reference, amount, session_id)
    if payment.status == Status.CAPTURED:
        return payment
    if status == "settled":
        _settle(payment)
    else:
        _close(payment, CLOSES[status], failure_code=status if status != "canceled" else "")
    _compare(payment)
    return payment


def compare_session(*, session_id: int) -> None:
    """The price of a session is final: is it what its terminal settled? Repeatable."""
    for payment in Payment.objects.filter(session=session_id).exclude(terminal_ref=""):
        _compare(payment)


def note_looked_at(*, payment: Payment) -> None:
    """A person has seen the difference."""
    Payment.objects.filter(pk=payment.pk, looked_at=None).update(looked_at=clock.now())
    nudge(f"payment.{payment.public_id}")


def _payment(organization_id: int, reference: str, amount: Decimal, session_id: int | None) -> Payment:
    """Its row, locked; the newest amount counts until it is settled."""
    organization = Organization.objects.get(pk=organization_id)
    minor = max(0, to_minor(amount, organization.currency))
    session = ChargingSession.objects.filter(pk=session_id).first() if session_id else None
    Payment.objects.get_or_create(
        organization=organization,
        terminal_ref=reference,
        defaults={
            "currency": organization.currency,
            "requested_minor": minor,
            "session": session,
            "evse_id": session.evse_id if session else None,
            "status": Status.VOIDED,
        },
    )
    payment = (
        Payment.objects.select_for_update(of=("self",))
        .select_related("session", "account")
        .get(organization=organization, terminal_ref=reference)
    )
    if payment.status != Status.CAPTURED:
        payment.requested_minor = minor
        payment.session = payment.session or session
    return payment


def _settle(payment: Payment) -> None:
    payment.authorized_minor = payment.captured_minor = payment.requested_minor
    payment.authorized_at = payment.captured_at = clock.now()
    _close(payment, Status.CAPTURED)
    ledger.post_capture(payment=payment, provider=PROVIDER)
    publish(
        PaymentCaptured(
            payment_id=payment.pk,
            organization_id=payment.organization_id,
            session_id=payment.session_id,
            evse_id=payment.evse_id,
            at=clock.now(),
            captured_minor=payment.captured_minor,
            currency=payment.currency,
        )
    )


def _close(payment: Payment, status: str, *, failure_code: str = "") -> None:
    payment.status, payment.failure_code, payment.closed_at = status, failure_code, clock.now()
    payment.save()
    nudge(f"payment.{payment.public_id}")


def _compare(payment: Payment) -> None:
    """What was taken beyond our price, below it negative; all of it without a session."""
    record = record_of(payment.session) if payment.session else None
    if payment.session is not None and record is None:
        return
    due_minor = to_minor(record.total_gross, record.currency) if record else 0
    Payment.objects.filter(pk=payment.pk).update(difference_minor=F("captured_minor") - due_minor, cdr=record)
    if record is not None and payment.captured_minor:
        ledger.undo_write_off(cdr=record, payment=payment, lost_minor=due_minor - payment.captured_minor)
