"""A charger that nobody knew is commissioned through a link: real socket, real messages, no account."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import Client

from core import clock
from payments.models import ChargeDetailRecord, Payment
from payments.services.recovery import settle_payments
from payments.services.tariffs import assign_tariff, create_tariff
from simulator.stations import CATALOG, EvseSpec, LiveStation, StationSpec, Vehicle
from simulator.stations.live import HandshakeRefused
from stations.models import ChargingSession, CommissioningRecord, StationTemplate
from stations.services import commissioning
from tests.factories import LocationFactory
from tests.journeys.walking import ENERGY, START
from tests.stations.commissioning import Installer

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
ASK_EVERY_S = 0.2
EXPLAINED_WITHIN_S = 5


class Site:
    """A place with a price, where a charger with two stalls is expected; an installer with a phone."""

    def __init__(self) -> None:
        place = LocationFactory(name="Harbour Hub", organization__country_code="DK")
        template = StationTemplate.objects.create(organization=place.organization, name="AC", evse_count=2)
        elements = [{"price_components": [ENERGY, START]}]
        tariff = create_tariff(organization=place.organization, name="Harbour", elements=elements)
        assign_tariff(tariff=tariff, location=place, starts_at=clock.now())
        self.link = commissioning.make_link(location=place, template=template)
        self.installer = Installer(self.link, Client())

    def begin(self) -> str:
        """From the first look to the password that is typed into the charger."""
        self.installer.begins()
        self.installer.does("identity", identity="WB-77")
        self.link.refresh_from_db()
        return commissioning.password_of(self.link)

    def spec(self, version: Any) -> StationSpec:
        return StationSpec(
            identity="WB-77",
            version=version,
            serial="SN-77",
            evses=(EvseSpec(number=1, register_wh=41_000), EvseSpec(number=2, register_wh=52_000)),
            settings={"sample_interval_s": 1},
        )

    def label_of(self, number: int) -> str:
        self.link.refresh_from_db()
        assert self.link.station is not None
        return self.link.station.evses.get(number=number).code


async def sees(site: Site, words: str, within_s: float = 20) -> None:
    """The installer's page says this, before long."""
    deadline = asyncio.get_running_loop().time() + within_s
    while words not in (page := await sync_to_async(site.installer.sees)()):
        assert asyncio.get_running_loop().time() < deadline, f"never saw {words!r} in {page[-4000:]}"
        await asyncio.sleep(ASK_EVERY_S)


async def does(site: Site, step: str, **said: str) -> None:
    answer = await sync_to_async(site.installer.does)(step, **said)
    assert answer.status_code == 302, answer.content.decode()[-2000:]


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_new_charger_is_commissioned_from_the_first_attempt_to_the_record(
    version, bridge_url, worker
):
    site = await sync_to_async(Site)()
    password = await sync_to_async(site.begin)()
    with pytest.raises(HandshakeRefused):
        async with LiveStation(bridge_url, site.spec(version), "not the right password"):
            pass
    await sees(site, "The password is wrong.", EXPLAINED_WITHIN_S)

    async with LiveStation(bridge_url, site.spec(version), password, speed=20) as station:
        await sees(site, "SN-77", EXPLAINED_WITHIN_S)
        await sees(site, "it got in since", EXPLAINED_WITHIN_S)
        for number, name in ((1, "A"), (2, "B")):
            await station.plug_in(number, Vehicle(spec=CATALOG["Rapid AC"], soc_percent=30))
            await sees(site, "This one has just answered.")
            await does(site, f"stalls/{number}/name", name=name)
            await charge(site, station, number)
            label = await sync_to_async(site.label_of)(number)
            await does(site, f"stalls/{number}/label", label=label)
        await does(site, "finish", installer="Ida Berg", company="Berg Elektro")
        await station.until_settled()
    await sync_to_async(agree)(site)


async def charge(site: Site, station: LiveStation, number: int) -> None:
    """Start, watch energy flow, stop."""
    before_wh = station.energy_wh(number)
    await does(site, f"stalls/{number}/start")
    await station.until(lambda it: it.energy_wh(number) > before_wh + 50, 30)
    await sees(site, "L1\N{NO-BREAK SPACE}")
    await does(site, f"stalls/{number}/stop")
    await sees(site, "stopped from here or from the app")
    await station.unplug(number)
    await station.until_settled()


def agree(site: Site) -> None:
    """The record tells what happened, and no sweep finds anything to bill."""
    record = CommissioningRecord.objects.get()
    assert record.evidence["missing"] == []
    assert record.evidence["station"]["serial"] == "SN-77"
    assert record.evidence["connection"]["failures"][0]["what"] == "The password is wrong."
    for stall in record.evidence["stalls"]:
        assert stall["is_proven"]
        assert stall["socket_seen"]["said"]
        assert set(stall["tests"][0]["amperes"]) == {"L1", "L2", "L3"}
        assert stall["tests"][0]["energy_wh"] > 0
    tests = ChargingSession.objects.all()
    assert {(test.status, test.purpose, test.driver) for test in tests} == {("completed", "test", None)}
    settle_payments()
    assert (ChargeDetailRecord.objects.count(), Payment.objects.count()) == (0, 0)
    pdf = site.installer.browser.get(f"{site.installer.path}record.pdf")
    assert pdf.content.startswith(b"%PDF-")
