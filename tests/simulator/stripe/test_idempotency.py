"""The first answer to a key is the answer: exactly what rules 5 and 6 of the money page lean on."""

from __future__ import annotations

import threading
import urllib.error
from functools import partial

import pytest
import stripe

from tests.simulator.stripe.running import wait_until

CREATE = "POST /v1/customers"


def customers(api) -> int:
    return len(api.v1.customers.list({"limit": 100}).data)


def test_the_same_key_replays_the_first_answer(api):
    first = api.v1.customers.create({"name": "Ada"}, {"idempotency_key": "k1"})
    again = api.v1.customers.create({"name": "Ada"}, {"idempotency_key": "k1"})
    assert again.id == first.id
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.last_response.headers
    assert customers(api) == 1


def test_the_same_key_with_other_parameters_is_an_error(api):
    api.v1.customers.create({"name": "Ada"}, {"idempotency_key": "k1"})
    with pytest.raises(stripe.IdempotencyError) as refusal:
        api.v1.customers.create({"name": "Grace"}, {"idempotency_key": "k1"})
    assert refusal.value.http_status == 400
    with pytest.raises(stripe.IdempotencyError):
        api.v1.payment_intents.create({"amount": 500, "currency": "eur"}, {"idempotency_key": "k1"})


@pytest.mark.parametrize(("fault", "made"), [("error_before", 0), ("error_after", 1)])
def test_a_stored_500_is_replayed_whether_or_not_it_had_an_effect(stand_in, api, fault, made):
    stand_in.pull("faults", next=[{"match": CREATE, "fault": fault}])
    for _ in range(3):
        with pytest.raises(stripe.APIError) as refusal:
            api.v1.customers.create({"name": "Ada"}, {"idempotency_key": "k1"})
        assert refusal.value.http_status == 500
    assert refusal.value.headers["Idempotent-Replayed"] == "true"
    assert customers(api) == made


def test_a_dropped_answer_was_still_stored(stand_in, api):
    stand_in.pull("faults", next=[{"match": CREATE, "fault": "drop_after"}])
    with pytest.raises(stripe.APIConnectionError):
        api.v1.customers.create({"name": "Ada"}, {"idempotency_key": "k1"})
    assert customers(api) == 1
    found = api.v1.customers.create({"name": "Ada"}, {"idempotency_key": "k1"})
    assert found.id == api.v1.customers.list().data[0].id
    assert customers(api) == 1


def test_a_call_dropped_before_it_arrived_left_nothing(stand_in, api):
    stand_in.pull("faults", next=[{"match": CREATE, "fault": "drop_before"}])
    with pytest.raises(stripe.APIConnectionError):
        api.v1.customers.create({"name": "Ada"}, {"idempotency_key": "k1"})
    assert customers(api) == 0


def test_a_decline_is_replayed(api, hold):
    errors = []
    for _ in range(2):
        with pytest.raises(stripe.CardError) as refusal:
            api.v1.payment_intents.create(
                {
                    "amount": 500,
                    "currency": "eur",
                    "payment_method": "pm_card_visa_chargeDeclined",
                    "confirm": True,
                    "return_url": "https://example.test/",
                },
                {"idempotency_key": "d1"},
            )
        errors.append(refusal.value.error.payment_intent.id)
    assert errors[0] == errors[1]
    assert len(api.v1.payment_intents.list().data) == 1


def test_a_malformed_call_is_not_stored(api):
    with pytest.raises(stripe.InvalidRequestError):
        api.v1.customers.create({"shoe_size": 1}, {"idempotency_key": "k1"})
    assert api.v1.customers.create({"name": "Ada"}, {"idempotency_key": "k1"}).name == "Ada"


def test_two_calls_at_once_with_one_key_are_a_conflict(stand_in, api):
    stand_in.pull("faults", next=[{"match": CREATE, "fault": "delay", "delay_s": 0.5}])
    other = stand_in.client()
    create = partial(other.v1.customers.create, {"name": "Ada"}, {"idempotency_key": "k1"})
    slow = threading.Thread(target=create)
    slow.start()
    wait_until(lambda: stand_in.faults()["counts"] == {"delay": 1})
    with pytest.raises(stripe.StripeError) as refusal:
        api.v1.customers.create({"name": "Ada"}, {"idempotency_key": "k1"})
    slow.join()
    assert refusal.value.http_status == 409
    assert customers(api) == 1


def test_a_key_is_forgotten_after_a_day(stand_in, api):
    first = api.v1.customers.create({"name": "Ada"}, {"idempotency_key": "k1"})
    stand_in.pull("clock", offset_s=24 * 3600 + 1)
    assert api.v1.customers.create({"name": "Ada"}, {"idempotency_key": "k1"}).id != first.id


def test_too_many_requests_is_429_and_leaves_the_key_free(stand_in, api):
    stand_in.pull("faults", next=[{"match": CREATE, "fault": "rate_limit"}])
    with pytest.raises(stripe.RateLimitError):
        api.v1.customers.create({"name": "Ada"}, {"idempotency_key": "k1"})
    assert api.v1.customers.create({"name": "Ada"}, {"idempotency_key": "k1"}).name == "Ada"


def test_faults_are_the_same_for_the_same_seed(stand_in):
    def story() -> list[str]:
        stand_in.pull("reset")
        stand_in.pull("faults", seed=7, error_before=0.3, drop_before=0.2, only="POST *")
        told = []
        for _ in range(30):
            try:
                stand_in.client().v1.customers.create({})
                told.append("ok")
            except stripe.StripeError as error:
                told.append(type(error).__name__)
        return told

    first = story()
    assert first == story()
    assert {"ok", "APIError", "APIConnectionError"} <= set(first)
    assert len(stand_in.pull("faults", seed=0)["counts"]) == 0


def test_a_fault_that_does_not_exist_is_refused(stand_in):
    with pytest.raises(urllib.error.HTTPError):
        stand_in.pull("faults", meteor=0.5)
