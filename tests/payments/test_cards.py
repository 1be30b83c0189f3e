"""A driver's cards: the default, taking one away, and cards that end or are gone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.urls import reverse

from core import clock
from payments.models import PaymentMethod, ProviderOperation
from payments.services.card_care import watch_ending_cards
from payments.services.payments import request_hold
from payments.services.recovery import settle_payments
from tests.payments.stories import deliver

pytestmark = pytest.mark.django_db


@pytest.fixture
def cards(story, stand_in):
    """Two saved cards, of which the second is the default."""
    return story.give_card("pm_card_visa"), story.give_card("pm_card_mastercard")


def panel(client, user):
    client.force_login(user)
    return client.get(reverse("payments:cards_panel")).content.decode()


def act(client, user, card, what):
    client.force_login(user)
    return client.post(reverse("payments:card", args=[card.pk]), {"act": what}, follow=True).content.decode()


def defaults(user):
    return list(PaymentMethod.objects.filter(account__user=user, is_default=True))


def test_another_card_becomes_the_default(cards, story, client):
    first, second = cards
    assert defaults(story.driver) == [second]
    assert "This card pays from now on." in act(client, story.driver, first, "use")
    assert defaults(story.driver) == [first]


def test_a_card_that_is_taken_away_leaves_the_other_as_the_default(cards, story, client):
    first, second = cards
    act(client, story.driver, second, "remove")
    assert defaults(story.driver) == [first]
    assert "4444" not in panel(client, story.driver)


def test_a_card_on_which_a_charge_holds_cannot_be_taken_away(cards, story, client):
    payment = story.held(story.session(status="active"))
    told = act(client, story.driver, payment.method, "remove")
    assert "This card pays for a charge that is not settled yet." in told
    payment.method.refresh_from_db()
    assert payment.method.is_usable


def ending(card, year, month):
    PaymentMethod.objects.filter(pk=card.pk).update(expires_year=year, expires_month=month)


@pytest.mark.parametrize(
    ("today", "is_told"),
    [(datetime(2027, 4, 30, tzinfo=UTC), False), (datetime(2027, 5, 2, tzinfo=UTC), True)],
)
def test_a_driver_is_told_thirty_days_before_the_default_card_ends(cards, story, today, is_told):
    ending(cards[1], 2027, 5)
    with clock.at(today):
        assert watch_ending_cards() == is_told
        deliver()
        assert watch_ending_cards() == 0
        deliver()
    assert [one.to for one in mail.outbox] == [[story.driver.email]] * is_told
    assert all("···· 4444 ends soon" in one.subject for one in mail.outbox)


def test_a_card_that_is_not_the_default_ends_in_silence(cards):
    ending(cards[0], 2020, 1)
    assert watch_ending_cards() == 0


def test_who_has_chosen_another_card_meanwhile_is_not_told(cards, story, client):
    ending(cards[1], 2020, 1)
    watch_ending_cards()
    act(client, story.driver, cards[0], "use")
    deliver()
    assert mail.outbox == []


def test_the_account_page_says_what_ends_and_what_has_ended(cards, story, client):
    now = clock.now()
    ending(cards[0], now.year, now.month)
    ending(cards[1], 2020, 1)
    told = panel(client, story.driver)
    assert "It has ended. Please save another one." in told
    assert told.count("It ends soon.") == 1


def test_a_card_that_the_provider_no_longer_has_pays_no_more(cards, story, stand_in):
    first, second = cards
    stand_in.client().v1.payment_methods.detach(second.provider_ref)
    payment = story.asked(story.session(status="active"))
    assert request_hold(payment_id=payment.pk).status == "failed"
    assert defaults(story.driver) == [first]
    second.refresh_from_db()
    assert not second.is_usable


def test_a_refusal_for_another_reason_keeps_the_card(cards, story, stand_in):
    payment = story.asked(story.session(status="active"), amount_minor=1)
    assert request_hold(payment_id=payment.pk).status == "failed"
    assert defaults(story.driver) == [cards[1]]


@pytest.mark.parametrize(("fault", "tries"), [("", 1), ("drop_after", 1), ("drop_before", 2)])
def test_a_removed_card_is_taken_off_at_the_provider_too(cards, story, stand_in, client, fault, tries):
    card = cards[0]
    stand_in.pull("faults", seed=1, **({fault: 1.0, "only": "POST /v1/payment_methods/*"} if fault else {}))
    client.force_login(story.driver)
    client.post(reverse("payments:card", args=[card.pk]), {"act": "remove"})
    stand_in.pull("faults")
    settle_payments(in_flight=timedelta(0))
    assert stand_in.client().v1.payment_methods.retrieve(card.provider_ref).customer is None
    card.refresh_from_db()
    assert not card.is_usable
    operations = ProviderOperation.objects.filter(kind="detach")
    assert (operations.count(), operations.last().state) == (tries, "done")
