"""Conversations in OCPP 2.0.1: what a station says when the world acts on it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.simulator.fakes import NOON, Conversation, ac_spec, car, dc_spec

APP = {"idToken": "APP1", "type": "Central"}


@pytest.fixture
def talk():
    return Conversation(ac_spec("2.0.1"))


def events(talk):
    return talk.central.of("TransactionEvent")


def triggers(talk):
    return [(item["eventType"], item["triggerReason"]) for item in events(talk)]


def running(talk):
    return events(talk)[-1]["transactionInfo"]["transactionId"]


def test_plug_and_tap_make_a_whole_transaction(talk):
    talk.plug_in().after(5).tap().after(150).tap().after(1).unplug()
    assert triggers(talk) == [
        ("Started", "Authorized"),
        ("Updated", "ChargingStateChanged"),
        ("Updated", "MeterValuePeriodic"),
        ("Updated", "MeterValuePeriodic"),
        ("Ended", "StopAuthorized"),
    ]
    assert [item["seqNo"] for item in events(talk)] == [0, 1, 2, 3, 4]
    assert len({item["transactionInfo"]["transactionId"] for item in events(talk)}) == 1
    assert events(talk)[-1]["transactionInfo"]["stoppedReason"] == "Local"


def test_evse_and_token_are_told_once(talk):
    talk.plug_in().tap().after(150).unplug()
    assert [("evse" in item, "idToken" in item) for item in events(talk)] == [(True, True)] + [
        (False, False)
    ] * (len(events(talk)) - 1)


def test_a_transaction_may_begin_with_the_cable():
    spec = ac_spec("2.0.1", settings={"tx_start_points": ["EVConnected"], "tx_stop_points": ["EVConnected"]})
    talk = Conversation(spec).plug_in().after(5).tap().after(90).tap().after(60).unplug()
    assert triggers(talk)[:3] == [
        ("Started", "CablePluggedIn"),
        ("Updated", "Authorized"),
        ("Updated", "ChargingStateChanged"),
    ]
    assert "idToken" not in events(talk)[0]
    assert events(talk)[1]["idToken"]["idToken"] == "TAG1"
    stopped = [item for item in events(talk) if item["triggerReason"] == "StopAuthorized"]
    assert stopped[0]["eventType"] == "Updated"
    assert triggers(talk)[-1] == ("Ended", "EVCommunicationLost")
    assert events(talk)[-1]["transactionInfo"]["stoppedReason"] == "Local"


def test_a_transaction_may_begin_with_the_card_and_time_out():
    talk = Conversation(ac_spec("2.0.1", settings={"tx_start_points": ["Authorized"]})).tap().after(120)
    assert triggers(talk)[0] == ("Started", "Authorized")
    assert triggers(talk)[-1] == ("Ended", "EVConnectTimeout")
    assert events(talk)[-1]["transactionInfo"]["stoppedReason"] == "Timeout"


def test_a_remote_start_tells_its_number(talk):
    talk.plug_in()
    answer = talk.call("RequestStartTransaction", idToken=APP, remoteStartId=77, evseId=1)
    assert answer["status"] == "Accepted"
    assert triggers(talk)[0] == ("Started", "RemoteStart")
    assert events(talk)[0]["transactionInfo"]["remoteStartId"] == 77
    assert events(talk)[0]["idToken"] == APP


def test_a_remote_start_before_the_cable_waits_for_it(talk):
    talk.call("RequestStartTransaction", idToken=APP, remoteStartId=77, evseId=1)
    assert events(talk) == []
    assert talk.central.statuses()[-1] == "Occupied"
    talk.after(20).plug_in()
    assert triggers(talk)[0] == ("Started", "CablePluggedIn")
    assert events(talk)[0]["transactionInfo"]["remoteStartId"] == 77


def test_a_remote_stop_needs_the_right_transaction(talk):
    talk.plug_in().tap().after(60)
    assert talk.call("RequestStopTransaction", transactionId="nobody")["status"] == "Rejected"
    assert talk.call("RequestStopTransaction", transactionId=running(talk))["status"] == "Accepted"
    assert events(talk)[-1]["transactionInfo"]["stoppedReason"] == "Remote"
    assert talk.call("GetTransactionStatus") == {"messagesInQueue": False}


def test_events_of_an_offline_time_say_so_and_keep_their_numbers(talk):
    talk.plug_in().tap().after(60)
    talk.station.mischief.go_offline(talk.now, 600)
    talk.after(300).unplug().after(400)
    assert [item["seqNo"] for item in events(talk)] == list(range(len(events(talk))))
    assert "offline" not in events(talk)[0]
    assert [item["offline"] for item in events(talk) if "offline" in item] == [True] * 6
    assert events(talk)[-1]["eventType"] == "Ended"


def test_a_token_refused_after_the_start_ends_the_session(talk):
    talk.central.answers["TransactionEvent"] = {"idTokenInfo": {"status": "Blocked"}}
    talk.plug_in().tap().after(2)
    assert triggers(talk) == [("Started", "Authorized"), ("Ended", "Deauthorized")]


def test_a_reservation_is_used_by_its_holder_and_expires_for_others(talk):
    until = (NOON + timedelta(minutes=15)).isoformat()
    made = {"id": 3, "expiryDateTime": until, "idToken": APP, "evseId": 1}
    assert talk.call("ReserveNow", **made)["status"] == "Accepted"
    assert talk.call("ReserveNow", **(made | {"id": 4, "evseId": 2}))["status"] == "Accepted"
    talk.plug_in(1).tap("OTHER", 1)
    assert events(talk) == []
    talk.call("RequestStartTransaction", idToken=APP, remoteStartId=1, evseId=1)
    assert events(talk)[0]["reservationId"] == 3
    talk.after(1000)
    assert talk.central.of("ReservationStatusUpdate") == [
        {"reservationId": 4, "reservationUpdateStatus": "Expired"}
    ]


def test_a_fault_takes_the_reservation_and_the_session(talk):
    until = (NOON + timedelta(minutes=15)).isoformat()
    talk.call("ReserveNow", id=3, expiryDateTime=until, idToken=APP, evseId=2)
    talk.plug_in().tap().after(60)
    talk.station.mischief.fault(talk.now, evse=1)
    talk.station.mischief.fault(talk.now, evse=2)
    talk.after(1)
    assert triggers(talk)[-1] == ("Ended", "AbnormalCondition")
    assert talk.central.of("ReservationStatusUpdate")[0]["reservationUpdateStatus"] == "Removed"
    assert talk.central.statuses()[-1] == "Faulted"
    talk.station.mischief.repair(talk.now, evse=1)
    talk.after(1)
    assert talk.central.statuses()[-1] == "Occupied"


def test_a_reset_on_idle_waits_for_the_session(talk):
    talk.plug_in().tap().after(60)
    assert talk.call("Reset", type="OnIdle") == {"status": "Scheduled"}
    talk.after(120)
    assert talk.central.actions().count("BootNotification") == 1
    talk.unplug().after(120)
    boots = talk.central.of("BootNotification")
    assert [item["reason"] for item in boots] == ["PowerUp", "RemoteReset"]


def test_an_immediate_reset_says_why_the_session_ended(talk):
    talk.plug_in().tap().after(60)
    assert talk.call("Reset", type="Immediate") == {"status": "Accepted"}
    talk.after(60)
    assert triggers(talk)[-1] == ("Ended", "ResetCommand")
    assert talk.central.actions()[-3:].count("BootNotification") == 1


def test_unlock_refuses_while_somebody_charges(talk):
    talk.plug_in().tap().after(10)
    assert talk.call("UnlockConnector", evseId=1, connectorId=1)["status"] == "OngoingAuthorizedTransaction"
    talk.tap()
    assert talk.call("UnlockConnector", evseId=1, connectorId=1)["status"] == "Unlocked"
    assert talk.call("UnlockConnector", evseId=1, connectorId=2)["status"] == "UnknownConnector"


def test_variables_are_read_and_written(talk):
    def ask(component, variable, **more):
        return {"component": {"name": component}, "variable": {"name": variable}} | more

    read = talk.call(
        "GetVariables",
        getVariableData=[
            ask("TxCtrlr", "TxStartPoint"),
            ask("TxCtrlr", "Nope"),
            ask("Nope", "Nope"),
            ask("SecurityCtrlr", "BasicAuthPassword"),
            ask("TxCtrlr", "TxStartPoint", attributeType="MaxSet"),
        ],
    )["getVariableResult"]
    assert [item["attributeStatus"] for item in read] == [
        "Accepted",
        "UnknownVariable",
        "UnknownComponent",
        "Rejected",
        "NotSupportedAttributeType",
    ]
    assert read[0]["attributeValue"] == "PowerPathClosed"
    written = talk.call(
        "SetVariables",
        setVariableData=[
            ask("SampledDataCtrlr", "TxUpdatedInterval", attributeValue="15"),
            ask("ChargingStation", "Model", attributeValue="Other"),
            ask("TxCtrlr", "TxStartPoint", attributeValue="Whenever"),
            ask("SecurityCtrlr", "BasicAuthPassword", attributeValue="another-password-1"),
        ],
    )["setVariableResult"]
    assert [item["attributeStatus"] for item in written] == ["Accepted", "Rejected", "Rejected", "Accepted"]
    assert talk.station.settings.sample_interval_s == 15
    assert talk.station.password == "another-password-1"


def test_a_base_report_arrives_in_numbered_parts(talk):
    assert talk.call("GetBaseReport", requestId=4, reportBase="FullInventory") == {"status": "Accepted"}
    talk.after(1)
    parts = talk.central.of("NotifyReport")
    assert [item["seqNo"] for item in parts] == list(range(len(parts)))
    assert [item["tbc"] for item in parts] == [True] * (len(parts) - 1) + [False]
    assert sum(len(item["reportData"]) for item in parts) > 30


def test_triggers_answer_first_and_know_their_limits(talk):
    assert talk.call("TriggerMessage", requestedMessage="TransactionEvent")["status"] == "Rejected"
    assert talk.call("TriggerMessage", requestedMessage="SignV2GCertificate")["status"] == "NotImplemented"
    talk.plug_in().tap().after(30)
    assert talk.call("TriggerMessage", requestedMessage="TransactionEvent")["status"] == "Accepted"
    assert triggers(talk)[-1] == ("Updated", "Trigger")
    assert "meterValue" in events(talk)[-1]
    talk.call("TriggerMessage", requestedMessage="BootNotification")
    assert talk.central.of("BootNotification")[-1]["reason"] == "Triggered"


def test_a_local_list_is_kept_and_serves_offline():
    talk = Conversation(ac_spec("2.0.1", settings={"allow_offline_unknown": False}))
    entry = {"idToken": {"idToken": "KNOWN", "type": "ISO14443"}, "idTokenInfo": {"status": "Accepted"}}
    sent = {"versionNumber": 5, "updateType": "Full", "localAuthorizationList": [entry]}
    assert talk.call("SendLocalList", **sent) == {"status": "Accepted"}
    assert talk.call("GetLocalListVersion") == {"versionNumber": 5}
    late = {"versionNumber": 5, "updateType": "Differential"}
    assert talk.call("SendLocalList", **late) == {"status": "VersionMismatch"}
    talk.station.mischief.go_offline(talk.now, 100)
    talk.after(1).plug_in(1).tap("STRANGER", 1).plug_in(2).tap("known", 2).after(200)
    assert [item["idToken"]["idToken"] for item in events(talk) if "idToken" in item] == ["known"]


def test_a_dc_session_tells_soc_power_and_the_cars_voltage():
    talk = Conversation(dc_spec()).plug_in(vehicle=car("Tourer 800", soc=30)).tap().after(180)
    values = {item["measurand"]: item["value"] for item in events(talk)[-1]["meterValue"][0]["sampledValue"]}
    assert 100_000 < values["Power.Active.Import"] <= 150_000
    assert 600 < values["Voltage"] < 800
    assert 30 < values["SoC"] < 45
    assert values["Current.Import"] * values["Voltage"] == pytest.approx(
        values["Power.Active.Import"], rel=0.01
    )


def test_an_inoperative_place_is_unavailable_even_with_a_car(talk):
    talk.plug_in()
    answer = talk.call("ChangeAvailability", operationalStatus="Inoperative", evse={"id": 1})
    assert answer == {"status": "Accepted"}
    assert talk.central.statuses()[-1] == "Unavailable"
    talk.tap()
    assert events(talk) == []
