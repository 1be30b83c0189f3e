"""Webhooks are hints (MONEY rule 6): verify, store once, answer; then look at the object itself."""

from __future__ import annotations

from typing import Final

from django.db import transaction

from core import clock
from core.events import publish
from payments.events import WebhookReceived
from payments.models import BillingAccount, HostPayout, Payment, SiteHost, WebhookEvent
from payments.providers import provider
from payments.providers.base import DisputeSeen, Intent, RefundSeen
from payments.services import paying_hosts, taking_back
from payments.services.disputes import apply_dispute
from payments.services.looking import refresh_payment
from payments.services.payments import apply_found
from payments.services.refunding import look_at_refunds, note_seen

ATTEMPTS: Final = 20


def receive_webhook(*, payload: bytes, signature: str) -> WebhookEvent | None:
    """Store a signed webhook once; None when it is here already. Raises BadSignature."""
    notice = provider().read_webhook(payload, signature)
    with transaction.atomic():
        stored, is_new = WebhookEvent.objects.get_or_create(
            provider=provider().name,
            event_id=notice.event_id,
            defaults={"type": notice.type, "payload": notice.payload},
        )
        if is_new:
            publish(WebhookReceived(webhook_id=stored.pk))
    return stored if is_new else None


def process_webhook(*, webhook_id: int) -> bool:
    """Look again at what a stored webhook is about. False when that was done before.

    Raises OutcomeUnknown when the provider cannot be asked; the outbox tries again.
    """
    stored = WebhookEvent.objects.get(pk=webhook_id)
    if stored.processed_at is not None:
        return False
    WebhookEvent.objects.filter(pk=webhook_id).update(attempts=stored.attempts + 1)
    try:
        _look_at(stored)
    except Exception as error:
        WebhookEvent.objects.filter(pk=webhook_id).update(error=f"{type(error).__name__}: {error}"[:2000])
        raise
    WebhookEvent.objects.filter(pk=webhook_id).update(processed_at=clock.now(), error="")
    return True


def _look_at(stored: WebhookEvent) -> None:
    about = stored.payload["data"]["object"]
    kind, ref = about.get("object", ""), about.get("id", "")
    if kind == "payment_intent":
        _look_at_intent(provider().get_intent(ref))
    elif kind == "charge" and about.get("payment_intent"):
        _look_at_charge(about["payment_intent"])
    elif kind == "refund":
        _look_at_refund(provider().get_refund(ref))
    elif kind == "dispute":
        _look_at_dispute(provider().get_dispute(ref))
    elif kind == "checkout.session":
        _look_at_checkout(ref)
    elif kind == "account":
        _look_at_payee(ref)
    elif kind == "transfer":
        _look_at_payout(ref)
    elif kind == "payment_method" and stored.type == "payment_method.detached":
        _forget_method(ref)


def _look_at_intent(intent: Intent) -> None:
    payment = Payment.objects.filter(provider_ref=intent.ref).first() or _named_by(intent)
    if payment is None:
        return
    apply_found(payment_id=payment.pk, intent=intent)
    refresh_payment(payment_id=payment.pk)


def _look_at_charge(intent_ref: str) -> None:
    """Charges tell of captures and of refunds."""
    _look_at_intent(provider().get_intent(intent_ref))
    payment = Payment.objects.filter(provider_ref=intent_ref, status=Payment.Status.CAPTURED).first()
    if payment is not None:
        look_at_refunds(payment=payment)


def _look_at_refund(seen: RefundSeen) -> None:
    payment = Payment.objects.filter(provider_ref=seen.intent_ref).exclude(provider_ref="").first()
    if payment is not None and payment.status == Payment.Status.CAPTURED:
        note_seen(payment=payment, seen=seen)


def _look_at_dispute(seen: DisputeSeen) -> None:
    payment = Payment.objects.filter(provider_ref=seen.intent_ref).exclude(provider_ref="").first()
    if payment is not None:
        apply_dispute(payment=payment, seen=seen)


def _named_by(intent: Intent) -> Payment | None:
    """A payment that the intent's metadata names, whose own answer was lost."""
    return Payment.objects.filter(public_id=intent.payment_id).first() if intent.payment_id else None


def _look_at_checkout(ref: str) -> None:
    payment = Payment.objects.filter(checkout_ref=ref).first()
    if payment is not None:
        refresh_payment(payment_id=payment.pk)


def _look_at_payee(ref: str) -> None:
    for host in SiteHost.objects.filter(provider_ref=ref).select_related("organization"):
        paying_hosts.look_at_payee(host=host)


def _look_at_payout(ref: str) -> None:
    """Perhaps it was taken back."""
    for payout in HostPayout.objects.filter(provider_ref=ref):
        taking_back.note_taken_back(payout=payout, found=provider().get_transfer(ref))


def _forget_method(ref: str) -> None:
    from payments.services.cards import forget_card

    accounts = BillingAccount.objects.filter(methods__provider_ref=ref)
    for account in accounts:
        forget_card(method=account.methods.get(provider_ref=ref))
