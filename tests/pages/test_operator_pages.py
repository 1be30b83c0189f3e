"""The operator's pages: overview, chargers, a charger with its commands and messages, sessions."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from core import clock
from core.live import nudge
from ocpp_bridge.models import Frame
from stations.command_kinds import Trigger
from stations.models import ChargingStation, Connector, StationCommand
from stations.services import commands
from tests.factories import (
    ConnectorFactory,
    EvseFactory,
    LocationFactory,
    MembershipFactory,
    SessionFactory,
    StationFactory,
)
from tests.pages.browser import DESK

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def network(transactional_db):
    """A small network with a running charge, a fault, a lost charger and a session to review."""
    member = MembershipFactory(user__name="Elin Vik", organization__name="Nordlys")
    now = clock.now()
    hub = LocationFactory(organization=member.organization, name="Harbour Hub", slug="harbour-hub")
    park = LocationFactory(organization=member.organization, name="Riverbank", slug="riverbank")
    station = StationFactory(location=hub, identity="HUB-1", name="Hub 1", vendor="Wallwerk", model="Duo 22")
    ChargingStation.objects.filter(pk=station.pk).update(
        is_connected=True, last_seen_at=now, connected_at=now, ocpp_version="1.6", booted_at=now
    )
    first = station.evses.get()
    second = EvseFactory(station=station, number=2, name="Stall 2")
    ConnectorFactory(evse=second, status="faulted", error_code="GroundFailure", status_at=now)
    Connector.objects.filter(evse=first).update(status="occupied", detail="Charging", status_at=now)
    running = SessionFactory(
        evse=first, started_at=now - timedelta(minutes=9), phase="charging", power_w=11_000, energy_wh=1650,
        last_reading_at=now,
    )  # fmt: skip
    lost = StationFactory(location=park, identity="RIV-1", last_seen_at=now - timedelta(hours=1))
    SessionFactory(
        evse=lost.evses.get(), status="completed", started_at=now - timedelta(hours=3),
        ended_at=now - timedelta(hours=2), energy_wh=-5, review_reasons=["register_backwards"],
    )  # fmt: skip
    call = '[2,"19","StatusNotification",{"connectorId":2,"errorCode":"GroundFailure","status":"Faulted"}]'
    Frame.objects.create(
        station=station, at=now, direction="in", message_id="19", action="StatusNotification", body=call,
        answer='[3,"19",{}]', answered_at=now,
    )  # fmt: skip
    return {"user": member.user, "station": station, "session": running}


def test_the_overview_shows_what_needs_a_person(visit, network):
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto("/operate/")
    expect(page.get_by_role("heading", name="Network today")).to_be_visible()
    expect(page.get_by_text("GroundFailure").first).to_be_visible()
    expect(page.get_by_text("lost contact").first).to_be_visible()
    expect(page.get_by_role("link", name="Stall 2: Out of order")).to_be_visible()
    visitor.is_pleased("operator-overview")


def test_chargers_are_filtered_in_the_address(visit, network):
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto("/operate/chargers/?state=offline")
    expect(page.get_by_role("link", name="RIV-1")).to_be_visible()
    expect(page.get_by_role("link", name="Hub 1")).to_have_count(0)
    visitor.is_pleased("operator-chargers")


def test_the_list_of_chargers_tells_also_what_comes_while_it_rests(visit, network):
    """The list renews itself at most each five seconds; what changes in between must not be forgotten."""
    page = visit(DESK, user=network["user"]).goto("/operate/chargers/")
    expect(page.locator("[data-live-badge]").first).to_have_attribute("data-state", "live")
    for name in ("Hub One", "Hub Uno"):
        ChargingStation.objects.filter(identity="HUB-1").update(name=name)
        nudge(f"org.{network['station'].organization_id}")
        page.wait_for_timeout(1500)
    expect(page.get_by_role("link", name="Hub Uno")).to_be_visible(timeout=6000)


def test_a_charger_shows_its_stalls_commands_and_messages(visit, network):
    commands.request(station=network["station"], kind=Trigger(message="status"), requested_by=network["user"])
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto("/operate/chargers/HUB-1/")
    expect(page.get_by_text("StatusNotification").first).to_be_visible()
    expect(page.get_by_text("Waiting for the station")).to_be_visible()
    visitor.is_pleased("operator-charger")


def test_a_command_form_that_does_not_fit_comes_back_with_what_to_do(visit, network):
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto("/operate/chargers/HUB-1/")
    page.get_by_text("Change a setting").first.click()
    page.evaluate("document.querySelectorAll('[required]').forEach(f => f.removeAttribute('required'))")
    page.get_by_role("button", name="Change a setting").click()
    expect(page.get_by_text("This field is required.").first).to_be_visible()
    assert StationCommand.objects.count() == 0


def test_an_operator_unlocks_a_connector_from_the_page(visit, network):
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto("/operate/chargers/HUB-1/")
    page.get_by_text("Unlock the connector").first.click()
    page.get_by_role("button", name="Unlock the connector").click()
    expect(page.get_by_text("Asked the charger: Unlock the connector.")).to_be_visible()
    assert StationCommand.objects.get().kind == "unlock"


def test_sessions_and_one_session(visit, network):
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto("/operate/sessions/")
    visitor.is_pleased("operator-sessions")
    page.get_by_role("link", name=f"#{network['session'].number}").click()
    expect(page.get_by_role("button", name="Stop the charge")).to_be_visible()
    visitor.is_pleased("operator-session")
