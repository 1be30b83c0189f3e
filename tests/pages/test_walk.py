"""The whole way in a browser: find, book, start, live, receipt; and the operator who stops the charge.

A real bridge, a simulated station, the stand-in for Stripe and its hosted page; nothing is pretended.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Coroutine
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import expect

from accounts.services import add_vehicle, create_organization, sign_up
from core import clock
from payments.models import ChargeDetailRecord, Payment
from payments.services.tariffs import assign_tariff, create_tariff
from simulator.stations import CATALOG, EvseSpec, LiveStation, StationSpec, Vehicle
from stations.models import ChargingSession, Evse
from stations.services.provisioning import EvsePlan, create_location, create_station
from tests.journeys.conftest import bridge_url, running_stand_in, stand_in, worker

__all__ = ["bridge_url", "running_stand_in", "stand_in", "worker"]

pytestmark = [pytest.mark.browser, pytest.mark.journey, pytest.mark.django_db(transaction=True)]

ENERGY = {"type": "ENERGY", "price": "0.49", "vat": "25", "step_size": 1}
PATIENCE_MS = 30_000


class StationThread:
    """A simulated station that lives in its own event loop, beside the browser."""

    def __init__(self, url: str, spec: StationSpec) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.station = self._do(self._enter(url, spec))

    async def _enter(self, url: str, spec: StationSpec) -> LiveStation:
        return await LiveStation(url, spec, spec.password, speed=4).__aenter__()

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def plug_in(self) -> None:
        self._do(self.station.plug_in(1, Vehicle(spec=CATALOG["Rapid AC"], soc_percent=30)))

    def unplug(self) -> None:
        self._do(self.station.unplug(1))

    def leave(self) -> None:
        self._do(self.station.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)


@pytest.fixture
def world(transactional_db):
    owner = sign_up(email="elin@example.org", password=None, name="Elin Vik")
    network = create_organization(
        name="Nordlys", slug="nordlys", country_code="DK", party_id="NOR", owner=owner
    )
    place = create_location(
        organization=network,
        name="Harbour Hub",
        slug="harbour-hub",
        address="Quay Road 14",
        latitude=Decimal("55.6417"),
        longitude=Decimal("12.0853"),
        grid_limit_a=63,
    )
    plan = EvsePlan(name="Stall 1", max_power_w=22_000, max_current_a=32)
    station, password = create_station(location=place, identity="HUB-1", evses=[plan])
    tariff = create_tariff(organization=network, name="Harbour", elements=[{"price_components": [ENERGY]}])
    assign_tariff(tariff=tariff, location=place, starts_at=clock.now() - timedelta(days=1))
    driver = sign_up(email="sam@example.org", password=None, name="Sam Abe")
    add_vehicle(
        user=driver, name="Rapid AC", battery_wh=52_000, max_ac_w=22_000, connector_standards=["IEC_62196_T2"]
    )
    spec = StationSpec(
        identity="HUB-1",
        version="1.6",
        password=password,
        evses=(EvseSpec(number=1, register_wh=41_000),),
        settings={"sample_interval_s": 2},
    )
    return {"owner": owner, "driver": driver, "evse": Evse.objects.get(station=station), "spec": spec}


@pytest.fixture
def station(world, bridge_url):
    thread = StationThread(bridge_url, world["spec"])
    yield thread
    thread.leave()


@pytest.fixture
def paying(site_url, stand_in, settings):
    """Our pages may send their forms to the stand-in's hosted page, and it sends the payer back to us."""
    settings.PUBLIC_URL = site_url
    policy = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": {**policy, "form-action": ["'self'", stand_in.base]}}


def _pay_on_the_hosted_page(page) -> None:
    page.get_by_label("Card number").fill("4242 4242 4242 4242")
    page.get_by_label("Expiry (month / year)").fill("12 / 34")
    page.get_by_label("Security code").fill("123")
    page.locator("button.primary").click()


def test_from_the_map_to_the_receipt(visit, look, world, station, worker, paying):
    driver, evse = world["driver"], world["evse"]
    sam = visit(**look, user=driver)
    page = sam.goto("/")
    page.locator("#map[data-ready]").wait_for()
    sam.is_pleased("walk-1-find", whole=False)

    page.locator(".place-card h2 a").click()
    sam.is_pleased("walk-2-site")
    page.get_by_role("button", name="Book ").click()
    expect(page.get_by_text("Your slot is booked.")).to_be_visible()
    sam.is_pleased("walk-3-booked")

    sam.goto(f"/c/{evse.code}/")
    sam.is_pleased("walk-4-start")
    page.get_by_role("button", name="Pay by card and start").click()
    page.get_by_label("Card number").wait_for(timeout=PATIENCE_MS)
    _pay_on_the_hosted_page(page)
    page.wait_for_url("**/live/**", timeout=PATIENCE_MS)
    station.plug_in()
    expect(page.get_by_role("button", name="Stop charging")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator(".trio")).not_to_contain_text("0.0 kWh", timeout=PATIENCE_MS)
    page.wait_for_timeout(3000)
    sam.is_pleased("walk-5-live")

    elin = visit(**look, user=world["owner"])
    _stop_as_operator(elin)

    expect(page.get_by_text("You can unplug.")).to_be_visible(timeout=PATIENCE_MS)
    station.unplug()
    page.get_by_role("link", name="Receipt", exact=True).click(timeout=PATIENCE_MS)
    expect(page.locator("h1")).to_be_visible()
    sam.is_pleased("walk-6-receipt")
    _agree(page)


def _stop_as_operator(elin) -> None:
    """Overview, the charger, its running session, and Stop."""
    desk = elin.goto("/operate/")
    elin.is_pleased("walk-7-overview")
    elin.goto("/operate/chargers/HUB-1/")
    elin.is_pleased("walk-8-charger")
    session = ChargingSession.objects.get(status="active")
    elin.goto(f"/operate/sessions/{session.public_id}/")
    desk.get_by_role("button", name=re.compile("Stop")).first.click()
    dialog = desk.locator("dialog[open]")
    if dialog.count():
        dialog.get_by_role("button", name=re.compile("Stop")).click()
    expect(desk.get_by_text(re.compile("Asked the charger to stop"))).to_be_visible()


def _agree(page) -> None:
    """The page says what the record and the payment say."""
    record, payment = ChargeDetailRecord.objects.get(), Payment.objects.get(status="captured")
    total = record.total_gross.quantize(Decimal("0.01"))
    assert payment.captured_minor == int(total * 100)
    assert f"€{total}" in page.locator("main").inner_text()
