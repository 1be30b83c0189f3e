"""A 1.6 station's day, through the same code that serves sockets."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from core import clock
from ocpp_bridge.models import Frame, LastReply
from ocpp_bridge.replay import Conversation, exchange_all
from stations.models import ChargingSession, Connector, StrayReport
from tests.ocpp.talk import call

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
START = {
    "connectorId": 1,
    "idTag": "04A1B2C3",
    "meterStart": 1000,
    "timestamp": "2026-03-01T12:00:00Z",
}


def say(conversation: Conversation, action: str, payload: object, message_id: str | None = None):
    (reply,) = conversation.exchange(call(action, payload, message_id))
    return json.loads(reply)


@pytest.fixture
def conversation(station, card):
    with clock.at(NOON):
        yield Conversation(station, version="1.6")


def test_a_charge_from_boot_to_stop(conversation, station):
    boot = {"chargePointVendor": "Acme", "chargePointModel": "One", "firmwareVersion": "1.2"}
    assert say(conversation, "BootNotification", boot)[2]["status"] == "Accepted"
    status = {"connectorId": 1, "errorCode": "NoError", "status": "Preparing"}
    assert say(conversation, "StatusNotification", status)[2] == {}
    assert say(conversation, "Authorize", {"idTag": "04a1b2c3"})[2]["idTagInfo"]["status"] == "Accepted"
    begun = say(conversation, "StartTransaction", START)[2]
    assert begun["idTagInfo"]["status"] == "Accepted"
    number = begun["transactionId"]
    sample = {"value": "3500", "measurand": "Energy.Active.Import.Register", "unit": "Wh"}
    values = {
        "connectorId": 1,
        "transactionId": number,
        "meterValue": [{"timestamp": "2026-03-01T12:30:00Z", "sampledValue": [sample]}],
    }
    with clock.at(NOON + timedelta(minutes=30)):
        assert say(conversation, "MeterValues", values)[2] == {}
    stop = {
        "transactionId": number,
        "meterStop": 6000,
        "timestamp": "2026-03-01T13:00:00Z",
        "idTag": "04A1B2C3",
    }
    with clock.at(NOON + timedelta(hours=1)):
        assert say(conversation, "StopTransaction", stop)[2]["idTagInfo"]["status"] == "Accepted"
    session = ChargingSession.objects.get(number=number)
    assert (session.status, session.energy_wh, session.end_reason) == ("completed", 5000, "Local")
    station.refresh_from_db()
    assert (station.vendor, station.model, station.firmware) == ("Acme", "One", "1.2")
    assert Connector.objects.get(evse__station=station, evse__number=1).detail == "Preparing"


def test_a_repeated_message_id_gets_the_stored_answer_and_has_no_second_effect(conversation, station):
    text = call("StartTransaction", START, "again")
    first = conversation.exchange(text)
    assert conversation.exchange(text) == first
    elsewhere = Conversation(station, version="1.6")
    assert elsewhere.exchange(text) == first
    assert ChargingSession.objects.count() == 1


def test_a_repeated_start_under_a_new_id_finds_its_session(conversation):
    first = say(conversation, "StartTransaction", START)[2]["transactionId"]
    assert say(conversation, "StartTransaction", START)[2]["transactionId"] == first
    assert ChargingSession.objects.count() == 1


@pytest.mark.parametrize("number", [0, -1, 999_999, 2**63 - 1, 2**70])
def test_a_stop_of_an_unknown_transaction_is_answered_and_kept(conversation, number):
    stop = {"transactionId": number, "meterStop": 1, "timestamp": "2026-03-01T12:00:00Z"}
    answer = say(conversation, "StopTransaction", stop)
    assert answer[0] == 3
    assert StrayReport.objects.count() == 1


def test_an_unreadable_stop_that_names_its_transaction_ends_it_and_is_listed(conversation):
    number = say(conversation, "StartTransaction", START)[2]["transactionId"]
    broken = {"transactionId": number, "meterStop": "lots", "timestamp": 17}
    assert say(conversation, "StopTransaction", broken)[0] == 3
    assert ChargingSession.objects.get(number=number).status == "completed"
    stray = StrayReport.objects.get()
    assert stray.reason.startswith("StopTransaction:")
    assert stray.body["payload"]["meterStop"] == "lots"


def test_every_frame_is_in_the_journal_both_ways(conversation, station):
    say(conversation, "Heartbeat", {}, "h1")
    say(conversation, "Authorize", {"idTag": "x\ty\\z"}, "a1")
    conversation.exchange("garbage\0\n\r\t\\.")
    frames = list(Frame.objects.filter(station=station).order_by("id"))
    assert [(f.direction, f.message_id, f.action, f.answer[:2]) for f in frames] == [
        ("in", "h1", "Heartbeat", "[3"),
        ("in", "a1", "Authorize", "[3"),
        ("in", "-1", "", "[4"),
    ]
    assert all(f.answered_at is not None for f in frames)
    assert json.loads(frames[1].body)[3] == {"idTag": "x\ty\\z"}
    assert frames[2].body == "garbage\N{SYMBOL FOR NULL}\n\r\t\\."
    assert LastReply.objects.get(station=station).message_id == "a1"


def test_a_connection_that_was_replaced_is_not_heard_any_more(conversation, station):
    newer = Conversation(station, version="1.6")
    assert conversation.exchange(call("StartTransaction", START)) == []
    assert not ChargingSession.objects.exists()
    assert say(newer, "StartTransaction", START)[0] == 3


def test_stations_of_one_batch_get_their_own_answers(network, card):
    talks = [Conversation(network.add(f"B-{n}"), version="1.6") for n in range(5)]
    texts = [call("StartTransaction", {**START, "meterStart": n}) for n in range(5)]
    replies = exchange_all(zip(talks, texts, strict=True))
    numbers = [json.loads(reply[0])[2]["transactionId"] for reply in replies]
    assert len(set(numbers)) == 5
    for talk, number in zip(talks, numbers, strict=True):
        assert ChargingSession.objects.get(number=number).station_id == talk.station_id


@pytest.mark.parametrize(
    ("problem", "payload"),
    [
        ("number_as_text", {**START, "meterStart": "1000"}),
        ("number_as_text", {**START, "connectorId": 1.0}),
        ("empty_member", {**START, "reservationId": None}),
        ("unknown_member", {**START, "vendorExtra": {"a": 1}}),
    ],
)
def test_a_known_deviation_of_a_start_is_mended_and_counted(conversation, station, problem, payload):
    from ocpp_bridge import batches
    from ocpp_bridge.models import QuirkSeen

    assert say(conversation, "StartTransaction", payload)[0] == 3
    session = ChargingSession.objects.get()
    assert (session.meter_start_wh, session.connector_number) == (1000, 1)
    batches.write_down_quirks()
    assert QuirkSeen.objects.get(station=station).name == problem


def test_a_vendor_measurand_keeps_the_rest_of_the_values(conversation):
    from stations.models import MeterReading

    number = say(conversation, "StartTransaction", START)[2]["transactionId"]
    samples = [
        {"value": "7", "measurand": "Vendor.Magic"},
        {"value": 1500, "unit": "Wh"},
        {"value": "21.5", "measurand": "Temperature", "unit": "Celsius"},
    ]
    values = {
        "connectorId": 1,
        "transactionId": number,
        "meterValue": [{"timestamp": "2026-03-01T12:00:00Z", "sampledValue": samples}],
    }
    assert say(conversation, "MeterValues", values)[0] == 3
    reading = MeterReading.objects.get()
    assert reading.energy_wh == 1500
    assert "Vendor.Magic" in str(reading.other)


def test_a_long_vendor_text_of_a_status_is_cut(conversation, station):
    status = {"connectorId": 1, "errorCode": "NoError", "status": "Faulted", "info": "x" * 80}
    assert say(conversation, "StatusNotification", status)[0] == 3
    assert Connector.objects.get(evse__station=station, evse__number=1).info == "x" * 50
