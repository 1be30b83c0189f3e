"""Look at the provider once, and bring a payment to where it is there."""

from __future__ import annotations

from payments.models import Payment
from payments.providers import provider
from payments.providers.base import Checkout, CheckoutStatus
from payments.services.applying import fail_payment
from payments.services.cards import save_card
from payments.services.payments import apply_found, look_again

Status = Payment.Status


def refresh_payment(*, payment_id: int) -> Payment:
    """Look at the provider once and apply what is there. Raises OutcomeUnknown."""
    payment = Payment.objects.get(pk=payment_id)
    if payment.status not in (Status.CREATED, Status.REQUIRES_ACTION):
        return payment
    if payment.provider_ref:
        return _with_card(look_again(payment_id=payment_id))
    if payment.checkout_ref:
        return _apply_page(payment, provider().get_checkout(payment.checkout_ref))
    return payment


def _apply_page(payment: Payment, page: Checkout) -> Payment:
    if page.email and not payment.email:
        Payment.objects.filter(pk=payment.pk).update(email=page.email)
    if page.intent_ref:
        found = provider().get_intent(page.intent_ref)
        return _with_card(apply_found(payment_id=payment.pk, intent=found))
    if page.status is CheckoutStatus.EXPIRED:
        return fail_payment(payment_id=payment.pk, code="abandoned", message="")
    return payment


def _with_card(payment: Payment) -> Payment:
    """A signed-in driver's card that has just made a hold is kept, unless it paid in ahead."""
    if (
        payment.tops_up_id
        or payment.account is None
        or payment.method_id
        or payment.status != Status.AUTHORIZED
    ):
        return payment
    found = provider().get_intent(payment.provider_ref)
    method = save_card(account=payment.account, method_ref=found.method_ref)
    if method is not None:
        Payment.objects.filter(pk=payment.pk).update(method=method)
    return payment
