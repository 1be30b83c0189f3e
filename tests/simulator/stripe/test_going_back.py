"""Refunds that take their time, and disputes: what is taken, what comes back, and what the account says."""

from __future__ import annotations

import pytest
import stripe


@pytest.fixture
def taken(api, hold):
    """A payment of 20.00 that was captured on this card."""

    def make(card: str):
        intent = hold(card)
        return api.v1.payment_intents.capture(intent.id, {"amount_to_capture": 2000})

    return make


def refund(api, intent, **more):
    return api.v1.refunds.create({"payment_intent": intent.id, **more})


def balance(api) -> list[tuple[str, int, int, int]]:
    moves = api.v1.balance_transactions.list({"limit": 100}).data
    return [(one.type, one.amount, one.fee, one.net) for one in reversed(moves)]


def later(stand_in):
    stand_in.pull("clock", offset_s=120)


def test_a_pending_refund_arrives_after_a_while(stand_in, api, taken):
    begun = refund(api, taken("pm_card_pendingRefund"), amount=500)
    assert begun.status == "pending"
    later(stand_in)
    assert api.v1.refunds.retrieve(begun.id).status == "succeeded"
    assert balance(api)[-1] == ("refund", -500, 0, -500)


def test_a_refund_may_fail_after_it_succeeded_and_its_money_comes_back(stand_in, api, taken):
    intent = taken("pm_card_refundFail")
    begun = refund(api, intent)
    assert begun.status == "succeeded"
    later(stand_in)
    ended = api.v1.refunds.retrieve(begun.id)
    assert (ended.status, ended.failure_reason) == ("failed", "expired_or_canceled_card")
    assert api.v1.charges.retrieve(intent.latest_charge).amount_refunded == 0
    assert balance(api)[-1] == ("refund_failure", 2000, 0, 2000)


def test_a_dispute_takes_the_money_and_a_fee(api, taken):
    intent = taken("pm_card_createDispute")
    found = api.v1.disputes.list({"payment_intent": intent.id}).data
    assert [(one.status, one.reason, one.amount) for one in found] == [("needs_response", "fraudulent", 2000)]
    assert balance(api)[-1] == ("adjustment", -2000, 1500, -3500)
    assert api.v1.charges.retrieve(intent.latest_charge).disputed is True
    with pytest.raises(stripe.InvalidRequestError, match="charged back"):
        refund(api, intent)


def test_a_won_dispute_gives_the_money_back_but_not_the_fee(api, taken):
    taken("pm_card_createDispute")
    dispute = api.v1.disputes.list().data[0]
    kept = api.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": "draft"}, "submit": False})
    assert kept.status == "needs_response"
    assert api.v1.disputes.update(dispute.id, {"submit": True}).status == "under_review"
    with pytest.raises(stripe.InvalidRequestError, match="under review"):
        api.v1.disputes.update(dispute.id, {"submit": True})


@pytest.mark.parametrize(
    ("words", "status", "moved"),
    [("winning_evidence", "won", [-2000, 2000]), ("losing_evidence", "lost", [-2000])],
)
def test_test_words_in_the_evidence_decide_at_once(api, taken, words, status, moved):
    taken("pm_card_createDispute")
    dispute = api.v1.disputes.list().data[0]
    ended = api.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": words}, "submit": True})
    assert ended.status == status
    assert [one.amount for one in ended.balance_transactions] == moved
    assert ended.balance_transactions[0].fee == 1500


def test_a_dispute_that_is_given_up_is_lost_and_an_inquiry_only_closed(api, taken):
    taken("pm_card_createDispute")
    assert api.v1.disputes.close(api.v1.disputes.list().data[0].id).status == "lost"
    taken("pm_card_createDisputeInquiry")
    inquiry = api.v1.disputes.list().data[0]
    assert (inquiry.status, inquiry.balance_transactions) == ("warning_needs_response", [])
    assert api.v1.disputes.close(inquiry.id).status == "warning_closed"


def test_each_step_of_a_dispute_is_announced(api, taken):
    taken("pm_card_createDispute")
    dispute = api.v1.disputes.list().data[0]
    api.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": "winning_evidence"}})
    told = [event.type for event in reversed(api.v1.events.list({"limit": 100}).data)]
    assert [word for word in told if "dispute" in word] == [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
        "charge.dispute.closed",
    ]
