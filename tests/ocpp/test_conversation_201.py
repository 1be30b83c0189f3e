"""A 2.0.1 station's day, through the same code that serves sockets."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from core import clock
from ocpp_bridge.replay import Conversation
from stations.models import ChargingSession, Connector, MeterReading, StrayReport
from tests.ocpp.talk import call

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CARD = {"idToken": "04A1B2C3", "type": "ISO14443"}


def say(conversation: Conversation, action: str, payload: object, message_id: str | None = None):
    (reply,) = conversation.exchange(call(action, payload, message_id))
    return json.loads(reply)


def event(kind: str, seq_no: int, at: datetime, **more):
    info = {"transactionId": "tx-1", **more.pop("info", {})}
    return {
        "eventType": kind,
        "timestamp": at.isoformat(),
        "triggerReason": more.pop("trigger", "CablePluggedIn"),
        "seqNo": seq_no,
        "transactionInfo": info,
        **more,
    }


def register(value: float, at: datetime, context: str = "Sample.Periodic", **unit):
    sample = {"value": value, "context": context, "measurand": "Energy.Active.Import.Register"}
    if unit:
        sample["unitOfMeasure"] = unit
    return [{"timestamp": at.isoformat(), "sampledValue": [sample]}]


@pytest.fixture
def conversation(station, card):
    with clock.at(NOON):
        yield Conversation(station, version="2.0.1")


def begin(conversation: Conversation, **more):
    evse = {"id": 1, "connectorId": 1}
    values = register(1.0, NOON, "Transaction.Begin", unit="kWh")
    return say(
        conversation,
        "TransactionEvent",
        event("Started", 0, NOON, evse=evse, idToken=CARD, meterValue=values, **more),
    )


def test_a_charge_from_boot_to_the_end_of_its_transaction(conversation, station):
    boot = {"reason": "PowerUp", "chargingStation": {"vendorName": "Acme", "model": "Two"}}
    assert say(conversation, "BootNotification", boot)[2]["status"] == "Accepted"
    status = {
        "timestamp": NOON.isoformat(),
        "connectorStatus": "Occupied",
        "evseId": 1,
        "connectorId": 1,
    }
    assert say(conversation, "StatusNotification", status)[2] == {}
    assert say(conversation, "Authorize", {"idToken": CARD})[2]["idTokenInfo"]["status"] == "Accepted"
    assert (
        begin(conversation, info={"chargingState": "EVConnected"})[2]["idTokenInfo"]["status"] == "Accepted"
    )
    half = NOON + timedelta(minutes=30)
    with clock.at(half):
        charging = event(
            "Updated",
            1,
            half,
            trigger="ChargingStateChanged",
            info={"chargingState": "Charging"},
            meterValue=register(3500, half),
        )
        assert say(conversation, "TransactionEvent", charging)[2] == {}
    session = ChargingSession.objects.get(transaction_id="tx-1")
    assert (session.phase, session.energy_wh) == ("charging", 2500)
    end = NOON + timedelta(hours=1)
    with clock.at(end):
        ended = event(
            "Ended",
            2,
            end,
            trigger="EVDeparted",
            info={"stoppedReason": "EVDisconnected"},
            meterValue=register(6000, end, "Transaction.End"),
        )
        assert say(conversation, "TransactionEvent", ended)[2] == {}
    session.refresh_from_db()
    assert (session.status, session.energy_wh, session.meter_start_wh) == ("completed", 5000, 1000)
    assert session.end_reason == "EVDisconnected"
    assert Connector.objects.get(evse__station=station, evse__number=1).status == "occupied"


def test_a_unit_with_a_power_of_ten_is_understood(conversation):
    begin(conversation)
    at = NOON + timedelta(minutes=5)
    values = register(25, at, unit="Wh", multiplier=2)
    with clock.at(at):
        say(conversation, "TransactionEvent", event("Updated", 1, at, meterValue=values))
    assert MeterReading.objects.get(energy_wh=2500).session.transaction_id == "tx-1"


def test_a_repeated_event_changes_nothing(conversation):
    begin(conversation)
    begin(conversation)
    assert ChargingSession.objects.count() == 1


def test_an_unknown_token_is_told_so_and_the_start_is_kept(conversation):
    stranger = {"idToken": "DEADBEEF", "type": "ISO14443"}
    answer = say(
        conversation, "TransactionEvent", event("Started", 0, NOON, evse={"id": 1}, idToken=stranger)
    )
    assert answer[2]["idTokenInfo"]["status"] == "Invalid"
    assert ChargingSession.objects.get().token_uid == "DEADBEEF"


def test_a_start_without_authorization_is_accepted(conversation):
    nobody = {"idToken": "", "type": "NoAuthorization"}
    answer = say(conversation, "TransactionEvent", event("Started", 0, NOON, evse={"id": 1}, idToken=nobody))
    assert answer[2].get("idTokenInfo", {"status": "Accepted"})["status"] == "Accepted"
    assert ChargingSession.objects.get().status == "active"


def test_an_event_without_its_evse_or_with_empty_members_is_taken(conversation):
    payload = event("Started", 0, NOON, meterValue=[], evse=None, idToken=CARD)
    assert say(conversation, "TransactionEvent", payload)[0] == 3
    assert ChargingSession.objects.get().evse is None


def test_an_unreadable_event_that_names_its_transaction_is_kept_and_listed(conversation):
    broken = event("Started", 0, NOON, evse={"id": "one"}, idToken=CARD)
    assert say(conversation, "TransactionEvent", broken)[0] == 3
    assert ChargingSession.objects.get().transaction_id == "tx-1"
    assert StrayReport.objects.filter(reason__startswith="TransactionEvent:").count() == 1


def test_an_event_that_names_nothing_is_refused(conversation):
    nameless = event("Started", 0, NOON)
    del nameless["transactionInfo"]
    answer = say(conversation, "TransactionEvent", nameless)
    assert (answer[0], answer[2]) == (4, "OccurrenceConstraintViolation")


def test_vendor_words_are_taken_as_they_are(conversation):
    payload = event("Started", 0, NOON, trigger="VendorButton", evse={"id": 1}, idToken=CARD)
    assert say(conversation, "TransactionEvent", payload)[0] == 3


def test_values_of_nobody_belong_to_the_session_that_ran_there(conversation):
    begin(conversation)
    at = NOON + timedelta(minutes=10)
    with clock.at(at):
        values = {"evseId": 1, "meterValue": register(2000, at, "Sample.Clock")}
        assert say(conversation, "MeterValues", values)[2] == {}
    assert MeterReading.objects.get(context="clock").session.transaction_id == "tx-1"
