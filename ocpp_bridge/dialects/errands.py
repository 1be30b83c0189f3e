"""What stations tell that is no fact of a session or a state: calls of services, alike in all versions.

Each bears repetition. What one returns, the reply can use (`Hearing.brought`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core import clock
from ocpp_bridge.dialects import words
from ocpp_bridge.dialects.values import instant
from ocpp_bridge.frames import Payload
from stations.services import notices, signing, transfers

Message = Mapping[str, Any]


def follow_firmware(station_id: int, message: Message) -> None:
    """FirmwareStatusNotification, and 1.6's signed one (2.0.1 L01, 1.6 section 4.5)."""
    _follow(station_id, "firmware", words.FIRMWARE, message)


def follow_log(station_id: int, message: Message) -> None:
    """LogStatusNotification and 1.6's DiagnosticsStatusNotification (2.0.1 N01, 1.6 section 4.4)."""
    _follow(station_id, "log", words.UPLOAD, message)


def learn_of_firmware(station_id: int, request: Payload, answer: Payload) -> None:
    """The answer to an update (2.0.1 L01.FR.24): did it take the place of another?"""
    _learn(station_id, "firmware", request, answer)


def learn_of_log(station_id: int, request: Payload, answer: Payload) -> None:
    """The answer to GetLog or GetDiagnostics: the file's name, and whether it took another's place."""
    _learn(station_id, "log", request, answer)


def _learn(station_id: int, kind: str, request: Payload, answer: Payload) -> None:
    word = answer.get("status", "")
    transfers.follow_answer(
        station_id=station_id,
        kind=kind,
        request_number=request.get("requestId"),
        file_name=answer.get("filename") or answer.get("fileName") or "",
        word_of_former=word if word == words.INSTEAD_OF_FORMER else "",
    )


def _follow(station_id: int, kind: str, table: Mapping[str, str], message: Message) -> None:
    word = message["status"]
    told = message.get("statusInfo") or {}
    parts = (told.get("reasonCode"), told.get("additionalInfo"))
    transfers.record_transfer(
        station_id=station_id,
        kind=kind,
        status=table.get(word, ""),
        word=word,
        request_number=message.get("requestId"),
        info=": ".join(part for part in parts if part),
    )


def keep_security_event(station_id: int, message: Message) -> None:
    """SecurityEventNotification (2.0.1 A04.FR.03, 1.6 security whitepaper A04)."""
    notices.record_security_event(
        station_id=station_id,
        type=message["type"],
        happened_at=instant(message["timestamp"]) or clock.now(),
        info=message.get("techInfo", ""),
        is_urgent=message["type"] in words.URGENT_SECURITY_EVENTS,
    )


def receive_vendor_data(station_id: int, message: Message) -> Payload:
    """DataTransfer (2.0.1 P02, 1.6 section 4.3): brings the answer's payload."""
    answer = notices.receive_data(
        station_id=station_id,
        vendor=message["vendorId"],
        message=message.get("messageId") or "",
        data=message.get("data"),
    )
    payload: Payload = {"status": words.VENDOR_ANSWER[answer.status]}
    return payload if answer.data is None else {**payload, "data": answer.data}


def ask_for_certificate(station_id: int, message: Message) -> bool:
    """SignCertificate (2.0.1 A02, A03; 1.6 security whitepaper A02): brings whether one will follow."""
    return signing.receive_signing_request(
        station_id=station_id,
        csr=message["csr"],
        use=words.CERTIFICATE_USE.get(message.get("certificateType", ""), "connection"),
        request_number=message.get("requestId") or 0,
    )
