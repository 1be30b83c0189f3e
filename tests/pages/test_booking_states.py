"""What a driver sees of her booking when she comes early, when it is taken away, and when power is short."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from core import clock
from payments.services.addresses import return_path
from scheduling.models import PowerPlan
from scheduling.services.operating import cancel_for_driver
from scheduling.services.reservations import book
from scheduling.times import ceil_to_step
from tests.pages.browser import DESK
from tests.pages.town import build_town
from tests.payments.stories import Story

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
QUARTER = timedelta(minutes=15)


@pytest.fixture
def town(transactional_db):
    return build_town()


@pytest.fixture
def booked(town):
    start_at = ceil_to_step(clock.now() + 2 * QUARTER)
    evse = town.evse("harbour-hub", 2)
    return book(evse=evse, driver=town.driver, start_at=start_at, end_at=start_at + 4 * QUARTER)


def test_who_comes_early_reads_that_her_booking_begins_now(visit, town, booked):
    visitor = visit(user=town.driver)
    page = visitor.goto(f"/c/{booked.evse.code}/")
    expect(page.get_by_text("begins with this charge")).to_be_visible()
    visitor.is_pleased("start-early")


def test_a_booking_that_was_taken_away_says_so_with_the_operators_word(visit, town, booked):
    cancel_for_driver(
        reservation=booked, canceled_by=town.owner, reason="repair", note="The stall is being repaired."
    )
    visitor = visit(user=town.driver)
    page = visitor.goto(f"/bookings/{booked.public_id}/")
    expect(page.get_by_role("heading", name="The operator has canceled this booking")).to_be_visible()
    expect(page.get_by_text("The stall is being repaired.")).to_be_visible()
    visitor.is_pleased("booking-taken-away")
    visitor.goto("/bookings/")
    expect(page.get_by_text("canceled by the operator")).to_be_visible()
    visitor.is_pleased("bookings-taken-away")


def test_a_payment_page_that_is_open_elsewhere_can_be_reached(visit, town, settings):
    story = Story()
    payment = story.evse.organization.payments.create(
        evse=story.evse, currency="EUR", requested_minor=5000, checkout_ref="cs_1"
    )
    payment.operations.create(
        kind="checkout", idempotency_key="k", state="done", response={"url": "http://127.0.0.1/pay"}
    )
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    visitor = visit()
    page = visitor.goto(return_path(payment))
    expect(page.get_by_role("link", name="Go to the payment page")).to_be_visible()
    visitor.is_pleased("payment-elsewhere")


def test_the_overview_mentions_power_that_cannot_be_steered(visit, town):
    place = town.evse("harbour-hub", 2).station.location
    PowerPlan.objects.create(
        organization=place.organization, location=place, inputs={}, policy="fair-1", exposed_a=12
    )
    visitor = visit(DESK, user=town.owner)
    page = visitor.goto("/operate/")
    expect(page.get_by_text("power cannot be steered fully now").first).to_be_visible()
    visitor.is_pleased("overview-exposed")
