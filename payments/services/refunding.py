"""Give money back: written down, acted, looked at, as captures are (MONEY rule 5).

A refund's share of its payment is reserved when it is written down, by a conditional update under the
payment's lock: the sum of refunds never exceeds what was captured. Which part of it the driver then no
longer owes is decided in the books (`ledger_returns`).
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from accounts.models import User
from accounts.services import note_action
from core import clock
from payments.models import Payment, ProviderOperation, Refund
from payments.providers import provider
from payments.providers.base import Declined, OutcomeUnknown, RefundSeen, Refused
from payments.selectors.refunds import MADE_THERE
from payments.services import operations
from payments.services.applying import locked
from payments.services.operations import State, begin, mark, perform
from payments.services.payments import NotPossible
from payments.services.refund_states import (
    all_locked,
    apply_refund,
    fail_refund,
    put_back,
    require_unspent,
    reserve,
    take_over,
)

Status = Refund.Status


def refund_payment(*, payment: Payment, amount_minor: int, reason: str, by: User | None = None) -> Refund:
    """Give back so much of a captured payment, where it came from. Part refunds may follow one another. Not
    inside a transaction.

    `reason` in the words of `by` is obligatory. After a lost answer the refund stays ASKED and the sweep
    finds out; what the provider refuses is FAILED. Raises NotPossible, TooMuch, and Busy while an earlier
    refund of this payment is open.
    """
    with transaction.atomic(durable=True):
        refund = _write_down(all_locked(payment.pk), amount_minor, reason.strip()[:300], by)
        if payment.paid_from_id is not None:
            return put_back(refund=refund)
        operation = _begin(refund)
    return _act(operation, refund)


def _write_down(payment: Payment, amount_minor: int, reason: str, by: User | None) -> Refund:
    if payment.status != Payment.Status.CAPTURED or not payment.is_ours_to_return:
        raise NotPossible(f"Payment {payment.public_id} is {payment.status}: nothing can be given back.")
    if amount_minor <= 0 or not reason:
        raise NotPossible("A refund has an amount and a reason.")
    if payment.tops_up_id is not None:
        require_unspent(balance_id=payment.tops_up_id, amount_minor=amount_minor)
    reserve(payment=payment, amount_minor=amount_minor)
    refund = Refund.objects.create(
        organization=payment.organization,
        payment=payment,
        amount_minor=amount_minor,
        currency=payment.currency,
        reason=reason,
        by=by,
    )
    _note(refund)
    return refund


def _note(refund: Refund) -> None:
    note_action(
        actor=refund.by,
        organization=refund.organization,
        action="payment.refund",
        subject=f"payment.{refund.payment.public_id}",
        changes={
            "refund": str(refund.public_id),
            "amount_minor": refund.amount_minor,
            "currency": refund.currency,
            "reason": refund.reason,
        },
    )


def _begin(refund: Refund) -> ProviderOperation:
    """Raises Busy."""
    request = {"refund": str(refund.public_id), "amount_minor": refund.amount_minor}
    return begin(kind=operations.REFUND, payment=refund.payment, request=request)


def _act(operation: ProviderOperation, refund: Refund) -> Refund:
    try:
        seen = perform(operation, lambda key: _ask(refund, key))
    except (Refused, Declined) as refusal:
        failed = fail_refund(refund_id=refund.pk, failure=refusal.message)
        look_at_refunds(payment=refund.payment)
        return failed
    except OutcomeUnknown:
        return refund
    return _settle(operation, refund, seen)


def _ask(refund: Refund, key: str) -> RefundSeen:
    return provider().give_back(
        refund.payment.provider_ref,
        refund_id=str(refund.public_id),
        amount_minor=refund.amount_minor,
        currency=refund.currency,
        key=key,
    )


def _settle(operation: ProviderOperation, refund: Refund, seen: RefundSeen) -> Refund:
    with transaction.atomic(durable=True):
        settled = apply_refund(refund_id=refund.pk, seen=seen)
        mark(operation, State.DONE, response={"ref": seen.ref})
    return settled


# --- looking ---------------------------------------------------------------------------------


def look_at_refunds(*, payment: Payment) -> list[Refund]:
    """Bring every refund of a payment to where the provider is; those made there are taken over.

    Raises OutcomeUnknown.
    """
    seen = provider().refunds_of(payment.provider_ref) if payment.provider_ref else []
    return [note_seen(payment=payment, seen=one) for one in seen]


def finish_refunds(*, payment: Payment) -> None:
    """Look at what waits; what was refused just before a crash, and is not there, is marked as not done."""
    seen = provider().refunds_of(payment.provider_ref)
    if not payment.operations.filter(kind=operations.REFUND, state__in=operations.OPEN).exists():
        asked = payment.refunds.filter(status=Status.ASKED)
        for refund in asked.exclude(public_id__in=[one.refund_id for one in seen if one.refund_id]):
            fail_refund(refund_id=refund.pk, failure="looked: not done")
    for one in seen:
        note_seen(payment=payment, seen=one)


def note_seen(*, payment: Payment, seen: RefundSeen) -> Refund:
    """One refund that the provider showed: ours by its metadata or reference, or made there."""
    known = payment.refunds.filter(provider_ref=seen.ref).first() or _ours(payment, seen)
    if known is None:
        return take_over(payment_id=payment.pk, seen=seen, reason=MADE_THERE)
    return apply_refund(refund_id=known.pk, seen=seen)


def _ours(payment: Payment, seen: RefundSeen) -> Refund | None:
    return payment.refunds.filter(public_id=seen.refund_id).first() if seen.refund_id else None


def resume_refund(operation: ProviderOperation, in_flight: timedelta) -> None:
    """Look what became of a refund; ask anew, with a new key, when it was not done and is not under way."""
    refund = Refund.objects.select_related("payment__account", "payment__session", "organization").get(
        public_id=operation.request["refund"]
    )
    for seen in provider().refunds_of(refund.payment.provider_ref):
        if seen.refund_id == str(refund.public_id):
            _settle(operation, refund, seen)
            return
    if operation.created_at <= clock.now() - in_flight:
        _try_again(operation, refund)


def _try_again(operation: ProviderOperation, refund: Refund) -> None:
    with transaction.atomic(durable=True):
        locked(refund.payment_id)
        if not mark(operation, State.FAILED, error="looked: not done"):
            return
        again = _begin(refund)
    _act(again, refund)
