"""A driver's walk in a browser: find, site, booking, start, live page, receipt. Nothing is pretended."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect
from psycopg.types.range import TimestamptzRange

from core import clock
from demo.cards import save_card
from scheduling.models import Reservation
from scheduling.times import STEP, floor_to_step
from stations.models import ChargingSession
from tests.journeys.walking import (
    PATIENCE_MS,
    agrees,
    watch_it_rise,
)

pytestmark = [pytest.mark.browser, pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def test_a_driver_books_starts_watches_stops_and_gets_a_receipt(visit, place, charger, worker, paying):
    save_card(place.driver)
    sam = visit(user=place.driver)
    _book(sam)
    booked = _when_its_time_comes(charger)
    _start_with_saved_card(sam, booked.evse)
    charger.plug_in(booked.evse.number)
    _watch_and_stop(sam)
    charger.unplug(booked.evse.number)
    _read_receipt(sam)
    booked.refresh_from_db()
    assert (booked.status, booked.session) == ("fulfilled", ChargingSession.objects.get())


def _book(sam):
    page = sam.goto("/")
    page.locator("#map[data-ready]").wait_for()
    sam.is_pleased("walk-1-find", whole=False)
    page.get_by_role("link", name="Harbour Hub", exact=True).click()
    sam.is_pleased("walk-2-site")
    page.get_by_role("button", name="Book ").click()
    expect(page.get_by_text("Your slot is booked.")).to_be_visible()
    sam.is_pleased("walk-3-booking")


def _when_its_time_comes(charger):
    """Nobody waits for half an hour: the booked time comes nearer, and the charger is told of it."""
    start_at = floor_to_step(clock.now()) + STEP
    during = TimestamptzRange(start_at, start_at + timedelta(hours=1))
    Reservation.objects.update(during=during)
    charger.wait_until(lambda station: station.heard("ReserveNow"))
    return Reservation.objects.get()


def _start_with_saved_card(sam, evse):
    page = sam.goto(f"/c/{evse.code}/")
    sam.is_pleased("walk-4-start")
    page.get_by_role("button", name="Start, pay with Visa 4242").click()
    page.wait_for_url("**/live/", timeout=PATIENCE_MS)


def _watch_and_stop(sam):
    page = sam.page
    page.locator("[data-live-badge][data-state=live]").first.wait_for(timeout=PATIENCE_MS, state="attached")
    watch_it_rise(page)
    sam.is_pleased("walk-6-live")
    page.get_by_role("button", name="Stop charging").click()
    expect(page.get_by_role("heading", name="Done")).to_be_visible(timeout=PATIENCE_MS)
    sam.is_pleased("walk-7-done")


def _read_receipt(sam):
    page = sam.page
    page.get_by_role("link", name="Receipt", exact=True).click(timeout=PATIENCE_MS)
    page.get_by_role("heading", name="Receipt").wait_for()
    expect(page.get_by_text("Visa ···· 4242")).to_be_visible()
    sam.is_pleased("walk-8-receipt")
    agrees(page)
