"""Commissioning as installers see it on a phone, and operators at a desk."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from playwright.sync_api import expect

from core import clock
from ocpp_bridge import turned_away
from ocpp_bridge.callers import Caller
from stations.models import (
    ChargingSession,
    ChargingStation,
    CommissioningRecord,
    Connector,
    MeterReading,
    StationTemplate,
)
from stations.services import commissioning, commissioning_steps, sessions
from tests.factories import ConnectorFactory, EvseFactory, LocationFactory, MembershipFactory, StationFactory
from tests.pages.browser import DESK, SHOTS
from tests.stations.commissioning import Installer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHASES = {
    "current_ma": {"L1": 16_000, "L2": 15_900, "L3": 0},
    "voltage_dv": {"L1-N": 2304, "L2-N": 2310, "L3-N": 2298},
}


@pytest.fixture
def network(transactional_db, site_url, settings):
    """A charger with two stalls that is connected, and who runs it."""
    settings.PUBLIC_URL = site_url
    settings.OCPP_URL = "wss://charge.nordlys.example/ocpp"
    member = MembershipFactory(user__name="Elin Vik", organization__name="Nordlys")
    location = LocationFactory(organization=member.organization, name="Harbour Hub", address="Quay Road 14")
    now = clock.now()
    station = StationFactory(
        location=location, identity="HUB-1042", name="Hub 1", is_connected=True, booted_at=now,
        connected_at=now, last_seen_at=now, ocpp_version="2.0.1", vendor="Wallwerk", model="Duo 22",
        serial="SN-4711", firmware="4.2.1",
    )  # fmt: skip
    ConnectorFactory(evse=EvseFactory(station=station, number=2))
    Connector.objects.filter(evse__station=station).update(status="available", detail="Available")
    return {"user": member.user, "station": station, "location": location}


@pytest.fixture
def link(network):
    station = network["station"]
    return commissioning.make_link(location=station.location, station=station, actor=network["user"])


def fail(identity: str, reason: str, organization_id: int | None = None) -> None:
    caller = Caller(identity, b"", None, ("ocpp1.6",), "203.0.113.9")
    turned_away.count_failure(caller, turned_away.Reason(reason), organization_id=organization_id)


def arrive(visit, link):
    """The installer opens the link and begins."""
    visitor = visit()
    page = visitor.goto(Installer(link).path)
    page.get_by_role("button", name="Begin on this device").click()
    expect(page.locator("#commission")).to_be_visible()
    return visitor, page


def fold_out(page, step: str):
    fold = page.locator(f"#step-{step}")
    if fold.get_attribute("open") is None:
        fold.locator("> summary").click()
    return fold


def a_test_charge(link, number: int, minutes: int = 4) -> ChargingSession:
    """As it would be after a few minutes, with one phase that the car does not take."""
    evse = link.station.evses.get(number=number)
    session = commissioning_steps.start_test(link=link, evse=evse)
    began_at = clock.now() - timedelta(minutes=minutes)
    ChargingSession.objects.filter(pk=session.pk).update(
        status="active", phase="charging", started_at=began_at, meter_start_wh=1000, energy_wh=430,
        power_w=7_350, transaction_id=f"tx{number}",
    )  # fmt: skip
    for n in range(minutes * 6):
        MeterReading.objects.create(
            station=evse.station, session=session, evse_number=number, context="periodic",
            taken_at=began_at + timedelta(seconds=10 * n), received_at=clock.now(),
            power_w=min(7_350, 900 * n), energy_wh=1000 + 20 * n, other={"phases": PHASES},
        )  # fmt: skip
    return session


def end(session: ChargingSession) -> None:
    ChargingSession.objects.filter(pk=session.pk).update(
        status="completed", ended_at=clock.now(), meter_end_wh=1430, end_reason="Remote", power_w=None
    )


def test_the_link_opens_with_what_it_is_for(visit, link):
    visitor = visit()
    page = visitor.goto(Installer(link).path)
    expect(page.get_by_role("heading", name="Commission a charger")).to_be_visible()
    visitor.is_pleased("commission-begin")


def test_each_attempt_is_explained_while_one_watches(visit, link, network):
    ChargingStation.objects.update(is_connected=False, booted_at=None, connected_at=None, last_seen_at=None)
    visitor, page = arrive(visit, link)
    expect(page.get_by_text("Waiting for its first connection.")).to_be_visible()
    expect(page.locator("[data-live-badge]").first).to_have_attribute("data-state", "live")
    fail("HUB-1042", "wrong_password", link.organization_id)
    expect(page.get_by_text("The password is wrong.").first).to_be_visible(timeout=5000)
    fail("HUB1042", "unknown_identity")
    expect(page.get_by_text("No charger has this identity.").first).to_be_visible(timeout=5000)
    page.get_by_role("button", name="Make a password for this charger").click()
    expect(page.locator("#set-password")).to_be_visible()
    visitor.is_pleased("commission-connection")


def test_sockets_are_told_apart_by_plugging_in(visit, link):
    visitor, page = arrive(visit, link)
    fold_out(page, "sockets")
    expect(page.locator("[data-live-badge]").first).to_have_attribute("data-state", "live")
    Connector.objects.filter(evse__station=link.station, evse__number=2).update(
        status="occupied", detail="Occupied", status_at=clock.now()
    )
    commissioning.note(link, None, "nudge")
    expect(page.get_by_text("This one has just answered.")).to_be_visible(timeout=5000)
    page.locator("#name-2").fill("B")
    page.get_by_role("button", name="This is it number 2").click()
    expect(page.locator("#step-sockets").get_by_text("B", exact=True)).to_be_visible()
    visitor.is_pleased("commission-sockets")


def test_a_test_charge_shows_its_curve_and_its_phases(visit, link):
    visitor, page = arrive(visit, link)
    end(a_test_charge(link, 1))
    a_test_charge(link, 2)
    page.reload()
    fold_out(page, "charge")
    expect(page.get_by_text("No current on L3.").first).to_be_visible()
    expect(page.get_by_role("button", name="Stop the test charge number 2")).to_be_visible()
    visitor.is_pleased("commission-charge")


def test_a_label_of_another_stall_is_explained_beside_the_field(visit, link):
    visitor, page = arrive(visit, link)
    fold_out(page, "labels")
    page.locator("#label-1").fill(link.station.evses.get(number=2).code)
    page.get_by_role("button", name="Bind number 1").click()
    expect(page.locator("#label-error-1")).to_contain_text("number 2 of this charger")
    visitor.is_pleased("commission-labels")
    page.locator("#label-1").fill(link.station.evses.get(number=1).code)
    page.get_by_role("button", name="Bind number 1").click()
    expect(page.locator("#step-labels .st").first).to_be_visible()


def test_the_record_is_written_and_stays(visit, link, network):
    visitor, page = arrive(visit, link)
    for number in (1, 2):
        end(a_test_charge(link, number))
    page.goto(f"{page.url}?step=finish")
    page.get_by_label("Your name").fill("Ida Berg")
    visitor.is_pleased("commission-finish")
    page.get_by_role("button", name="Finish and write the record").click()
    expect(page.get_by_role("link", name="The record as PDF")).to_be_visible()
    visitor.is_pleased("commission-finished")
    SHOTS.mkdir(parents=True, exist_ok=True)
    client = Client()
    client.force_login(network["user"])
    record = CommissioningRecord.objects.get()
    pdf = client.get(f"/operate/commissioning/records/{record.public_id}.pdf").content
    (SHOTS / "commissioning-record.pdf").write_bytes(pdf)
    desk = visit(DESK, user=network["user"])
    desk.goto("/operate/chargers/HUB-1042/commissioning/")
    desk.is_pleased("operator-commissioning-station")


def test_another_device_is_told_in_a_sentence(visit, link):
    arrive(visit, link)
    second = visit()
    page = second.goto(Installer(link).path)
    expect(page.get_by_text("This link is in use on another device")).to_be_visible()
    second.is_pleased("commission-refused")


def test_an_operator_hands_out_a_link_and_sees_how_far_it_is(visit, link, network):
    StationTemplate.objects.create(organization=network["station"].organization, name="AC 2 × 11 kW")
    desk = visit(DESK, user=network["user"])
    page = desk.goto(f"/operate/commissioning/{link.public_id}/")
    expect(page.get_by_role("img", name="The link as a QR code")).to_be_visible()
    desk.is_pleased("operator-commissioning-link")
    page = desk.goto("/operate/onboarding/")
    page.get_by_text("Link for an expected charger").click()
    desk.is_pleased("operator-commissioning-expected")
    page.locator("#expected-link").get_by_label("Template").select_option(label="AC 2 × 11 kW")
    page.get_by_role("button", name="Make link").click()
    page.wait_for_url("**/operate/commissioning/*-*/")
    expect(page.get_by_text("Made.")).to_be_visible()


def test_everything_is_there_without_a_script(browser, site_url, link):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(site_url + Installer(link).path)
    page.get_by_role("button", name="Begin on this device").click()
    page.locator("#name-1").fill("A")
    page.get_by_role("button", name="This is it number 1").click()
    assert "step=sockets" in page.url
    expect(page.locator("#step-sockets .st", has_text="A").first).to_be_visible()
    expect(page.get_by_role("link", name="Look again")).to_be_visible()
    context.close()


def test_a_narrow_phone_shows_all_of_it(visit, link):
    visitor, page = arrive(visit, link)
    for step in ("connection", "sockets", "charge", "labels", "finish"):
        fold_out(page, step)
    visitor.has_reflow_at_320()


def test_a_charger_out_of_reach_is_said_so(visit, link):
    visitor, page = arrive(visit, link)
    ChargingStation.objects.update(is_connected=False)
    with pytest.raises(sessions.StationOffline):
        commissioning_steps.start_test(link=link, evse=link.station.evses.get(number=1))
    fold_out(page, "charge").get_by_role("button", name="Start a test charge number 1").click()
    expect(page.get_by_text("The charger is not connected: see the first step.")).to_be_visible()
    expect(page.get_by_text("The charger was not connected.")).to_be_visible()
    visitor.is_pleased("commission-offline")
