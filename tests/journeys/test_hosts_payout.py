"""From a charge at the mall to two banks, the mall's and the network's: billed, captured, shared, sent."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from asgiref.sync import sync_to_async
from django.test import Client
from django.urls import reverse
from psycopg.types.range import TimestamptzRange

from core import clock
from core.money import to_minor
from payments import selectors
from payments.models import ChargeDetailRecord, PlatformTerms, SiteHost
from payments.selectors.hosts import owed_to_host
from payments.services import checkout, hosting, paying_hosts, statements
from payments.services.reconciliation import ask_reconciliation, run_reconciliation
from simulator.stations import CATALOG, LiveStation, Vehicle
from stations.models import ChargingSession
from tests.journeys.network import Network, eventually, paid

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
PERCENT, PLATFORM_PERCENT = Decimal("12.5"), Decimal(2)


@pytest.fixture
def network(transactional_db, stand_in) -> Network:
    return Network()


async def test_an_eighth_of_what_was_sold_reaches_the_host_and_the_rest_the_network(
    network, bridge_url, worker, stand_in
):
    spec = await sync_to_async(network.add)("HUB-1", "2.0.1")
    host = await sync_to_async(invited)(network)
    async with LiveStation(bridge_url, spec, spec.password, speed=60) as station:
        session = await charged(network, station)
        await eventually(lambda: paid(session), "the charge is paid")
    await sync_to_async(pay_out)(network, host, session, stand_in)


def invited(network):
    """The mall gets its part, the installation two percent, the network what is left."""
    boss, organization, begun = network.owner, network.organization, clock.now() - timedelta(days=1)
    host = hosting.add_host(actor=boss, organization=organization, name="Mall", email="mall@example.org")
    hosting.give_share(actor=boss, host=host, location=network.location, percent=PERCENT, starts_at=begun)
    during = TimestamptzRange(begun, None)
    PlatformTerms.objects.create(organization=organization, percent=PLATFORM_PERCENT, during=during)
    hosting.pay_ourselves(actor=boss, organization=organization)
    return host


async def charged(network, station) -> ChargingSession:
    card = await sync_to_async(network.card)("A1", email="mia@example.org")
    evse = await sync_to_async(lambda: network.station("HUB-1").evses.get(number=1))()
    await station.until_status(1, "Available")
    await station.plug_in(1, Vehicle(spec=CATALOG["Rapid AC"], soc_percent=30))
    await sync_to_async(lambda: checkout.pay_at_once(evse=evse, driver=card.user))()
    await station.until(lambda it: it.energy_wh(1) > 700, 30)
    await station.unplug(1)
    await station.until_settled()
    return await sync_to_async(lambda: ChargingSession.objects.get(evse=evse))()


def pay_out(network, host, session, stand_in) -> None:
    """A month later: both say where their money goes, the operator pays, every place agrees."""
    record = ChargeDetailRecord.objects.get(session=session)
    asked = ask_reconciliation(organization=network.organization)
    run = run_reconciliation(run_id=asked.pk, quiet=timedelta(0))
    assert run.found == 0
    gross = to_minor(record.total_gross, record.currency)
    share = to_minor(record.total_net * PERCENT / 100, record.currency)
    kept = to_minor(record.total_net * PLATFORM_PERCENT / 100, record.currency)
    left = gross - selectors.owed_minor("expense:provider_fees", "EUR") - share - kept
    own = SiteHost.objects.get(kind="organization")
    with clock.at(clock.now() + timedelta(days=32)):
        month = record.issued_at.date().replace(day=1)
        stated = statements.state_month(organization=network.organization, month=month)
        for payee in (host, own):
            paid_by_a_click(network, payee, stand_in)
    transfers = stand_in.client().v1.transfers.list({}).data
    for payee, statement, amount in zip((host, own), stated, (share, left), strict=True):
        payee.refresh_from_db()
        [transfer] = [one for one in transfers if one.destination == payee.provider_ref]
        assert statement.share_minor == transfer.amount == amount
        assert [line.record for line in statement.lines.all()] == [record]
        assert owed_to_host(payee, "EUR") == 0
    assert selectors.owed_minor("cash:stripe", record.currency) == kept


def paid_by_a_click(network, payee, stand_in) -> None:
    page = "/host/" + paying_hosts.host_page(payee).partition("/host/")[2]
    visitor, operator = Client(), Client()
    stand_in.post(visitor.post(f"{page}setup/")["Location"])
    assert "Payouts are set up" in visitor.get(f"{page}?back=1").content.decode()
    operator.force_login(network.owner)
    operator.post(reverse("payments:host_pay", args=[payee.public_id]))
    assert "Paid out" in visitor.get(page).content.decode()
