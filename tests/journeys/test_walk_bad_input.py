"""What goes wrong on the way, and what the pages say then: declined cards, a log-in that expired."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings as site
from playwright.sync_api import expect

from core import clock
from demo.cards import CARD, fill_hosted_page
from payments.models import Payment
from payments.services.checkout import begin_card_setup, finish_card_setup
from stations.models import ChargingSession, ChargingStation, Connector
from tests.journeys.walking import PASSWORD, PATIENCE_MS, POOR_CARD, pay_on_hosted_page

pytestmark = [pytest.mark.browser, pytest.mark.journey, pytest.mark.django_db(transaction=True)]

FAILS_WHEN_CHARGED = "4000 0000 0000 0341"
SAYS_WHY = "Your card has insufficient funds."
ADVICE = "There is not enough money on this card for the hold. Please try another card."


@pytest.fixture
def connected(place):
    """The charger as if it were there; nothing flows in these stories."""
    ChargingStation.objects.update(is_connected=True)
    Connector.objects.update(status="available", status_at=clock.now())
    return place


def test_a_guest_whose_card_is_declined_reads_why_and_what_to_do(visit, connected, paying):
    guest = visit()
    page = guest.goto(f"/c/{connected.evses[0].code}/")
    page.get_by_role("button", name="Pay by card and start").click()
    pay_on_hosted_page(page, POOR_CARD)
    expect(page.get_by_role("alert")).to_contain_text(SAYS_WHY, timeout=PATIENCE_MS)
    expect(page.get_by_role("alert")).to_contain_text("You can try another card.")
    guest.is_pleased("walk-declined-there")
    page.get_by_role("link", name="Back to").click()
    expect(page.get_by_role("heading", name="The card was declined")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text(ADVICE)
    guest.is_pleased("walk-declined-here")
    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_role("button", name="Pay by card and start")).to_be_visible()
    assert not Payment.objects.filter(status="authorized").exists()
    assert not ChargingSession.objects.exists()


def test_a_guest_who_comes_back_without_paying_can_start_again(visit, connected, paying):
    page = visit().goto(f"/c/{connected.evses[0].code}/")
    page.get_by_role("button", name="Pay by card and start").click()
    page.get_by_role("link", name="Back to").click(timeout=PATIENCE_MS)
    expect(page.get_by_role("heading", name="Nothing was paid")).to_be_visible()
    expect(page.get_by_role("link", name="Try again")).to_be_visible()


def test_a_declined_saved_card_leads_to_another(visit, connected, paying):
    fill_hosted_page(
        begin_card_setup(driver=connected.driver, return_to="/account/"),
        **{**CARD, "number": FAILS_WHEN_CHARGED},
    )
    finish_card_setup(driver=connected.driver)
    page = visit(user=connected.driver).goto(f"/c/{connected.evses[0].code}/")
    page.get_by_role("button", name="Start, pay with Visa 0341").click()
    expect(page.get_by_role("heading", name="The card was declined")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("Please try another card, or ask your bank")
    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_role("button", name="Use another card")).to_be_visible()


def test_a_booking_posted_after_the_log_in_expired_comes_back_filled(visit, connected):
    sam = visit(user=connected.driver)
    tomorrow = (clock.now() + timedelta(days=1)).date()  # late in the evening today has too few times
    page = sam.goto(f"/sites/harbour-hub/?have=20&to=90&day={tomorrow}")
    wanted = page.locator("[name=slot]:not(:checked):enabled").nth(2).get_attribute("value")
    page.locator(f"label:has([value='{wanted}'])").click()
    page.wait_for_url("**/sites/harbour-hub/**")
    expect(page.locator(f"[value='{wanted}']")).to_be_checked()
    page.context.clear_cookies(name=site.SESSION_COOKIE_NAME)
    page.get_by_role("button", name="Book ").click()
    page.get_by_label("Email").fill(connected.driver.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/sites/harbour-hub/")
    expect(page.locator("#have")).to_have_value("20")
    expect(page.locator("#to")).to_have_value("90")
    expect(page.locator(f"[value='{wanted}']")).to_be_checked()
    page.get_by_role("button", name="Book ").click()
    expect(page.get_by_text("Your slot is booked.")).to_be_visible()
    assert connected.driver.reservations.get().during.lower.strftime("%Y%m%dT%H%MZ") == wanted.split("-")[0]
