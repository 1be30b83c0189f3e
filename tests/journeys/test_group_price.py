"""A member of a group charges: one price from the start page over the live page to the receipt."""

from __future__ import annotations

import asyncio

from asgiref.sync import sync_to_async
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core import clock
from payments.models import ChargeDetailRecord, Payment
from payments.services import group_desk
from payments.services.pricing import live_cost
from payments.services.receipts import receipt_of
from payments.services.tariffs import assign_free, assign_tariff, create_tariff
from simulator.stations import CATALOG, LiveStation, Vehicle
from tests.journeys.test_one_charge import World, has_paid, pytestmark

__all__ = ["pytestmark"]

CHEAP = [{"price_components": [{"type": "ENERGY", "price": "0.19", "vat": "25", "step_size": 1}]}]


class Club(World):
    """The driver belongs to a club of the network."""

    def __init__(self, version: str) -> None:
        super().__init__(version)
        network = self.evse.organization
        self.owner = User.objects.get(email="owner@example.org")
        self.club = group_desk.open_group(actor=self.owner, organization=network, name="Harbour Club")
        self.member = group_desk.add_member(actor=self.owner, group=self.club, who=self.driver.email)
        self.browser = Client()
        self.browser.force_login(self.driver)

    def give_price(self) -> None:
        cheap = create_tariff(organization=self.evse.organization, name="Club", elements=CHEAP)
        assign_tariff(tariff=cheap, group=self.club)

    def page(self) -> str:
        return self.browser.get(reverse("scheduling:start", args=[self.evse.code])).content.decode()

    def press_start(self) -> None:
        self.browser.post(reverse("scheduling:start", args=[self.evse.code]))

    def cost_now(self) -> str:
        return str(live_cost(self.session()).lines[0].price)

    def leave(self) -> None:
        group_desk.remove_member(actor=self.owner, member=self.member)

    def record(self) -> ChargeDetailRecord | None:
        return ChargeDetailRecord.objects.filter(session__evse=self.evse).first()

    def agree(self, payment: Payment) -> None:
        session, record = self.session(), self.record()
        assert record is not None
        assert record.tariff_snapshot["elements"][0]["price_components"][0]["price"] == "0.19"
        assert payment.captured_minor == round(session.energy_wh * 19 / 1000)
        receipt = self.browser.get(reverse("payments:receipt", args=[session.public_id])).content.decode()
        assert "0.19" in receipt
        assert receipt_of(record).total.minor == payment.captured_minor


async def charges(world: Club, station: LiveStation) -> None:
    await station.plug_in(1, Vehicle(spec=CATALOG["Rapid AC"], soc_percent=30))
    await sync_to_async(world.press_start)()
    await station.until(lambda it: it.energy_wh(1) > 700, 30)


async def reads(world: Club, words: str) -> str:
    """The start page as soon as it says so: what the station has just told is on its way there."""
    page = ""
    for _ in range(100):
        page = await sync_to_async(world.page)()
        if words in page:
            return page
        await asyncio.sleep(0.1)
    raise AssertionError(page)


async def test_a_member_pays_the_groups_price_though_she_leaves_the_group_meanwhile(bridge_url, worker):
    world = await sync_to_async(Club)("2.0.1")
    await sync_to_async(world.give_price)()
    async with LiveStation(bridge_url, world.spec, world.password, speed=60) as station:
        assert "0.19" in await reads(world, "The price for members of Harbour Club")
        await charges(world, station)
        await sync_to_async(world.leave)()
        assert await sync_to_async(world.cost_now)() == "0.19"
        await station.unplug(1)
        await station.until_settled()
        payment = await has_paid(world)
    await sync_to_async(world.agree)(payment)


async def test_a_member_who_charges_free_is_asked_for_no_card(bridge_url, worker):
    world = await sync_to_async(Club)("1.6")
    await sync_to_async(assign_free)(group=world.club, starts_at=clock.now())
    async with LiveStation(bridge_url, world.spec, world.password, speed=60) as station:
        await reads(world, "Free for members of Harbour Club")
        await charges(world, station)
        await station.unplug(1)
        await station.until_settled()
        for _ in range(300):
            if record := await sync_to_async(world.record)():
                break
            await asyncio.sleep(0.1)
    assert record is not None
    assert record.energy_wh > 700
    assert record.total_gross == 0
    assert not await sync_to_async(Payment.objects.exists)()
