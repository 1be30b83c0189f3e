"""Giving money back on pages: who may, what is asked, what is said, and where it shows."""

from __future__ import annotations

import pytest
from django.urls import reverse

from payments.attention import refunds as attention
from payments.models import Refund
from payments.services.receipt_pdf import receipt_pdf
from payments.services.receipts import receipt_of
from payments.services.refunding import look_at_refunds
from tests.factories import MembershipFactory
from tests.payments.test_refunds import give_back, pay

pytestmark = pytest.mark.django_db


@pytest.fixture
def paid(paid_story):
    return pay(paid_story)


@pytest.fixture
def owner(paid):
    return MembershipFactory(organization=paid.organization).user


@pytest.fixture
def url(paid):
    return reverse("payments:refund", args=[paid.public_id])


def text_of(answer, status=200):
    assert answer.status_code == status
    return answer.content.decode()


def test_the_form_offers_what_remains_and_nothing_happens_before_it_is_confirmed(paid, owner, url, client):
    client.force_login(owner)
    assert 'value="10.00"' in text_of(client.get(url))
    asked = text_of(client.post(url, {"amount": "2,50", "reason": "the plug was stuck"}))
    assert "Give €2.50 back" in asked
    assert "the plug was stuck" in asked
    assert Refund.objects.count() == 0
    done = client.post(url, {"amount": "2.50", "reason": "the plug was stuck", "confirmed": "1"}, follow=True)
    assert "€2.50 goes back to the payer" in text_of(done)
    refund = Refund.objects.get()
    assert (refund.amount_minor, refund.by, refund.status) == (250, owner, "succeeded")


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("10.01", "more than what is left"),
        ("0", "greater than zero"),
        ("1.001", "2 decimals"),
        ("", "required"),
    ],
)
def test_what_cannot_be_given_back_is_said_at_the_field(owner, url, client, amount, said):
    client.force_login(owner)
    assert said in text_of(client.post(url, {"amount": amount, "reason": "why"}), 422)
    assert Refund.objects.count() == 0


def test_a_reason_is_obligatory(owner, url, client):
    client.force_login(owner)
    text_of(client.post(url, {"amount": "1", "reason": " ", "confirmed": "1"}), 422)
    assert Refund.objects.count() == 0


def test_changing_ones_mind_goes_back_to_the_form(owner, url, client):
    client.force_login(owner)
    page = text_of(client.post(url, {"amount": "3", "reason": "why", "change": "1"}))
    assert 'value="3"' in page
    assert "Go on" in page


def test_who_may_only_see_money_cannot_give_it_back(paid, url, client):
    client.force_login(MembershipFactory(organization=paid.organization, role="operator").user)
    assert client.get(url).status_code == 403
    panel = text_of(client.get(reverse("payments:session_money", args=[paid.session.public_id])))
    assert "Give back" not in panel


def test_a_whole_refund_leaves_nothing_to_give_back(paid, owner, url, client):
    give_back(paid)
    client.force_login(owner)
    assert "Nothing is left of this payment" in text_of(client.get(url))


def test_a_provider_that_says_no_is_quoted(paid, owner, url, client, stand_in):
    stand_in.client().v1.refunds.create({"payment_intent": paid.provider_ref})
    client.force_login(owner)
    form = {"amount": "1", "reason": "why", "confirmed": "1"}
    assert "already been refunded" in text_of(client.post(url, form, follow=True))


def test_the_session_shows_each_refund_with_its_state_and_who_made_it(paid, owner, client):
    give_back(paid, 250, by=owner)
    client.force_login(owner)
    text = text_of(client.get(reverse("payments:session_money", args=[paid.session.public_id])))
    for part in ("−€2.50", "the plug was stuck", "Given back", str(owner), "Give back"):
        assert part in text, part
    assert "Still open" not in text


def test_the_revenue_page_lists_refunds(paid, owner, client):
    give_back(paid, 250, by=owner)
    client.force_login(owner)
    text = text_of(client.get(reverse("payments:revenue")))
    for part in ("Latest refunds", "€2.50", "the plug was stuck"):
        assert part in text, part


def test_the_receipt_and_its_pdf_show_what_went_back_and_what_the_charge_costs_after_all(paid, client):
    give_back(paid, 250, by=MembershipFactory().user)
    client.force_login(paid.account.user)
    text = text_of(client.get(reverse("payments:receipt", args=[paid.session.public_id])))
    for part in ("€10.00", "−€2.50", "the plug was stuck", "Total after what was given back", "€7.50"):
        assert part in text, part
    assert "Still open" not in text
    receipt = receipt_of(paid.session.cdrs.get())
    assert receipt.open_amount.amount == 0
    assert receipt_pdf(receipt).startswith(b"%PDF")


def test_the_drivers_receipts_say_that_money_went_back(paid, client):
    give_back(paid, 250)
    client.force_login(paid.account.user)
    assert "€2.50 given back" in text_of(client.get(reverse("scheduling:history")))


def test_a_refund_that_came_back_stands_on_the_first_page(story, stand_in, client):
    story.give_card("pm_card_refundFail")
    payment = pay(story)
    owner = MembershipFactory(organization=payment.organization).user
    give_back(payment, 400)
    stand_in.pull("clock", offset_s=120)
    look_at_refunds(payment=payment)
    (told,) = attention(owner)
    assert told.href == reverse("stations:session", args=[payment.session.public_id])
    payment.refresh_from_db()
    give_back(payment, 100)
    assert attention(owner) == []


def test_programs_read_refunds(paid, owner, client):
    give_back(paid, 250, by=owner)
    client.force_login(owner)
    found = client.get("/api/v1/refunds/").json()["results"]
    assert [(one["amount"], one["status"], one["reason"]) for one in found] == [
        ("2.50", "succeeded", "the plug was stuck")
    ]
    assert client.get("/api/v1/payments/").json()["results"][0]["refunded"] == "2.50"
