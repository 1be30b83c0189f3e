"""What a charger reported, as operators see it: firmware, logs, security, its vendor's own data."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from core import clock
from stations.command_kinds import UpdateFirmware
from stations.models import DisplayMessage, SecurityEvent, StationReport
from stations.services import charging_reports, commands, monitoring, notices, transfers
from tests.factories import LocationFactory, MembershipFactory, StationFactory
from tests.pages.browser import DESK

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def network(transactional_db):
    """A charger whose update failed, whose lid was opened, and whose vendor said something."""
    member = MembershipFactory(user__name="Elin Vik", organization__name="Nordlys")
    location = LocationFactory(organization=member.organization, name="Harbour Hub", slug="harbour-hub")
    station = StationFactory(location=location, identity="HUB-1", name="Hub 1")
    now = clock.now()
    with clock.at(now - timedelta(minutes=20)):
        commands.request(station=station, kind=UpdateFirmware(url="https://files.example/fw.bin"))
    for word, status in (("Downloading", "running"), ("InvalidSignature", "failed")):
        transfers.record_transfer(station_id=station.pk, kind="firmware", status=status, word=word)
    transfers.record_transfer(station_id=station.pk, kind="log", status="running", word="Uploading")
    for type_, is_urgent in (("TamperDetectionActivated", True), ("StartupOfTheDevice", False)):
        notices.record_security_event(
            station_id=station.pk, type=type_, happened_at=now, info="lid 2", is_urgent=is_urgent
        )
    body = {"vendor": "com.example", "message": "Greet", "data": "x" * 120}
    notices.keep_notice(station_id=station.pk, kind="vendor_data", body=body)
    return {"user": member.user, "station": station}


def test_reports_are_shown_with_their_whole_story(visit, network):
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto("/operate/chargers/HUB-1/reports/")
    expect(page.get_by_text("TamperDetectionActivated")).to_be_visible()
    page.locator("summary", has_text="InvalidSignature").click()
    expect(page.get_by_text("Downloading")).to_be_visible()
    visitor.is_pleased("reports")
    page.get_by_role("link", name="As it came").click()
    page.locator("summary", has_text="vendor_data").click()
    expect(page.get_by_text("com.example")).to_be_visible()


@pytest.mark.parametrize(
    ("tab", "words"),
    [
        ("device", ["Connector.Temperature", "UpperThreshold", "CX016"]),
        ("power", ["Grid operator", "critical for the grid", "11 kW", "TxDefaultProfile"]),
        ("display", ["Closed for the night"]),
        ("kept", ["Settings", "missing: 1"]),
    ],
)
def test_each_part_of_what_it_reports_is_a_tab(visit, network, tab, words):
    tell_all(network["station"])
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto(f"/operate/chargers/HUB-1/reports/?show={tab}")
    for word in words:
        expect(page.get_by_text(word).first).to_be_visible()
    visitor.is_pleased(f"reports-{tab}")


def tell_all(station):
    now = clock.now()
    where = {"component": "Connector", "variable": "Temperature", "evse_number": 1}
    monitor = {**where, "number": 4, "kind": "UpperThreshold", "value": 80.0, "severity": 4}
    monitoring.store_monitors(station_id=station.pk, monitors=[monitor])
    event = {**where, "number": 9, "happened_at": now, "trigger": "Alerting", "value": "91"}
    monitoring.record_events(station_id=station.pk, events=[{**event, "tech_code": "CX016"}])
    bound = {"start_at": now.isoformat(), "end_at": None, "limit_w": 11_000}
    charging_reports.note_limit(
        station_id=station.pk, evse_number=0, source="SO", is_grid_critical=True, bounds=[bound]
    )
    profile = {
        "evse_number": 1, "number": 7, "source": "CSO", "purpose": "TxDefaultProfile", "kind": "Absolute",
        "stack_level": 0, "transaction_id": "", "body": {"id": 7}, "request_number": 1,
    }  # fmt: skip
    charging_reports.store_profiles(station_id=station.pk, profiles=[profile])
    DisplayMessage.objects.create(
        organization=station.organization,
        station=station,
        number=5,
        priority="AlwaysFront",
        content="Closed for the night",
    )
    StationReport.objects.create(
        organization=station.organization,
        station=station,
        kind="variables",
        request_number=12,
        parts=2,
        seq_nos=[0, 2],
    )


def test_looking_at_security_events_takes_them_from_the_list_of_what_needs_a_person(visit, network):
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto("/operate/")
    expect(page.get_by_text("Hub 1: security").first).to_be_visible()
    expect(page.get_by_text("Hub 1: Firmware update failed").first).to_be_visible()
    visitor.goto("/operate/chargers/HUB-1/reports/")
    page.get_by_role("button", name="I looked at 1 event").click()
    expect(page.get_by_text("Noted: somebody looked at it.")).to_be_visible()
    assert not SecurityEvent.objects.filter(is_urgent=True, resolved_at=None).exists()
    visitor.goto("/operate/")
    expect(page.get_by_text("Hub 1: security")).to_have_count(0)
