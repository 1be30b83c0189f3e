"""Mend a discrepancy, by its kind. Each mend looks at the provider first, and is audited."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from django.db import transaction

from accounts.models import User
from accounts.services import note_action
from core import clock
from core.live import nudge
from payments.models import Discrepancy, HostPayout, Payment, PaymentMethod
from payments.providers import provider
from payments.providers.base import Intent, IntentStatus, Refused
from payments.selectors.credits import overpaid_of
from payments.selectors.refunds import OVERPAID
from payments.services import ledger_mends, operations, provider_fees
from payments.services.applying import fail_payment
from payments.services.cards import forget_card
from payments.services.collecting import collect_for
from payments.services.disputes import look_at_disputes
from payments.services.looking import refresh_payment
from payments.services.operations import State, begin, mark, perform
from payments.services.payments import NotPossible, apply_found
from payments.services.refunding import look_at_refunds, refund_payment
from payments.services.taking_back import note_taken_back

Kind = Discrepancy.Kind
Open = Discrepancy.State


def mend(*, discrepancy: Discrepancy, by: User) -> bool:
    """Do what its kind offers; False when somebody else has done it. It stays in the record as mended.

    Raises NotPossible, Busy and what a provider raises; then it is open as before.
    """
    if not _move(discrepancy, Open.OPEN, Open.MENDED, by):
        return False
    try:
        MENDS[Kind(discrepancy.kind)](discrepancy, by)
    except Exception:
        _move(discrepancy, Open.MENDED, Open.OPEN, None)
        raise
    _note(discrepancy, by)
    return True


def _move(discrepancy: Discrepancy, was: str, state: str, by: User | None) -> bool:
    mine = Discrepancy.objects.filter(pk=discrepancy.pk, state=was)
    moved = mine.update(state=state, mended_by=by, closed_at=clock.now() if by else None)
    nudge(f"reconciliation.{discrepancy.organization_id}")
    return bool(moved)


def _note(discrepancy: Discrepancy, by: User) -> None:
    note_action(
        actor=by,
        organization=discrepancy.organization,
        action="reconciliation.mend",
        subject=f"discrepancy.{discrepancy.public_id}",
        changes={
            "kind": discrepancy.kind,
            "ref": discrepancy.ref,
            "ours_minor": discrepancy.ours_minor,
            "theirs_minor": discrepancy.theirs_minor,
        },
    )


def _payment(discrepancy: Discrepancy) -> Payment:
    if discrepancy.payment_id is None:
        raise NotPossible("This discrepancy is about no payment.")
    return Payment.objects.select_related("session", "kept", "organization").get(pk=discrepancy.payment_id)


def _intent(ref: str) -> Intent | None:
    """None where the provider knows no such intent."""
    try:
        return provider().get_intent(ref)
    except Refused:
        return None


# --- the mends -------------------------------------------------------------------------------


def _apply(discrepancy: Discrepancy, by: User) -> None:
    """What the provider says of payment, refunds and disputes; then what is still due is collected."""
    payment = _payment(discrepancy)
    intent = _intent(payment.provider_ref or discrepancy.ref)
    if intent is not None:
        apply_found(payment_id=payment.pk, intent=intent)
        payment = refresh_payment(payment_id=payment.pk)
    elif payment.status == Payment.Status.AUTHORIZED:
        payment = fail_payment(payment_id=payment.pk, code="hold_lost", message="")
    if payment.status == Payment.Status.CAPTURED:
        look_at_refunds(payment=payment)
        look_at_disputes(payment=payment)
    _collect(payment)


def _collect(payment: Payment) -> None:
    if payment.occasion is not None:
        collect_for(payment.occasion)


def _forget_card(discrepancy: Discrepancy, by: User) -> None:
    for method in PaymentMethod.objects.filter(provider_ref=discrepancy.ref, is_usable=True):
        forget_card(method=method)


def _take_their_amount(discrepancy: Discrepancy, by: User) -> None:
    payment = _payment(discrepancy)
    intent = provider().get_intent(payment.provider_ref)
    ledger_mends.take_their_amount(payment=payment, received_minor=intent.received_minor)


def _undo_capture(discrepancy: Discrepancy, by: User) -> None:
    """Nothing was taken there: it is not paid here either, and is collected anew."""
    payment = _payment(discrepancy)
    intent = _intent(payment.provider_ref)
    if intent is not None and intent.status is IntentStatus.PAID:
        raise NotPossible("Meanwhile it is paid at the provider.")
    ledger_mends.undo_capture(payment=payment)
    _collect(payment)


def _square_books(discrepancy: Discrepancy, by: User) -> None:
    ledger_mends.square_books(
        payment=_payment(discrepancy),
        account_minor=discrepancy.theirs_minor or 0,
        reference=str(discrepancy.public_id),
    )


def _follow_payout(discrepancy: Discrepancy, by: User) -> None:
    mine = HostPayout.objects.filter(organization=discrepancy.organization, provider_ref=discrepancy.ref)
    for payout in mine:
        note_taken_back(payout=payout, found=provider().get_transfer(payout.provider_ref))


def _square_fee(discrepancy: Discrepancy, by: User) -> None:
    provider_fees.square_fee(
        payment=_payment(discrepancy),
        ref=discrepancy.ref,
        theirs_minor=discrepancy.theirs_minor or 0,
        currency=discrepancy.currency,
        reference=str(discrepancy.public_id),
    )


def _give_back_overpaid(discrepancy: Discrepancy, by: User) -> None:
    payment = _payment(discrepancy)
    over_minor = overpaid_of(payment.occasion) if payment.occasion else 0
    left_minor = payment.captured_minor - payment.refunded_minor
    refund_payment(payment=payment, amount_minor=min(over_minor, left_minor), reason=OVERPAID, by=by)


def _let_go(discrepancy: Discrepancy, by: User) -> None:
    """An intent that belongs to no payment: its hold is released, what it took is given back."""
    intent = provider().get_intent(discrepancy.ref)
    request = {"ref": intent.ref, "discrepancy": str(discrepancy.public_id)}
    kind = operations.RELEASE if intent.status is IntentStatus.HELD else operations.REFUND
    with transaction.atomic(durable=True):
        operation = begin(kind=kind, request=request)
    perform(operation, lambda key: _end(intent, str(discrepancy.public_id), f"{discrepancy.public_id}-{key}"))
    mark(operation, State.DONE, response={"ref": intent.ref})


def _end(intent: Intent, named: str, key: str) -> None:
    if intent.status is IntentStatus.HELD:
        provider().release(intent.ref, key=key)
        return
    seen = provider().refunds_of(intent.ref)
    left = intent.received_minor - sum(
        one.amount_minor for one in seen if one.state not in ("failed", "canceled")
    )
    if left > 0:
        provider().give_back(
            intent.ref, refund_id=named, amount_minor=left, currency=intent.currency, key=key
        )


MENDS: Final[Mapping[str, Callable[[Discrepancy, User], None]]] = {
    Kind.REFUND_UNKNOWN: _apply,
    Kind.DISPUTE_UNKNOWN: _apply,
    Kind.CAPTURED_ELSEWHERE: _apply,
    Kind.STATE_BEHIND: _apply,
    Kind.HOLD_GONE: _apply,
    Kind.CARD_GONE: _forget_card,
    Kind.AMOUNT_DIFFERS: _take_their_amount,
    Kind.MISSING_THERE: _undo_capture,
    Kind.LEDGER_DIFFERS: _square_books,
    Kind.OVERPAID: _give_back_overpaid,
    Kind.FEE_DIFFERS: _square_fee,
    Kind.PAYOUT_REVERSED: _follow_payout,
    Kind.INTENT_UNKNOWN: _let_go,
}
