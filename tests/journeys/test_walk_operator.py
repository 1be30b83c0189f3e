"""A guest pays on the provider's page; the operator sees the charge and stops it from afar."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from payments.models import Payment
from stations.models import ChargingSession
from tests.journeys.walking import (
    PATIENCE_MS,
    agrees,
    pay_on_hosted_page,
    watch_it_rise,
)

pytestmark = [pytest.mark.browser, pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def test_a_guest_pays_by_card_and_the_operator_stops_the_charge(visit, place, charger, worker, paying):
    charger.plug_in()
    guest = visit()
    _pay(guest, place.evses[0])
    watch_it_rise(guest.page)
    guest.is_pleased("walk-guest-live")
    _stop_from_afar(visit(user=place.owner))
    expect(guest.page.get_by_role("heading", name="Done")).to_be_visible(timeout=PATIENCE_MS)
    charger.unplug()
    guest.page.get_by_role("link", name="Receipt", exact=True).click(timeout=PATIENCE_MS)
    guest.page.get_by_role("heading", name="Receipt").wait_for()
    guest.is_pleased("walk-guest-receipt")
    agrees(guest.page)
    assert Payment.objects.get().email == "guest@example.org"


def _pay(guest, evse):
    page = guest.goto(f"/c/{evse.code}/")
    expect(page.get_by_text("The cable is in. You can start.")).to_be_visible()
    guest.is_pleased("walk-guest-start")
    page.get_by_role("button", name="Pay by card and start").click()
    page.get_by_label("Card number").wait_for(timeout=PATIENCE_MS)
    guest.is_pleased("walk-guest-pays")
    pay_on_hosted_page(page)
    page.wait_for_url("**/live/?t=**", timeout=PATIENCE_MS)


def _stop_from_afar(elin):
    """From the overview to the charger by its links, and Stop in the charger's command forms."""
    desk = elin.goto("/operate/")
    elin.is_pleased("walk-operator-overview")
    desk.get_by_role("link", name=re.compile("Stall 1")).first.click()
    desk.wait_for_url("**/operate/chargers/HUB-1/")
    desk.get_by_text("Stop a charge", exact=True).first.click()
    elin.is_pleased("walk-operator-charger")
    desk.get_by_role("button", name="Stop a charge").click()
    expect(desk.get_by_text("Asked the charger: Stop a charge.")).to_be_visible()
    asked = desk.locator("#station-now .result", has_text="Stop a charge")
    expect(asked.get_by_text("answered Accepted")).to_be_visible(timeout=PATIENCE_MS)
    elin.is_pleased("walk-operator-stopped")
    _see_it_completed(elin)


def _see_it_completed(elin):
    session = ChargingSession.objects.get()
    desk = elin.goto(f"/operate/sessions/{session.public_id}/")
    expect(desk.locator("#session .st", has_text="Completed").first).to_be_visible(timeout=PATIENCE_MS)
    elin.is_pleased("walk-operator-session")
    session.refresh_from_db()
    assert (session.status, session.end_reason) == ("completed", "Remote")
