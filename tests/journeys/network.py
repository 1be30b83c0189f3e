"""A network with several chargers, for journeys that are about operating them; no browser."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any, TypeVar

from asgiref.sync import sync_to_async
from django.db.models import Sum

from accounts.models import IdToken
from accounts.services import create_organization, issue_token, sign_up
from core import clock
from core.money import to_minor
from demo.cards import save_card
from payments.models import ChargeDetailRecord, Payment, PostingLine
from payments.services.tariffs import assign_tariff, create_tariff
from simulator.stations import EvseSpec, StationSpec
from stations.models import ChargingSession, ChargingStation
from stations.services.provisioning import EvsePlan, create_location, create_station

T = TypeVar("T")
PER_KWH, START_FEE = Decimal("0.49"), Decimal("0.50")
ELEMENTS = [
    {
        "price_components": [
            {"type": "ENERGY", "price": str(PER_KWH), "vat": "25", "step_size": 1},
            {"type": "FLAT", "price": str(START_FEE), "vat": "25", "step_size": 1},
        ]
    }
]


class Network:
    """Nordlys at the harbour: a price, an owner, a driver with a bank card. Chargers come with `add`."""

    def __init__(self) -> None:
        self.owner = sign_up(email="elin@example.org", password=None, name="Elin Vik")
        self.organization = create_organization(
            name="Nordlys", slug="nordlys", country_code="DK", party_id="NOR", owner=self.owner
        )
        self.location = create_location(
            organization=self.organization,
            name="Harbour",
            slug="harbour",
            latitude=Decimal("55.6"),
            longitude=Decimal("12.1"),
            grid_limit_a=250,
        )
        tariff = create_tariff(organization=self.organization, name="Harbour", elements=ELEMENTS)
        since = clock.now() - timedelta(days=3)
        assign_tariff(tariff=tariff, location=self.location, starts_at=since)

    def add(self, identity: str, version: Any, **changes: Any) -> StationSpec:
        """A charger with two stalls: its row here, and its papers for the simulator."""
        _row, password = create_station(
            location=self.location, identity=identity, evses=[EvsePlan(), EvsePlan()]
        )
        evses = (EvseSpec(number=1, register_wh=41_000), EvseSpec(number=2, register_wh=52_000))
        quick = {"download_s": 0.2, "install_s": 0.5, "reboot_s": 0.5, **changes.pop("settings", {})}
        return StationSpec(
            identity=identity,
            version=version,
            password=password,
            organization="Nordlys",
            evses=evses,
            settings=quick,
            **changes,
        )

    def station(self, identity: str) -> ChargingStation:
        return ChargingStation.objects.get(identity=identity)

    def card(self, uid: str, *, email: str = "") -> IdToken:
        """A card of the network; with an address also of a driver whose bank card pays."""
        driver = sign_up(email=email, password=None, name="Mia Holm") if email else None
        if driver is not None:
            save_card(driver)
        return issue_token(uid=uid, user=driver, organization=self.organization)


async def eventually(look: Callable[[], T | None], what: str, *, within_s: float = 60) -> T:
    """What `look` finds, once it finds something. It may ask the database."""
    for _ in range(int(within_s / 0.2)):
        if found := await sync_to_async(look)():
            return found
        await asyncio.sleep(0.2)
    raise AssertionError(f"never: {what}")


def paid(session: ChargingSession) -> Payment | None:
    return Payment.objects.filter(session=session, status="captured").first()


def demand_agreement(session: ChargingSession, metered_wh: float) -> None:
    """Meter, session, record, payment and ledger tell one story."""
    session.refresh_from_db()
    assert (session.status, session.review_reasons) == ("completed", [])
    assert abs(session.energy_wh - metered_wh) <= 1
    record = ChargeDetailRecord.objects.get(session=session)
    owed = to_minor(record.total_gross, record.currency)
    expected = (Decimal(session.energy_wh) / 1000 * PER_KWH + START_FEE) * 100
    assert abs(Decimal(owed) - expected) <= 1
    payments = Payment.objects.filter(session=session, status="captured")
    assert [payment.captured_minor for payment in payments] == [owed]
    lines = PostingLine.objects.filter(account="cash:stripe", posting__payment__in=payments)
    assert lines.aggregate(total=Sum("amount_minor"))["total"] == owed
