"""Find and site, in a browser: what a driver sees before anything is paid."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from core import clock
from tests.pages.town import build_town, charge

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def town(transactional_db):
    return build_town()


def test_the_find_page_ranks_the_places_and_draws_them(visit, town):
    visitor = visit(user=town.driver)
    page = visitor.goto("/")
    page.wait_for_selector("#map[data-ready]")
    expect(page.get_by_role("heading", name="8 places")).to_be_visible()
    expect(page.locator(".place-card")).to_have_count(8)
    expect(page.locator(".leaflet-marker-icon .pin")).to_have_count(8)
    page.wait_for_timeout(400)
    visitor.is_pleased("find", whole=False)
    visitor.has_reflow_at_320()


def test_the_site_page_recommends_a_time(visit, town):
    visitor = visit(user=town.driver)
    page = visitor.goto("/sites/harbour-hub/")
    expect(page.get_by_role("heading", name="Harbour Hub")).to_be_visible()
    visitor.is_pleased("site")
    visitor.has_reflow_at_320()


def test_a_free_stall_can_be_started_by_a_guest(visit, town):
    visitor = visit()
    page = visitor.goto(f"/c/{town.evse('harbour-hub', 2).code}/")
    expect(page.get_by_role("button", name="Pay by card and start")).to_be_visible()
    visitor.is_pleased("start")
    visitor.has_reflow_at_320()


def test_a_broken_stall_says_so_and_names_a_free_one(visit, town):
    visitor = visit()
    page = visitor.goto(f"/c/{town.evse('harbour-hub', 6).code}/")
    expect(page.get_by_role("link", name="Go to stall 2, it is free")).to_be_visible()
    visitor.is_pleased("start-broken")


def test_the_live_page_shows_the_charge(visit, town):
    session = charge(
        town.evse("harbour-hub", 3), started_at=clock.now() - timedelta(minutes=22), driver=town.driver
    )
    visitor = visit(user=town.driver)
    page = visitor.goto(f"/sessions/{session.public_id}/live/")
    expect(page.get_by_role("button", name="Stop charging")).to_be_visible()
    visitor.is_pleased("live")
    visitor.has_reflow_at_320()


def test_a_booking_can_be_made_seen_and_canceled(visit, town):
    visitor = visit(user=town.driver)
    page = visitor.goto("/sites/harbour-hub/")
    page.get_by_role("button", name="Book ").click()
    page.wait_for_url("**/bookings/**")
    expect(page.get_by_text("Your slot is booked.")).to_be_visible()
    visitor.is_pleased("booking")
    visitor.goto("/bookings/")
    visitor.is_pleased("bookings")
    page.get_by_role("link", name="Open booking").or_(
        page.get_by_role("link", name="Harbour Hub")
    ).first.click()
    page.get_by_text("Cancel booking").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel booking").click()
    page.wait_for_url("**/bookings/")
    assert town.driver.reservations.get().status == "canceled"


@pytest.mark.parametrize(("name", "path"), [("charge", "/charge/"), ("history", "/history/")])
def test_the_small_pages_are_in_order(visit, town, name, path):
    visitor = visit(user=town.driver)
    visitor.goto(path)
    visitor.is_pleased(name)
