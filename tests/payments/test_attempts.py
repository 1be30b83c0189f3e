"""Two quick clicks, two tabs, second thoughts: one payer makes one attempt at one place."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from core import clock
from core.links import open_link
from payments.models import Payment
from payments.services.addresses import LINK, LINK_LASTS, return_path
from payments.services.checkout import begin_checkout, pay_at_once
from payments.services.payments import create_payment
from payments.services.starting import follow_hold
from stations.models import ChargingSession
from stations.services import sessions
from tests.factories import EvseFactory, UserFactory
from tests.payments.stories import pay_on_page, statuses
from tests.payments.test_races import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _connected(story):
    story.evse.station.is_connected = True
    story.evse.station.save()
    story.evse.connectors.update(status="available")


@pytest.fixture
def guest(story):
    """A browser that has opened the start page."""
    browser = Client()
    browser.get(address(story))
    return browser


def address(story):
    return reverse("scheduling:start", args=[story.evse.code])


def click(browser, story, **fields):
    return browser.post(address(story), fields)["Location"]


def followed_by(url):
    """Whose payment the page at `url` follows: its signature tells the second in which it was made."""
    return open_link(LINK, url.rstrip("/").rpartition("/")[2], max_age=LINK_LASTS)


def path_of(url):
    return urlsplit(url).path


def test_a_drivers_second_click_lands_on_the_first_ones_page(paid_story, stand_in, client):
    client.force_login(paid_story.driver)
    first, second = click(client, paid_story), click(client, paid_story)
    assert followed_by(first) == followed_by(second)
    assert (Payment.objects.count(), statuses(stand_in)) == (1, ["requires_capture"])


def test_a_second_click_after_the_start_lands_on_the_live_page(paid_story, stand_in, client):
    client.force_login(paid_story.driver)
    client.get(click(client, paid_story))
    session = ChargingSession.objects.get()
    assert path_of(click(client, paid_story)) == reverse("scheduling:live", args=[session.public_id])
    assert statuses(stand_in) == ["requires_capture"]


def test_a_guests_second_click_lands_on_the_same_payment_page(story, stand_in, guest):
    first = click(guest, story, email="guest@example.org")
    assert click(guest, story, email="guest@example.org") == first
    assert Payment.objects.count() == 1


def test_a_guest_who_has_paid_finds_her_charge_again_by_the_same_click(story, stand_in, guest):
    _, headers, _ = pay_on_page(stand_in, click(guest, story))
    live = guest.get(path_of(headers["location"]))["Location"]
    again = guest.get(click(guest, story))["Location"]
    assert path_of(again) == path_of(live)
    assert path_of(guest.get(guest.get(address(story))["Location"])["Location"]) == path_of(live)
    assert statuses(stand_in) == ["requires_capture"]


def test_two_guests_at_one_place_are_two_payers(story, stand_in, guest):
    other = Client()
    other.get(address(story))
    assert click(guest, story) != click(other, story)


def test_a_browser_without_cookies_can_still_pay(story, stand_in):
    assert click(Client(), story).startswith(stand_in.base)


def test_a_corrected_address_opens_a_new_page_and_closes_the_old_one(story, stand_in, guest):
    first = click(guest, story, email="wrong@example.org")
    second = click(guest, story, email="right@example.org")
    assert first != second
    assert [payment.status for payment in Payment.objects.order_by("pk")] == ["failed", "created"]
    assert pay_on_page(stand_in, first)[0] != 303
    assert pay_on_page(stand_in, second)[0] == 303


def test_another_card_gives_up_the_confirmation_that_waits(story, stand_in):
    story.give_card("pm_card_authenticationRequired")
    first = pay_at_once(evse=story.evse, driver=story.driver)
    assert pay_at_once(evse=story.evse, driver=story.driver).url == first.url
    second = begin_checkout(evse=story.evse, driver=story.driver)
    first.payment.refresh_from_db()
    assert (first.payment.status, second.payment.status) == ("voided", "created")


def test_what_is_held_already_is_used_whatever_is_clicked(paid_story, stand_in):
    first = pay_at_once(evse=paid_story.evse, driver=paid_story.driver)
    second = begin_checkout(evse=paid_story.evse, driver=paid_story.driver)
    assert (second.payment, second.url) == (first.payment, return_path(first.payment))


def test_another_place_is_another_attempt(paid_story, stand_in):
    beside = EvseFactory(station=paid_story.evse.station, number=paid_story.evse.number + 1)
    for evse in (paid_story.evse, beside):
        pay_at_once(evse=evse, driver=paid_story.driver)
    assert statuses(stand_in) == ["requires_capture", "requires_capture"]


def test_after_a_decline_the_next_click_is_a_new_attempt(story, stand_in):
    story.give_card("pm_card_chargeCustomerFail")
    first = pay_at_once(evse=story.evse, driver=story.driver)
    story.give_card("pm_card_visa")
    second = pay_at_once(evse=story.evse, driver=story.driver)
    assert (first.payment.status, second.payment.status) == ("failed", "authorized")


def test_an_attempt_whose_process_died_before_asking_does_not_stand_in_the_way(paid_story, stand_in):
    dead = create_payment(
        organization=paid_story.evse.organization,
        currency="EUR",
        requested_minor=5000,
        evse=paid_story.evse,
        payer_key=f"user-{paid_story.driver.pk}",
    )
    with clock.at(clock.now() + timedelta(minutes=2)):
        begun = pay_at_once(evse=paid_story.evse, driver=paid_story.driver)
    dead.refresh_from_db()
    assert (dead.status, begun.payment.status) == ("failed", "authorized")


def test_a_hold_beside_ones_own_charge_is_released_and_blames_nobody(paid_story, stand_in, client):
    begun = pay_at_once(evse=paid_story.evse, driver=paid_story.driver)
    sessions.request_start(evse=paid_story.evse, user=paid_story.driver)
    follow_hold(payment_id=begun.payment.pk)
    text = client.get(return_path(begun.payment)).content.decode()
    assert "You are charging here already" in text
    assert "Somebody else" not in text
    assert statuses(stand_in) == ["canceled"]


def test_a_stranger_who_was_faster_is_still_named(paid_story, stand_in, client):
    begun = pay_at_once(evse=paid_story.evse, driver=paid_story.driver)
    sessions.request_start(evse=paid_story.evse, user=UserFactory())
    follow_hold(payment_id=begun.payment.pk)
    assert "Somebody else has just started here" in client.get(return_path(begun.payment)).content.decode()


@pytest.mark.django_db(transaction=True)
def test_six_clicks_at_the_same_instant_make_one_hold(paid_story, stand_in):
    begun = at_once(6, lambda: pay_at_once(evse=paid_story.evse, driver=paid_story.driver))
    assert len({one.payment.pk for one in begun}) == 1
    assert statuses(stand_in) == ["requires_capture"]
