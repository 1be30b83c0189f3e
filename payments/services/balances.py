"""Holds on what a driver has paid in ahead: the provider's three verbs, done in our own books at once.

Whoever promises money of a balance locks its row first, then looks what is left of it: it is never promised
twice, and never falls below zero by our doing. A payment's row is locked before its balance's.
"""

from __future__ import annotations

from typing import Final

from django.db import transaction

from core import clock
from core.events import publish
from payments.events import PaymentCaptured
from payments.models import ChargeDetailRecord, Payment, PrepaidBalance
from payments.providers import provider
from payments.providers.base import Intent, IntentStatus
from payments.selectors.balances import available_minor, balance_of
from payments.selectors.occasions import about_record, outstanding_minor
from payments.services import ledger
from payments.services.applying import about, apply_intent, fail_payment, locked
from payments.services.operations import CAPTURE, OPEN
from payments.states import OPEN_PAYMENT

Status = Payment.Status
USED_UP: Final = "balance_used_up"


def locked_balance(balance_id: int) -> PrepaidBalance:
    return (
        PrepaidBalance.objects.select_for_update(of=("self",))
        .select_related("organization")
        .get(pk=balance_id)
    )


@transaction.atomic
def hold_on_balance(*, payment_id: int) -> Payment:
    """Set aside what the payment asks for, or what is left if that is less; nothing left: it is FAILED."""
    payment = locked(payment_id)
    if payment.status != Status.CREATED or payment.paid_from_id is None:
        return payment
    balance = locked_balance(payment.paid_from_id)
    held = min(payment.requested_minor, available_minor(balance))
    if held <= 0:
        return fail_payment(payment_id=payment_id, code=USED_UP, message="")
    return apply_intent(payment_id=payment_id, intent=_intent(payment, IntentStatus.HELD, held=held))


@transaction.atomic
def take_from_balance(*, payment_id: int, amount_minor: int) -> Payment:
    """Take so much of what is set aside, at most all of it; the rest is free again."""
    payment = locked(payment_id)
    if payment.status != Status.AUTHORIZED:
        return payment
    taken = min(amount_minor, payment.authorized_minor)
    return apply_intent(payment_id=payment_id, intent=_intent(payment, IntentStatus.PAID, received=taken))


@transaction.atomic
def let_go_on_balance(*, payment_id: int) -> Payment:
    """What is set aside is free again."""
    payment = locked(payment_id)
    return apply_intent(payment_id=payment_id, intent=_intent(payment, IntentStatus.CANCELED))


def _intent(payment: Payment, status: IntentStatus, *, held: int = 0, received: int = 0) -> Intent:
    return Intent(
        ref="",
        status=status,
        amount_minor=payment.requested_minor,
        held_minor=held,
        received_minor=received,
        currency=payment.currency,
    )


def draw(record: ChargeDetailRecord) -> Payment | None:
    """What has been paid in ahead pays first: as much of what the record still asks as is free.

    None where there is no balance, nothing is free, or the card's hold is being captured at this moment.
    """
    driver = record.occasion.driver
    if driver is None:
        return None
    balance = balance_of(user_id=driver.pk, organization_id=record.organization_id)
    if balance is None or balance.currency != record.currency:
        return None
    return _drawn(record, balance)


@transaction.atomic
def _drawn(record: ChargeDetailRecord, balance: PrepaidBalance) -> Payment | None:
    held = Payment.objects.filter(**about_record(record), status__in=OPEN_PAYMENT).select_for_update()
    if any(one.operations.filter(kind=CAPTURE, state__in=OPEN).exists() for one in held):
        return None
    balance = locked_balance(balance.pk)
    amount_minor = min(outstanding_minor(record), available_minor(balance))
    return _paid(record, balance, amount_minor) if amount_minor > 0 else None


def _paid(record: ChargeDetailRecord, balance: PrepaidBalance, amount_minor: int) -> Payment:
    now, occasion = clock.now(), record.occasion
    payment = Payment.objects.create(
        organization=record.organization,
        account=balance.user.billing_account,
        email=balance.user.email,
        evse=occasion.evse,
        session=record.session,
        kept=record.kept,
        cdr=record,
        paid_from=balance,
        currency=record.currency,
        requested_minor=amount_minor,
        authorized_minor=amount_minor,
        captured_minor=amount_minor,
        status=Status.CAPTURED,
        authorized_at=now,
        captured_at=now,
        closed_at=now,
    )
    ledger.post_capture(payment=payment, provider=provider().name)
    publish(PaymentCaptured(**about(payment), captured_minor=amount_minor, currency=payment.currency))
    return payment
