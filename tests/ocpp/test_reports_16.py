"""What a 1.6 station tells besides sessions and states: kept once, shown, and answered."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from core.models import DomainEvent
from ocpp_bridge.dialects import BY_VERSION
from ocpp_bridge.models import Frame
from ocpp_bridge.replay import Conversation
from stations import command_kinds as kinds
from stations.models import SecurityEvent, StationCommand, StationNotice, StationTransfer
from stations.services import commands
from stations.services.notices import VendorAnswer
from tests.ocpp.generating import generated
from tests.ocpp.talk import call

pytestmark = pytest.mark.django_db


@pytest.fixture
def conversation(station):
    return Conversation(station, version="1.6")


def tell(conversation: Conversation, action: str, payload: object) -> list:
    (reply,) = conversation.exchange(call(action, payload))
    return json.loads(reply)


def ask(conversation: Conversation, station, kind: kinds.CommandKind, answer: object) -> StationCommand:
    command = commands.request(station=station, kind=kind)
    _, message_id, *_ = json.loads(conversation.next_command() or "")
    conversation.exchange(json.dumps([3, message_id, answer]))
    command.refresh_from_db()
    return command


def news(name: str) -> list[dict]:
    return list(DomainEvent.objects.filter(type=name).order_by("pk").values_list("payload", flat=True))


# --- firmware and logs -------------------------------------------------------------------------

FIRMWARE = kinds.UpdateFirmware(url="https://files.example/fw.bin")
SIGNED = kinds.UpdateFirmware(
    url="https://files.example/fw.bin", signature="MEUCIQ==", signing_certificate="-----BEGIN"
)


def test_an_update_is_followed_from_the_command_to_its_installation(conversation, station):
    command = ask(conversation, station, FIRMWARE, {})
    assert command.status == "accepted"
    for word in ("Downloading", "Downloading", "Downloaded", "Installing", "Installed"):
        assert tell(conversation, "FirmwareStatusNotification", {"status": word})[2] == {}
    transfer = StationTransfer.objects.get()
    assert (transfer.command, transfer.status, transfer.word) == (command, "done", "Installed")
    words = [step["word"] for step in transfer.history]
    assert words == ["Downloading", "Downloaded", "Installing", "Installed"]
    assert [told["status"] for told in news("stations.TransferEnded")] == ["done"]


def test_a_signed_update_is_known_by_the_number_of_its_command(conversation, station):
    first = ask(conversation, station, SIGNED, {"status": "Accepted"})
    second = ask(conversation, station, SIGNED, {"status": "Accepted"})
    assert first.params["request_number"] == first.pk
    told = {"status": "InvalidSignature", "requestId": first.pk}
    tell(conversation, "SignedFirmwareStatusNotification", told)
    tell(conversation, "SignedFirmwareStatusNotification", {"status": "Installed", "requestId": second.pk})
    assert StationTransfer.objects.get(command=first).status == "failed"
    assert StationTransfer.objects.get(command=second).status == "done"
    assert [told["status"] for told in news("stations.TransferEnded")] == ["failed", "done"]


def test_an_update_that_takes_anothers_place_cancels_it(conversation, station):
    first = ask(conversation, station, SIGNED, {"status": "Accepted"})
    tell(conversation, "SignedFirmwareStatusNotification", {"status": "Downloading", "requestId": first.pk})
    second = ask(conversation, station, SIGNED, {"status": "AcceptedCanceled"})
    assert second.status == "accepted"
    given_up, running = StationTransfer.objects.order_by("pk")
    assert (given_up.status, given_up.word) == ("canceled", "AcceptedCanceled")
    assert running.status == "requested"


def test_an_update_that_the_station_refuses_has_failed(conversation, station):
    command = ask(conversation, station, SIGNED, {"status": "InvalidCertificate"})
    assert (command.status, command.answer_word) == ("rejected", "InvalidCertificate")
    transfer = StationTransfer.objects.get()
    assert (transfer.status, transfer.word) == ("failed", "InvalidCertificate")


def test_an_update_that_nobody_here_asked_for_is_recorded_all_the_same(conversation, station):
    tell(conversation, "FirmwareStatusNotification", {"status": "Downloading"})
    tell(conversation, "FirmwareStatusNotification", {"status": "DownloadFailed"})
    transfer = StationTransfer.objects.get()
    assert (transfer.command, transfer.kind, transfer.status) == (None, "firmware", "failed")


def test_idle_says_that_there_is_nothing(conversation):
    for action in (
        "FirmwareStatusNotification",
        "DiagnosticsStatusNotification",
        "LogStatusNotification",
        "SignedFirmwareStatusNotification",
    ):
        assert tell(conversation, action, {"status": "Idle"})[2] == {}
    assert not StationTransfer.objects.exists()


def test_the_file_that_a_station_will_send_is_known_by_its_name(conversation, station):
    kind = kinds.UploadLog(url="https://files.example/in/1", is_plain=True)
    ask(conversation, station, kind, {"fileName": "diagnostics-0301.zip"})
    tell(conversation, "DiagnosticsStatusNotification", {"status": "Uploading"})
    tell(conversation, "DiagnosticsStatusNotification", {"status": "Uploaded"})
    transfer = StationTransfer.objects.get()
    assert (transfer.kind, transfer.status, transfer.file_name) == ("log", "done", "diagnostics-0301.zip")


def test_a_station_without_diagnostics_names_no_file(conversation, station):
    kind = kinds.UploadLog(url="https://files.example/in/1", is_plain=True)
    command = ask(conversation, station, kind, {})
    assert (command.status, command.answer_word) == ("rejected", "no file")
    assert StationTransfer.objects.get().status == "failed"


def test_a_security_log_goes_its_way_by_its_number(conversation, station):
    kind = kinds.UploadLog(url="https://files.example/in/1", log="security")
    command = ask(conversation, station, kind, {"status": "Accepted", "filename": "security.log"})
    assert command.sent["payload"]["requestId"] == command.pk
    told = {"status": "PermissionDenied", "requestId": command.pk}
    tell(conversation, "LogStatusNotification", told)
    transfer = StationTransfer.objects.get()
    assert (transfer.status, transfer.file_name) == ("failed", "security.log")


# --- security ------------------------------------------------------------------------------------


def test_a_security_event_is_kept_once_and_an_urgent_one_is_marked(conversation, station):
    tampered = {"type": "TamperDetectionActivated", "timestamp": "2026-03-01T10:00:00Z", "techInfo": "lid"}
    for _ in range(2):
        assert tell(conversation, "SecurityEventNotification", tampered)[2] == {}
    tell(conversation, "SecurityEventNotification", {**tampered, "type": "StartupOfTheDevice"})
    urgent, calm = SecurityEvent.objects.order_by("pk")
    assert (urgent.type, urgent.is_urgent, urgent.info) == ("TamperDetectionActivated", True, "lid")
    assert urgent.happened_at == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert not calm.is_urgent
    assert [told["is_urgent"] for told in news("stations.SecurityEventReported")] == [True, False]


def test_a_certificate_request_is_refused_while_nobody_signs(conversation, settings):
    settings.CERTIFICATE_SIGNER = ""
    assert tell(conversation, "SignCertificate", {"csr": "-----BEGIN"})[2] == {"status": "Rejected"}


asked_for = []


def sign(**asked):
    asked_for.append(asked)
    return True


def test_a_certificate_request_goes_to_whoever_signs(conversation, station, settings):
    settings.CERTIFICATE_SIGNER = f"{__name__}.sign"
    asked_for.clear()
    assert tell(conversation, "SignCertificate", {"csr": "-----BEGIN"})[2] == {"status": "Accepted"}
    assert asked_for == [
        {"station_id": station.pk, "csr": "-----BEGIN", "use": "connection", "request_number": 0}
    ]


# --- vendors -------------------------------------------------------------------------------------


def greet(*, station_id: int, message: str, data: object) -> VendorAnswer:
    if message != "Greet":
        return VendorAnswer(status="unknown_message")
    return VendorAnswer(status="accepted", data={"said": data})


@pytest.mark.parametrize(
    ("vendor", "message", "answer"),
    [
        ("com.example", "Greet", {"status": "Accepted", "data": '{"said": "hello"}'}),
        ("COM.Example", "Shout", {"status": "UnknownMessageId"}),
        ("org.other", "Greet", {"status": "UnknownVendorId"}),
    ],
)
def test_a_vendors_message_is_kept_and_answered_by_the_vendors_handler(
    conversation, settings, vendor, message, answer
):
    settings.VENDOR_DATA_HANDLERS = {"com.example": f"{__name__}.greet"}
    said = {"vendorId": vendor, "messageId": message, "data": "hello"}
    assert tell(conversation, "DataTransfer", said)[2] == answer
    notice = StationNotice.objects.get()
    assert (notice.kind, notice.body) == (
        "vendor_data",
        {"vendor": vendor, "message": message, "data": "hello"},
    )


# --- all errands ---------------------------------------------------------------------------------

RECORDS = (StationTransfer, SecurityEvent, StationNotice, DomainEvent)
WITH_ERRAND = sorted(action for action, inbound in BY_VERSION["1.6"].inbound.items() if inbound.errand)


def counts() -> list[int]:
    return [model.objects.count() for model in RECORDS]


@pytest.mark.parametrize("action", WITH_ERRAND)
def test_a_repeated_message_changes_nothing_more(conversation, settings, action):
    settings.CERTIFICATE_SIGNER = ""
    payload = generated("1.6", action, 3)
    first = tell(conversation, action, payload)
    once = counts()
    assert tell(conversation, action, payload)[2] == first[2]
    assert counts() == once


def fail(**asked):
    raise OSError("the authority is away")


def test_our_own_trouble_is_an_internal_error_and_the_same_message_may_come_again(
    conversation, station, settings
):
    settings.CERTIFICATE_SIGNER = f"{__name__}.fail"
    text = call("SignCertificate", {"csr": "-----BEGIN"}, "m-1")
    assert json.loads(conversation.exchange(text)[0])[:3] == [4, "m-1", "InternalError"]
    settings.CERTIFICATE_SIGNER = f"{__name__}.sign"
    assert json.loads(conversation.exchange(text)[0]) == [3, "m-1", {"status": "Accepted"}]
    written = Frame.objects.filter(station_id=station.pk, message_id="m-1").order_by("pk")
    failed, answered = written.values_list("answer", flat=True)
    assert "InternalError" in failed
    assert "Accepted" in answered
