"""Payouts to site hosts that are taken back, here or at the provider."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.models import AuditEntry
from payments import selectors
from payments.models import ProviderOperation
from payments.selectors.hosts import owed_to_host
from payments.services import paying_hosts, taking_back
from payments.services.recovery import settle_payments
from tests.payments.reconciling import kinds, mend_all, reconcile
from tests.payments.stories import deliver, signed_events
from tests.payments.test_hosts import ground, later, owed, sent
from tests.payments.test_webhooks import send

__all__ = ["ground", "later", "owed"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def paid(owed):
    """A euro was paid out to the host."""
    owed.payout = paying_hosts.pay_host(host=owed.set_up())
    return owed


def take(paid, amount_minor=40):
    paid.payout.refresh_from_db()
    return taking_back.take_back(
        payout=paid.payout, amount_minor=amount_minor, reason="wrong place", actor=paid.boss
    )


def test_what_is_taken_back_is_owed_again_and_the_history_says_why(paid):
    assert take(paid).reversed_minor == 40
    assert owed_to_host(paid.host, "EUR") == 40
    assert selectors.owed_minor("cash:stripe", "EUR") == 1200 - 100 + 40
    assert sent(paid)[0].amount_reversed == 40
    note = AuditEntry.objects.get(action="host.take_back")
    assert note.changes["reason"] == "wrong place"
    take(paid, 60)
    with pytest.raises(taking_back.NothingToTakeBack):
        take(paid, 1)


@pytest.mark.parametrize(("fault", "back"), [("drop_after", 40), ("drop_before", 0)])
def test_a_lost_answer_is_looked_for_and_nothing_is_taken_twice(paid, fault, back):
    paid.stand_in.pull("faults", seed=1, only="POST /v1/transfers/*", **{fault: 1})
    take(paid)
    paid.stand_in.pull("faults")
    settle_payments(in_flight=timedelta(0))
    paid.payout.refresh_from_db()
    assert paid.payout.reversed_minor == owed_to_host(paid.host, "EUR") == back
    assert sent(paid)[0].amount_reversed == back
    assert ProviderOperation.objects.get(kind="reversal").state == ("done" if back else "failed")


def test_what_was_taken_back_at_the_provider_is_found_and_taken_over(paid):
    paid.stand_in.client().v1.transfers.reversals.create(paid.payout.provider_ref, {"amount": 30})
    reconcile(paid.story)
    assert kinds(paid.story) == ["payout_reversed"]
    mend_all(paid.story, paid.boss)
    assert kinds(paid.story) == []
    assert owed_to_host(paid.host, "EUR") == 30


def test_the_providers_news_of_it_are_followed_at_once(paid, client):
    paid.stand_in.client().v1.transfers.reversals.create(paid.payout.provider_ref, {"amount": 30})
    for payload, signature in signed_events(paid.stand_in):
        send(client, payload, signature)
    deliver()
    assert owed_to_host(paid.host, "EUR") == 30


def test_an_operator_takes_back_by_a_form_that_wants_a_reason(paid, client):
    client.force_login(paid.boss)
    page = reverse("payments:payout_take_back", args=[paid.payout.public_id])
    assert client.post(page, {"amount": "0.40", "reason": ""}).status_code == 422
    assert client.post(page, {"amount": "1.01", "reason": "x"}).status_code == 422
    answer = client.post(page, {"amount": "0.40", "reason": "wrong place"}, follow=True).content.decode()
    assert "0.40 came back" in answer
    assert "0.40 taken back" in answer
