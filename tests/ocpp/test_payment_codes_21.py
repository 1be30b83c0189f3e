"""A payment code on a display, and a charge that begins by it (OCPP 2.1 C25), as said on the wire."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

import pytest

from ocpp_bridge.models import Frame
from payments.services.showing import show_running_costs
from stations import command_kinds as kinds
from stations.limits import ChargeLimits
from stations.models import ChargingStation
from stations.services import sessions
from stations.services.device import store_variables
from tests.ocpp.telling import ask, say
from tests.ocpp.test_conversation_21 import NOON, conversation, event

pytestmark = pytest.mark.django_db

__all__ = ["conversation"]

CODE = kinds.ShowPaymentCode(
    url_template="https://charge.example/q/{chargingstationid}/{evse}/{totp}/{version}/",
    shared_secret="between two only",
)


def set_result(*words: str):
    about = {"component": {"name": "WebPaymentsCtrlr"}, "variable": {"name": "Enabled"}}
    return {"setVariableResult": [{**about, "attributeStatus": word} for word in words]}


def test_a_payment_code_is_set_whole_and_enabled_last_and_its_secret_is_not_kept(conversation, station):
    command, (action, payload) = ask(conversation, station, CODE, set_result(*["Accepted"] * 6))
    told = {item["variable"]["name"]: item["attributeValue"] for item in payload["setVariableData"]}
    assert (action, {item["component"]["name"] for item in payload["setVariableData"]}) == (
        "SetVariables",
        {"WebPaymentsCtrlr"},
    )
    assert list(told.items()) == [
        ("URLTemplate", CODE.url_template),
        ("SharedSecret", "between two only"),
        ("Length", "8"),
        ("ValidityTime", "30"),
        ("TOTPVersion", "v1"),
        ("Enabled", "true"),
    ]
    assert (command.status, command.sealed) == ("accepted", "")
    assert "between two only" not in str((command.params, command.sent))
    assert not Frame.objects.filter(body__contains="between two only").exists()


def test_a_payment_code_is_refused_when_a_part_of_it_is(conversation, station):
    _, (_, payload) = ask(conversation, station, kinds.ShowPaymentCode(is_on=False), set_result("Accepted"))
    assert [item["attributeValue"] for item in payload["setVariableData"]] == ["false"]
    words = ["Accepted"] * 5 + ["UnknownVariable"]
    command, _ = ask(conversation, station, CODE, set_result(*words))
    assert (command.status, command.answer_word) == ("rejected", "UnknownVariable")


LIMITS = ChargeLimits(energy_wh=20_000, time_s=1800, cost=Decimal("12.50"))


def start_paid(station, supported: str = "maxEnergy,maxTime, maxCost"):
    """A guest's start by a scanned code, and what the station says that it heeds."""
    known = {"component": "TxCtrlr", "variable": "SupportedLimits", "value": supported}
    store_variables(station_id=station.pk, variables=[known])
    ChargingStation.objects.filter(pk=station.pk).update(is_connected=True)
    evse = station.evses.get(number=1)
    return sessions.request_start(
        evse=evse, start_token="pi_3Mixed", token_type=sessions.PAYMENT, limits=LIMITS
    )


def heard_start(conversation):
    """The command as it leaves, accepted."""
    _, message_id, _action, payload = json.loads(conversation.next_command())
    conversation.exchange(json.dumps([3, message_id, {"status": "Accepted"}]))
    return payload


def test_a_scanned_start_names_its_payment_and_is_told_its_limits_once(conversation, station):
    session = start_paid(station)
    asked = heard_start(conversation)
    assert asked["idToken"] == {"idToken": "pi_3Mixed", "type": "DirectPayment"}
    remote = {"remoteStartId": asked["remoteStartId"]}
    token = asked["idToken"]
    started = event("Started", 0, evse={"id": 1}, idToken=token, info=remote, trigger="RemoteStart")
    for _ in range(2):
        answer = say(conversation, "TransactionEvent", started)[2]
        assert answer["transactionLimit"] == {"maxEnergy": 20_000, "maxTime": 1800, "maxCost": 12.5}
        assert answer["idTokenInfo"]["status"] == "Accepted"
    kept = {**remote, "transactionLimit": answer["transactionLimit"]}
    later = event("Updated", 1, NOON + timedelta(seconds=2), info=kept, trigger="LimitSet")
    assert "transactionLimit" not in say(conversation, "TransactionEvent", later)[2]
    session.refresh_from_db()
    assert (session.status, session.transaction_id) == ("active", "tx-21")


def test_a_transaction_that_a_plug_began_is_told_its_limits_when_the_start_reaches_it(conversation, station):
    plugged = event("Started", 0, evse={"id": 1}, trigger="CablePluggedIn")
    assert "transactionLimit" not in say(conversation, "TransactionEvent", plugged)[2]
    start_paid(station)
    asked = heard_start(conversation)
    remote = {"remoteStartId": asked["remoteStartId"]}
    at, token = NOON + timedelta(seconds=9), asked["idToken"]
    taken_up = event("Updated", 1, at, idToken=token, info=remote, trigger="RemoteStart")
    answer = say(conversation, "TransactionEvent", taken_up)[2]
    assert answer["transactionLimit"]["maxCost"] == 12.5


@pytest.mark.parametrize(("supported", "told"), [("maxTime", {"maxTime": 1800}), ("", None)])
def test_only_limits_that_the_station_heeds_are_told(conversation, station, supported, told):
    start_paid(station, supported)
    asked = heard_start(conversation)
    remote = {"remoteStartId": asked["remoteStartId"]}
    started = event("Started", 0, evse={"id": 1}, idToken=asked["idToken"], info=remote)
    assert say(conversation, "TransactionEvent", started)[2].get("transactionLimit") == told


def test_limits_that_cannot_be_found_do_not_cost_the_answer(conversation, station, monkeypatch):
    start_paid(station)
    asked = heard_start(conversation)
    monkeypatch.setattr("ocpp_bridge.limits._of_charge", lambda *about: 1 / 0)
    remote = {"remoteStartId": asked["remoteStartId"]}
    started = event("Started", 0, evse={"id": 1}, idToken=asked["idToken"], info=remote)
    answer = say(conversation, "TransactionEvent", started)
    assert (answer[0], "transactionLimit" in answer[2]) == (3, False)


def shown_costs(session) -> list[str]:
    show_running_costs()
    told = session.commands.filter(kind="show_cost")
    return [command.params["total_cost"] for command in told]


@pytest.mark.parametrize(("supported", "count"), [("maxCost", 1), ("maxTime", 0)])
def test_a_station_that_stops_at_a_cost_is_told_how_far_it_is(conversation, station, supported, count):
    """E16.FR.11."""
    session = start_paid(station, supported)
    asked = heard_start(conversation)
    remote = {"remoteStartId": asked["remoteStartId"]}
    started = event("Started", 0, evse={"id": 1}, idToken=asked["idToken"], info=remote)
    say(conversation, "TransactionEvent", started)
    assert len(shown_costs(session)) == count
