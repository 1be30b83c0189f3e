"""Asking a charger from its page, asking it anything, asking many, and keys for programs."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from accounts.models import ApiToken
from core import clock
from stations.models import BulkCommand, ChargingStation, Connector, StationCommand
from stations.services import bulk_giving
from tests.factories import LocationFactory, MembershipFactory, SessionFactory, StationFactory
from tests.pages.browser import DESK

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def network(transactional_db):
    member = MembershipFactory(user__name="Elin Vik", organization__name="Nordlys")
    hub = LocationFactory(organization=member.organization, name="Harbour Hub", slug="harbour-hub")
    for number in (1, 2, 3):
        StationFactory(
            location=hub, identity=f"HUB-{number}", name=f"Hub {number}", vendor="Wallwerk", model="Duo 22",
            firmware="2.4.1", ocpp_version="1.6", is_connected=number < 3, last_seen_at=clock.now(),
        )  # fmt: skip
    return {"user": member.user, "station": ChargingStation.objects.get(identity="HUB-1")}


def test_an_idle_charger_offers_what_it_accepts(visit, network):
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto("/operate/chargers/HUB-1/")
    offered = page.locator("details.command > summary").all_inner_texts()
    assert "Stop a charge" not in [title.strip() for title in offered]
    assert "Start a charge" in [title.strip() for title in offered]
    page.get_by_text("Restart the charger").first.click()
    expect(page.get_by_text("No car is charging: it restarts at once")).to_be_visible()


def test_a_busy_charger_says_what_will_happen_to_the_charge(visit, network):
    session = SessionFactory(evse=network["station"].evses.get(), phase="charging")
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto("/operate/chargers/HUB-1/")
    offered = [title.strip() for title in page.locator("details.command > summary").all_inner_texts()]
    assert "Stop a charge" in offered
    assert "Start a charge" not in offered, "its only stall is taken"
    page.get_by_text("Restart the charger").first.click()
    expect(page.get_by_text(f"these end at once: #{session.number}")).to_be_visible()


def test_an_offline_charger_offers_nothing_and_says_why(visit, network):
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto("/operate/chargers/HUB-3/")
    expect(page.locator("details.command")).to_have_count(0)
    expect(page.get_by_text("it would not hear a command")).to_be_visible()


def test_a_faulted_stall_starts_no_charge(visit, network):
    Connector.objects.filter(evse__station=network["station"]).update(status="faulted")
    page = visit(DESK, user=network["user"]).goto("/operate/chargers/HUB-1/")
    offered = [title.strip() for title in page.locator("details.command > summary").all_inner_texts()]
    assert "Start a charge" not in offered


def test_anything_can_be_asked_exactly_as_written(visit, network):
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto("/operate/chargers/HUB-1/ask/?ask=unlock")
    page.get_by_label("evse_number").fill("77")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Asked the charger: Unlock the connector.")).to_be_visible()
    command = StationCommand.objects.get()
    assert (command.kind, command.params["evse_number"]) == ("unlock", 77)
    visitor.is_pleased("operator-ask")


def test_what_no_schema_accepts_comes_back_and_goes_when_forced(visit, network):
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto("/operate/chargers/HUB-1/ask/")
    page.get_by_label("Action").fill("Reset")
    page.get_by_label("Payload").fill('{"type": "Gentle"}')
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Reset: type: not one of the allowed values")).to_be_visible()
    assert not StationCommand.objects.exists()
    page.get_by_label("Send it although the schema refuses it").check()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Asked the charger")).to_be_visible()
    assert StationCommand.objects.get().is_forced


def test_many_chargers_are_rehearsed_asked_and_watched(visit, network):
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto("/operate/bulk/new/?ask=reset")
    page.get_by_label("Model").select_option("Duo 22")
    page.get_by_role("button", name="Rehearse").click()
    expect(page.get_by_text("3 chargers would be asked (1 of them are offline now)")).to_be_visible()
    visitor.is_pleased("operator-bulk-new")
    page.get_by_role("button", name="Begin with 3 chargers").click()
    page.get_by_role("heading", name="Progress").wait_for()
    bulk_giving.give_out_due()
    page.get_by_text("Waiting for the station").first.wait_for()
    visitor.is_pleased("operator-bulk")
    page.get_by_role("button", name="Ask no more").click()
    page.get_by_text("Canceled").first.wait_for()
    assert BulkCommand.objects.get().status == "canceled"
    visitor.goto("/operate/bulk/")
    visitor.is_pleased("operator-bulks")


def test_a_key_for_a_program_is_made_shown_once_and_revoked(visit, network):
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto("/operate/api/")
    page.get_by_label("Name").fill("Billing export")
    page.get_by_label("see charging sessions and their readings").check()
    page.get_by_role("button", name="Make it").click()
    text = page.locator("#fresh-token").inner_text()
    assert text.startswith("fct_")
    visitor.is_pleased("operator-api-tokens")
    visitor.goto("/operate/api/")
    expect(page.get_by_text(text)).to_have_count(0)
    page.get_by_role("button", name="Revoke Billing export").click()
    expect(page.get_by_text("Billing export opens nothing any more.")).to_be_visible()
    assert ApiToken.objects.get().revoked_at is not None
