"""Recorded 2.0.1 conversations about power, people and contracts (C07, H04, I, K, M, N09, O)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core import clock
from core.models import DomainEvent
from ocpp_bridge.replay import Conversation
from stations import command_kinds as kinds
from stations.models import (
    ChargingNeeds,
    Circuit,
    DisplayMessage,
    Evse,
    ReportedLimit,
    ReportedProfile,
    StationNotice,
    StationReport,
    StationTransfer,
)
from stations.services.contracts import ChainStatus, Issued
from tests.ocpp.telling import ask, say

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
STAMP = "2026-03-01T12:00:00Z"
CARD = {"idToken": "04A1B2C3", "type": "ISO14443"}
SCHEDULE = {
    "id": 1,
    "chargingRateUnit": "A",
    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.0}],
}


@pytest.fixture
def conversation(station, card):
    with clock.at(NOON):
        yield Conversation(station, version="2.0.1")


def news(name: str) -> list[dict]:
    return list(DomainEvent.objects.filter(type=name).order_by("pk").values_list("payload", flat=True))


def start(conversation: Conversation, token: dict[str, Any] = CARD):
    payload = {
        "eventType": "Started",
        "timestamp": STAMP,
        "triggerReason": "Authorized",
        "seqNo": 0,
        "transactionInfo": {"transactionId": "tx-1"},
        "evse": {"id": 1, "connectorId": 1},
        "idToken": token,
    }
    return say(conversation, "TransactionEvent", payload)


# --- cars ---------------------------------------------------------------------------------------

NEEDS = {
    "evseId": 1,
    "maxScheduleTuples": 3,
    "chargingNeeds": {
        "requestedEnergyTransfer": "DC",
        "departureTime": "2026-03-01T15:00:00Z",
        "dcChargingParameters": {
            "evMaxCurrent": 200,
            "evMaxVoltage": 500,
            "energyAmount": 24_000,
            "stateOfCharge": 40,
        },
    },
}


def plan_power_at(station) -> None:
    circuit = Circuit.objects.create(
        organization=station.organization, location=station.location, name="Grid", limit_a=63
    )
    Evse.objects.filter(station=station).update(circuit=circuit)


def test_a_cars_needs_belong_to_its_session_and_get_a_limit_later(conversation, station):
    plan_power_at(station)
    start(conversation)
    assert say(conversation, "NotifyEVChargingNeeds", NEEDS)[2] == {"status": "Processing"}
    needs = ChargingNeeds.objects.get()
    assert (needs.session.transaction_id, needs.energy_wh, needs.soc_percent) == ("tx-1", 24_000, 40)
    assert needs.departure_at == NOON + timedelta(hours=3)
    (told,) = news("stations.ChargingNeedsTold")
    assert (told["session_id"], told["energy_wh"]) == (needs.session_id, 24_000)


def test_where_nobody_shares_out_power_needs_are_kept_and_not_promised(conversation):
    start(conversation)
    assert say(conversation, "NotifyEVChargingNeeds", NEEDS)[2] == {"status": "Rejected"}
    assert ChargingNeeds.objects.get().session is not None
    assert not news("stations.ChargingNeedsTold")


def test_the_schedule_that_a_car_chose_is_kept_with_its_needs(conversation):
    start(conversation)
    say(conversation, "NotifyEVChargingNeeds", NEEDS)
    payload = {"timeBase": STAMP, "evseId": 1, "chargingSchedule": SCHEDULE}
    assert say(conversation, "NotifyEVChargingSchedule", payload)[2] == {"status": "Accepted"}
    assert ChargingNeeds.objects.get().schedule["id"] == 1


# --- limits of others, profiles -----------------------------------------------------------------


def test_a_limit_from_outside_stands_until_it_is_cleared(conversation):
    payload = {
        "evseId": 0,
        "chargingLimit": {"chargingLimitSource": "SO", "isGridCritical": True},
        "chargingSchedule": [SCHEDULE],
    }
    for _ in range(2):
        assert say(conversation, "NotifyChargingLimit", payload)[2] == {}
    limit = ReportedLimit.objects.get()
    assert (limit.source, limit.is_grid_critical, limit.cleared_at) == ("SO", True, None)
    assert [set(bound) for bound in limit.bounds] == [{"start_at", "end_at", "limit_a"}]
    assert say(conversation, "ClearedChargingLimit", {"chargingLimitSource": "SO"})[2] == {}
    limit.refresh_from_db()
    assert limit.cleared_at == NOON
    assert [told["is_cleared"] for told in news("stations.OuterLimitChanged")] == [False, False, True]


def test_the_profiles_that_a_station_holds_are_reported_on_request(conversation, station):
    _, said = ask(conversation, station, kinds.ReadProfiles(), {"status": "Accepted"})
    assert said[1]["chargingProfile"] == {"chargingLimitSource": ["CSO", "EMS", "SO", "Other"]}
    profile = {
        "id": 7,
        "stackLevel": 2,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": [SCHEDULE],
    }
    payload = {
        "requestId": said[1]["requestId"],
        "chargingLimitSource": "CSO",
        "evseId": 1,
        "chargingProfile": [profile],
    }
    assert say(conversation, "ReportChargingProfiles", {**payload, "tbc": True})[2] == {}
    assert say(conversation, "ReportChargingProfiles", {**payload, "evseId": 2})[2] == {}
    kept = ReportedProfile.objects.order_by("evse_number")
    assert [(row.evse_number, row.number, row.purpose) for row in kept] == [
        (1, 7, "TxDefaultProfile"),
        (2, 7, "TxDefaultProfile"),
    ]
    assert StationReport.objects.get(kind="profiles").completed_at == NOON


def test_no_profiles_is_an_answer(conversation, station):
    command, _ = ask(conversation, station, kinds.ReadProfiles(stack_level=1), {"status": "NoProfiles"})
    assert (command.status, command.answer_word) == ("accepted", "NoProfiles")


# --- texts, costs, customers --------------------------------------------------------------------


def test_a_text_is_shown_reported_and_taken_away(conversation, station):
    kind = kinds.ShowMessage(number=5, content="Free today", priority="front", state="idle", evse_number=2)
    _, said = ask(conversation, station, kind, {"status": "Accepted"})
    assert said[1]["message"]["display"] == {"name": "Display", "evse": {"id": 2}}
    message = DisplayMessage.objects.get()
    assert (message.number, message.content, message.priority, message.evse_number) == (
        5,
        "Free today",
        "InFront",
        2,
    )
    _, said = ask(conversation, station, kinds.ReadMessages(), {"status": "Accepted"})
    told = {"id": 6, "priority": "NormalCycle", "message": {"format": "UTF8", "content": "Hello"}}
    payload = {"requestId": said[1]["requestId"], "messageInfo": [told]}
    assert say(conversation, "NotifyDisplayMessages", payload)[2] == {}
    assert DisplayMessage.objects.count() == 2
    ask(conversation, station, kinds.ClearMessage(number=5), {"status": "Unknown"})
    assert list(DisplayMessage.objects.values_list("number", flat=True)) == [6]


def test_a_text_that_the_station_refuses_is_not_shown(conversation, station):
    kind = kinds.ShowMessage(number=5, content="<b>", format="HTML")
    command, _ = ask(conversation, station, kind, {"status": "NotSupportedMessageFormat"})
    assert command.status == "rejected"
    assert not DisplayMessage.objects.exists()


def test_a_running_cost_is_a_number_with_all_its_digits(conversation, station):
    kind = kinds.ShowCost(transaction_id="tx-1", total_cost="12.34")
    command, said = ask(conversation, station, kind, {})
    assert said == ("CostUpdated", {"totalCost": 12.34, "transactionId": "tx-1"})
    assert command.status == "accepted"


def test_what_a_station_knows_of_a_customer_comes_in_parts(conversation, station):
    kind = kinds.ReadCustomer(token_uid="04A1B2C3", is_clear=True)
    _, said = ask(conversation, station, kind, {"status": "Accepted"})
    number = said[1].pop("requestId")
    assert said[1] == {"report": True, "clear": True, "idToken": CARD}
    base = {"requestId": number, "generatedAt": STAMP}
    say(conversation, "NotifyCustomerInformation", {**base, "seqNo": 0, "data": "Erika ", "tbc": True})
    say(conversation, "NotifyCustomerInformation", {**base, "seqNo": 1, "data": "Muster"})
    report = StationReport.objects.get(kind="customer")
    assert (report.text, report.completed_at) == ("Erika Muster", NOON)


# --- reservations, firmware of a local controller -----------------------------------------------


def test_a_reservation_that_a_station_lets_go_is_told_on(conversation):
    payload = {"reservationId": 7, "reservationUpdateStatus": "Removed"}
    assert say(conversation, "ReservationStatusUpdate", payload)[2] == {}
    (told,) = news("stations.ReservationReleased")
    assert (told["reservation_number"], told["cause"]) == (7, "removed")


def test_firmware_that_a_local_controller_offers_is_followed(conversation, station):
    kind = kinds.PublishFirmware(url="https://files.example/fw", checksum="ab" * 16, request_number=31)
    ask(conversation, station, kind, {"status": "Accepted"})
    for word in ("Downloading", "ChecksumVerified", "Published"):
        payload = {"status": word, "requestId": 31}
        if word == "Published":
            payload["location"] = ["http://10.0.0.1/fw"]
        assert say(conversation, "PublishFirmwareStatusNotification", payload)[2] == {}
    transfer = StationTransfer.objects.get(request_number=31)
    assert (transfer.status, transfer.word, transfer.info) == ("done", "Published", "http://10.0.0.1/fw")
    command, _ = ask(
        conversation, station, kinds.UnpublishFirmware(checksum="ab" * 16), {"status": "NoFirmware"}
    )
    assert command.status == "accepted"


def test_an_update_that_takes_the_place_of_another_is_accepted(conversation, station):
    kind = kinds.UpdateFirmware(url="https://files.example/fw.bin")
    command, said = ask(conversation, station, kind, {"status": "AcceptedCanceled"})
    assert said[1]["firmware"]["retrieveDateTime"].startswith("2026-03-01T12:00:00")
    assert (command.status, command.answer_word) == ("accepted", "AcceptedCanceled")


# --- contracts ----------------------------------------------------------------------------------

HASHES = {
    "hashAlgorithm": "SHA256",
    "issuerNameHash": "ab" * 32,
    "issuerKeyHash": "cd" * 32,
    "serialNumber": "1f",
    "responderURL": "https://ocsp.example",
}
EXI = {"iso15118SchemaVersion": "urn:iso:15118:2:2013:MsgDef", "action": "Install", "exiRequest": "gJgC"}


class Provider:
    """A public key infrastructure that says what the test wants."""

    judgment = "valid"

    def issue_contract(self, *, request, is_update, **more):
        return None if is_update else Issued(response=f"signed {request}", remaining=2)

    def ocsp_response(self, certificate):
        if certificate.serial_number == "00":
            raise OSError("the responder is away")
        return "b2s="

    def chain_status(self, certificate, *, source):
        return ChainStatus("good", NOON + timedelta(days=1))

    def judge_contract(self, *, emaid, chain, hashes):
        return self.judgment


PROVIDER = Provider()


@pytest.fixture
def provider(settings, monkeypatch):
    settings.ISO15118_PROVIDER = "tests.ocpp.test_charging_201.PROVIDER"
    monkeypatch.setattr(PROVIDER, "judgment", "valid", raising=False)
    return PROVIDER


def test_without_a_provider_contracts_cannot_be_fetched_or_looked_up(conversation, settings):
    settings.ISO15118_PROVIDER = ""
    failed = say(conversation, "Get15118EVCertificate", EXI)[2]
    assert failed == {"status": "Failed", "exiResponse": ""}
    assert say(conversation, "GetCertificateStatus", {"ocspRequestData": HASHES})[2] == {"status": "Failed"}


def test_a_contract_is_fetched_from_the_provider(conversation, provider):
    answer = say(conversation, "Get15118EVCertificate", EXI)[2]
    assert answer == {"status": "Accepted", "exiResponse": "signed gJgC"}
    assert say(conversation, "Get15118EVCertificate", {**EXI, "action": "Update"})[2]["status"] == "Failed"


def test_a_provider_that_fails_is_an_answer_too(conversation, provider):
    good = say(conversation, "GetCertificateStatus", {"ocspRequestData": HASHES})[2]
    assert good == {"status": "Accepted", "ocspResult": "b2s="}
    away = {**HASHES, "serialNumber": "00"}
    assert say(conversation, "GetCertificateStatus", {"ocspRequestData": away})[2] == {"status": "Failed"}


@pytest.mark.parametrize(
    ("judgment", "token", "certificate_word", "token_word"),
    [
        ("valid", "04A1B2C3", "Accepted", "Accepted"),
        ("valid", "DENOBODY0001", "ContractCancelled", "Invalid"),
        ("expired", "04A1B2C3", "CertificateExpired", "Expired"),
        ("revoked", "04A1B2C3", "CertificateRevoked", "Invalid"),
        ("broken", "04A1B2C3", "CertChainError", "Invalid"),
    ],
)
def test_a_contract_is_judged_with_its_token(
    conversation, provider, judgment, token, certificate_word, token_word
):
    provider.judgment = judgment
    payload = {"idToken": {"idToken": token, "type": "eMAID"}, "iso15118CertificateHashData": [HASHES]}
    answer = say(conversation, "Authorize", payload)[2]
    assert (answer["certificateStatus"], answer["idTokenInfo"]["status"]) == (certificate_word, token_word)


def test_a_card_is_answered_without_a_word_about_certificates(conversation, provider):
    assert "certificateStatus" not in say(conversation, "Authorize", {"idToken": CARD})[2]
    assert not StationNotice.objects.exists()
