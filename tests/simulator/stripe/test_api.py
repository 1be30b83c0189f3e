"""How the API answers: keys, unknown things, wrong parameters, lists, expansion."""

from __future__ import annotations

import pytest
import stripe

from simulator.stripe import __main__ as command
from tests.simulator.stripe.running import KEY


def test_without_a_test_key_nothing_is_answered(stand_in):
    client = stripe.StripeClient("pk_test_not_secret", base_addresses={"api": stand_in.base})
    with pytest.raises(stripe.AuthenticationError) as refusal:
        client.v1.customers.list()
    assert refusal.value.http_status == 401


def test_an_unknown_object_is_missing(api):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        api.v1.payment_intents.retrieve("pi_unknown")
    assert (refusal.value.http_status, refusal.value.code) == (404, "resource_missing")


def test_an_unknown_parameter_is_refused_by_name(api):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        api.v1.customers.create({"shoe_size": 43})
    assert (refusal.value.code, refusal.value.param) == ("parameter_unknown", "shoe_size")


def test_a_parameter_the_stand_in_does_not_build_is_refused_rather_than_ignored(api, hold):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        hold(transfer_data={"destination": "acct_1"})
    assert (refusal.value.code, refusal.value.param) == ("standin_unsupported", "transfer_data")


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"currency": "eur"}, "parameter_missing", "amount"),
        ({"amount": "12.5", "currency": "eur"}, "parameter_invalid_integer", "amount"),
        ({"amount": 49, "currency": "eur"}, "amount_too_small", "amount"),
        ({"amount": 100_000_000, "currency": "eur"}, "amount_too_large", "amount"),
    ],
)
def test_wrong_parameters_are_named(api, params, code, param):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        api.v1.payment_intents.create(params)
    assert (refusal.value.code, refusal.value.param) == (code, param)


def test_confirming_without_a_way_back_is_refused_as_stripe_does(api):
    params = {"amount": 500, "currency": "eur", "payment_method": "pm_card_visa", "confirm": True}
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        api.v1.payment_intents.create(params)
    assert refusal.value.param == "return_url"
    never = {"automatic_payment_methods": {"enabled": True, "allow_redirects": "never"}}
    assert api.v1.payment_intents.create({**params, **never}).status == "succeeded"


def test_lists_walk_through_pages_newest_first(api):
    made = [api.v1.customers.create({"email": f"{n}@example.test"}).id for n in range(5)]
    first = api.v1.customers.list({"limit": 2})
    assert [customer.id for customer in first.data] == made[:2:-1]
    assert first.has_more is True
    assert [customer.id for customer in first.auto_paging_iter()] == made[::-1]
    before = api.v1.customers.list({"ending_before": made[1], "limit": 2})
    assert [customer.id for customer in before.data] == [made[3], made[2]]


def test_lists_filter_by_customer_and_time(stand_in, api, hold):
    customer = api.v1.customers.create({})
    wanted = hold(customer=customer.id)
    hold()
    assert [i.id for i in api.v1.payment_intents.list({"customer": customer.id}).data] == [wanted.id]
    now = stand_in.pull("clock", offset_s=0)["now"]
    assert len(api.v1.payment_intents.list({"created": {"gte": now - 60}}).data) == 2
    assert api.v1.payment_intents.list({"created": {"lt": now - 60}}).data == []


def test_expansion_follows_a_path(api, hold):
    intent = api.v1.payment_intents.capture(hold().id)
    found = api.v1.payment_intents.retrieve(intent.id, {"expand": ["latest_charge.balance_transaction"]})
    assert found.latest_charge.balance_transaction.amount == 5000
    page = api.v1.payment_intents.list({"expand": ["data.latest_charge"]})
    assert page.data[0].latest_charge.captured is True
    with pytest.raises(stripe.InvalidRequestError):
        api.v1.payment_intents.retrieve(intent.id, {"expand": ["shoe"]})


def test_metadata_is_merged_and_an_empty_value_removes_its_key(api):
    customer = api.v1.customers.create({"metadata": {"a": "1", "b": "2"}})
    changed = api.v1.customers.update(customer.id, {"metadata": {"a": "", "c": "3"}})
    assert changed.metadata.to_dict() == {"b": "2", "c": "3"}


def test_private_names_never_leave(api, hold, stand_in):
    hold()
    for path in ("payment_intents", "charges", "events"):
        status, _, text = stand_in.get(f"/v1/{path}", authorization=f"Bearer {KEY}")
        assert status == 200
        assert '"data": [' in text
        assert '"_' not in text


def test_an_operation_the_stand_in_does_not_know_is_a_clear_refusal(api):
    with pytest.raises(stripe.InvalidRequestError, match="Unrecognized request URL"):
        api.v1.topups.list()


def test_it_does_not_start_beside_a_live_key():
    assert "live key" in command.refusal({"STRIPE_SECRET_KEY": "sk_live_abc"}, None)
    assert "live key" in command.refusal({"OTHER": "rk_live_abc"}, None)
    assert command.refusal({"STRIPE_SECRET_KEY": "sk_test_abc"}, "http://127.0.0.1:8000/hook") is None


def test_it_does_not_send_webhooks_to_strangers():
    assert command.refusal({}, "https://example.com/hook")
