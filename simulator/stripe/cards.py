"""The well-known test cards and what each of them does. Nothing here is a real card."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from simulator.stripe.errors import CardDeclined


@dataclass(frozen=True)
class Decline:
    """Why a card says no: Stripe's `code`, the bank's `decline_code`, and words for the payer."""

    code: str
    decline_code: str | None
    message: str


DECLINES: Final = {
    "generic_decline": Decline("card_declined", "generic_decline", "Your card was declined."),
    "insufficient_funds": Decline("card_declined", "insufficient_funds", "Your card has insufficient funds."),
    "lost_card": Decline("card_declined", "lost_card", "Your card was declined."),
    "stolen_card": Decline("card_declined", "stolen_card", "Your card was declined."),
    "velocity": Decline(
        "card_declined", "card_velocity_exceeded", "Your card was declined for too many attempts."
    ),
    "live_card": Decline(
        "card_declined", "test_mode_live_card", "Your card was declined. This is a stand-in: use a test card."
    ),
    "expired_card": Decline("expired_card", None, "Your card has expired."),
    "incorrect_cvc": Decline("incorrect_cvc", None, "Your card's security code is incorrect."),
    "processing_error": Decline(
        "processing_error", None, "An error occurred while processing your card. Try again in a little bit."
    ),
    "incorrect_number": Decline("incorrect_number", None, "Your card number is incorrect."),
    "invalid_month": Decline("invalid_expiry_month", None, "Your card's expiration month is invalid."),
    "invalid_year": Decline("invalid_expiry_year", None, "Your card's expiration year is invalid."),
    "invalid_cvc": Decline("invalid_cvc", None, "Your card's security code is invalid."),
    "not_proven": Decline(
        "payment_intent_authentication_failure",
        None,
        "We are unable to authenticate your payment method. Please choose a different payment method.",
    ),
    "authentication_required": Decline(
        "authentication_required",
        "authentication_required",
        "Your card was declined. This transaction requires authentication.",
    ),
}


@dataclass(frozen=True)
class TestCard:
    """How one test number behaves.

    `authenticates`: never, always, or unless_set_up (3-D Secure until saved for later use).
    `declines_charges_only`: saving works, paying does not.
    `refund_ends`: how a refund ends after a while: pending until "succeeded", or taken back as "failed".
    `disputed_as`: the reason for which its bank disputes each payment.
    """

    number: str
    brand: str = "visa"
    decline: str | None = None
    authenticates: str = "never"
    declines_charges_only: bool = False
    refund_ends: str | None = None
    disputed_as: str | None = None
    token: str | None = None


TEST_CARDS: Final = {
    card.number: card
    for card in (
        TestCard("4242424242424242", token="pm_card_visa"),
        TestCard("4000056655665556", token="pm_card_visa_debit"),
        TestCard("5555555555554444", "mastercard", token="pm_card_mastercard"),
        TestCard("378282246310005", "amex", token="pm_card_amex"),
        TestCard("4000000000000002", decline="generic_decline", token="pm_card_visa_chargeDeclined"),
        TestCard(
            "4000000000009995",
            decline="insufficient_funds",
            token="pm_card_visa_chargeDeclinedInsufficientFunds",
        ),
        TestCard("4000000000009987", decline="lost_card", token="pm_card_visa_chargeDeclinedLostCard"),
        TestCard("4000000000009979", decline="stolen_card", token="pm_card_visa_chargeDeclinedStolenCard"),
        TestCard("4000000000000069", decline="expired_card", token="pm_card_chargeDeclinedExpiredCard"),
        TestCard("4000000000000127", decline="incorrect_cvc", token="pm_card_chargeDeclinedIncorrectCvc"),
        TestCard(
            "4000000000000119", decline="processing_error", token="pm_card_chargeDeclinedProcessingError"
        ),
        TestCard("4000000000006975", decline="velocity"),
        TestCard(
            "4000000000000341",
            decline="generic_decline",
            declines_charges_only=True,
            token="pm_card_chargeCustomerFail",
        ),
        TestCard(
            "4000002500003155", authenticates="unless_set_up", token="pm_card_authenticationRequiredOnSetup"
        ),
        TestCard("4000002760003184", authenticates="always", token="pm_card_authenticationRequired"),
        TestCard("4000000000003220", authenticates="always", token="pm_card_threeDSecure2Required"),
        TestCard("4000000000007726", refund_ends="succeeded", token="pm_card_pendingRefund"),
        TestCard("4000000000005126", refund_ends="failed", token="pm_card_refundFail"),
        TestCard("4000000000000259", disputed_as="fraudulent", token="pm_card_createDispute"),
        TestCard(
            "4000000000002685",
            disputed_as="product_not_received",
            token="pm_card_createDisputeProductNotReceived",
        ),
        TestCard("4000000000001976", disputed_as="inquiry", token="pm_card_createDisputeInquiry"),
        TestCard("4000008400001629", authenticates="always", decline="generic_decline"),
        TestCard("4000008260003178", authenticates="always", decline="insufficient_funds"),
    )
}
TOKENS: Final = {card.token: card.number for card in TEST_CARDS.values() if card.token}


def declined(reason: str, **more: Any) -> CardDeclined:
    """The 402 for one of DECLINES; `more` joins the error object (charge, payment_intent …)."""
    decline = DECLINES[reason]
    return CardDeclined(decline.message, code=decline.code, decline_code=decline.decline_code, **more)


def behaviour(number: str) -> TestCard:
    """What a card number does. Unknown numbers are declined as Stripe's test mode does."""
    return TEST_CARDS.get(number) or TestCard(number, decline="live_card")


def check_details(number: str, exp_month: int, exp_year: int, cvc: str | None, now_s: int) -> None:
    """Raises CardDeclined for a card no bank would be asked about."""
    if not _luhn(number):
        raise declined("incorrect_number", param="number")
    today = datetime.fromtimestamp(now_s, UTC)
    year = exp_year + 2000 if exp_year < 100 else exp_year
    if not 1 <= exp_month <= 12:
        raise declined("invalid_month", param="exp_month")
    if not today.year <= year <= today.year + 50:
        raise declined("invalid_year", param="exp_year")
    if (year, exp_month) < (today.year, today.month):
        raise declined("invalid_month", param="exp_month")
    if cvc is not None and not (cvc.isascii() and cvc.isdigit() and len(cvc) in (3, 4)):
        raise declined("invalid_cvc", param="cvc")


def _luhn(number: str) -> bool:
    if not (number.isascii() and number.isdigit() and 12 <= len(number) <= 19):
        return False
    digits = [int(digit) for digit in reversed(number)]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0
