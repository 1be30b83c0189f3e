"""Holding, taking, releasing and giving back: the sums the stand-in guards, through the real client."""

from __future__ import annotations

import time

import pytest
import stripe

DAY_S = 86_400


def test_a_hold_is_not_a_payment(api, hold):
    intent = hold(metadata={"payment": "abc"})
    assert (intent.status, intent.amount_capturable, intent.amount_received) == ("requires_capture", 5000, 0)
    assert intent.metadata["payment"] == "abc"
    charge = api.v1.charges.retrieve(intent.latest_charge)
    assert charge.captured is False
    assert charge.balance_transaction is None
    left_s = charge.payment_method_details.card.capture_before - time.time()
    assert 6.9 * DAY_S < left_s <= 7 * DAY_S


def test_a_hold_made_without_the_payer_lasts_less_than_five_days(api):
    customer = api.v1.customers.create({"email": "ada@example.test"})
    card = api.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    intent = api.v1.payment_intents.create(
        {
            "amount": 5000,
            "currency": "eur",
            "capture_method": "manual",
            "customer": customer.id,
            "payment_method": card.id,
            "confirm": True,
            "off_session": True,
            "return_url": "https://example.test/",
            "expand": ["latest_charge"],
        }
    )
    left_s = intent.latest_charge.payment_method_details.card.capture_before - time.time()
    assert 4 * DAY_S < left_s < 5 * DAY_S


def test_a_capture_takes_part_of_the_hold_and_its_fee_is_written_down(api, hold):
    intent = api.v1.payment_intents.capture(hold().id, {"amount_to_capture": 1234})
    assert (intent.status, intent.amount_received, intent.amount_capturable) == ("succeeded", 1234, 0)
    charge = api.v1.charges.retrieve(intent.latest_charge, {"expand": ["balance_transaction"]})
    entry = charge.balance_transaction
    assert (charge.amount_captured, entry.amount, entry.fee, entry.net) == (1234, 1234, 44, 1190)


def test_more_than_the_hold_is_never_captured(api, hold):
    intent = hold()
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        api.v1.payment_intents.capture(intent.id, {"amount_to_capture": 5001})
    assert (refusal.value.http_status, refusal.value.code) == (400, "amount_too_large")
    assert api.v1.payment_intents.retrieve(intent.id).amount_capturable == 5000


def test_a_hold_is_captured_once(api, hold):
    intent = hold()
    api.v1.payment_intents.capture(intent.id)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        api.v1.payment_intents.capture(intent.id)
    assert refusal.value.code == "payment_intent_unexpected_state"
    assert refusal.value.error.payment_intent.status == "succeeded"


def test_a_canceled_hold_is_released_and_cannot_be_taken(api, hold):
    intent = api.v1.payment_intents.cancel(hold().id, {"cancellation_reason": "abandoned"})
    assert (intent.status, intent.amount_capturable) == ("canceled", 0)
    for call in (
        api.v1.payment_intents.capture,
        api.v1.payment_intents.cancel,
        api.v1.payment_intents.confirm,
    ):
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            call(intent.id)
        assert refusal.value.code == "payment_intent_unexpected_state"


def test_a_captured_payment_cannot_be_canceled(api, hold):
    intent = api.v1.payment_intents.capture(hold().id)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        api.v1.payment_intents.cancel(intent.id)
    assert refusal.value.code == "payment_intent_unexpected_state"


def test_refunds_never_exceed_what_was_taken(api, hold):
    intent = api.v1.payment_intents.capture(hold().id, {"amount_to_capture": 3000})
    first = api.v1.refunds.create({"payment_intent": intent.id, "amount": 1000, "reason": "duplicate"})
    assert first.status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        api.v1.refunds.create({"payment_intent": intent.id, "amount": 2001})
    assert api.v1.refunds.create({"charge": intent.latest_charge}).amount == 2000
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        api.v1.refunds.create({"payment_intent": intent.id})
    assert refusal.value.code == "charge_already_refunded"
    entries = api.v1.balance_transactions.list({"type": "refund"}).data
    assert sorted(entry.amount for entry in entries) == [-2000, -1000]


