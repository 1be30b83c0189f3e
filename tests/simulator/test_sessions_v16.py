"""Conversations in OCPP 1.6: what a station says when the world acts on it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from simulator.stations.obliging import Obliging
from tests.simulator.fakes import NOON, Conversation, ac_spec, car, dc_spec


@pytest.fixture
def talk():
    return Conversation(ac_spec())


def test_a_station_boots_and_then_tells_the_state_of_every_connector(talk):
    assert talk.central.actions() == ["BootNotification"] + ["StatusNotification"] * 3
    assert [item["connectorId"] for item in talk.central.of("StatusNotification")] == [0, 1, 2]


PENDING = {"status": "Pending", "currentTime": NOON.isoformat(), "interval": 30}


@pytest.mark.parametrize("status", ["Pending", "Rejected"])
def test_a_boot_not_accepted_is_repeated_after_the_interval_and_nothing_else_is_said(status):
    talk = Conversation(ac_spec(), answers={"BootNotification": PENDING | {"status": status}})
    talk.plug_in().tap().after(95)
    assert talk.central.actions() == ["BootNotification"] * 4
    del talk.central.answers["BootNotification"]
    talk.after(30)
    assert talk.central.actions()[4:6] == ["BootNotification", "StartTransaction"]


def test_while_pending_only_triggered_messages_are_sent():
    talk = Conversation(ac_spec(), answers={"BootNotification": PENDING | {"interval": 600}})
    assert talk.call("TriggerMessage", requestedMessage="Heartbeat") == {"status": "Accepted"}
    assert talk.call("RemoteStartTransaction", idTag="A", connectorId=1) == {"status": "Rejected"}
    assert set(talk.central.actions()) == {"BootNotification", "Heartbeat"}


def test_plug_and_tap_start_a_transaction_and_another_tap_stops_it(talk):
    talk.plug_in().after(5).tap().after(600).tap().after(1).unplug()
    start, stop = talk.central.of("StartTransaction")[0], talk.central.of("StopTransaction")[0]
    assert start == {
        "connectorId": 1,
        "idTag": "TAG1",
        "meterStart": 1000,
        "timestamp": "2026-11-23T12:00:05.000Z",
    }
    assert stop["transactionId"] == 101
    assert stop["idTag"] == "TAG1"
    assert stop["reason"] == "Local"
    assert stop["meterStop"] > 2_500
    assert talk.central.statuses() == ["Available", "Preparing", "Charging", "Finishing", "Available"]


def test_a_tap_before_the_cable_starts_when_the_cable_comes(talk):
    talk.tap().after(20)
    assert talk.central.of("StartTransaction") == []
    talk.plug_in()
    assert talk.central.of("StartTransaction")[0]["idTag"] == "TAG1"


def test_an_authorization_without_a_car_lapses(talk):
    talk.tap().after(120)
    assert talk.central.statuses() == ["Available", "Preparing", "Available"]
    talk.plug_in()
    assert talk.central.of("StartTransaction") == []


def test_a_refused_card_starts_nothing(talk):
    talk.central.answers["Authorize"] = {"idTagInfo": {"status": "Blocked"}}
    talk.plug_in().tap().after(60)
    assert "StartTransaction" not in talk.central.actions()


def test_a_card_refused_after_the_start_ends_the_session(talk):
    talk.central.answers["StartTransaction"] = {"idTagInfo": {"status": "Invalid"}, "transactionId": 5}
    talk.plug_in().tap().after(1)
    assert talk.central.of("StopTransaction")[0]["reason"] == "DeAuthorized"


def test_another_card_stops_a_session_only_within_the_same_group(talk):
    info = {"idTagInfo": {"status": "Accepted", "parentIdTag": "FLEET"}}
    talk.central.answers["Authorize"] = info
    talk.plug_in().tap("TAG1").after(60).tap("TAG2")
    assert talk.central.of("StopTransaction")[0]["idTag"] == "TAG2"
    talk.unplug().plug_in().tap("TAG1").after(60)
    talk.central.answers["Authorize"] = {"idTagInfo": {"status": "Accepted"}}
    talk.tap("TAG3")
    assert len(talk.central.of("StopTransaction")) == 1


def test_meter_values_come_every_interval_and_only_rise(talk):
    talk.plug_in().tap().after(1800)
    values = talk.central.of("MeterValues")
    registers = [int(item["meterValue"][0]["sampledValue"][0]["value"]) for item in values]
    assert len(values) == 30
    assert registers == sorted(registers)
    assert {item["transactionId"] for item in values} == {101}


def test_a_full_car_suspends_the_session_until_it_leaves(talk):
    talk.plug_in(vehicle=car(soc=98)).tap().after(3600).unplug()
    assert talk.central.statuses()[-2:] == ["SuspendedEV", "Available"]
    assert talk.central.of("StopTransaction")[0]["reason"] == "EVDisconnected"


def test_a_remote_start_and_stop_by_number(talk):
    talk.plug_in()
    assert talk.call("RemoteStartTransaction", idTag="APP1", connectorId=1) == {"status": "Accepted"}
    assert "Authorize" not in talk.central.actions()
    assert talk.call("RemoteStopTransaction", transactionId=999) == {"status": "Rejected"}
    assert talk.call("RemoteStopTransaction", transactionId=101) == {"status": "Accepted"}
    assert talk.central.of("StopTransaction")[0]["reason"] == "Remote"


def test_an_occupied_or_missing_connector_refuses_a_remote_start(talk):
    talk.plug_in().tap()
    assert talk.call("RemoteStartTransaction", idTag="APP1", connectorId=1) == {"status": "Rejected"}
    assert talk.call("RemoteStartTransaction", idTag="APP1", connectorId=9) == {"status": "Rejected"}


def test_a_remote_start_may_bring_a_limit(talk):
    profile = {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": {
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 8}],
        },
    }
    talk.plug_in()
    talk.call("RemoteStartTransaction", idTag="APP1", connectorId=1, chargingProfile=profile)
    talk.after(60)
    assert 7.5 < talk.station.cabinet.evse(1).flow.current_a <= 8


def test_transaction_messages_wait_for_the_line_and_keep_their_times(talk):
    talk.station.mischief.go_offline(talk.now, 1800)
    talk.after(1).plug_in().tap().after(900).unplug().after(10)
    assert "StartTransaction" not in talk.central.actions()
    talk.after(1800)
    start, stop = talk.central.of("StartTransaction")[0], talk.central.of("StopTransaction")[0]
    assert start["timestamp"] == "2026-11-23T12:00:01.000Z"
    assert stop["timestamp"] == "2026-11-23T12:15:01.000Z"
    assert stop["transactionId"] == 101
    assert {item["transactionId"] for item in talk.central.of("MeterValues")} == {101}
    assert talk.central.actions().count("BootNotification") == 1


def test_a_refused_transaction_message_is_tried_again_with_its_id_and_then_dropped(talk):
    talk.central.answers["StartTransaction"] = ("error", "InternalError")
    talk.plug_in().tap().after(1000).unplug().after(10)
    ids = [
        message_id
        for message_id, action in zip(talk.central.ids, talk.central.actions(), strict=True)
        if action == "StartTransaction"
    ]
    assert len(ids) == 3
    assert len(set(ids)) == 1
    assert talk.central.of("StopTransaction")[0]["transactionId"] == -1


def test_a_reservation_is_for_its_holder(talk):
    until = (NOON + timedelta(minutes=15)).isoformat()
    made = {"connectorId": 1, "idTag": "TAG1", "reservationId": 7, "expiryDate": until}
    assert talk.call("ReserveNow", **made) == {"status": "Accepted"}
    assert talk.central.statuses()[-1] == "Reserved"
    talk.plug_in().tap("STRANGER")
    assert talk.central.of("StartTransaction") == []
    assert talk.call("RemoteStartTransaction", idTag="STRANGER", connectorId=1) == {"status": "Rejected"}
    talk.tap("tag1")
    assert talk.central.of("StartTransaction")[0]["reservationId"] == 7


def test_a_reservation_expires_by_itself_and_can_be_canceled(talk):
    until = (NOON + timedelta(minutes=15)).isoformat()
    made = {"connectorId": 1, "idTag": "TAG1", "reservationId": 7, "expiryDate": until}
    talk.call("ReserveNow", **made)
    assert talk.call("ReserveNow", **(made | {"reservationId": 8})) == {"status": "Occupied"}
    talk.after(16 * 60)
    assert talk.central.statuses()[-2:] == ["Reserved", "Available"]
    assert talk.call("CancelReservation", reservationId=7) == {"status": "Rejected"}


def test_an_unavailable_or_broken_connector_takes_no_reservation(talk):
    until = (NOON + timedelta(minutes=15)).isoformat()
    talk.call("ChangeAvailability", connectorId=1, type="Inoperative")
    talk.station.mischief.fault(talk.now, evse=2)
    for connector, status in ((1, "Unavailable"), (2, "Faulted")):
        made = {"connectorId": connector, "idTag": "T", "reservationId": connector, "expiryDate": until}
        assert talk.call("ReserveNow", **made) == {"status": status}


def test_availability_waits_for_the_end_of_a_session(talk):
    talk.plug_in().tap().after(60)
    assert talk.call("ChangeAvailability", connectorId=0, type="Inoperative") == {"status": "Scheduled"}
    assert talk.central.statuses(2)[-1] == "Unavailable"
    talk.unplug()
    assert talk.central.statuses(1)[-1] == "Unavailable"
    assert talk.call("ChangeAvailability", connectorId=0, type="Operative") == {"status": "Accepted"}
    assert talk.central.statuses(1)[-1] == "Available"


@pytest.mark.parametrize(("kind", "reason"), [("Soft", "SoftReset"), ("Hard", "HardReset")])
def test_a_reset_ends_sessions_goes_dark_and_boots_again(talk, kind, reason):
    talk.plug_in().tap().after(60)
    assert talk.call("Reset", type=kind) == {"status": "Accepted"}
    talk.after(60)
    assert talk.central.of("StopTransaction")[0]["reason"] == reason
    assert talk.central.actions().count("BootNotification") == 2


def test_unlocking_ends_the_session(talk):
    talk.plug_in().tap().after(60)
    assert talk.call("UnlockConnector", connectorId=1) == {"status": "Unlocked"}
    assert talk.central.of("StopTransaction")[0]["reason"] == "UnlockCommand"


def test_the_answer_comes_before_the_triggered_message(talk):
    asked = '[2,"t","TriggerMessage",{"requestedMessage":"MeterValues","connectorId":1}]'
    frames = talk.station.receive(asked, talk.now)
    assert [frame[:2] for frame in frames] == ["[3", "[2"]


def test_unknown_and_unsupported_actions_are_told_apart():
    talk = Conversation(ac_spec(settings={"has_security_extension": False}))
    frames = talk.station.receive('[2,"x","Nonsense",{}]', talk.now)
    assert '"NotImplemented"' in frames[0]
    log = {"remoteLocation": "https://files/in/"}
    assert talk.call("GetLog", logType="SecurityLog", requestId=1, log=log) == ("error", "NotSupported")
    frames = talk.station.receive('[2,"y","Reset",{"type":"Sideways"}]', talk.now)
    assert '"FormationViolation"' in frames[0]


def test_configuration_is_read_written_and_refused(talk):
    read = talk.call("GetConfiguration", key=["HeartbeatInterval", "Nope", "AuthorizationKey"])
    assert read["unknownKey"] == ["Nope"]
    assert read["configurationKey"][0] == {"key": "HeartbeatInterval", "readonly": False, "value": "300"}
    assert "value" not in read["configurationKey"][1]
    for key, value, status in (
        ("MeterValueSampleInterval", "10", "Accepted"),
        ("MeterValueSampleInterval", "soon", "Rejected"),
        ("NumberOfConnectors", "3", "Rejected"),
        ("Nope", "1", "NotSupported"),
        ("WebSocketPingInterval", "30", "RebootRequired"),
    ):
        assert talk.call("ChangeConfiguration", key=key, value=value) == {"status": status}
    talk.plug_in().tap().after(60)
    assert len(talk.central.of("MeterValues")) == 6
    assert len(talk.call("GetConfiguration")["configurationKey"]) > 25


def test_clock_aligned_values_come_at_whole_quarters(talk):
    talk.after(100)
    talk.call("ChangeConfiguration", key="ClockAlignedDataInterval", value="900")
    talk.after(1800)
    stamps = [item["meterValue"][0]["timestamp"] for item in talk.central.of("MeterValues")]
    assert stamps == ["2026-11-23T12:15:00.000Z"] * 2 + ["2026-11-23T12:30:00.000Z"] * 2


def test_a_heartbeat_is_sent_only_when_nothing_else_was(talk):
    talk.after(950)
    assert talk.central.of("Heartbeat") == [{}, {}, {}]
    before = len(talk.central.of("Heartbeat"))
    talk.plug_in().tap().after(900)
    assert len(talk.central.of("Heartbeat")) == before


def test_a_dc_station_tells_the_state_of_charge():
    talk = Conversation(dc_spec("1.6")).plug_in().tap().after(120)
    values = talk.central.of("MeterValues")[-1]["meterValue"][0]["sampledValue"]
    soc = next(item for item in values if item["measurand"] == "SoC")
    assert soc["unit"] == "Percent"
    assert 40 < int(soc["value"]) < 50


def test_an_obliging_guest_comes_when_called_and_leaves_when_full(talk):
    Obliging(talk.station)
    talk.call("RemoteStartTransaction", idTag="APP1", connectorId=1)
    talk.after(15)
    assert talk.central.of("StartTransaction")[0]["idTag"] == "APP1"
    talk.station.cabinet.evse(1).vehicle.soc_percent = 100.0
    talk.after(120)
    assert talk.central.of("StopTransaction")[0]["reason"] == "EVDisconnected"
    assert talk.central.statuses()[-1] == "Available"


def test_a_date_that_is_none_is_answered_with_an_error(talk):
    reservation = {"connectorId": 1, "idTag": "T", "reservationId": 1, "expiryDate": "9999-99-99T00:00:00Z"}
    asked = json.dumps([2, "d", "ReserveNow", reservation])
    code = json.loads(talk.station.receive(asked, talk.now)[0])[2]
    assert code in ("PropertyConstraintViolation", "FormationViolation")
