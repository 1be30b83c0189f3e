"""2.x: reports in parts, monitors that tell, texts on the display, what is known of customers."""

from __future__ import annotations

import pytest

from tests.simulator.fakes import Conversation, ac_spec

METER = {
    "component": {"name": "FiscalMetering", "evse": {"id": 1}},
    "variable": {"name": "EnergyImportRegister"},
}
STATE = {
    "component": {"name": "Connector", "evse": {"id": 1, "connectorId": 1}},
    "variable": {"name": "AvailabilityState"},
}


@pytest.fixture(params=["2.0.1", "2.1"])
def talk(request):
    return Conversation(ac_spec(request.param))


def parts(talk, action, member):
    """Every item of the last report; its parts must be whole."""
    said = talk.central.of(action)
    assert [item["tbc"] for item in said] == [True] * (len(said) - 1) + [False]
    if "seqNo" in said[0]:
        assert [item["seqNo"] for item in said] == list(range(len(said)))
    return [item for part in said for item in part[member]]


def report(talk, action="GetReport", **criteria):
    talk.central.said.clear()
    answer = talk.call(action, requestId=8, **criteria)
    talk.after(1)
    if answer["status"] != "Accepted":
        return answer["status"]
    return parts(talk, "NotifyReport", "reportData")


# --- reports ---------------------------------------------------------------------------------


def test_the_inventories_are_whole_writable_and_short(talk):
    everything = report(talk, "GetBaseReport", reportBase="FullInventory")
    writable = report(talk, "GetBaseReport", reportBase="ConfigurationInventory")
    summary = report(talk, "GetBaseReport", reportBase="SummaryInventory")
    assert len(everything) > len(writable) > len(summary) > 0
    assert {item["variableAttribute"][0]["mutability"] for item in writable} == {"ReadWrite", "WriteOnly"}
    assert {item["variable"]["name"] for item in summary} == {"AvailabilityState"}
    assert talk.central.faults == []


def test_a_report_of_named_components_holds_nothing_else(talk):
    found = report(talk, componentVariable=[{"component": {"name": "EVSE"}}])
    assert {(item["component"]["name"], item["component"]["evse"]["id"]) for item in found} == {
        ("EVSE", 1),
        ("EVSE", 2),
    }
    assert len(report(talk, componentVariable=[METER])) == 1
    assert report(talk, componentVariable=[{"component": {"name": "Nonsense"}}]) == "EmptyResultSet"


def test_criteria_choose_what_is_on_and_what_has_a_problem(talk):
    assert len(report(talk, componentCriteria=["Available"])) > 20
    assert report(talk, componentCriteria=["Problem"]) == "EmptyResultSet"


# --- monitors --------------------------------------------------------------------------------


def watch(talk, kind, value, *, where=METER, severity=5, **more):
    data = {**where, "type": kind, "value": value, "severity": severity, **more}
    return talk.call("SetVariableMonitoring", setMonitoringData=[data])["setMonitoringResult"][0]


def told(talk):
    return [item for event in talk.central.of("NotifyEvent") for item in event["eventData"]]


def test_a_threshold_alerts_once(talk):
    assert watch(talk, "UpperThreshold", 1500)["status"] == "Accepted"
    talk.plug_in().tap().after(1200)
    assert [(item["trigger"], item["variableMonitoringId"]) for item in told(talk)] == [("Alerting", 1)]
    assert float(told(talk)[0]["actualValue"]) > 1500
    assert talk.central.faults == []


def test_a_delta_tells_every_change_of_a_word(talk):
    watch(talk, "Delta", 1, where=STATE)
    talk.plug_in().after(10).unplug().after(1)
    assert [item["actualValue"] for item in told(talk)] == ["Occupied", "Available"]


def test_a_rhythm_is_kept_and_the_clocks_own_is_aligned(talk):
    watch(talk, "Periodic", 100)
    talk.after(350)
    assert len(told(talk)) == 3
    talk.central.said.clear()
    talk.call("ClearVariableMonitoring", id=[1])
    watch(talk, "PeriodicClockAligned", 900)
    talk.after(1800)
    assert [item["timestamp"][14:19] for item in told(talk)] == ["15:00", "30:00"]


def test_a_monitor_that_cannot_be_is_refused_for_its_reason(talk):
    unknown = {"component": {"name": "Nonsense"}, "variable": {"name": "X"}}
    assert watch(talk, "Delta", 1, where=unknown)["status"] == "UnknownComponent"
    assert watch(talk, "UpperThreshold", 1, where=STATE)["status"] == "UnsupportedMonitorType"
    assert watch(talk, "Delta", -1)["status"] == "Rejected"
    assert watch(talk, "Delta", 1, id=77)["status"] == "Rejected"
    assert [watch(talk, "Delta", value)["status"] for value in (5, 6)] == ["Accepted", "Duplicate"]
    assert watch(talk, "Delta", 6, id=1)["status"] == "Accepted"


def test_levels_and_bases_quiet_monitors_and_a_report_lists_them(talk):
    watch(talk, "Periodic", 60, severity=8)
    watch(talk, "Delta", 1, where=STATE, severity=2)
    talk.call("SetMonitoringLevel", severity=4)
    talk.after(200).plug_in().after(1)
    assert [item["trigger"] for item in told(talk)] == ["Delta"]
    talk.call("GetMonitoringReport", requestId=4, monitoringCriteria=["PeriodicMonitoring"])
    talk.after(1)
    found = parts(talk, "NotifyMonitoringReport", "monitor")
    assert [item["variableMonitoring"][0]["type"] for item in found] == ["Periodic"]
    talk.call("SetMonitoringBase", monitoringBase="FactoryDefault")
    assert talk.call("GetMonitoringReport", requestId=5)["status"] == "EmptyResultSet"
    assert talk.call("ClearVariableMonitoring", id=[1])["clearMonitoringResult"][0]["status"] == "NotFound"


