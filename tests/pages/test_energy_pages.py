"""The operator's pages of starts and meters, and a session with its proof."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from core import clock
from stations.models import ChargingStation, StartAttempt
from stations.services import measuring
from tests.factories import LocationFactory, MembershipFactory, SessionFactory, StationFactory
from tests.meters import SignedMeter
from tests.pages.browser import DESK

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def network(transactional_db):
    member = MembershipFactory(user__name="Elin Vik", organization__name="Nordlys")
    hub = LocationFactory(organization=member.organization, name="Harbour Hub", slug="harbour-hub")
    station = StationFactory(location=hub, identity="HUB-1", name="Hub 1")
    now = clock.now()
    ChargingStation.objects.update(is_connected=True, last_seen_at=now, connected_at=now)
    evse = station.evses.get()
    measuring.note_meter(evse_id=evse.pk, public_key=SignedMeter().key_hex, serial="M-7")
    session = SessionFactory(
        evse=evse, status="completed", started_at=now - timedelta(hours=2), ended_at=now - timedelta(hours=1),
        energy_wh=9_000, meter_end_wh=10_000, review_reasons=["register_restarted", "seq_gap"],
    )  # fmt: skip
    measuring.measure_session(session_id=session.pk)
    told = {"organization": member.organization, "station": station, "evse": evse}
    StartAttempt.objects.create(**told, door="rfid", outcome="failed", cause="CX014", ended_at=now)
    StartAttempt.objects.create(**told, door="app", outcome="succeeded", ended_at=now, session=session)
    StartAttempt.objects.create(**told, door="qr", outcome="withdrawn", ended_at=now, detail="cancelled")
    return {"user": member.user, "station": station, "session": session}


def test_every_start_is_listed_with_its_cause(visit, network):
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto("/operate/starts/")
    expect(page.get_by_role("heading", name="Starts")).to_be_visible()
    expect(page.get_by_text("CX014 PilotFault").first).to_be_visible()
    visitor.is_pleased("operator-starts")


def test_the_meters_have_their_keys(visit, network):
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto("/operate/meters/")
    expect(page.get_by_role("heading", name="Calibration law")).to_be_visible()
    expect(page.locator("input[name=serial]")).to_have_value("M-7")
    visitor.is_pleased("operator-meters")


def test_a_flagged_session_says_in_words_what_is_odd(visit, network):
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto(f"/operate/sessions/{network['session'].public_id}/")
    expect(page.get_by_text("the register began again at zero")).to_be_visible()
    expect(page.get_by_role("heading", name="Start and proof")).to_be_visible()
    visitor.is_pleased("operator-session-proof")
