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


def test_what_it_does_not_know_gets_an_error_and_a_refused_answer_gets_none(talk):
    assert talk.call("AFRRSignal", timestamp="2026-03-01T12:00:00Z", signal=1)[0] == "error"
    said = len(talk.central.said)
    talk.line.deliver('[5,"c1","FormatViolation","",{}]', talk.now)
    talk.after(1)
    assert len(talk.central.said) == said