# --- texts and people ------------------------------------------------------------------------


def show(talk, number, text="Welcome", **more):
    message = {"id": number, "priority": "NormalCycle", "message": {"format": "UTF8", "content": text}}
    return talk.call("SetDisplayMessage", message=message | more)["status"]


def shown(talk, **wanted):
    talk.central.said.clear()
    if talk.call("GetDisplayMessages", requestId=6, **wanted)["status"] == "Unknown":
        return []
    talk.after(1)
    return [item["id"] for item in parts(talk, "NotifyDisplayMessages", "messageInfo")]


def test_texts_are_shown_listed_and_go_with_their_transaction(talk):
    assert show(talk, 1) == "Accepted"
    assert show(talk, 2, transactionId="nobody's") == "UnknownTransaction"
    assert show(talk, 3, message={"format": "HTML", "content": "<b>"}) == "NotSupportedMessageFormat"
    talk.plug_in().tap().after(5)
    running = talk.station.cabinet.evse(1).transaction.transaction_id
    assert show(talk, 4, transactionId=running, priority="InFront") == "Accepted"
    assert shown(talk) == [1, 4]
    assert shown(talk, priority="InFront") == [4]
    talk.unplug()
    assert shown(talk) == [1]
    assert [talk.call("ClearDisplayMessage", id=1)["status"] for _ in "ab"] == ["Accepted", "Unknown"]


def ask_about(talk, uid="TAG1", *, report=True, clear=False, **more):
    person = {"idToken": {"idToken": uid, "type": "ISO14443"}, **more}
    talk.central.said.clear()
    answer = talk.call("CustomerInformation", requestId=2, report=report, clear=clear, **person)
    talk.after(1)
    return answer["status"], "".join(item["data"] for item in talk.central.of("NotifyCustomerInformation"))


def test_what_is_known_of_a_customer_is_told_and_forgotten(talk):
    talk.plug_in().tap().after(30).unplug()
    status, text = ask_about(talk, clear=True)
    assert status == "Accepted"
    assert "Authorization cache: Accepted" in text
    assert "Transaction" in text
    assert "cache" not in ask_about(talk)[1]
    assert ask_about(talk, "STRANGER")[1] == "No data is kept about this customer."
    assert ask_about(talk, report=False)[0] == "Rejected"
    assert ask_about(talk, customerIdentifier="Sam")[0] == "Invalid"


def test_the_price_so_far_is_taken(talk):
    assert talk.call("CostUpdated", totalCost=1.25, transactionId="t") == {}


# --- profiles and networks -------------------------------------------------------------------


def profile(number, *, purpose="TxDefaultProfile", level=0, amperes=16.0):
    periods = [{"startPeriod": 0, "limit": amperes}]
    return {
        "id": number,
        "stackLevel": level,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Absolute",
        "chargingSchedule": [
            {
                "id": 1,
                "startSchedule": "2026-11-23T10:00:00.000Z",
                "chargingRateUnit": "A",
                "chargingSchedulePeriod": periods,
            }
        ],
    }


def test_installed_profiles_are_reported_per_evse_as_they_came(talk):
    for evse, number in ((0, 1), (1, 2), (1, 3)):
        talk.call("SetChargingProfile", evseId=evse, chargingProfile=profile(number, level=number))
    assert talk.call("GetChargingProfiles", requestId=9, chargingProfile={})["status"] == "Accepted"
    talk.after(1)
    said = talk.central.of("ReportChargingProfiles")
    assert [(item["evseId"], len(item["chargingProfile"]), item["tbc"]) for item in said] == [
        (0, 1, True),
        (1, 2, False),
    ]
    told = said[1]["chargingProfile"][0]
    assert told["chargingSchedule"][0]["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 16.0}]
    assert told["chargingSchedule"][0]["startSchedule"] == "2026-11-23T10:00:00.000Z"
    asked = {"chargingProfilePurpose": "TxProfile"}
    assert talk.call("GetChargingProfiles", requestId=9, chargingProfile=asked)["status"] == "NoProfiles"
    assert talk.central.faults == []


def test_a_network_is_kept_in_its_slot_and_used_after_a_boot(talk):
    connection = {
        "ocppVersion": "OCPP20",
        "ocppTransport": "JSON",
        "ocppCsmsUrl": "wss://elsewhere/ocpp",
        "messageTimeout": 30,
        "securityProfile": 2,
        "ocppInterface": "Wired0",
    }
    where = {
        "component": {"name": "OCPPCommCtrlr"},
        "variable": {"name": "NetworkConfigurationPriority"},
        "attributeValue": "1",
    }

    def prefer():
        answer = talk.call("SetVariables", setVariableData=[where])["setVariableResult"][0]
        return answer["attributeStatus"]

    assert prefer() == "Rejected"
    for slot, status in ((9, "Rejected"), (1, "Accepted")):
        answer = talk.call("SetNetworkProfile", configurationSlot=slot, connectionData=connection)
        assert answer["status"] == status
    connection["securityProfile"] = 3
    talk.call("SetNetworkProfile", configurationSlot=1, connectionData=connection)
    assert prefer() == "Rejected", "there is no certificate for it"
    connection["securityProfile"] = 2
    talk.call("SetNetworkProfile", configurationSlot=1, connectionData=connection)
    assert prefer() == "RebootRequired"
    assert talk.station.networks.active is None
    talk.call("Reset", type="Immediate")
    talk.after(60)
    assert talk.station.networks.active.url == "wss://elsewhere/ocpp"
    assert talk.station.settings.security_profile == 2
