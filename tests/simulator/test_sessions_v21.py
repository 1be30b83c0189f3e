"""Conversations in OCPP 2.1: the same station on 2.1's schemas, and the requests that 2.1 adds."""

from __future__ import annotations

import pytest

from tests.simulator.fakes import Conversation, ac_spec, dc_spec

TOKEN = {"idToken": "APP1", "type": "Central"}


@pytest.fixture
def talk():
    return Conversation(ac_spec("2.1"))


def test_a_charge_says_nothing_that_the_schemas_of_21_refuse(talk):
    talk.plug_in().after(5).tap().after(150).tap().after(1).unplug()
    kinds = [item["eventType"] for item in talk.central.of("TransactionEvent")]
    assert (kinds[0], kinds[-1]) == ("Started", "Ended")
    assert talk.central.faults == []


def test_a_fast_charger_boots_and_reports_its_settings():
    talk = Conversation(dc_spec("2.1"))
    assert talk.call("GetBaseReport", requestId=4, reportBase="FullInventory") == {"status": "Accepted"}
    talk.after(30)
    assert talk.central.of("NotifyReport")[-1]["tbc"] is False
    assert talk.central.faults == []


def test_it_offers_the_newest_subprotocol(talk):
    assert talk.station.spec.subprotocol == "ocpp2.1"


def test_it_has_no_tariffs_and_no_priority(talk):
    assert talk.call("GetTariffs", evseId=0) == {"status": "NoTariff"}
    assert talk.call("ClearTariffs") == {"clearTariffsResult": [{"status": "NoTariff"}]}
    assert talk.call("UsePriorityCharging", transactionId="none", activate=True) == {"status": "Rejected"}
    talk.plug_in().tap().after(60)
    running = talk.central.of("TransactionEvent")[0]["transactionInfo"]["transactionId"]
    assert talk.call("UsePriorityCharging", transactionId=running, activate=True) == {"status": "NoProfile"}
    assert talk.call("NotifyWebPaymentStarted", evseId=1, timeout=60) == {}
    refused = talk.call("UpdateDynamicSchedule", chargingProfileId=1, scheduleUpdate={"limit": 6})
    assert refused["status"] == "Rejected"


def put(name, value):
    about = {"component": {"name": "WebPaymentsCtrlr"}, "variable": {"name": name}}
    return {**about, "attributeValue": value}


def test_it_shows_a_code_once_it_has_all_that_belongs_to_one(talk):
    display = talk.station.web_payments
    template = "https://qr.example/{chargingstationid}/{evse}/{totp}/{version}/"
    told = [put("URLTemplate", template), put("SharedSecret", "s"), put("Length", "6"), put("Length", "5")]
    results = talk.call("SetVariables", setVariableData=told)["setVariableResult"]
    assert [result["attributeStatus"] for result in results] == ["Accepted"] * 3 + ["Rejected"]
    assert display.url("AC/1", 1, talk.now) is None
    talk.call("SetVariables", setVariableData=[put("Enabled", "true"), put("TOTPVersion", "v1")])
    url = display.url("AC/1", 1, talk.now, maxenergy=500)
    assert url.startswith("https://qr.example/AC%2F1/1/")
    assert url.endswith("/v1/?maxenergy=500")
    asked = [{"component": {"name": "WebPaymentsCtrlr"}, "variable": {"name": "SharedSecret"}}]
    [hidden] = talk.call("GetVariables", getVariableData=asked)["getVariableResult"]
    assert hidden["attributeStatus"] == "Rejected"


def test_nobody_starts_by_card_while_somebody_pays_on_the_web(talk):
    talk.plug_in()
    talk.call("NotifyWebPaymentStarted", evseId=1, timeout=60)
    talk.tap().after(30)
    assert "Authorize" not in talk.central.actions()
    talk.after(31).tap()
    assert talk.central.of("TransactionEvent")


def start_paid(talk):
    token = {"idToken": "pi_1", "type": "DirectPayment"}
    return talk.call("RequestStartTransaction", evseId=1, remoteStartId=7, idToken=token)["status"]


def test_the_start_that_was_awaited_ends_the_keeping(talk):
    talk.plug_in()
    talk.call("NotifyWebPaymentStarted", evseId=1, timeout=1800)
    assert start_paid(talk) == "Accepted"
    talk.after(60)
    [first, *_rest] = talk.central.of("TransactionEvent")
    assert first["idToken"] == {"idToken": "pi_1", "type": "DirectPayment"}
    assert not talk.station.web_payments.is_kept(1, talk.now)


@pytest.mark.parametrize(
    ("limit", "why"),
    [({"maxEnergy": 200}, "EnergyLimitReached"), ({"maxTime": 120}, "TimeLimitReached")],
)
def test_a_limit_is_said_again_once_and_kept(talk, limit, why):
    talk.central.answers["TransactionEvent"] = {"transactionLimit": limit}
    talk.plug_in()
    start_paid(talk)
    talk.central.answers["TransactionEvent"] = {}
    talk.after(400)
    told = talk.central.of("TransactionEvent")
    assert [item["transactionInfo"].get("transactionLimit") for item in told].count(limit) == 1
    assert "LimitSet" in [item["triggerReason"] for item in told]
    [reached] = [item for item in told if item["triggerReason"] == why]
    assert reached["transactionInfo"]["chargingState"] == "SuspendedEVSE"
    used_wh = talk.station.cabinet.evse(1).register_wh
    talk.after(300)
    assert talk.station.cabinet.evse(1).register_wh == used_wh
    assert talk.central.faults == []


def test_a_cost_limit_is_kept_by_what_the_central_system_reckons(talk):
    talk.central.answers["TransactionEvent"] = {"transactionLimit": {"maxCost": 5}}
    talk.plug_in()
    start_paid(talk)
    talk.central.answers["TransactionEvent"] = {}
    running = talk.central.of("TransactionEvent")[0]["transactionInfo"]["transactionId"]
    talk.after(60).call("CostUpdated", totalCost=4.99, transactionId=running)
    talk.after(60)
    assert "CostLimitReached" not in [item["triggerReason"] for item in talk.central.of("TransactionEvent")]
    talk.call("CostUpdated", totalCost=5.0, transactionId=running)
    talk.after(60)
    assert "CostLimitReached" in [item["triggerReason"] for item in talk.central.of("TransactionEvent")]


def test_what_it_does_not_know_gets_an_error_and_a_refused_answer_gets_none(talk):
    assert talk.call("AFRRSignal", timestamp="2026-03-01T12:00:00Z", signal=1)[0] == "error"
    said = len(talk.central.said)
    talk.line.deliver('[5,"c1","FormatViolation","",{}]', talk.now)
    talk.after(1)
    assert len(talk.central.said) == said
