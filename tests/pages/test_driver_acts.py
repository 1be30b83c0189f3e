"""What a driver does on the pages: book, be refused, plan without script, watch a charge live."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from core import clock, live
from core.links import sign
from scheduling.services.reservations import book
from stations.models import ChargingSession
from tests.pages.conftest import sign_in
from tests.pages.town import PASSWORD, build_town, charge

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def town(transactional_db):
    return build_town()


def _tomorrow():
    """Late in the evening today has too few times to choose from."""
    return (clock.now() + timedelta(days=1)).date()


def _take_every_stall(town, page):
    """Somebody else books what this page is about to book, on each stall of the site."""
    chosen = page.locator("[name=slot]:checked").input_value()
    start, minutes, _code = chosen.split("-")
    start_at = clock.now().strptime(start + "+0000", "%Y%m%dT%H%MZ%z")
    for stall in (2, 3, 4, 5):
        book(
            evse=town.evse("harbour-hub", stall),
            driver=town.owner,
            start_at=start_at,
            end_at=start_at + timedelta(minutes=int(minutes)),
        )


def test_a_time_that_somebody_took_comes_back_with_the_next_free_ones(visit, town):
    visitor = visit(user=town.driver)
    page = visitor.goto(f"/sites/harbour-hub/?have=20&to=90&day={_tomorrow()}")
    _take_every_stall(town, page)
    with page.expect_response("**/book/") as answer:
        page.get_by_role("button", name="Book ").click()
    assert answer.value.status == 422
    expect(page.get_by_text("Somebody else has this time now.")).to_be_visible()
    expect(page.locator("#to")).to_have_value("90")
    expect(page.locator("#have")).to_have_value("20")
    visitor.complaints.clear()
    visitor.is_pleased("site-taken")
    page.locator(".error-summary button").first.click()
    page.wait_for_url("**/bookings/**")
    assert town.driver.reservations.get().status == "confirmed"


def test_a_booking_posted_without_log_in_comes_back_filled(visit, town):
    visitor = visit()
    page = visitor.goto(f"/sites/harbour-hub/?have=20&to=90&leave=23:30&day={_tomorrow()}")
    page.get_by_role("button", name="Book ").click()
    page.get_by_label("Email").fill(town.driver.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/sites/harbour-hub/")
    expect(page.locator("#to")).to_have_value("90")
    expect(page.locator("#have")).to_have_value("20")
    expect(page.locator("#leave")).to_have_value("23:30")
    page.get_by_role("button", name="Book ").click()
    page.wait_for_url("**/bookings/**")


def test_planning_and_booking_work_without_script(browser, site_url, town):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    sign_in(context, site_url, town.driver)
    page = context.new_page()
    page.goto(site_url + "/")
    page.get_by_text("Free now").click()
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".place-card")).to_have_count(4)
    page.get_by_role("link", name="Harbour Hub").first.click()
    page.get_by_label("Level when you arrive").fill("50")
    page.get_by_role("button", name="Show times").click()
    expect(page).to_have_url(re.compile("have=50"))
    page.get_by_role("navigation", name="Day").get_by_role("link").nth(1).click()
    page.locator(".slot").nth(3).click()
    page.get_by_role("button", name="Book ").click()
    expect(page.get_by_text("Your slot is booked.")).to_be_visible()
    page.get_by_text("Cancel booking").first.click()
    page.get_by_role("button", name="Yes, cancel it").click()
    expect(page.get_by_text("Your booking is canceled.")).to_be_visible()
    context.close()


def test_filters_narrow_the_list_and_stand_in_the_address(visit, town):
    visitor = visit(user=town.driver)
    page = visitor.goto("/")
    page.locator("label", has_text="Free now").click()
    page.wait_for_url("**free=1**")
    expect(page.locator(".place-card")).to_have_count(4)
    page.locator("#q").fill("harbour")
    expect(page.locator(".place-card")).to_have_count(1)
    expect(page).to_have_url(re.compile("q=harbour"))
    expect(page.locator(".leaflet-marker-icon .pin")).to_have_count(1)
    assert visitor.complaints == []


def test_a_nudge_renews_the_live_page_and_an_old_page_equals_a_fresh_one(visit, town):
    started_at = clock.now() - timedelta(minutes=12)
    session = charge(town.evse("harbour-hub", 3), started_at=started_at, driver=town.driver)
    visitor = visit(user=town.driver)
    page = visitor.goto(f"/sessions/{session.public_id}/live/")
    page.locator("[data-live-badge][data-state=live]:visible").wait_for()
    ChargingSession.objects.filter(pk=session.pk).update(energy_wh=33_300, soc_percent=77)
    live.send([f"session.{session.pk}"])
    page.locator("#soc", has_text="77").wait_for(timeout=5000)
    old = page.locator(".trio").inner_text()
    page.reload()
    expect(page.locator(".trio")).to_have_text(old, use_inner_text=True)
    assert visitor.complaints == []


def test_a_guest_watches_by_a_signed_link_and_a_stranger_finds_nothing(visit, town):
    session = charge(town.evse("harbour-hub", 3), started_at=clock.now() - timedelta(minutes=5))
    visitor = visit()
    path = f"/sessions/{session.public_id}/live/"
    assert visitor.page.goto(visitor.url + path).status == 404
    wrong = sign("receipt", str(session.public_id))
    assert visitor.page.goto(f"{visitor.url}{path}?t={wrong}").status == 404
    right = sign("live", str(session.public_id))
    assert visitor.page.goto(f"{visitor.url}{path}?t={right}").status == 200
    visitor.page.get_by_role("button", name="Stop charging").click()
    visitor.page.get_by_role("button", name="Asking the charger to stop").wait_for()
    assert session.commands.get().kind == "stop_session"


def test_where_charging_is_free_a_guest_starts_at_once(visit, town):
    town.tariff.assignments.all().delete()
    visitor = visit()
    page = visitor.goto(f"/c/{town.evse('lakeside', 1).code}/")
    page.get_by_role("button", name="Start charging").click()
    page.wait_for_url("**/live/?t=**")
    expect(page.get_by_text("Starting: plug in now")).to_be_visible()
    visitor.is_pleased("live-starting")
    page.get_by_role("button", name="Cancel the start").click()
    page.get_by_text("The charge did not start").wait_for()
    visitor.is_pleased("live-abandoned")


def test_the_calendar_file_says_when_and_where(visit, town):
    start_at = clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=2)
    booked = book(
        evse=town.evse("harbour-hub", 2),
        driver=town.driver,
        start_at=start_at,
        end_at=start_at + timedelta(minutes=30),
    )
    visitor = visit(user=town.driver)
    answer = visitor.page.request.get(f"{visitor.url}/bookings/{booked.public_id}/booking.ics")
    text = answer.text()
    assert answer.headers["content-type"].startswith("text/calendar")
    assert f"DTSTART:{start_at:%Y%m%dT%H%M%SZ}\r\n" in text
    assert "LOCATION:Harbour Hub\\, Quay Road 14\\, Roskilde\r\n" in text


def test_the_first_find_page_keeps_to_its_budget_of_requests(visit, town):
    visitor = visit()
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(request.url))
    page = visitor.goto("/")
    page.wait_for_selector("#map[data-ready]")
    page.wait_for_timeout(300)
    assert len(asked) <= 20, asked
