"""The operator's pages of scheduling: a day's bookings, canceling one, and how power is shared."""

from __future__ import annotations

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from accounts.models import AuditEntry
from core import clock
from scheduling.models import Reservation
from scheduling.services import reservations, smart_charging
from scheduling.times import ceil_to_step
from stations.models import ChargingStation, Circuit
from tests.factories import (
    CircuitFactory,
    EvseFactory,
    LocationFactory,
    MembershipFactory,
    SessionFactory,
    StationFactory,
    UserFactory,
)
from tests.pages.browser import DESK

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HOUR = timedelta(hours=1)


@pytest.fixture
def network(transactional_db):
    """Two cars behind a small grid connection, a place without a limit, and a booking tomorrow."""
    member = MembershipFactory(user__name="Elin Vik", organization__name="Nordlys")
    hub = LocationFactory(organization=member.organization, name="Harbour Hub", slug="harbour-hub")
    grid = CircuitFactory(location=hub, organization=member.organization, name="Grid connection", limit_a=40)
    station = StationFactory(location=hub, identity="HUB-1", name="Hub 1")
    now = clock.now()
    ChargingStation.objects.filter(pk=station.pk).update(
        is_connected=True, connected_at=now, last_seen_at=now
    )
    stalls = [station.evses.get(), EvseFactory(station=station, number=2, name="Stall 2")]
    for evse, power_w in zip(stalls, (11_000, 7_400), strict=True):
        evse.circuit, evse.max_current_a, evse.max_power_w = grid, 32, 22_000
        evse.save()
        SessionFactory(evse=evse, started_at=now - HOUR, phase="charging", power_w=power_w)
    smart_charging.replan(location_id=hub.pk)
    LocationFactory(organization=member.organization, name="Riverbank", slug="riverbank")
    start_at = ceil_to_step(now + 20 * HOUR)
    booking = reservations.book(
        evse=stalls[0], driver=UserFactory(name="Sam Abe"), start_at=start_at, end_at=start_at + HOUR,
        energy_wh=22_000,
    )  # fmt: skip
    return {"user": member.user, "organization": member.organization, "booking": booking, "stalls": stalls}


def day_of(booking):
    zone = ZoneInfo(booking.organization.time_zone)
    return f"/operate/bookings/?day={booking.during.lower.astimezone(zone).date()}"


def test_power_says_what_each_car_gets_and_why(visit, network):
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto("/operate/power/")
    expect(page.get_by_text("18 kW").first).to_be_visible()
    expect(page.get_by_text("of 28 kW (40 A)")).to_be_visible()
    row = page.get_by_role("row").filter(has_text="Stall 2")
    expect(row).to_contain_text("A")
    expect(page.get_by_text("a fair share").or_(page.get_by_text("A:")).first).to_be_visible()
    expect(page.get_by_text("No limit is known here")).to_be_visible()
    visitor.is_pleased("operator-power")


def test_power_of_one_site_is_in_the_address(visit, network):
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto("/operate/power/?site=riverbank")
    expect(page.get_by_role("heading", name="Riverbank")).to_be_visible()
    expect(page.get_by_role("heading", name="Harbour Hub")).to_have_count(0)


def test_a_load_above_the_limit_is_said_in_words(visit, network):
    Circuit.objects.update(limit_a=16)
    page = visit(DESK, user=network["user"]).goto("/operate/power/")
    expect(page.get_by_text("Above the limit")).to_be_visible()


def test_the_bookings_of_a_day_by_site_and_stall(visit, network):
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto(day_of(network["booking"]))
    row = page.get_by_role("row").filter(has_text=f"#{network['booking'].number}")
    expect(row).to_contain_text("Sam Abe")
    expect(row).to_contain_text(re.compile(r"22(\.0)? kWh"))
    visitor.is_pleased("operator-bookings")


def test_a_day_without_bookings_says_so_and_leads_on(visit, network):
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto("/operate/bookings/?day=2031-03-02")
    expect(page.get_by_text("Nothing is booked on this day.")).to_be_visible()
    visitor.is_pleased("operator-bookings-empty")
    page.get_by_role("link", name="The day after").click()
    page.wait_for_url("**day=2031-03-03**")
    expect(page.get_by_text("Monday 3 March 2031")).to_be_visible()


def test_an_operator_cancels_with_a_reason_and_it_is_on_record(visit, network):
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto(f"/operate/bookings/{network['booking'].public_id}/")
    visitor.is_pleased("operator-booking")
    page.get_by_label("Reason").fill("The stall is being repaired")
    page.get_by_role("button", name="Cancel this booking").click()
    expect(page.get_by_text("Canceled: the stall is free again")).to_be_visible()
    assert Reservation.objects.get().status == "canceled"
    entry = AuditEntry.objects.get(action="reservation.cancel")
    assert (entry.actor, entry.changes["reason"]) == (network["user"], "The stall is being repaired")


def test_canceling_without_a_reason_cancels_nothing(client, network):
    client.force_login(network["user"])
    answer = client.post(f"/operate/bookings/{network['booking'].public_id}/cancel/", {"reason": " "})
    assert (answer.status_code, Reservation.objects.get().status) == (422, "confirmed")


def test_canceling_twice_is_recorded_once(client, network):
    client.force_login(network["user"])
    for _ in range(2):
        client.post(f"/operate/bookings/{network['booking'].public_id}/cancel/", {"reason": "Repair"})
    assert AuditEntry.objects.filter(action="reservation.cancel").count() == 1


def test_a_viewer_looks_but_cannot_cancel(client, network):
    viewer = MembershipFactory(organization=network["organization"], role="viewer").user
    client.force_login(viewer)
    address = f"/operate/bookings/{network['booking'].public_id}/"
    assert "Your role can look but not cancel" in client.get(address).content.decode()
    assert client.post(f"{address}cancel/", {"reason": "no"}).status_code == 403


def test_another_network_finds_nothing(client, network):
    client.force_login(MembershipFactory().user)
    assert client.get(f"/operate/bookings/{network['booking'].public_id}/").status_code == 404
    assert "Harbour Hub" not in client.get("/operate/power/").content.decode()
    assert "Sam Abe" not in client.get(day_of(network["booking"])).content.decode()