def test_a_hold_is_not_refunded_but_canceled(api, hold):
    with pytest.raises(stripe.InvalidRequestError):
        api.v1.refunds.create({"payment_intent": hold().id})


def test_a_hold_runs_out_by_itself(stand_in, api, hold):
    intent = hold()
    stand_in.pull("clock", offset_s=7 * DAY_S + 1)
    with pytest.raises(stripe.InvalidRequestError):
        api.v1.payment_intents.capture(intent.id)
    expired = api.v1.payment_intents.retrieve(intent.id)
    assert (expired.status, expired.cancellation_reason) == ("canceled", "automatic")
    assert "charge.expired" in [event.type for event in api.v1.events.list({"limit": 100}).data]


@pytest.mark.parametrize(
    ("card", "code", "decline_code"),
    [
        ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", None),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", None),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", None),
    ],
)
def test_a_declined_card_says_why_and_holds_nothing(api, hold, card, code, decline_code):
    with pytest.raises(stripe.CardError) as refusal:
        hold(card)
    error = refusal.value
    assert (error.http_status, error.code, error.error.decline_code) == (402, code, decline_code)
    intent = api.v1.payment_intents.retrieve(error.error.payment_intent.id)
    assert (intent.status, intent.amount_capturable) == ("requires_payment_method", 0)
    assert intent.last_payment_error.message == error.user_message
    assert api.v1.charges.retrieve(intent.latest_charge).status == "failed"


def test_a_declined_intent_takes_another_card(api, hold):
    with pytest.raises(stripe.CardError) as refusal:
        hold("pm_card_visa_chargeDeclined")
    again = api.v1.payment_intents.confirm(
        refusal.value.error.payment_intent.id,
        {"payment_method": "pm_card_visa", "return_url": "https://example.test/"},
    )
    assert again.status == "requires_capture"


def test_off_session_a_card_that_wants_its_holder_is_declined(api):
    customer = api.v1.customers.create({})
    card = api.v1.payment_methods.attach("pm_card_authenticationRequired", {"customer": customer.id})
    with pytest.raises(stripe.CardError) as refusal:
        api.v1.payment_intents.create(
            {
                "amount": 900,
                "currency": "eur",
                "customer": customer.id,
                "payment_method": card.id,
                "off_session": True,
                "confirm": True,
                "return_url": "https://example.test/",
            }
        )
    assert refusal.value.code == "authentication_required"
    assert refusal.value.error.payment_method.id == card.id


def test_a_card_set_up_once_pays_later_without_its_holder(stand_in, api):
    customer = api.v1.customers.create({})
    setup = api.v1.setup_intents.create(
        {
            "customer": customer.id,
            "payment_method": "pm_card_authenticationRequiredOnSetup",
            "confirm": True,
            "return_url": "https://example.test/done",
        }
    )
    assert setup.status == "requires_action"
    status, headers, _ = stand_in.post(f"/authenticate/{setup.id}", answer="authorize")
    assert (status, headers["location"].split("?")[0]) == (303, "https://example.test/done")
    card = api.v1.customers.payment_methods.list(customer.id).data[0]
    intent = api.v1.payment_intents.create(
        {
            "amount": 900,
            "currency": "eur",
            "customer": customer.id,
            "payment_method": card.id,
            "off_session": True,
            "confirm": True,
            "return_url": "https://example.test/",
        }
    )
    assert (intent.status, intent.amount_received) == ("succeeded", 900)


def test_another_customers_card_is_refused(api, hold):
    owner, stranger = api.v1.customers.create({}), api.v1.customers.create({})
    card = api.v1.payment_methods.attach("pm_card_visa", {"customer": owner.id})
    with pytest.raises(stripe.InvalidRequestError):
        hold(card.id, customer=stranger.id)
    with pytest.raises(stripe.InvalidRequestError):
        hold(card.id)


def test_a_guests_card_pays_once(api, hold):
    intent = hold()
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        hold(intent.payment_method)


def test_a_deleted_customers_cards_are_gone(api, hold):
    customer = api.v1.customers.create({})
    card = api.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    assert api.v1.customers.delete(customer.id).deleted is True
    assert api.v1.customers.retrieve(customer.id).deleted is True
    with pytest.raises(stripe.InvalidRequestError):
        hold(card.id)
