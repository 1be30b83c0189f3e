"""One charge, end to end: book, arrive, plug in, charge, unplug, pay; in OCPP 1.6, 2.0.1 and 2.1."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db.models import Sum

from accounts.services import create_organization, sign_up
from core import clock
from core.money import to_minor
from demo.cards import save_card
from payments.models import ChargeDetailRecord, Payment, PostingLine
from payments.services import checkout
from payments.services.receipts import receipt_of
from payments.services.tariffs import assign_tariff, create_tariff
from scheduling.models import Reservation
from scheduling.services import reservations
from scheduling.times import STEP, floor_to_step
from simulator.stations import CATALOG, EvseSpec, LiveStation, StationSpec, Vehicle
from stations.models import ChargingSession, Evse
from stations.services.provisioning import EvsePlan, create_location, create_station

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

ELEMENTS = [
    {
        "price_components": [
            {"type": "ENERGY", "price": "0.49", "vat": "25", "step_size": 1},
            {"type": "FLAT", "price": "0.50", "vat": "25", "step_size": 1},
            {"type": "PARKING_TIME", "price": "12.00", "vat": "25", "step_size": 60},
        ]
    }
]
WORDS = {"1.6": "Reserved", "2.0.1": "Reserved", "2.1": "Reserved"}


class World:
    """A place with one stall of the given version, a price, and a driver with a card."""

    def __init__(self, version: Any) -> None:
        owner = sign_up(email="owner@example.org", password=None)
        network = create_organization(
            name="Nordlys", slug="nordlys", country_code="DK", party_id="NOR", owner=owner
        )
        place = create_location(
            organization=network,
            name="Harbour",
            slug="harbour",
            latitude=Decimal("55.6"),
            longitude=Decimal("12.1"),
            grid_limit_a=63,
        )
        station, self.password = create_station(location=place, identity="HUB-1", evses=[EvsePlan()])
        tariff = create_tariff(organization=network, name="Harbour", elements=ELEMENTS)
        assign_tariff(tariff=tariff, location=place, starts_at=clock.now() - timedelta(days=1))
        self.spec = StationSpec(
            identity="HUB-1",
            version=version,
            password=self.password,
            evses=(EvseSpec(number=1, register_wh=41_000),),
            settings={"sample_interval_s": 5},
        )
        self.evse = Evse.objects.get(station=station)
        self.driver = sign_up(email="driver@example.org", password=None, name="Mia Holm")
        save_card(self.driver)

    def book(self) -> Reservation:
        start_at = floor_to_step(clock.now()) + STEP
        return reservations.book(
            evse=self.evse, driver=self.driver, start_at=start_at, end_at=start_at + timedelta(hours=1)
        )

    def start(self) -> Payment:
        return checkout.pay_at_once(evse=self.evse, driver=self.driver).payment

    def session(self) -> ChargingSession:
        return ChargingSession.objects.get(evse=self.evse)

    def paid(self) -> Payment | None:
        return Payment.objects.filter(evse=self.evse, status="captured").first()


async def has_paid(world: World) -> Payment:
    for _ in range(300):
        if payment := await sync_to_async(world.paid)():
            return payment
        await asyncio.sleep(0.1)
    raise AssertionError("the charge was never paid")


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_a_booked_charge_is_paid_to_the_minor_unit(version, bridge_url, worker):
    world = await sync_to_async(World)(version)
    car = Vehicle(spec=CATALOG["Rapid AC"], soc_percent=30)
    async with LiveStation(bridge_url, world.spec, world.password, speed=60) as station:
        booking = await sync_to_async(world.book)()
        await station.until(lambda it: it.heard("ReserveNow"), 20)
        await station.until_status(1, WORDS[version])

        await station.plug_in(1, car)
        held = await sync_to_async(world.start)()
        assert held.status == "authorized", "the hold stands before energy flows"
        await station.until(lambda it: it.energy_wh(1) > 700, 30)
        await station.unplug(1)
        await station.until_settled()
        payment = await has_paid(world)
        metered_wh = round(station.energy_wh(1))
    await sync_to_async(agree)(world, booking, payment, metered_wh)


def agree(world: World, booking: Reservation, payment: Payment, metered_wh: int) -> None:
    """Meter, session, record, ledger, payment and receipt tell one story."""
    session = world.session()
    assert (session.status, session.review_reasons) == ("completed", [])
    assert abs(session.energy_wh - metered_wh) <= 1
    booking.refresh_from_db()
    assert (booking.status, booking.session_id) == ("fulfilled", session.pk)

    record = ChargeDetailRecord.objects.get(session=session)
    owed = to_minor(record.total_gross, record.currency)
    expected = (Decimal(session.energy_wh) / 1000 * Decimal("0.49") + Decimal("0.50")) * 100
    assert abs(Decimal(owed) - expected) <= 1
    assert payment.captured_minor == owed
    assert receipt_of(record).total.minor == owed
    assert receipt_of(record).open_amount.minor == 0
    assert balance("cash:stripe") == owed
    assert balance(f"receivable:user.{world.driver.pk}") == 0


def balance(account: str) -> int:
    lines = PostingLine.objects.filter(account=account)
    return lines.aggregate(total=Sum("amount_minor"))["total"] or 0
