"""Each discrepancy can be mended, once, and then everything agrees."""

from __future__ import annotations

import pytest

from accounts.models import AuditEntry
from payments.models import Discrepancy, Dispute, Payment, PaymentMethod, Refund
from payments.selectors.reconciling import open_discrepancies
from payments.services.billing import bill_session
from payments.services.ledger import post, post_capture
from payments.services.mending import mend
from payments.services.payments import capture_payment, look_again
from tests.factories import MembershipFactory
from tests.payments.reconciling import charged, kinds, mend_all, plant, reconcile
from tests.payments.stories import intents
from tests.payments.test_races import at_once
from tests.payments.test_refunds import balances, pay

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(story):
    return MembershipFactory(organization=story.evse.organization).user


def test_each_of_them_can_be_mended_and_then_everything_agrees(paid_story, stand_in, owner):
    plant(paid_story, stand_in.client())
    reconcile(paid_story)
    mend_all(paid_story, owner)
    assert kinds(paid_story) == []
    assert Refund.objects.get(payment__captured_minor=1000).amount_minor == 250
    assert Dispute.objects.get().status == "needs_response"
    assert PaymentMethod.objects.filter(is_usable=False).count() == 1
    assert Payment.objects.filter(status="voided").count() == 1
    stranger = next(one for one in intents(stand_in) if one.amount == 900)
    assert stranger.status == "canceled"
    mended = Discrepancy.objects.filter(state="mended")
    assert mended.filter(mended_by=owner).count() == mended.count() == 7
    assert AuditEntry.objects.filter(action="reconciliation.mend").count() == 7


def test_what_was_captured_by_hand_beyond_the_bill_is_given_back(paid_story, stand_in, owner):
    session = paid_story.session(energy_wh=20_000)
    payment = paid_story.held(session)
    stand_in.client().v1.payment_intents.capture(payment.provider_ref)
    bill_session(session_id=session.pk)
    reconcile(paid_story)
    mend_all(paid_story, owner)
    payment.refresh_from_db()
    assert (payment.captured_minor, payment.refunded_minor) == (5000, 4000)
    assert balances() == {"cash:stripe": 1000, "revenue:charging": -833, "tax:20": -167}


def test_a_hold_that_is_gone_is_collected_anew(paid_story, stand_in, owner):
    session = paid_story.session(energy_wh=20_000)
    payment = paid_story.held(session)
    stand_in.client().v1.payment_intents.cancel(payment.provider_ref)
    bill_session(session_id=session.pk)
    reconcile(paid_story)
    assert kinds(paid_story) == ["hold_gone"]
    mend_all(paid_story, owner)
    assert sorted(Payment.objects.values_list("status", "captured_minor")) == [
        ("captured", 1000),
        ("voided", 0),
    ]


def test_what_is_paid_here_but_not_there_is_open_again_and_collected(paid_story, stand_in, owner):
    session = paid_story.session(energy_wh=20_000)
    payment = paid_story.held(session)
    bill_session(session_id=session.pk)
    Payment.objects.filter(pk=payment.pk).update(status="captured", captured_minor=1000)
    payment.refresh_from_db()
    post_capture(payment=payment, provider="stripe")
    stand_in.client().v1.payment_intents.cancel(payment.provider_ref)
    reconcile(paid_story)
    assert kinds(paid_story) == ["missing_there"]
    mend_all(paid_story, owner)
    assert sorted(Payment.objects.values_list("status", "captured_minor")) == [
        ("captured", 1000),
        ("failed", 0),
    ]
    assert balances() == {"cash:stripe": 1000, "revenue:charging": -833, "tax:20": -167}


def test_an_amount_that_differs_follows_the_provider(paid_story, stand_in, owner):
    payment = paid_story.held()
    capture_payment(payment_id=payment.pk, amount_minor=700)
    Payment.objects.filter(pk=payment.pk).update(captured_minor=650)
    reconcile(paid_story)
    assert kinds(paid_story) == ["amount_differs"]
    mend_all(paid_story, owner)
    payment.refresh_from_db()
    assert payment.captured_minor == 700
    assert kinds(paid_story) == []
    assert balances()["cash:stripe"] == 700


