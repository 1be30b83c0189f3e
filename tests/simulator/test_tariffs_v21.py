"""Tariffs that a simulated 2.1 station keeps and names, and what its cars may do (I07 to I11, Q02)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from simulator.stations import snapshot
from simulator.stations.station import Station
from tests.simulator.fakes import NOON, Conversation, ac_spec, dc_spec


@pytest.fixture
def talk():
    return Conversation(ac_spec("2.1"))


def tariff(name, currency="EUR", valid_from=None, elements=1):
    prices = {"prices": [{"priceKwh": 0.4}] * elements}
    dated = {} if valid_from is None else {"validFrom": valid_from.isoformat()}
    return {"tariffId": name, "currency": currency, "energy": prices, **dated}


def install(talk, name, evse=0, **more):
    return talk.call("SetDefaultTariff", evseId=evse, tariff=tariff(name, **more))["status"]


def change(talk, transaction_id, name, **more):
    asked = {"transactionId": transaction_id, "tariff": tariff(name, **more)}
    return talk.call("ChangeTransactionTariff", **asked)["status"]


def kept(talk, evse=0):
    answer = talk.call("GetTariffs", evseId=evse)
    return {one["tariffId"]: one["evseIds"] for one in answer.get("tariffAssignments", [])}


def charge(talk, evse=1):
    talk.plug_in(evse).tap(evse=evse).after(30)
    return talk.central.of("TransactionEvent")[-1]["transactionInfo"]["transactionId"]


def named(talk):
    """The tariffs that transactions were told with."""
    assert talk.central.faults == []
    infos = [event["transactionInfo"] for event in talk.central.of("TransactionEvent")]
    return [info["tariffId"] for info in infos if "tariffId" in info]


def test_a_default_tariff_is_of_one_stall_or_of_all(talk):
    assert (install(talk, "all"), install(talk, "one", evse=1)) == ("Accepted", "Accepted")
    assert kept(talk) == {"one": [1], "all": [2]}
    assert kept(talk, evse=2) == {"all": [2]}


def test_what_cannot_be_installed_says_why(talk):
    install(talk, "known")
    assert install(talk, "known", evse=2) == "DuplicateTariffId"
    assert install(talk, "long", elements=11) == "TooManyElements"
    assert install(talk, "where", evse=9) == "Rejected"


def test_a_tariff_of_tomorrow_replaces_that_of_today_tomorrow(talk):
    install(talk, "today", evse=1)
    install(talk, "tomorrow", evse=1, valid_from=NOON + timedelta(hours=12))
    assert kept(talk) == {"today": [1], "tomorrow": [1]}
    talk.after(13 * 3600)
    assert kept(talk) == {"tomorrow": [1]}


def test_a_charge_names_its_tariff_once(talk):
    install(talk, "default")
    charge(talk)
    talk.after(300).tap().after(1).unplug()
    assert named(talk) == ["default"]


def test_without_a_tariff_none_is_named(talk):
    charge(talk)
    assert named(talk) == []


def test_the_tariff_of_a_running_charge_is_changed_and_told(talk):
    install(talk, "default")
    running = charge(talk)
    assert change(talk, running, "other") == "Accepted"
    talk.after(1)
    event = talk.central.of("TransactionEvent")[-1]
    assert (event["triggerReason"], event["transactionInfo"]["tariffId"]) == ("TariffChanged", "other")
    assert kept(talk) == {"default": [1, 2], "other": [1]}
    talk.tap().after(1).unplug()
    assert kept(talk) == {"default": [1, 2]}


def test_a_change_that_cannot_be_says_why(talk):
    install(talk, "default")
    assert change(talk, "none", "other") == "TxNotFound"
    running = charge(talk)
    assert change(talk, running, "other", currency="NOK") == "NoCurrencyChange"
    assert change(talk, running, "other", elements=11) == "TooManyElements"
    assert named(talk) == ["default"]


def test_tariffs_are_cleared_by_id_by_stall_or_all(talk):
    install(talk, "a", evse=1)
    install(talk, "b", evse=2)
    assert talk.call("ClearTariffs", tariffIds=["b"], evseId=1)["clearTariffsResult"] == [
        {"status": "NoTariff"}
    ]
    assert talk.call("ClearTariffs", tariffIds=["b"])["clearTariffsResult"] == [
        {"tariffId": "b", "status": "Accepted"}
    ]
    assert talk.call("ClearTariffs")["clearTariffsResult"] == [{"tariffId": "a", "status": "Accepted"}]
    assert talk.call("GetTariffs", evseId=0) == {"status": "NoTariff"}


def test_a_station_keeps_its_tariffs_when_the_power_goes(talk):
    install(talk, "default")
    taken = snapshot.take(talk.station, talk.now)
    reborn = Station(ac_spec("2.1"), now=talk.now)
    snapshot.restore(reborn, taken, talk.now)
    answer = reborn.dialect.hear("GetTariffs", {"evseId": 1}, talk.now)
    assert [one["tariffId"] for one in answer["tariffAssignments"]] == ["default"]


# --- what a car may do


@pytest.mark.parametrize(
    ("spec", "allowed", "wanted"),
    [
        (ac_spec("2.1"), ["AC_BPT", "AC_three_phase"], "AC_three_phase"),
        (dc_spec("2.1"), ["DC", "DC_BPT"], "DC"),
    ],
)
def test_after_new_leave_the_car_says_what_it_wants(spec, allowed, wanted):
    talk = Conversation(spec)
    running = charge(talk)
    answer = talk.call("NotifyAllowedEnergyTransfer", transactionId=running, allowedEnergyTransfer=allowed)
    assert answer == {"status": "Accepted"}
    talk.after(5)
    (needs,) = talk.central.of("NotifyEVChargingNeeds")
    assert needs["chargingNeeds"]["requestedEnergyTransfer"] == wanted
    assert talk.central.faults == []


def test_leave_for_a_charge_that_does_not_run_is_refused(talk):
    asked = {"transactionId": "none", "allowedEnergyTransfer": ["DC"]}
    assert talk.call("NotifyAllowedEnergyTransfer", **asked)["status"] == "Rejected"
