"""What the walks share: a place with a charger that is really there, and people who look at pages."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

from playwright.sync_api import Page, expect

from accounts.services import add_vehicle, create_organization, sign_up
from core import clock
from core.money import to_minor
from payments.models import ChargeDetailRecord, Payment
from payments.services.tariffs import assign_tariff, create_tariff
from simulator.stations import CATALOG, EvseSpec, LiveStation, StationSpec, Vehicle
from stations.models import ChargingSession
from stations.services.provisioning import EvsePlan, create_location, create_station

PASSWORD = "a long enough one"
PATIENCE_MS = 30_000
CARD = "4242 4242 4242 4242"
POOR_CARD = "4000 0000 0000 9995"
ENERGY = {"type": "ENERGY", "price": "0.49", "vat": "25", "step_size": 1}
START = {"type": "FLAT", "price": "0.50", "vat": "25", "step_size": 1}


class Place:
    """Harbour Hub: one charger with two stalls, priced; Elin runs it and Sam drives a car."""

    def __init__(self) -> None:
        self.owner = sign_up(email="elin@example.org", password=PASSWORD, name="Elin Vik")
        self.driver = sign_up(email="sam@example.org", password=PASSWORD, name="Sam Abe")
        network = create_organization(
            name="Nordlys",
            slug="nordlys",
            country_code="DK",
            party_id="NOR",
            owner=self.owner,
            time_zone="Europe/Copenhagen",
        )
        location = create_location(
            organization=network,
            name="Harbour Hub",
            slug="harbour-hub",
            address="Quay Road 14",
            city="Roskilde",
            latitude=Decimal("55.6417"),
            longitude=Decimal("12.0853"),
            time_zone="Europe/Copenhagen",
            grid_limit_a=63,
        )
        plans = [EvsePlan(name="Stall 1"), EvsePlan(name="Stall 2")]
        station, self.password = create_station(location=location, identity="HUB-1", evses=plans)
        self.evses = list(station.evses.order_by("number"))
        elements = [{"price_components": [ENERGY, START]}]
        tariff = create_tariff(organization=network, name="Harbour", elements=elements)
        assign_tariff(tariff=tariff, location=location, starts_at=clock.now() - timedelta(days=1))
        self._give_a_car()

    def _give_a_car(self) -> None:
        add_vehicle(
            user=self.driver,
            name="Rapid AC",
            battery_wh=52_000,
            max_ac_w=22_000,
            connector_standards=["IEC_62196_T2"],
        )

    def spec(self) -> StationSpec:
        return StationSpec(
            identity="HUB-1",
            password=self.password,
            evses=(EvseSpec(number=1, register_wh=41_000), EvseSpec(number=2, register_wh=52_000)),
            settings={"sample_interval_s": 1},
        )


class Charger:
    """A simulated station in an event loop of its own, beside the browser's."""

    def __init__(self, url: str, spec: StationSpec) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.station = LiveStation(url, spec, spec.password, speed=10)
        self._wait_for(self.station.__aenter__())

    def plug_in(self, stall: int = 1) -> None:
        self._wait_for(self.station.plug_in(stall, Vehicle(spec=CATALOG["Rapid AC"], soc_percent=30)))

    def unplug(self, stall: int = 1) -> None:
        self._wait_for(self.station.unplug(stall))
        self._wait_for(self.station.until_settled())

    def waits_for_a_car(self, seconds: int) -> int:
        """From the next start on so long, of its own time; answers how long it was before."""
        settings = self.station.core.settings
        before, settings.connection_timeout_s = settings.connection_timeout_s, seconds
        return before

    def wait_until(self, is_true: Callable[[LiveStation], object]) -> None:
        self._wait_for(self.station.until(lambda station: bool(is_true(station))))

    def leave(self) -> None:
        self._wait_for(self.station.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _wait_for(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)


@contextmanager
def charger_at(url: str, spec: StationSpec) -> Iterator[Charger]:
    charger = Charger(url, spec)
    try:
        yield charger
    finally:
        charger.leave()


def pay_on_hosted_page(page: Page, number: str = CARD) -> None:
    """Type a card into the provider's page, as a person does."""
    page.get_by_label("Card number").fill(number, timeout=PATIENCE_MS)
    page.get_by_label("Expiry").fill("12 / 34")
    page.get_by_label("Security code").fill("123")
    email = page.get_by_label("E-mail")
    if not email.input_value():
        email.fill("guest@example.org")
    page.locator("button.primary").click()


def kwh_added(page: Page) -> float:
    """What the live page says was added so far."""
    return float(page.locator(".trio div").nth(1).locator("b").inner_text().split()[0])


def watch_it_rise(page: Page) -> None:
    """More and more energy, in the same document: nudges renew it, nothing is loaded again."""
    expect(page.locator(".trio")).to_be_visible(timeout=PATIENCE_MS)
    page.evaluate("document.documentElement.dataset.walk = 'same'")
    until(lambda: kwh_added(page) >= 0.2, page)
    expect(page.locator("html[data-walk=same]")).to_have_count(1)


def until(is_true: Callable[[], bool], page: Page) -> None:
    """Wait for the page (or what it is about) to change."""
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while time.monotonic() < deadline:
        if is_true():
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"It never became true at {page.url}: {page.locator('main').inner_text()}")


def agrees(page: Page) -> None:
    """The receipt's page, the record and the payment say the same amount."""
    record = ChargeDetailRecord.objects.get()
    payment = Payment.objects.get(status="captured", tops_up=None)
    session = ChargingSession.objects.get(cdrs=record)
    assert (session.status, session.review_reasons) == ("completed", [])
    assert payment.captured_minor == to_minor(record.total_gross, record.currency)
    expect(page.locator(".trio")).to_contain_text(f"€{payment.captured_minor / 100:.2f}")
