"""Recorded 2.0.1 conversations about the device model: reports in parts, monitors, events (B, N)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core import clock
from ocpp_bridge.dialects.v201.names import about, as_attribute, as_component
from ocpp_bridge.replay import Conversation
from stations import command_kinds as kinds
from stations.models import (
    ChargingStation,
    Connector,
    DeviceEvent,
    DeviceVariable,
    StationReport,
    VariableMonitor,
)
from stations.services import monitoring, reports
from tests.ocpp.telling import ask, say

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
STAMP = "2026-03-01T12:00:00Z"


@pytest.fixture
def conversation(station):
    with clock.at(NOON):
        yield Conversation(station, version="2.0.1")


def part(request_id: int, seq_no: int, data: list | None, *, more: bool = False):
    payload = {"requestId": request_id, "generatedAt": STAMP, "seqNo": seq_no, "tbc": more}
    return payload if data is None else {**payload, "reportData": data}


def entry(component: str, variable: str, value: str, evse: dict | None = None, **more):
    place = {"name": component, "evse": evse} if evse else {"name": component}
    attribute = {"value": value, "mutability": "ReadOnly", **more.pop("attribute", {})}
    return {"component": place, "variable": {"name": variable}, "variableAttribute": [attribute], **more}


# --- names of variables -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "component", "variable"),
    [
        ("OCPPCommCtrlr.HeartbeatInterval", {"name": "OCPPCommCtrlr"}, {"name": "HeartbeatInterval"}),
        ("Connector@1:2.Available", {"name": "Connector", "evse": {"id": 1, "connectorId": 2}}, None),
        (
            "TariffCostCtrlr.Enabled[Cost]",
            {"name": "TariffCostCtrlr"},
            {"name": "Enabled", "instance": "Cost"},
        ),
        ("Fan[left].Active", {"name": "Fan", "instance": "left"}, {"name": "Active"}),
    ],
)
def test_a_variable_is_named_in_one_text(name, component, variable):
    named = as_component(name)
    assert named == {"component": component, "variable": variable or {"name": "Available"}}


def test_an_attribute_may_be_named_and_a_variable_left_out():
    assert as_attribute("EVSE@1.Power#MaxSet")["attributeType"] == "MaxSet"
    assert as_component("EVSE") == {"component": {"name": "EVSE"}}


def test_what_is_named_belongs_to_an_evse_and_a_connector():
    where = about({"name": "Connector", "evse": {"id": 2, "connectorId": 1}}, {"name": "Available"})
    assert (where["evse_number"], where["connector_number"]) == (2, 1)


# --- reports ------------------------------------------------------------------------------------


def test_a_full_report_is_asked_for_and_complete_when_its_last_part_has_come(conversation, station):
    command, said = ask(conversation, station, kinds.ReadReport(base="full"), {"status": "Accepted"})
    number = said[1]["requestId"]
    assert said == ("GetBaseReport", {"requestId": number, "reportBase": "FullInventory"})
    assert command.status == "accepted"
    characteristics = {"dataType": "integer", "unit": "s", "supportsMonitoring": False}
    first = [entry("OCPPCommCtrlr", "HeartbeatInterval", "300", variableCharacteristics=characteristics)]
    say(conversation, "NotifyReport", part(number, 0, first, more=True))
    report = StationReport.objects.get(kind="variables")
    assert (report.completed_at, report.parts, report.missing) == (None, 1, ())
    say(conversation, "NotifyReport", part(number, 1, [entry("EVSE", "Power", "22000", {"id": 1})]))
    report.refresh_from_db()
    assert (report.completed_at, report.parts) == (NOON, 2)
    interval = DeviceVariable.objects.get(variable="HeartbeatInterval")
    assert (interval.value, interval.characteristics) == ("300", characteristics)
    assert DeviceVariable.objects.get(variable="Power").evse_number == 1


def test_connectors_of_one_evse_are_told_apart(conversation):
    data = [
        entry("Connector", "Available", "true", {"id": 1, "connectorId": 1}),
        entry("Connector", "Available", "false", {"id": 1, "connectorId": 2}),
    ]
    say(conversation, "NotifyReport", part(4, 0, data))
    told = DeviceVariable.objects.order_by("connector_number").values_list("connector_number", "value")
    assert list(told) == [(1, "true"), (2, "false")]


def test_parts_that_come_twice_or_in_disorder_still_make_one_report(conversation):
    for seq_no in (1, 1, 0):
        say(conversation, "NotifyReport", part(9, seq_no, [entry("A", f"V{seq_no}", "1")], more=seq_no == 0))
    report = StationReport.objects.get()
    assert (report.parts, report.seq_nos, report.completed_at) == (2, [0, 1], NOON)


def test_a_missing_part_is_known_and_the_report_waits_for_it(conversation):
    for seq_no in (0, 2):
        say(conversation, "NotifyReport", part(9, seq_no, None, more=seq_no == 0))
    report = StationReport.objects.get()
    assert (report.missing, report.completed_at) == ((1,), None)


def test_what_a_complete_inventory_does_not_mention_is_gone_and_secrets_stay_out(conversation, station):
    say(conversation, "NotifyReport", part(3, 0, [entry("Old", "Thing", "1")]))
    with clock.at(NOON + timedelta(hours=1)):
        _, said = ask(conversation, station, kinds.ReadReport(base="full"), {"status": "Accepted"})
        data = [entry("SecurityCtrlr", "BasicAuthPassword", "very-secret")]
        say(conversation, "NotifyReport", part(said[1]["requestId"], 0, data))
    kept = DeviceVariable.objects.get()
    assert (kept.variable, kept.value) == ("BasicAuthPassword", "")


def test_a_partial_report_removes_nothing(conversation, station):
    say(conversation, "NotifyReport", part(3, 0, [entry("Old", "Thing", "1")]))
    with clock.at(NOON + timedelta(hours=1)):
        kind = kinds.ReadReport(criteria=("problem",), names=("EVSE",))
        _, said = ask(conversation, station, kind, {"status": "Accepted"})
        assert said[0] == "GetReport"
        assert said[1]["componentCriteria"] == ["Problem"]
        say(conversation, "NotifyReport", part(said[1]["requestId"], 0, [entry("EVSE", "Power", "1")]))
    assert DeviceVariable.objects.count() == 2


def test_the_same_number_used_again_begins_a_new_report(conversation):
    say(conversation, "NotifyReport", part(1, 0, [entry("A", "B", "1")]))
    later = NOON + timedelta(hours=1)
    with clock.at(later):
        say(conversation, "NotifyReport", part(1, 0, [entry("A", "B", "2")], more=True))
    report = StationReport.objects.get()
    assert (report.began_at, report.completed_at, report.parts) == (later, None, 1)


def test_an_empty_report_is_an_answer_and_no_refusal(conversation, station):
    command, _ = ask(
        conversation, station, kinds.ReadReport(criteria=("problem",)), {"status": "EmptyResultSet"}
    )
    assert (command.status, command.answer_word) == ("accepted", "EmptyResultSet")


# --- variables ----------------------------------------------------------------------------------


def test_a_setting_that_is_taken_is_known_at_once(conversation, station):
    where = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
    answer = {"setVariableResult": [{**where, "attributeStatus": "Accepted"}]}
    kind = kinds.WriteVariable(variable="OCPPCommCtrlr.HeartbeatInterval", value="60")
    command, said = ask(conversation, station, kind, answer)
    assert said == ("SetVariables", {"setVariableData": [{**where, "attributeValue": "60"}]})
    assert command.status == "accepted"
    assert DeviceVariable.objects.get().value == "60"


def test_a_setting_that_needs_a_restart_is_accepted_and_not_there_yet(conversation, station):
    where = {"component": {"name": "A"}, "variable": {"name": "B"}}
    answer = {"setVariableResult": [{**where, "attributeStatus": "RebootRequired"}]}
    command, _ = ask(conversation, station, kinds.WriteVariable(variable="A.B", value="1"), answer)
    assert (command.status, command.answer_word) == ("accepted", "RebootRequired")
    assert not DeviceVariable.objects.exists()


# --- monitors and events ------------------------------------------------------------------------

WHERE = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Temperature"}}


def test_a_monitor_is_set_reported_and_cleared(conversation, station):
    kind = kinds.SetMonitor(variable="EVSE@1.Temperature", kind="upper", value=70.5, severity=3)
    result = {**WHERE, "id": 17, "status": "Accepted", "type": "UpperThreshold", "severity": 3}
    command, said = ask(conversation, station, kind, {"setMonitoringResult": [result]})
    wanted = {**WHERE, "type": "UpperThreshold", "value": 70.5, "severity": 3, "transaction": False}
    assert said == ("SetVariableMonitoring", {"setMonitoringData": [wanted]})
    monitor = VariableMonitor.objects.get()
    assert (command.status, monitor.number, monitor.value, monitor.origin) == (
        "accepted",
        17,
        70.5,
        "CustomMonitor",
    )
    told = {"id": 17, "transaction": True, "value": 80, "type": "UpperThreshold", "severity": 2}
    monitors = [{**WHERE, "variableMonitoring": [told]}]
    payload = {"requestId": 5, "generatedAt": STAMP, "seqNo": 0, "monitor": monitors}
    assert say(conversation, "NotifyMonitoringReport", payload)[2] == {}
    monitor.refresh_from_db()
    assert (monitor.value, monitor.severity, monitor.is_transactional) == (80, 2, True)
    cleared = {"clearMonitoringResult": [{"id": 17, "status": "Accepted"}]}
    _, said = ask(conversation, station, kinds.ClearMonitors(numbers=(17,)), cleared)
    assert said == ("ClearVariableMonitoring", {"id": [17]})
    assert not VariableMonitor.objects.exists()


def test_a_monitor_that_is_refused_is_not_remembered(conversation, station):
    kind = kinds.SetMonitor(variable="EVSE@1.Temperature", kind="delta", value=1)
    result = {**WHERE, "status": "UnsupportedMonitorType", "type": "Delta", "severity": 8}
    command, _ = ask(conversation, station, kind, {"setMonitoringResult": [result]})
    assert (command.status, command.answer_word) == ("rejected", "UnsupportedMonitorType")
    assert not VariableMonitor.objects.exists()


def test_what_is_reported_may_be_narrowed(conversation, station):
    _, said = ask(conversation, station, kinds.SetMonitoringLevel(severity=4), {"status": "Accepted"})
    assert said == ("SetMonitoringLevel", {"severity": 4})
    _, said = ask(conversation, station, kinds.SetMonitoringBase(base="factory"), {"status": "Accepted"})
    assert said == ("SetMonitoringBase", {"monitoringBase": "FactoryDefault"})
    kind = kinds.ReadMonitors(criteria=("threshold",), names=("EVSE@1.Temperature",))
    _, said = ask(conversation, station, kind, {"status": "Accepted"})
    assert said[1]["monitoringCriteria"] == ["ThresholdMonitoring"]
    assert said[1]["componentVariable"] == [WHERE]


def notified(**more):
    data = {
        "eventId": 41,
        "timestamp": STAMP,
        "trigger": "Alerting",
        "actualValue": "82.5",
        "eventNotificationType": "CustomMonitor",
        "variableMonitoringId": 17,
        "techCode": "T-9",
        **WHERE,
        **more,
    }
    return {"generatedAt": STAMP, "seqNo": 0, "eventData": [data]}


def test_an_event_is_written_down_once(conversation):
    for _ in range(2):
        assert say(conversation, "NotifyEvent", notified())[2] == {}
    event = DeviceEvent.objects.get()
    assert (event.value, event.evse_number, event.monitor_number, event.is_cleared) == ("82.5", 1, 17, False)
    say(conversation, "NotifyEvent", notified(eventId=42, cleared=True, actualValue="60"))
    assert DeviceEvent.objects.get(number=42).is_cleared


def test_a_connectors_state_may_come_as_an_event(conversation, station):
    state = {
        "component": {"name": "Connector", "evse": {"id": 2, "connectorId": 1}},
        "variable": {"name": "AvailabilityState"},
        "actualValue": "Faulted",
    }
    say(conversation, "NotifyEvent", notified(**state))
    assert Connector.objects.get(evse__station=station, evse__number=2).status == "faulted"
    whole = {"component": {"name": "ChargingStation"}, "variable": {"name": "AvailabilityState"}}
    say(conversation, "NotifyEvent", notified(eventId=50, actualValue="Unavailable", **whole))
    assert ChargingStation.objects.get(pk=station.pk).status == "unavailable"


def test_old_reports_and_events_are_let_go(conversation):
    say(conversation, "NotifyEvent", notified())
    say(conversation, "NotifyReport", part(1, 0, None))
    with clock.at(NOON + timedelta(days=100)):
        assert (monitoring.forget_old_events(), reports.forget_old()) == (1, 1)


# --- network and transactions -------------------------------------------------------------------


def test_a_network_profile_is_offered(conversation, station):
    kind = kinds.SetNetworkProfile(slot=2, url="wss://csms.example/ocpp", security_profile=2)
    command, said = ask(conversation, station, kind, {"status": "Failed"})
    assert said[1]["connectionData"]["ocppCsmsUrl"] == "wss://csms.example/ocpp"
    assert (command.status, command.answer_word) == ("rejected", "Failed")


def test_a_station_tells_whether_messages_of_a_transaction_wait(conversation, station):
    kind = kinds.ReadTransactionState(transaction_id="tx-1")
    answer = {"ongoingIndicator": False, "messagesInQueue": True}
    command, said = ask(conversation, station, kind, answer)
    assert said == ("GetTransactionStatus", {"transactionId": "tx-1"})
    assert (command.status, command.answer_word) == ("accepted", "over, messages wait")
