"""Webhooks are hints: forged, stale, repeated, shuffled or lost, they change nothing that is not true."""

from __future__ import annotations

import random
import time

import pytest

from payments.models import Payment, Posting, WebhookEvent
from payments.services.checkout import begin_checkout
from payments.services.payments import capture_payment
from tests.payments.stories import deliver, pay_on_page, signed, signed_events, taken_minor

pytestmark = pytest.mark.django_db
URL = "/webhooks/stripe/"


def send(client, payload, signature):
    return client.post(
        URL, data=payload, content_type="application/json", headers={"Stripe-Signature": signature}
    )


@pytest.fixture
def page(story, stand_in):
    """A guest has paid on the hosted page, and we have not heard of it."""
    begun = begin_checkout(evse=story.evse, email="guest@example.org")
    pay_on_page(stand_in, begun.url)
    return begun.payment


def test_a_webhook_lets_us_find_out_what_happened(page, stand_in, client):
    for payload, signature in signed_events(stand_in):
        assert send(client, payload, signature).status_code == 204
    deliver()
    page.refresh_from_db()
    assert page.authorized_minor == 5000
    assert WebhookEvent.objects.filter(processed_at=None).count() == 0


def test_a_forged_webhook_is_refused_and_not_stored(page, stand_in, client):
    payload, _ = signed_events(stand_in)[0]
    assert send(client, payload, "t=1,v1=0").status_code == 400
    assert send(client, payload, "").status_code == 400
    assert send(client, payload, signed({"id": "x"}, secret="whsec_other")[1]).status_code == 400
    assert WebhookEvent.objects.count() == 0


def test_a_tampered_webhook_is_refused(page, stand_in, client):
    payload, signature = signed_events(stand_in)[-1]
    assert send(client, payload.replace(b"5000", b"9000"), signature).status_code == 400
    assert WebhookEvent.objects.count() == 0


def test_a_stale_webhook_is_refused(page, stand_in, client):
    payload, signature = signed_events(stand_in, at_s=int(time.time()) - 3600)[0]
    assert send(client, payload, signature).status_code == 400
    assert WebhookEvent.objects.count() == 0
    page.refresh_from_db()
    assert page.status == "created"


def test_a_signed_webhook_that_is_no_event_is_refused(client, stand_in):
    assert send(client, *signed({"hello": 1})).status_code == 400


def test_ten_replays_in_any_order_change_nothing(paid_story, stand_in, client):
    payment = paid_story.held()
    capture_payment(payment_id=payment.pk, amount_minor=700)
    events = signed_events(stand_in) * 10
    random.Random(7).shuffle(events)
    for payload, signature in events:
        assert send(client, payload, signature).status_code == 204
    deliver()
    payment.refresh_from_db()
    assert (payment.status, payment.captured_minor, taken_minor(stand_in)) == ("captured", 700, 700)
    assert Posting.objects.filter(payment=payment).count() == 1
    assert WebhookEvent.objects.count() == len(events) / 10


def test_an_old_event_cannot_take_a_payment_back(paid_story, stand_in, client):
    payment = paid_story.held()
    held = signed_events(stand_in)
    capture_payment(payment_id=payment.pk, amount_minor=700)
    for payload, signature in held:
        send(client, payload, signature)
    deliver()
    payment.refresh_from_db()
    assert payment.status == "captured"


def test_events_about_strangers_are_stored_and_change_nothing(stand_in, client, db):
    stand_in.client().v1.payment_intents.create({"amount": 500, "currency": "eur"})
    for payload, signature in signed_events(stand_in):
        send(client, payload, signature)
    deliver()
    assert Payment.objects.count() == 0
    assert WebhookEvent.objects.filter(processed_at=None).count() == 0


def test_without_any_webhook_the_sweep_finds_the_payment(page, stand_in):
    from payments.services.recovery import settle_payments

    settle_payments()
    page.refresh_from_db()
    assert page.status == "authorized"