def test_books_that_differ_from_the_account_are_squared_in_suspense(paid_story, stand_in, owner):
    payment = pay(paid_story)
    post(
        organization_id=payment.organization_id,
        reference="oops",
        reason="typed twice",
        currency="EUR",
        lines={"cash:stripe": 5, "other": -5},
        payment=payment,
    )
    reconcile(paid_story)
    one = open_discrepancies(payment.organization).get()
    assert (one.kind, one.ours_minor, one.theirs_minor) == ("ledger_differs", 965, 960)
    mend_all(paid_story, owner)
    assert balances()["suspense:reconciliation"] == 5
    assert balances()["cash:stripe"] == 1000


def test_a_posting_that_is_missing_is_made_up_for(paid_story, stand_in, owner):
    payment = paid_story.held()
    stand_in.client().v1.payment_intents.capture(payment.provider_ref, {"amount_to_capture": 700})
    Payment.objects.filter(pk=payment.pk).update(status="captured", captured_minor=700)
    reconcile(paid_story)
    assert kinds(paid_story) == ["ledger_differs"]
    mend_all(paid_story, owner)
    assert balances() == {"cash:stripe": 700, "receivable:": -700}


def test_a_dispute_is_found_and_its_end_too(story, stand_in, owner):
    story.give_card("pm_card_createDispute")
    pay(story)
    reconcile(story)
    mend_all(story, owner)
    api = stand_in.client()
    api.v1.disputes.update(
        Dispute.objects.get().provider_ref, {"evidence": {"uncategorized_text": "winning_evidence"}}
    )
    reconcile(story)
    assert kinds(story) == ["state_behind"]
    mend_all(story, owner)
    assert Dispute.objects.get().status == "won"
    assert balances() == {
        "cash:stripe": -500, "expense:dispute_fees": 1500, "revenue:charging": -833, "tax:20": -167,
    }  # fmt: skip


def test_a_second_hold_for_a_payment_is_found_and_let_go(paid_story, stand_in, owner):
    payment = pay(paid_story)
    api = stand_in.client()
    api.v1.payment_intents.create(
        {
            "amount": 800, "currency": "eur", "capture_method": "manual", "payment_method": "pm_card_visa",
            "confirm": True, "return_url": "https://example.test/",
            "metadata": {"payment": str(payment.public_id)},
        }
    )  # fmt: skip
    reconcile(paid_story)
    assert kinds(paid_story) == ["intent_unknown"]
    mend_all(paid_story, owner)
    assert sorted(one.status for one in intents(stand_in)) == ["canceled", "succeeded"]


def test_a_strangers_payment_that_was_taken_is_given_back(paid_story, stand_in, owner):
    paid_story.held()
    stand_in.client().v1.payment_intents.create(
        {
            "amount": 900, "currency": "eur", "payment_method": "pm_card_visa", "confirm": True,
            "return_url": "https://example.test/", "metadata": {"payment": "of a restored backup"},
        }
    )  # fmt: skip
    reconcile(paid_story)
    assert kinds(paid_story) == ["intent_unknown"]
    mend_all(paid_story, owner)
    assert [one.amount for one in stand_in.client().v1.refunds.list().data] == [900]
    assert kinds(paid_story) == []


@pytest.mark.django_db(transaction=True)
def test_six_clicks_on_one_mend_give_the_difference_back_once(paid_story, stand_in, owner):
    session = charged(paid_story, energy_wh=20_000)
    payment = paid_story.held(session)
    stand_in.client().v1.payment_intents.capture(payment.provider_ref)
    bill_session(session_id=session.pk)
    look_again(payment_id=payment.pk)
    reconcile(paid_story)
    one = Discrepancy.objects.get(kind="overpaid")
    assert sorted(at_once(6, lambda: mend(discrepancy=one, by=owner))) == [False] * 5 + [True]
    assert [refund.amount for refund in stand_in.client().v1.refunds.list().data] == [4000]


def test_a_mend_that_cannot_be_done_leaves_it_open(paid_story, stand_in, owner):
    payment = paid_story.held()
    stand_in.client().v1.payment_intents.cancel(payment.provider_ref)
    reconcile(paid_story)
    stand_in.pull("faults", drop_before=1.0)
    one = Discrepancy.objects.get()
    with pytest.raises(Exception, match="Connection"):
        mend(discrepancy=one, by=owner)
    one.refresh_from_db()
    assert (one.state, one.mended_by) == ("open", None)
