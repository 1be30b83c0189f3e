"""Apply what the provider says about a refund: monotone, once, in one transaction with books and news."""

from __future__ import annotations

from typing import Any, Final

from django.db import transaction
from django.db.models import F

from core import clock
from core.events import publish
from core.live import nudge
from core.money import to_minor
from payments.events import PaymentRefunded, RefundFailed
from payments.models import Payment, Refund
from payments.providers import provider
from payments.providers.base import RefundSeen, RefundState
from payments.selectors import record_of
from payments.selectors.balances import available_minor
from payments.selectors.credits import credited_minor, overpaid_of
from payments.selectors.occasions import about
from payments.services import ledger_returns
from payments.services.applying import locked
from payments.services.balances import locked_balance
from payments.services.payments import NotPossible
from payments.states import REFUND

Status = Refund.Status
UNDONE: Final = (Status.FAILED, Status.CANCELED)


class TooMuch(NotPossible):
    """More than what is left of the payment."""


@transaction.atomic
def apply_refund(*, refund_id: int, seen: RefundSeen) -> Refund:
    """Bring the refund to where the provider is. What cannot follow any more changes nothing."""
    refund = _locked(refund_id)
    if seen.state.value not in REFUND[refund.status]:
        return refund
    if refund.status == Status.ASKED:
        refund.provider_ref = seen.ref
        _enter(refund)
    if seen.state in (RefundState.FAILED, RefundState.CANCELED):
        _undo(refund, seen.state.value, seen.failure)
    else:
        _move(refund, seen.state.value)
    return refund


@transaction.atomic
def fail_refund(*, refund_id: int, failure: str) -> Refund:
    """The provider refused: nothing went back, its share of the payment is free again."""
    refund = _locked(refund_id)
    if refund.status == Status.ASKED:
        _undo(refund, Status.FAILED, failure)
    return refund


@transaction.atomic
def take_over(*, payment_id: int, seen: RefundSeen, reason: str) -> Refund:
    """A refund that was made at the provider becomes one of ours, in payment and books. Once.

    Raises TooMuch while an open refund of ours still claims the same money.
    """
    payment = all_locked(payment_id)
    known = payment.refunds.filter(provider_ref=seen.ref).first()
    if known is not None:
        return apply_refund(refund_id=known.pk, seen=seen)
    reserve(payment=payment, amount_minor=seen.amount_minor)
    refund = Refund.objects.create(
        organization=payment.organization,
        payment=payment,
        amount_minor=seen.amount_minor,
        currency=payment.currency,
        reason=reason,
        created_at=seen.created_at,
    )
    return apply_refund(refund_id=refund.pk, seen=seen)


def reserve(*, payment: Payment, amount_minor: int) -> None:
    """So much of the payment goes back, at most what is left. The caller holds its lock. Raises TooMuch."""
    left = Payment.objects.filter(pk=payment.pk, refunded_minor__lte=F("captured_minor") - amount_minor)
    if not left.update(refunded_minor=F("refunded_minor") + amount_minor):
        left_minor = payment.captured_minor - payment.refunded_minor
        raise TooMuch(f"Payment {payment.public_id}: {left_minor} are left.")


def require_unspent(*, balance_id: int, amount_minor: int) -> None:
    """Of what was paid in ahead only what is not spent or promised goes back. The caller's transaction holds
    the balance from here on. Raises TooMuch."""
    left_minor = available_minor(locked_balance(balance_id))
    if amount_minor > left_minor:
        raise TooMuch(f"Balance {balance_id}: {left_minor} are left.")


def put_back(*, refund: Refund) -> Refund:
    """What was paid from a balance is there again at once. The caller holds the payment's lock."""
    seen = RefundSeen(
        ref="",
        intent_ref="",
        amount_minor=refund.amount_minor,
        currency=refund.currency,
        state=RefundState.SUCCEEDED,
        created_at=refund.created_at,
    )
    return apply_refund(refund_id=refund.pk, seen=seen)


def _locked(refund_id: int) -> Refund:
    payment = all_locked(Refund.objects.get(pk=refund_id).payment_id)
    refund = Refund.objects.get(pk=refund_id)
    refund.payment = payment
    return refund


def all_locked(payment_id: int) -> Payment:
    """The payment, with every other of its occasion locked: their money is counted together."""
    occasion = Payment.objects.select_related("session", "kept").get(pk=payment_id).occasion
    if occasion is not None:
        list(Payment.objects.select_for_update().filter(**about(occasion)).order_by("pk").values("pk"))
    return locked(payment_id)


def _enter(refund: Refund) -> None:
    """It exists at the provider: cash and credit go into the books."""
    ledger_returns.post_refund(refund=refund, provider=provider().name)
    occasion = refund.payment.occasion
    record = record_of(occasion) if occasion else None
    if occasion is None or record is None:
        return
    refund.cdr = record
    overpaid_minor = overpaid_of(occasion) + refund.amount_minor  # it is reserved
    left_minor = to_minor(record.total_gross, record.currency) - credited_minor(occasion)
    credit_minor = min(left_minor, refund.amount_minor - max(0, overpaid_minor))
    if credit_minor > 0:
        ledger_returns.post_credit(refund=refund, record=record, amount_minor=credit_minor)


def _move(refund: Refund, status: str) -> None:
    was = refund.status
    refund.status = status
    refund.settled_at = clock.now() if status == Status.SUCCEEDED else None
    refund.save()
    if was == Status.ASKED:
        publish(PaymentRefunded(**_about(refund)))
    _nudge(refund)


def _undo(refund: Refund, status: str, failure: str) -> None:
    """What was reserved and booked is put back."""
    if refund.provider_ref:
        ledger_returns.undo_refund(refund=refund, provider=provider().name)
    Payment.objects.filter(pk=refund.payment_id).update(
        refunded_minor=F("refunded_minor") - refund.amount_minor
    )
    refund.status, refund.failure, refund.settled_at = status, failure[:300], clock.now()
    refund.save()
    publish(RefundFailed(**_about(refund)))
    _nudge(refund)


def _about(refund: Refund) -> dict[str, Any]:
    return {
        "refund_id": refund.pk,
        "payment_id": refund.payment_id,
        "organization_id": refund.organization_id,
        "amount_minor": refund.amount_minor,
        "currency": refund.currency,
        "at": clock.now(),
    }


def _nudge(refund: Refund) -> None:
    nudge(f"payment.{refund.payment.public_id}", f"session.{refund.payment.session_id}")
