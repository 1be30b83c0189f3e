"""Connected accounts are set up on a hosted page, and paid no more than is there."""

from __future__ import annotations

import pytest
import stripe


def make(api, **more):
    given = {"country": "DE", "email": "host@example.org", "capabilities": {"transfers": {"requested": True}}}
    return api.v1.accounts.create({**given, **more})


def test_a_new_account_can_receive_nothing_until_its_owner_has_said_who_they_are(stand_in, api):
    account = make(api, metadata={"host": "7"})
    assert (account.payouts_enabled, account.capabilities.transfers) == (False, "inactive")
    earn(api, 1000)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        send(api, account, 500)
    assert refusal.value.code == "insufficient_capabilities_for_transfer"
    set_up(stand_in, api, account)
    found = api.v1.accounts.retrieve(account.id)
    assert (found.payouts_enabled, found.capabilities.transfers) == (True, "active")
    assert found.metadata.to_dict() == {"host": "7"}
    assert send(api, account, 500).destination == account.id


def test_no_more_goes_than_is_there(stand_in, api):
    account = make(api)
    set_up(stand_in, api, account)
    earn(api, 1000)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        send(api, account, 1101)
    assert refusal.value.code == "balance_insufficient"


def test_a_transfer_is_found_by_its_group_and_moves_the_balance(stand_in, api):
    account = make(api)
    set_up(stand_in, api, account)
    earn(api, 1000)
    sent = send(api, account, 300, transfer_group="statement-9")
    assert [one.id for one in api.v1.transfers.list({"transfer_group": "statement-9"}).data] == [sent.id]
    [moved] = api.v1.balance_transactions.list({"source": sent.id}).data
    assert (moved.amount, moved.type) == (-300, "transfer")


def test_a_transfer_is_taken_back_in_parts_and_never_beyond_what_was_sent(stand_in, api):
    account = make(api)
    set_up(stand_in, api, account)
    earn(api, 1000)
    sent = send(api, account, 300)
    api.v1.transfers.reversals.create(sent.id, {"amount": 100})
    with pytest.raises(stripe.InvalidRequestError):
        api.v1.transfers.reversals.create(sent.id, {"amount": 201})
    api.v1.transfers.reversals.create(sent.id)
    found = api.v1.transfers.retrieve(sent.id)
    assert (found.amount_reversed, found.reversed) == (300, True)


def test_the_owner_comes_back_to_where_the_link_says(stand_in, api):
    account = make(api)
    status, headers, _ = set_up(stand_in, api, account)
    assert (status, headers["location"]) == (303, "http://127.0.0.1:1/back")


def set_up(stand_in, api, account):
    asked = {"account": account.id, "type": "account_onboarding"}
    links = {"return_url": "http://127.0.0.1:1/back", "refresh_url": "http://127.0.0.1:1/again"}
    return stand_in.post(api.v1.account_links.create({**asked, **links}).url)


def earn(api, amount):
    paid = {"amount": amount + 100, "currency": "eur", "payment_method": "pm_card_visa", "confirm": True}
    api.v1.payment_intents.create({**paid, "return_url": "https://example.test/back"})


def send(api, account, amount, **more):
    return api.v1.transfers.create({"amount": amount, "currency": "eur", "destination": account.id, **more})
