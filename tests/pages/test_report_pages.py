"""What a charger reported, as operators see it: firmware, logs, security, its vendor's own data."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from core import clock
from stations.command_kinds import UpdateFirmware
from stations.models import SecurityEvent
from stations.services import commands, notices, transfers
from tests.factories import LocationFactory, MembershipFactory, StationFactory

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


def test_reports_are_shown_with_their_whole_story(visit, look, network):
    visitor = visit(**look, user=network["user"])
    page = visitor.goto("/operate/chargers/HUB-1/reports/")
    expect(page.get_by_text("TamperDetectionActivated")).to_be_visible()
    page.locator("summary", has_text="InvalidSignature").click()
    expect(page.get_by_text("Downloading")).to_be_visible()
    page.locator("summary", has_text="vendor_data").click()
    expect(page.get_by_text("com.example")).to_be_visible()
    visitor.is_pleased("reports")


def test_looking_at_security_events_takes_them_from_the_list_of_what_needs_a_person(visit, look, network):
    visitor = visit(**look, user=network["user"])
    page = visitor.goto("/operate/")
    expect(page.get_by_text("Hub 1: security").first).to_be_visible()
    expect(page.get_by_text("Hub 1: Firmware update failed").first).to_be_visible()
    visitor.goto("/operate/chargers/HUB-1/reports/")
    page.get_by_role("button", name="I looked at 1 event").click()
    expect(page.get_by_text("Noted: somebody looked at it.")).to_be_visible()
    assert not SecurityEvent.objects.filter(is_urgent=True, resolved_at=None).exists()
    visitor.goto("/operate/")
    expect(page.get_by_text("Hub 1: security")).to_have_count(0)
