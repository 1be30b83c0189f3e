"""What the product relies on at its payment provider: the same claims for the stand-in and for Stripe.

Ordinary runs ask the stand-in. With a key of a Stripe account in test mode they ask Stripe itself, so that
the stand-in cannot drift from what it stands for:

    STRIPE_CONTRACT_KEY=sk_test_… ./forecourt test tests/payments/test_contract.py

It needs the internet, moves no real money, and leaves some test objects in that account.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from payments.providers.base import (
    CheckoutRequest,
    CheckoutStatus,
    Declined,
    HoldRequest,
    Intent,
    IntentStatus,
    ProviderError,
    Refused,
    TransferRequest,
)
from payments.providers.stripe import StripeProvider

KEY = os.environ.get("STRIPE_CONTRACT_KEY", "")
START = datetime.now(UTC) - timedelta(hours=1)


@pytest.fixture
def side(request) -> StripeProvider:
    """Stripe in test mode where a key of it is given, else the stand-in."""
    if not KEY:
        request.getfixturevalue("stand_in")
        return StripeProvider.from_settings()
    assert KEY.startswith(("sk_test_", "rk_test_")), "never with a key that moves real money"
    return StripeProvider(secret_key=KEY, api_base="", webhook_secret="")


@pytest.fixture
def reference() -> str:
    return str(uuid.uuid4())


@pytest.fixture
def customer(side, reference) -> str:
    return side.create_customer(key=f"c-{reference}", email=f"{reference}@example.org", reference=reference)


@pytest.fixture
def ask(side, customer, reference) -> Callable[..., Intent]:
    """Ask a test card of the customer for a hold of 50.00."""

    def ask(card: str = "pm_card_visa", *, key: str = "", return_url: str = "") -> Intent:
        saved = side.client.v1.payment_methods.attach(card, {"customer": customer})
        wanted = HoldRequest(
            reference=reference,
            amount_minor=5000,
            currency="EUR",
            description="contract",
            customer_ref=customer,
            method_ref=saved.id,
            return_url=return_url,
        )
        return side.hold(wanted, key=key or f"h-{uuid.uuid4()}")

    return ask


def test_a_hold_stands_with_its_end_and_names_our_payment(ask, reference, side):
    held = ask()
    assert (held.status, held.held_minor, held.payment_id) == (IntentStatus.HELD, 5000, reference)
    assert held.capture_before is not None
    assert held.capture_before > datetime.now(UTC) + timedelta(days=1)
    assert side.get_intent(held.ref).status is IntentStatus.HELD


def test_less_is_captured_and_the_rest_is_let_go(ask, side, reference):
    held = ask()
    paid = side.capture(held.ref, amount_minor=1234, currency="EUR", key=f"p-{reference}")
    assert (paid.status, paid.received_minor, paid.held_minor) == (IntentStatus.PAID, 1234, 0)


def test_a_second_capture_and_one_of_what_was_released_are_refused(ask, side, reference):
    held = ask()
    side.capture(held.ref, amount_minor=100, currency="EUR", key=f"p1-{reference}")
    with pytest.raises(Refused) as again:
        side.capture(held.ref, amount_minor=100, currency="EUR", key=f"p2-{reference}")
    other = ask()
    assert side.release(other.ref, key=f"r-{reference}").status is IntentStatus.CANCELED
    with pytest.raises(Refused) as late:
        side.capture(other.ref, amount_minor=100, currency="EUR", key=f"p3-{reference}")
    assert {again.value.code, late.value.code} == {"payment_intent_unexpected_state"}


def test_more_than_was_held_is_not_captured(ask, side, reference):
    with pytest.raises(Refused):
        side.capture(ask().ref, amount_minor=5001, currency="EUR", key=f"p-{reference}")


def test_a_card_that_says_no_says_why_and_holds_nothing(ask, side, customer, reference):
    with pytest.raises(Declined) as refusal:
        ask("pm_card_chargeCustomerFail")
    assert refusal.value.code == "generic_decline"
    found = side.find_intents(reference=reference, customer_ref=customer, since=START)
    assert [one.status for one in found] == [IntentStatus.NEEDS_CARD]


def test_a_bank_that_wants_its_customer_declines_off_session_and_asks_on_session(ask):
    with pytest.raises(Declined) as refusal:
        ask("pm_card_authenticationRequired")
    assert refusal.value.code == "authentication_required"
    asked = ask("pm_card_authenticationRequired", return_url="https://example.org/back")
    assert asked.status is IntentStatus.NEEDS_ACTION
    assert asked.action_url.startswith("http")


def test_a_repeated_key_makes_no_second_hold(ask, side, customer, reference):
    key = f"h-{reference}"
    saved = side.client.v1.payment_methods.attach("pm_card_visa", {"customer": customer})
    wanted = HoldRequest(
        reference=reference,
        amount_minor=5000,
        currency="EUR",
        description="contract",
        customer_ref=customer,
        method_ref=saved.id,
    )
    assert side.hold(wanted, key=key).ref == side.hold(wanted, key=key).ref
    assert len(side.find_intents(reference=reference, customer_ref=customer, since=START)) == 1


def test_a_key_with_another_request_is_an_error_and_does_nothing(ask, side, customer, reference):
    ask(key=f"h-{reference}")
    with pytest.raises(ProviderError):
        ask(key=f"h-{reference}")
    assert len(side.find_intents(reference=reference, customer_ref=customer, since=START)) == 1


def test_a_customer_is_found_again_by_address_and_reference(side, customer, reference):
    assert side.find_customer(email=f"{reference}@example.org", reference=reference) == customer
    assert side.find_customer(email=f"{reference}@example.org", reference="another") is None


@pytest.mark.parametrize("amount_minor", [5000, 0], ids=["holds", "saves a card"])
def test_a_hosted_page_opens_and_can_be_closed(side, customer, reference, amount_minor):
    wanted = CheckoutRequest(
        reference=reference,
        amount_minor=amount_minor,
        currency="EUR",
        description="contract" if amount_minor else "",
        success_url="https://example.org/done",
        cancel_url="https://example.org/left",
        expires_at=datetime.now(UTC) + timedelta(minutes=31),
        customer_ref=customer,
    )
    page = side.open_checkout(wanted, key=f"k-{reference}")
    assert (page.status, page.payment_id) == (CheckoutStatus.OPEN, reference)
    assert page.url.startswith("http")
    assert side.expire_checkout(page.ref, key=f"x-{reference}").status is CheckoutStatus.EXPIRED
    assert side.get_checkout(page.ref).url == ""


def test_a_payee_can_be_paid_only_after_they_have_said_who_they_are(side, reference):
    """Needs Connect turned on in the account."""
    payee = side.create_payee(
        key=f"a-{reference}", email=f"{reference}@example.org", country="DE", reference=reference
    )
    assert not payee.is_payable
    assert side.find_payee(reference=reference, since=START) == payee
    url = side.setup_url(payee.ref, return_url="https://example.org/b", again_url="https://example.org/a")
    assert url.startswith("http")
    wanted = TransferRequest(
        reference=reference, payee_ref=payee.ref, amount_minor=100, currency="EUR", description="contract"
    )
    with pytest.raises(Refused):
        side.transfer(wanted, key=f"t-{reference}")
    assert side.find_transfers(reference=reference) == []
