"""Recorded 2.1 conversations: 2.0.1's on 2.1's schemas, and what 2.1 adds."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from core import clock
from core.models import DomainEvent
from ocpp_bridge import quirks, schemas
from ocpp_bridge.dialects import BY_SUBPROTOCOL, BY_VERSION
from ocpp_bridge.dialects.v21.vat import looks_right
from ocpp_bridge.handshake import choose
from ocpp_bridge.models import Frame
from ocpp_bridge.replay import Conversation
from stations import command_kinds as kinds
from stations.models import ChargingSession, StationCommand, StationNotice, StationReport
from stations.services import commands
from tests.ocpp.generating import generated
from tests.ocpp.talk import call, make_exchange, reply_of
from tests.ocpp.telling import ask, say
from tests.ocpp.test_charging_201 import EXI, HASHES, PROVIDER

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
STAMP = "2026-03-01T12:00:00Z"
TERMINAL = {"idToken": "psp-4711", "type": "DirectPayment"}


@pytest.fixture
def conversation(station, card):
    with clock.at(NOON):
        yield Conversation(station, version="2.1")


def event(kind: str, seq_no: int, at: datetime = NOON, **more):
    info = {"transactionId": "tx-21", **more.pop("info", {})}
    return {
        "eventType": kind,
        "timestamp": at.isoformat(),
        "triggerReason": more.pop("trigger", "Authorized"),
        "seqNo": seq_no,
        "transactionInfo": info,
        **more,
    }


# --- the door -----------------------------------------------------------------------------------


def test_the_newest_common_version_is_spoken():
    assert choose(["ocpp1.6", "ocpp2.0.1", "ocpp2.1"]) is BY_SUBPROTOCOL["ocpp2.1"]
    assert choose(["ocpp2.0.1", "ocpp1.6"]) is BY_VERSION["2.0.1"]


def test_an_unknown_action_gets_an_error_and_a_send_gets_nothing():
    exchange = make_exchange("2.1")
    assert reply_of(exchange.hear(call("MakeCoffee", {})))[2] == "NotImplemented"
    assert reply_of(exchange.hear(call("NotifyPeriodicEventStream", {})))[2] == "NotImplemented"
    assert reply_of(exchange.hear(call("SetDefaultTariff", {})))[2] == "NotSupported"
    for text in (
        '[6,"s1","MakeCoffee",{}]',
        '[6,"s2","Heartbeat",{}]',
        '[6,"s3","NotifyPeriodicEventStream",{}]',
    ):
        assert exchange.hear(text) is None


# --- a charge -----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_charge_paid_at_the_terminal_from_its_start_to_its_settlement(conversation):
    assert say(conversation, "Authorize", {"idToken": TERMINAL})[2]["idTokenInfo"]["status"] == "Accepted"
    limit = {"transactionLimit": {"maxCost": 50}}
    started = event("Started", 0, evse={"id": 1}, idToken=TERMINAL, info=limit)
    assert say(conversation, "TransactionEvent", started)[2]["idTokenInfo"]["status"] == "Accepted"
    end = NOON + timedelta(hours=1)
    cost = {
        "totalCost": {
            "currency": "EUR",
            "typeOfCost": "NormalCost",
            "total": {"exclTax": 8.4, "inclTax": 10},
        },
        "totalUsage": {"energy": 20_000, "chargingTime": 3600, "idleTime": 0},
    }
    with clock.at(end):
        ended = event("Ended", 1, end, info={"tariffId": "T1", "stoppedReason": "Local"}, costDetails=cost)
        assert say(conversation, "TransactionEvent", ended)[2] == {}
        settled = {
            "pspRef": "psp-4711",
            "transactionId": "tx-21",
            "status": "Settled",
            "settlementAmount": 10.0,
            "settlementTime": end.isoformat(),
        }
        for _ in range(2):
            assert "/r/" in say(conversation, "NotifySettlement", settled)[2]["receiptUrl"]
        own = settled | {"receiptUrl": "https://terminal.example/receipt"}
        assert say(conversation, "NotifySettlement", own | {"pspRef": "psp-4712"})[2] == {}
    session = ChargingSession.objects.get(transaction_id="tx-21")
    assert session.token_uid == "psp-4711"
    assert StationNotice.objects.get(kind="cost_details").body["cost"] == cost
    told = DomainEvent.objects.filter(type="stations.SettlementReported").order_by("pk").first().payload
    assert (told["session_id"], told["amount"], told["status"]) == (session.pk, "10.0", "settled")


@pytest.mark.django_db
def test_costs_that_cannot_be_kept_do_not_cost_the_transaction(conversation, monkeypatch):
    monkeypatch.setattr("stations.services.notices.keep_notice", lambda **more: 1 / 0)
    started = event("Started", 0, evse={"id": 1}, idToken=TERMINAL, info={"tariffId": "T1"})
    assert say(conversation, "TransactionEvent", started)[0] == 3
    del started["seqNo"]
    assert say(conversation, "TransactionEvent", started)[0] == 3
    assert ChargingSession.objects.get().transaction_id == "tx-21"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("number", "status"), [("DE 123456789", "Accepted"), ("DE12", "Rejected"), ("ZZ1", "Rejected")]
)
def test_a_vat_number_is_judged_by_its_form_and_goes_back_with_its_evse(conversation, number, status):
    answer = say(conversation, "VatNumberValidation", {"vatNumber": number, "evseId": 1})[2]
    assert answer == {"vatNumber": number, "evseId": 1, "status": status}


@pytest.mark.parametrize("number", ["ATU12345678", "NL123456789B01", "FRAB123456789", "CHE123456789MWST"])
def test_countries_have_forms_of_their_own(number):
    assert looks_right(number)
    assert not looks_right(number + "000000")


@pytest.mark.django_db
def test_a_web_payment_keeps_the_evse_free(conversation, station):
    command, said = ask(conversation, station, kinds.TellWebPayment(evse_number=1, timeout_s=120), {})
    assert said == ("NotifyWebPaymentStarted", {"evseId": 1, "timeout": 120})
    assert command.status == "accepted"


@pytest.mark.django_db
def test_a_start_may_name_a_payment_and_be_limited(conversation, station):
    kind = kinds.StartSession(evse_number=1, token_uid="psp-1", token_type="DirectPayment", remote_start_id=5)
    _, said = ask(conversation, station, kind, {"status": "Accepted"})
    assert said[1]["idToken"] == {"idToken": "psp-1", "type": "DirectPayment"}


# --- tariffs, dynamic schedules, priority -------------------------------------------------------

TARIFF = {"tariffId": "T1", "currency": "EUR", "energy": {"prices": [{"priceKwh": 0.5}]}}


@pytest.mark.django_db
def test_a_tariff_is_set_listed_changed_and_cleared(conversation, station):
    command, said = ask(
        conversation,
        station,
        kinds.SetDefaultTariff(evse_number=0, tariff=TARIFF),
        {"status": "DuplicateTariffId"},
    )
    assert said == ("SetDefaultTariff", {"evseId": 0, "tariff": TARIFF})
    assert (command.status, command.answer_word) == ("rejected", "DuplicateTariffId")
    command, _ = ask(conversation, station, kinds.ReadTariffs(), {"status": "NoTariff"})
    assert (command.status, command.answer_word) == ("accepted", "NoTariff")
    kind = kinds.ChangeTariff(transaction_id="tx-21", tariff=TARIFF)
    command, said = ask(conversation, station, kind, {"status": "TxNotFound"})
    assert (said[0], command.answer_word) == ("ChangeTransactionTariff", "TxNotFound")
    results = {"clearTariffsResult": [{"tariffId": "T1", "status": "Accepted"}, {"status": "NoTariff"}]}
    command, said = ask(conversation, station, kinds.ClearTariffs(tariff_ids=("T1",)), results)
    assert (said[1], command.status) == ({"tariffIds": ["T1"]}, "accepted")


@pytest.mark.django_db
def test_a_dynamic_profile_is_pulled_with_the_limit_that_was_last_taken(conversation, station):
    pull = {"chargingProfileId": 40}
    refused = say(conversation, "PullDynamicScheduleUpdate", pull)[2]
    assert refused == {"status": "Rejected", "statusInfo": {"reasonCode": "InvalidProfile"}}
    profile = kinds.SetProfile(
        evse_number=1,
        profile_id=40,
        kind="dynamic",
        update_every_s=60,
        periods=({"start_s": 0, "limit": 16},),
    )
    _, said = ask(conversation, station, profile, {"status": "Accepted"})
    assert said[1]["chargingProfile"]["dynUpdateInterval"] == 60
    ask(conversation, station, kinds.UpdateDynamicLimit(profile_id=40, limit=10), {"status": "Accepted"})
    ask(conversation, station, kinds.UpdateDynamicLimit(profile_id=40, limit=6), {"status": "Rejected"})
    pulled = say(conversation, "PullDynamicScheduleUpdate", pull)[2]
    assert pulled == {"status": "Accepted", "scheduleUpdate": {"limit": 10}}


@pytest.mark.django_db
def test_priority_and_energy_transfer_are_asked_for(conversation, station):
    kind = kinds.UsePriority(transaction_id="tx-21")
    command, said = ask(conversation, station, kind, {"status": "NoProfile"})
    assert said == ("UsePriorityCharging", {"transactionId": "tx-21", "activate": True})
    assert command.status == "rejected"
    kind = kinds.AllowEnergyTransfer(transaction_id="tx-21", modes=("DC_BPT", "DC"))
    _, said = ask(conversation, station, kind, {"status": "Accepted"})
    assert said[0] == "NotifyAllowedEnergyTransfer"
    assert say(conversation, "NotifyPriorityCharging", {"transactionId": "tx-21", "activated": True})[2] == {}
    assert StationNotice.objects.get(kind="priority_charging").body["activated"] is True


@pytest.mark.django_db
def test_needs_that_nobody_plans_for_are_heard_without_a_promise(conversation):
    needs = {"requestedEnergyTransfer": "AC_BPT", "v2xChargingParameters": {"evTargetEnergyRequest": 9000.5}}
    payload = {"evseId": 1, "chargingNeeds": needs}
    assert say(conversation, "NotifyEVChargingNeeds", payload)[2] == {"status": "NoChargingProfile"}


# --- contracts ----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_chain_is_looked_up_link_by_link_and_contracts_are_counted(conversation, settings):
    asked = [
        {"source": source, "urls": ["https://x.example"], "certificateHashData": HASHES_21}
        for source in SOURCES
    ]
    payload = {"certificateStatusRequests": asked}
    settings.ISO15118_PROVIDER = ""
    failed = say(conversation, "GetCertificateChainStatus", payload)[2]["certificateStatus"]
    assert [found["status"] for found in failed] == ["Failed", "Failed"]
    settings.ISO15118_PROVIDER = "tests.ocpp.test_charging_201.PROVIDER"
    assert PROVIDER.judgment == "valid"
    found = say(conversation, "GetCertificateChainStatus", payload)[2]["certificateStatus"]
    assert [(link["status"], link["source"]) for link in found] == [("Good", "OCSP"), ("Good", "CRL")]
    assert say(conversation, "Get15118EVCertificate", EXI)[2]["remainingContracts"] == 2


SOURCES = ("OCSP", "CRL")
HASHES_21 = {name: value for name, value in HASHES.items() if name != "responderURL"}


# --- kept and answered --------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("BatterySwap", "battery_swap"),
        ("ClosePeriodicEventStream", "event_stream_closed"),
        ("NotifyDERAlarm", "grid_alarm"),
        ("NotifyDERStartStop", "grid_control"),
        ("OpenPeriodicEventStream", "event_stream_opened"),
        ("ReportDERControl", "grid_controls"),
    ],
)
def test_what_we_do_not_act_upon_is_kept_whole_and_answered(conversation, action, kind):
    payload = generated("2.1", action, 3)
    answer = say(conversation, action, payload)
    assert answer[0] == 3
    assert schemas.problems(schemas.response("2.1", action), answer[2]) == []
    assert StationNotice.objects.get(kind=kind).body == payload


@pytest.mark.django_db
def test_grid_controls_are_a_report_in_parts(conversation):
    say(conversation, "ReportDERControl", {"requestId": 3, "tbc": True})
    say(conversation, "ReportDERControl", {"requestId": 3})
    report = StationReport.objects.get(kind="grid")
    assert (report.parts, report.completed_at) == (2, NOON)


@pytest.mark.django_db
def test_a_stream_is_kept_and_never_answered(conversation, monkeypatch):
    stream = {"id": 1, "pending": 0, "basetime": STAMP, "data": [{"t": 0, "v": "230.4"}]}
    text = json.dumps([6, "s1", "NotifyPeriodicEventStream", stream])
    assert conversation.exchange(text) == []
    assert StationNotice.objects.get(kind="event_stream").body == stream
    assert "NotifyPeriodicEventStream" in " ".join(Frame.objects.values_list("action", flat=True))
    bad = json.dumps([6, "s2", "NotifyPeriodicEventStream", {"id": "one"}])
    assert conversation.exchange(bad) == []
    monkeypatch.setattr("stations.services.notices.keep_notice", lambda **more: 1 / 0)
    assert conversation.exchange(json.dumps([6, "s3", "NotifyPeriodicEventStream", stream])) == []


# --- answers that are of no use -----------------------------------------------------------------


@pytest.mark.django_db
def test_an_answer_that_we_cannot_read_is_refused_and_ends_its_command(conversation, station):
    commands.request(station=station, kind=kinds.ReadVariables(names=("A.B",)))
    _, message_id, *_ = json.loads(conversation.next_command())
    (refused,) = conversation.exchange(json.dumps([3, message_id, {"getVariableResult": "?"}]))
    assert json.loads(refused)[:3] == [5, message_id, "TypeConstraintViolation"]
    command = StationCommand.objects.get()
    assert (command.status, command.answer_word) == ("failed", "unreadable answer")


@pytest.mark.django_db
def test_that_a_station_cannot_read_our_answer_is_counted(conversation, station):
    assert conversation.exchange('[5,"m1","FormatViolation","interval is missing",{}]') == []
    assert quirks.seen.pop((station.pk, "refused_our_answer")) == 1
