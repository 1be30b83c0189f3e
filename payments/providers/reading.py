"""Stripe's objects in our words, and its way of counting money. Imports nothing of Stripe."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from payments.providers.base import (
    Card,
    Checkout,
    CheckoutStatus,
    DisputeSeen,
    Intent,
    IntentStatus,
    Movement,
    Notice,
    Payee,
    RefundSeen,
    RefundState,
    Transfer,
)

REFERENCE: Final = "payment"  # the payment's public id, in the PaymentIntent's metadata
REFUND: Final = "refund"  # the refund's public id, in the Refund's metadata
SMALLEST: Final = {
    "AUD": 50, "BGN": 100, "BRL": 50, "CAD": 50, "CHF": 50, "CZK": 1500, "DKK": 250, "EUR": 50, "GBP": 30,
    "HKD": 400, "HUF": 17500, "JPY": 50, "MXN": 1000, "MYR": 200, "NOK": 300, "NZD": 50, "PLN": 200,
    "RON": 200, "SEK": 300, "SGD": 50, "THB": 1000, "USD": 50,
}  # fmt: skip
"""What a card is charged at least, in minor units (docs.stripe.com/currencies)."""
HUNDREDFOLD: Final = frozenset({"ISK", "UGX"})  # no minor unit by ISO, yet Stripe counts hundredths
STATUSES: Final = {
    "requires_payment_method": IntentStatus.NEEDS_CARD,
    "requires_confirmation": IntentStatus.NEEDS_CARD,
    "requires_action": IntentStatus.NEEDS_ACTION,
    "processing": IntentStatus.PROCESSING,
    "requires_capture": IntentStatus.HELD,
    "succeeded": IntentStatus.PAID,
    "canceled": IntentStatus.CANCELED,
}

REFUND_STATES: Final = {
    "pending": RefundState.PENDING,
    "requires_action": RefundState.PENDING,
    "succeeded": RefundState.SUCCEEDED,
    "failed": RefundState.FAILED,
    "canceled": RefundState.CANCELED,
}


def to_stripe(minor: int, currency: str) -> int:
    return minor * 100 if currency.upper() in HUNDREDFOLD else minor


def from_stripe(amount: int | None, currency: str) -> int:
    return (amount or 0) // 100 if currency.upper() in HUNDREDFOLD else amount or 0


def intent(found: Any) -> Intent:
    error = found.last_payment_error
    return Intent(
        ref=found.id,
        status=STATUSES[found.status],
        amount_minor=from_stripe(found.amount, found.currency),
        held_minor=from_stripe(found.amount_capturable, found.currency),
        received_minor=from_stripe(found.amount_received, found.currency),
        currency=found.currency.upper(),
        payment_id=_reference(found),
        method_ref=_ref(found.payment_method),
        capture_before=_capture_before(found.latest_charge),
        action_url=_action_url(found.next_action),
        failure_code=_failure_code(error),
        failure_message=(error and error.message) or "",
    )


def checkout(found: Any) -> Checkout:
    setup = found.setup_intent
    return Checkout(
        ref=found.id,
        status=CheckoutStatus(found.status),
        url=found.url or "",
        intent_ref=_ref(found.payment_intent),
        setup_method_ref=_ref(setup.payment_method) if setup and not isinstance(setup, str) else "",
        payment_id=_reference(found),
        email=(found.customer_details and found.customer_details.email) or "",
    )


def card(found: Any) -> Card:
    return Card(
        ref=found.id,
        customer_ref=_ref(found.customer),
        brand=found.card.brand or "",
        last4=found.card.last4 or "",
        expires_month=found.card.exp_month,
        expires_year=found.card.exp_year,
    )


def payee(found: Any) -> Payee:
    """One that can be paid has the transfers capability, and a bank account behind it."""
    capability = found.capabilities.to_dict().get("transfers") if found.capabilities else None
    return Payee(ref=found.id, is_payable=capability == "active" and bool(found.payouts_enabled))


def transfer(found: Any) -> Transfer:
    return Transfer(
        ref=found.id,
        amount_minor=from_stripe(found.amount, found.currency),
        reversed_minor=from_stripe(found.amount_reversed, found.currency),
    )


def refund(found: Any) -> RefundSeen:
    return RefundSeen(
        ref=found.id,
        state=REFUND_STATES[found.status],
        amount_minor=from_stripe(found.amount, found.currency),
        currency=found.currency.upper(),
        intent_ref=_ref(found.payment_intent),
        created_at=datetime.fromtimestamp(found.created, UTC),
        refund_id=metadata(found).get(REFUND, ""),
        failure=str((found.failure_reason if "failure_reason" in found else None) or ""),
    )


def dispute(found: Any) -> DisputeSeen:
    due = found.evidence_details.due_by if found.evidence_details else None
    return DisputeSeen(
        ref=found.id,
        status=found.status,
        amount_minor=from_stripe(found.amount, found.currency),
        currency=found.currency.upper(),
        reason=found.reason,
        intent_ref=_ref(found.payment_intent),
        opened_at=datetime.fromtimestamp(found.created, UTC),
        due_at=None if due is None else datetime.fromtimestamp(due, UTC),
        movements=tuple(movement(one, _ref(found.payment_intent)) for one in found.balance_transactions),
    )


def movement(found: Any, intent_ref: str = "") -> Movement:
    """A balance transaction; its payment is read from its expanded source where it is not known."""
    source = found.source if not isinstance(found.source, str) else None
    named = _ref(source.payment_intent) if source and "payment_intent" in source else ""
    return Movement(
        ref=found.id,
        amount_minor=from_stripe(found.amount, found.currency),
        fee_minor=from_stripe(found.fee, found.currency),
        currency=found.currency.upper(),
        intent_ref=intent_ref or named,
        is_dispute=bool(source and source.object == "dispute"),
    )


def notice(event: Any) -> Notice:
    payload = event.to_dict()
    about: Mapping[str, Any] = payload["data"]["object"]
    return Notice(
        event_id=payload["id"],
        type=payload["type"],
        object_type=str(about.get("object", "")),
        object_ref=str(about.get("id", "")),
        payload=payload,
    )


def metadata(found: Any) -> dict[str, str]:
    return dict(found.metadata.to_dict()) if found.metadata else {}


def _reference(found: Any) -> str:
    return metadata(found).get(REFERENCE, "")


def _ref(value: Any) -> str:
    """An id, from an id or from the expanded object."""
    if not value:
        return ""
    return value if isinstance(value, str) else str(value.id)


def _capture_before(charge: Any) -> datetime | None:
    if not charge or isinstance(charge, str) or not charge.payment_method_details:
        return None
    details = charge.payment_method_details.card
    at = details.capture_before if details and "capture_before" in details else None
    return None if at is None else datetime.fromtimestamp(at, UTC)


def _failure_code(error: Any) -> str:
    if not error:
        return ""
    return str((error.decline_code if "decline_code" in error else None) or error.code or "")


def _action_url(action: Any) -> str:
    if not action or action.type != "redirect_to_url":
        return ""
    return str(action.redirect_to_url.url or "")
