"""What a charge costs, told to stations that show it (2.0.1 I02, I03)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core import clock
from ocpp_bridge import costs
from ocpp_bridge.replay import Conversation
from payments.services import showing, tariffs
from stations.models import StationCommand
from stations.services.connectivity import disconnected
from stations.services.device import store_variables
from tests.ocpp.telling import say
from tests.ocpp.test_conversation_201 import CARD, event, register

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ENERGY = [{"price_components": [{"type": "ENERGY", "price": "0.50", "step_size": 1}]}]


@pytest.fixture
def conversation(station, card, network):
    costs.shows.clear()
    with clock.at(NOON):
        yield Conversation(station, version="2.0.1")


@pytest.fixture
def price(network):
    with clock.at(NOON - timedelta(days=1)):
        tariff = tariffs.create_tariff(organization=network.organization, name="Plain", elements=ENERGY)
        tariffs.assign_tariff(tariff=tariff, location=network.location, starts_at=clock.now())
    return tariff


@pytest.fixture
def display(station):
    """The station says that it shows costs."""
    shown = {"component": "TariffCostCtrlr", "variable": "Enabled", "instance": "Cost", "value": "true"}
    store_variables(station_id=station.pk, variables=[shown])


def begin(conversation: Conversation) -> None:
    values = register(1000, NOON, "Transaction.Begin")
    started = event("Started", 0, NOON, evse={"id": 1}, idToken=CARD, meterValue=values)
    say(conversation, "TransactionEvent", started)


def charge(conversation: Conversation, wh: int, at: datetime) -> None:
    say(conversation, "TransactionEvent", event("Updated", 1, at, meterValue=register(wh, at)))


def end(conversation: Conversation, wh: int, at: datetime):
    values = register(wh, at, "Transaction.End")
    info = {"stoppedReason": "EVDisconnected"}
    return say(conversation, "TransactionEvent", event("Ended", 2, at, info=info, meterValue=values))[2]


def test_the_end_of_a_charge_is_answered_with_its_cost(conversation, price, display):
    begin(conversation)
    half, hour = NOON + timedelta(minutes=30), NOON + timedelta(hours=1)
    with clock.at(half):
        charge(conversation, 6000, half)
    with clock.at(hour):
        assert end(conversation, 11_000, hour) == {"totalCost": 5.0}


def test_a_station_that_shows_no_costs_is_told_none(conversation, price):
    begin(conversation)
    hour = NOON + timedelta(hours=1)
    with clock.at(hour):
        charge(conversation, 6000, hour)
        assert end(conversation, 11_000, hour) == {}


def test_what_waits_for_review_has_no_final_cost(conversation, price, display):
    begin(conversation)
    hour = NOON + timedelta(hours=1)
    with clock.at(hour):
        charge(conversation, 6000, hour)
        assert end(conversation, 900, hour) == {}


def test_running_costs_are_told_when_they_change(conversation, station, price, display):
    begin(conversation)
    half = NOON + timedelta(minutes=30)
    with clock.at(half):
        charge(conversation, 6000, half)
        assert showing.show_running_costs() == 1
        assert showing.show_running_costs() == 0
    command = StationCommand.objects.get(kind="show_cost")
    assert float(command.params["total_cost"]) == 2.5
    assert command.params["transaction_id"] == "tx-1"
    later = half + timedelta(minutes=1)
    with clock.at(later):
        say(conversation, "TransactionEvent", event("Updated", 2, later, meterValue=register(7000, later)))
        disconnected(station_id=station.pk, connection_no=conversation.state.connection_no)
        assert showing.show_running_costs() == 0
