"""A guest scans the code on a charger's display, pays on the hosted page, and charges (OCPP 2.1 C25)."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from asgiref.sync import sync_to_async
from django.test import Client

from core import clock
from payments.models import Payment
from simulator.stations import CATALOG, LiveStation, Vehicle
from stations.models import ChargingSession, DeviceVariable, PaymentCode
from tests.journeys.network import Network, demand_agreement, eventually, paid
from tests.payments.stories import pay_on_page

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
SITE = "https://forecourt.example"


@pytest.fixture
async def network(worker, settings):
    settings.PUBLIC_URL = SITE
    return await sync_to_async(Network)()


def turn_on(network: Network) -> None:
    """The operator presses the button on the charger's page of security."""
    client = Client()
    client.force_login(network.owner)
    answer = client.post("/operate/chargers/HUB-1/security/payment-code/", {"is_on": "1"})
    assert answer.status_code == 302


def is_shown() -> bool:
    return PaymentCode.objects.get().state == "taken"


def heeds_limits() -> bool:
    return DeviceVariable.objects.filter(variable="SupportedLimits", value__contains="maxEnergy").exists()


def path_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


class Guest:
    """Somebody with a telephone and a card."""

    def __init__(self, stand_in) -> None:
        self._phone, self._stand_in = Client(), stand_in

    def scan(self, url: str) -> str:
        """Where the code leads to."""
        answer = self._phone.get(path_of(url.removeprefix(SITE)))
        assert answer.status_code == 302
        return str(answer["Location"])

    def pay(self, stall: str) -> None:
        assert "0.6 kWh" in self._phone.get(stall).content.decode()
        begun = self._phone.post(stall, {"email": "guest@example.org"})
        status, headers, _ = pay_on_page(self._stand_in, begun["Location"])
        assert status == 303
        self._phone.get(path_of(headers["location"]))

    def is_sent_away(self, url: str) -> bool:
        answer = self._phone.get(path_of(url.removeprefix(SITE)))
        return answer.status_code == 403 and "Please scan again" in answer.content.decode()


async def test_a_guest_scans_the_display_and_charges_as_much_as_she_asked_for(bridge_url, network, stand_in):
    spec = await sync_to_async(network.add)("HUB-1", "2.1", settings={"sample_interval_s": 1})
    guest = Guest(stand_in)
    async with LiveStation(bridge_url, spec, speed=60) as station:
        display = station.core.web_payments
        assert display.url("HUB-1", 1, clock.now()) is None
        await sync_to_async(turn_on)(network)
        await station.until(lambda it: display.is_enabled)
        await eventually(is_shown, "the operator sees that it is shown")
        await eventually(heeds_limits, "the charger has told which limits it heeds")

        await station.plug_in(1, Vehicle(spec=CATALOG["Rapid AC"], soc_percent=30))
        old = display.url("HUB-1", 1, clock.now() - timedelta(minutes=2))
        assert await sync_to_async(guest.is_sent_away)(old)
        stall = await sync_to_async(guest.scan)(display.url("HUB-1", 1, clock.now(), maxenergy=600))
        await station.until(lambda it: it.heard("NotifyWebPaymentStarted"))
        await station.tap("04A1B2C3", 1)
        assert not station.said("Authorize"), "nobody else begins meanwhile"

        await sync_to_async(guest.pay)(stall)
        await station.until(lambda it: it.heard("RequestStartTransaction"))
        [asked] = station.heard("RequestStartTransaction")
        payment = await sync_to_async(Payment.objects.get)()
        assert asked["idToken"] == {"idToken": payment.provider_ref, "type": "DirectPayment"}
        await station.until(lambda it: told(it, "EnergyLimitReached"))
        limit = {"maxEnergy": 600, "maxCost": payment.authorized_minor / 100}
        [kept] = [info["transactionLimit"] for info in infos(station) if "transactionLimit" in info]
        assert kept == limit
        await station.unplug(1)
        await station.until_settled()
        metered_wh = station.energy_wh(1)
    session = await sync_to_async(ChargingSession.objects.get)()
    await eventually(lambda: paid(session), "the guest has paid")
    await sync_to_async(demand_agreement)(session, metered_wh)
    assert metered_wh >= 600


def infos(station: LiveStation) -> list[dict]:
    return [event["transactionInfo"] for event in station.said("TransactionEvent")]


def told(station: LiveStation, trigger: str) -> bool:
    return trigger in [event["triggerReason"] for event in station.said("TransactionEvent")]
