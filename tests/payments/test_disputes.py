"""Disputes are followed by look, once and forwards only, with their money in the books."""

from __future__ import annotations

import random

import pytest
from django.urls import reverse

from payments.attention import disputes as attention
from payments.models import Dispute, Posting
from payments.providers import provider
from payments.services.disputes import apply_dispute, look_at_disputes
from payments.services.refunding import refund_payment
from tests.factories import MembershipFactory
from tests.payments.stories import deliver, signed_events
from tests.payments.test_races import at_once
from tests.payments.test_refunds import balances, pay
from tests.payments.test_webhooks import send

pytestmark = pytest.mark.django_db
SOLD = {"revenue:charging": -833, "tax:20": -167}


@pytest.fixture
def disputed(story, stand_in):
    story.give_card("pm_card_createDispute")
    return pay(story)


@pytest.fixture
def owner(story):
    return MembershipFactory(organization=story.evse.organization).user


def hear(client, stand_in):
    events = signed_events(stand_in) * 2
    random.Random(3).shuffle(events)
    for payload, signature in events:
        assert send(client, payload, signature).status_code == 204
    deliver()


def decide(stand_in, words):
    api = stand_in.client()
    api.v1.disputes.update(api.v1.disputes.list().data[0].id, {"evidence": {"uncategorized_text": words}})


def test_a_dispute_is_heard_of_and_its_money_is_withheld_in_the_books(disputed, stand_in, client):
    hear(client, stand_in)
    dispute = Dispute.objects.get()
    assert (dispute.payment, dispute.status, dispute.reason) == (disputed, "needs_response", "fraudulent")
    assert dispute.due_at > dispute.opened_at
    assert balances() == {
        "cash:stripe": -1500, "withheld:disputes": 1000, "expense:dispute_fees": 1500, **SOLD,
    }  # fmt: skip


def test_a_won_dispute_gives_the_money_back(disputed, stand_in, client):
    hear(client, stand_in)
    decide(stand_in, "winning_evidence")
    hear(client, stand_in)
    assert Dispute.objects.get().status == "won"
    assert balances() == {"cash:stripe": -500, "expense:dispute_fees": 1500, **SOLD}


def test_a_lost_dispute_is_an_expense(disputed, stand_in, client):
    hear(client, stand_in)
    decide(stand_in, "losing_evidence")
    hear(client, stand_in)
    dispute = Dispute.objects.get()
    assert (dispute.status, dispute.closed_at is None) == ("lost", False)
    assert balances() == {
        "cash:stripe": -1500, "expense:disputes": 1000, "expense:dispute_fees": 1500, **SOLD,
    }  # fmt: skip


def test_an_inquiry_moves_no_money_and_closes(story, stand_in, client):
    story.give_card("pm_card_createDisputeInquiry")
    payment = pay(story)
    look_at_disputes(payment=payment)
    assert Dispute.objects.get().status == "warning_needs_response"
    decide(stand_in, "losing_evidence")
    look_at_disputes(payment=payment)
    assert Dispute.objects.get().status == "warning_closed"
    assert balances() == {"cash:stripe": 1000, **SOLD}


def test_looking_ten_times_posts_once(disputed):
    for _ in range(10):
        look_at_disputes(payment=disputed)
    assert Posting.objects.filter(reference__startswith="dispute.").count() == 1


@pytest.mark.django_db(transaction=True)
def test_eight_looks_at_once_make_one_dispute(disputed):
    at_once(8, lambda: look_at_disputes(payment=disputed))
    assert Dispute.objects.count() == 1
    assert balances()["cash:stripe"] == -1500


def test_an_older_look_cannot_take_a_decision_back(disputed, stand_in):
    (older,) = provider().disputes_of(disputed.provider_ref)
    decide(stand_in, "losing_evidence")
    look_at_disputes(payment=disputed)
    apply_dispute(payment=disputed, seen=older)
    assert Dispute.objects.get().status == "lost"


def test_a_disputed_payment_is_not_refunded_as_well(disputed, stand_in):
    refund = refund_payment(payment=disputed, amount_minor=100, reason="please")
    assert refund.status == "failed"
    assert "charged back" in refund.failure


# --- pages


def test_the_list_and_the_page_show_amount_reason_day_and_session(disputed, owner, client):
    look_at_disputes(payment=disputed)
    client.force_login(owner)
    text = client.get(reverse("payments:disputes")).content.decode()
    for part in ("€10.00", "says that it was not them", "Answer needed", f"#{disputed.session.number}"):
        assert part in text, part
    page = client.get(reverse("payments:dispute", args=[Dispute.objects.get().public_id])).content.decode()
    for part in ("Answer at the payment provider until", "€15.00", "Withheld by the bank"):
        assert part in page, part


def test_the_session_names_the_dispute_of_its_payment(disputed, owner, client):
    look_at_disputes(payment=disputed)
    client.force_login(owner)
    panel = client.get(reverse("payments:session_money", args=[disputed.session.public_id])).content.decode()
    assert reverse("payments:dispute", args=[Dispute.objects.get().public_id]) in panel
    assert "Answer needed" in panel


def test_a_network_without_disputes_says_so(owner, client):
    client.force_login(owner)
    assert "Nobody asks money back" in client.get(reverse("payments:disputes")).content.decode()


def test_a_dispute_to_answer_stands_on_the_first_page_until_it_is_answered(disputed, owner, stand_in):
    look_at_disputes(payment=disputed)
    (told,) = attention(owner)
    assert told.href == reverse("payments:disputes")
    assert "1 dispute" in str(told.detail)
    decide(stand_in, "my words")
    look_at_disputes(payment=disputed)
    assert attention(owner) == []
