"""From a charge at the mall to the mall's bank: metered, billed, captured, shared, stated, sent."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from asgiref.sync import sync_to_async
from django.test import Client
from django.urls import reverse

from core import clock
from core.money import to_minor
from payments import selectors
from payments.models import ChargeDetailRecord
from payments.services import checkout, hosting, paying_hosts, statements
from simulator.stations import CATALOG, LiveStation, Vehicle
from stations.models import ChargingSession
from tests.journeys.network import Network, eventually, paid

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
PERCENT = Decimal("12.5")


@pytest.fixture
def network(transactional_db, stand_in) -> Network:
    return Network()


async def test_an_eighth_of_what_was_sold_reaches_the_host(network, bridge_url, worker, stand_in):
    spec = await sync_to_async(network.add)("HUB-1", "2.0.1")
    host = await sync_to_async(invited)(network)
    async with LiveStation(bridge_url, spec, spec.password, speed=60) as station:
        session = await charged(network, station)
        await eventually(lambda: paid(session), "the charge is paid")
    await sync_to_async(pay_out)(network, host, session, stand_in)


def invited(network):
    host = hosting.add_host(
        actor=network.owner, organization=network.organization, name="Mall", email="mall@example.org"
    )
    begun = clock.now() - timedelta(days=1)
    hosting.give_share(
        actor=network.owner, host=host, location=network.location, percent=PERCENT, starts_at=begun
    )
    return host


async def charged(network, station) -> ChargingSession:
    card = await sync_to_async(network.card)("A1", email="mia@example.org")
    evse = await sync_to_async(lambda: network.station("HUB-1").evses.get(number=1))()
    await station.until_status(1, "Available")
    await station.plug_in(1, Vehicle(spec=CATALOG["Rapid AC"], soc_percent=30))
    await sync_to_async(lambda: checkout.pay_with_card(evse=evse, driver=card.user))()
    await station.until(lambda it: it.energy_wh(1) > 700, 30)
    await station.unplug(1)
    await station.until_settled()
    return await sync_to_async(lambda: ChargingSession.objects.get(evse=evse))()


def pay_out(network, host, session, stand_in) -> None:
    """A month later: the host says where their money goes, the operator pays, every place agrees."""
    record = ChargeDetailRecord.objects.get(session=session)
    share = to_minor(record.total_net * PERCENT / 100, record.currency)
    with clock.at(clock.now() + timedelta(days=32)):
        month = record.issued_at.date().replace(day=1)
        [statement] = statements.state_month(organization=network.organization, month=month)
        page = "/host/" + paying_hosts.host_page(host).partition("/host/")[2]
        visitor = Client()
        stand_in.post(visitor.post(f"{page}setup/")["Location"])
        assert "Payouts are set up" in visitor.get(f"{page}?back=1").content.decode()
        operator = Client()
        operator.force_login(network.owner)
        operator.post(reverse("payments:host_pay", args=[host.public_id]))
        assert "Paid out" in visitor.get(page).content.decode()
    [transfer] = stand_in.client().v1.transfers.list({}).data
    host.refresh_from_db()
    assert (transfer.amount, transfer.destination) == (share, host.provider_ref)
    assert [line.record for line in statement.lines.all()] == [record]
    assert selectors.owed_minor(f"payable:host.{host.pk}", "EUR") == 0
    cash = to_minor(record.total_gross, record.currency) - share
    assert selectors.owed_minor("cash:stripe", record.currency) == cash
