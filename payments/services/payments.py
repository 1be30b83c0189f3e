"""Hold, capture, release: each in three steps (see `operations`), each safe to repeat."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.db import transaction

from accounts.models import Organization
from payments.models import (
    BillingAccount,
    KeptStall,
    Payment,
    PaymentMethod,
    PrepaidBalance,
    ProviderOperation,
)
from payments.providers import provider
from payments.providers.base import Declined, HoldRequest, Intent, OutcomeUnknown, Refused
from payments.services import operations
from payments.services.applying import apply_intent, fail_payment, is_stray, locked
from payments.services.balances import hold_on_balance, let_go_on_balance, take_from_balance
from payments.services.cards import forget_if_gone
from payments.services.operations import Busy, State, begin, mark, perform
from stations.models import ChargingSession, Evse

Status = Payment.Status
GONE: Final = "hold_lost"


class NotPossible(ValueError):
    """The payment is not in a state in which this can be done."""


@transaction.atomic
def create_payment(
    *,
    organization: Organization,
    currency: str,
    requested_minor: int,
    account: BillingAccount | None = None,
    method: PaymentMethod | None = None,
    email: str = "",
    evse: Evse | None = None,
    session: ChargingSession | None = None,
    kept: KeptStall | None = None,
    paid_from: PrepaidBalance | None = None,
    tops_up: PrepaidBalance | None = None,
    payer_key: str = "",
    scanned_limits: dict[str, Any] | None = None,
) -> Payment:
    """A payment not yet asked for at the provider. `payer_key`: whose attempt to start (`attempts`)."""
    return Payment.objects.create(
        organization=organization,
        currency=currency,
        requested_minor=requested_minor,
        account=account,
        method=method,
        email=email,
        evse=evse,
        session=session,
        kept=kept,
        paid_from=paid_from,
        tops_up=tops_up,
        payer_key=payer_key,
        scanned_limits=scanned_limits,
    )


def request_hold(*, payment_id: int, return_url: str = "") -> Payment:
    """Hold the requested amount on the payment's saved card, or on what its driver has paid in ahead.

    With `return_url` the payer is present: the answer may be REQUIRES_ACTION, and its address is in
    the operation's response (`action_url`). A decline makes the payment FAILED; after a lost answer
    it stays CREATED and the sweep finds out. Raises NotPossible, Busy.
    """
    if _is_prepaid(payment_id):
        return hold_on_balance(payment_id=payment_id)
    with transaction.atomic(durable=True):
        payment = locked(payment_id)
        if payment.status != Status.CREATED or payment.method is None or payment.account is None:
            raise NotPossible(f"Payment {payment.public_id} is {payment.status}.")
        request = _hold_request(payment, return_url)
        operation = begin(kind=operations.HOLD, payment=payment, request={"return_url": return_url})
    try:
        intent = perform(operation, lambda key: provider().hold(request, key=key))
    except Declined as refusal:
        return fail_payment(payment_id=payment_id, code=refusal.code, message=refusal.message)
    except Refused as refusal:
        if payment.method is not None:
            forget_if_gone(method=payment.method)
        return fail_payment(payment_id=payment_id, code=refusal.code or "refused", message=refusal.message)
    except OutcomeUnknown:
        return Payment.objects.get(pk=payment_id)
    return settle(operation, intent)


def _hold_request(payment: Payment, return_url: str) -> HoldRequest:
    if payment.account is None or payment.method is None:
        raise NotPossible(f"Payment {payment.public_id} has no card.")
    return HoldRequest(
        reference=str(payment.public_id),
        amount_minor=payment.requested_minor,
        currency=payment.currency,
        description=f"{payment.organization.name}: {_what_for(payment)}",
        customer_ref=payment.account.provider_customer_id,
        method_ref=payment.method.provider_ref,
        return_url=return_url,
    )


def _what_for(payment: Payment) -> str:
    if payment.kept is None or payment.session_id is not None:
        return "charging"
    return f"reservation {payment.kept.number}"


def capture_payment(*, payment_id: int, amount_minor: int) -> Payment:
    """Take the amount (at most what is held) and let the rest go; nothing to take releases the hold.

    Twenty callers at once make one capture. Raises Busy while another attempt is open.
    """
    if amount_minor <= 0:
        return release_hold(payment_id=payment_id)
    if _is_prepaid(payment_id):
        return take_from_balance(payment_id=payment_id, amount_minor=amount_minor)

    def act(payment: Payment, key: str) -> Intent:
        return provider().capture(
            payment.provider_ref, amount_minor=_at_most_held(payment), currency=payment.currency, key=key
        )

    def _at_most_held(payment: Payment) -> int:
        return min(amount_minor, payment.authorized_minor)

    return _act_on_hold(payment_id, operations.CAPTURE, act, request={"amount_minor": amount_minor})


def release_hold(*, payment_id: int) -> Payment:
    """Let the hold go. A payment without one (an open page, a decline) is simply closed."""
    payment = Payment.objects.get(pk=payment_id)
    if payment.paid_from_id is not None:
        return let_go_on_balance(payment_id=payment_id)
    if payment.status in (Status.CREATED, Status.REQUIRES_ACTION) and not payment.provider_ref:
        return payment

    def act(payment: Payment, key: str) -> Intent:
        return provider().release(payment.provider_ref, key=key)

    return _act_on_hold(payment_id, operations.RELEASE, act, request={})


def _is_prepaid(payment_id: int) -> bool:
    return Payment.objects.filter(pk=payment_id, paid_from__isnull=False).exists()


def _act_on_hold(
    payment_id: int,
    kind: str,
    act: Callable[[Payment, str], Intent],
    *,
    request: dict[str, int],
) -> Payment:
    begun = _begin_on_hold(payment_id, kind, request)
    if begun is None:
        return Payment.objects.get(pk=payment_id)
    operation, payment = begun
    try:
        intent = perform(operation, lambda key: act(payment, key))
    except OutcomeUnknown:
        return payment
    except (Refused, Declined):
        return look_again(payment_id=payment_id)
    return settle(operation, intent)


def _begin_on_hold(
    payment_id: int, kind: str, request: dict[str, int]
) -> tuple[ProviderOperation, Payment] | None:
    """Write the operation down; None when the payment is final already."""
    with transaction.atomic(durable=True):
        payment = locked(payment_id)
        if payment.status in (Status.CAPTURED, Status.VOIDED, Status.FAILED):
            return None
        if kind == operations.CAPTURE and payment.status != Status.AUTHORIZED:
            raise NotPossible(f"Payment {payment.public_id} is {payment.status}.")
        return begin(kind=kind, payment=payment, request=request), payment


def settle(operation: ProviderOperation, intent: Intent) -> Payment:
    """Apply the answer and close the operation in one durable transaction; let go what is stray."""
    if operation.payment_id is None:
        raise NotPossible("This operation has no payment.")
    with transaction.atomic(durable=True):
        payment = apply_intent(payment_id=operation.payment_id, intent=intent)
        mark(operation, State.DONE, response={"ref": intent.ref, "action_url": intent.action_url})
    if is_stray(payment, intent):
        release_stray(payment=payment, ref=intent.ref)
    return payment


def look_again(*, payment_id: int) -> Payment:
    """Ask the provider how the payment's intent stands, and apply it. Raises OutcomeUnknown."""
    payment = Payment.objects.get(pk=payment_id)
    if not payment.provider_ref:
        return payment
    return apply_found(payment_id=payment_id, intent=provider().get_intent(payment.provider_ref))


def apply_found(*, payment_id: int, intent: Intent) -> Payment:
    """Apply an intent that was looked at; let go a hold that no open payment stands for."""
    payment = apply_intent(payment_id=payment_id, intent=intent)
    if is_stray(payment, intent):
        release_stray(payment=payment, ref=intent.ref)
    return payment


def release_stray(*, payment: Payment, ref: str) -> None:
    """Cancel an intent that came about after we had given it up."""
    with transaction.atomic(durable=True):
        payment = locked(payment.pk)
        try:
            operation = begin(kind=operations.RELEASE, payment=payment, request={"ref": ref})
        except Busy:
            return
    try:
        perform(operation, lambda key: provider().release(ref, key=key))
    except (OutcomeUnknown, Refused):
        return
    mark(operation, State.DONE, response={"ref": ref})
