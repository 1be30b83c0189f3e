"""OCPP 1.6, what stations say: message -> facts -> reply. Translation only (ADR 5)."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from ocpp_bridge.dialects import errands
from ocpp_bridge.dialects.base import NO_FACTS, Facts, Hearing, Inbound
from ocpp_bridge.dialects.common import (
    Sampling,
    answer_boot,
    answer_vendor,
    answer_yes_or_no,
    nothing,
    read_meter,
    tell_time,
    thanks,
    token_answer,
)
from ocpp_bridge.dialects.v16 import mapping, messages
from ocpp_bridge.dialects.values import as_number, instant, position, whole
from ocpp_bridge.frames import Payload
from stations.facts import (
    BeginAnswer,
    Decision,
    SessionBegan,
    SessionFinished,
    StationBooted,
    StatusReported,
    TokenPresented,
)
from stations.metering import RawSample, Words


def boot(message: messages.BootNotification, at: datetime) -> Facts:
    serial = message.get("chargePointSerialNumber") or message.get("chargeBoxSerialNumber", "")
    return (
        StationBooted(
            vendor=message["chargePointVendor"],
            model=message["chargePointModel"],
            serial=serial,
            firmware=message.get("firmwareVersion", ""),
        ),
    )


def status(message: messages.StatusNotification, at: datetime) -> Facts:
    number = position(message["connectorId"])
    error_code = message["errorCode"]
    return (
        StatusReported(
            evse_number=number,
            connector_number=1 if number else 0,
            status=mapping.STATUS[message["status"]],
            detail=message["status"],
            error_code="" if error_code == "NoError" else error_code,
            info=message.get("info") or message.get("vendorErrorCode", ""),
            reported_at=instant(message.get("timestamp")),
            phase=mapping.PHASE.get(message["status"], ""),
        ),
    )


def authorize(message: messages.Authorize, at: datetime) -> Facts:
    return (TokenPresented(uid=message["idTag"], type=""),)


def answer_authorize(message: object, answers: Sequence[Decision], hearing: Hearing) -> Payload:
    return {"idTagInfo": id_tag_info(answers[0])}


def start(message: messages.StartTransaction, at: datetime) -> Facts:
    return (
        SessionBegan(
            evse_number=position(message["connectorId"]),
            connector_number=1,
            token_uid=message["idTag"],
            started_at=instant(message["timestamp"]) or at,
            meter_start_wh=whole(message["meterStart"]),
            reservation_number=whole(message.get("reservationId")),
        ),
    )


def salvage_start(message: Payload, at: datetime) -> Facts | None:
    """A start is named by its connector; the rest is what can be read."""
    number = as_number(message.get("connectorId"))
    if number is None:
        return None
    return (
        SessionBegan(
            evse_number=position(number),
            connector_number=1,
            token_uid=str(message.get("idTag", ""))[:255],
            started_at=instant(message.get("timestamp")) or at,
            meter_start_wh=as_number(message.get("meterStart")),
            reservation_number=as_number(message.get("reservationId")),
        ),
    )


def answer_start(message: object, answers: Sequence[BeginAnswer], hearing: Hearing) -> Payload:
    begun = answers[0]
    return {"transactionId": begun.number, "idTagInfo": id_tag_info(begun.decision)}


def stop(message: messages.StopTransaction, at: datetime) -> Facts:
    number = whole(message["transactionId"])
    finished = SessionFinished(
        number=number,
        token_uid=message.get("idTag", ""),
        ended_at=instant(message["timestamp"]) or at,
        meter_end_wh=whole(message["meterStop"]),
        reason=message.get("reason", mapping.DEFAULT_STOP_REASON),
    )
    data = message.get("transactionData")
    if not data:
        return (finished,)
    return (*read_meter(data, SAMPLING, at, number=number), finished)


def salvage_stop(message: Payload, at: datetime) -> Facts | None:
    """A stop is named by its transaction; we cannot refuse one, whatever it looks like."""
    number = as_number(message.get("transactionId"))
    if number is None:
        return None
    return (
        SessionFinished(
            number=number,
            token_uid=str(message.get("idTag") or "")[:255],
            ended_at=instant(message.get("timestamp")) or at,
            meter_end_wh=as_number(message.get("meterStop")),
            reason=str(message.get("reason") or "Other")[:40],
        ),
    )


def answer_stop(message: object, answers: Sequence[Any], hearing: Hearing) -> Payload:
    decision = answers[-1] if answers else None
    return {"idTagInfo": id_tag_info(decision)} if isinstance(decision, Decision) else {}


def meter_values(message: messages.MeterValues, at: datetime) -> Facts:
    return read_meter(
        message["meterValue"],
        SAMPLING,
        at,
        number=whole(message.get("transactionId")),
        evse_number=position(message["connectorId"]),
    )


def salvage_meter_values(message: Payload, at: datetime) -> Facts | None:
    """Values that no schema accepts are kept aside whole; nothing is read out of them."""
    named = (as_number(message.get(name)) for name in ("transactionId", "connectorId"))
    return NO_FACTS if any(number is not None for number in named) else None


def sample_words(sample: messages.SampledValue) -> Words:
    said: Callable[..., Any] = sample.get
    return (
        said("measurand", ""),
        said("unit", ""),
        0,
        said("phase", ""),
        said("location", ""),
        said("context", ""),
        said("format", ""),
    )


def raw_sample(sample: messages.SampledValue) -> RawSample:
    return RawSample(sample["value"], *sample_words(sample))


SAMPLING: Final = Sampling(sample_words, raw_sample)


def id_tag_info(decision: Decision) -> Payload:
    info = token_answer(decision, expiry="expiryDate")
    if decision.group_uid and len(decision.group_uid) <= 20:
        info["parentIdTag"] = decision.group_uid
    return info


def answer_vendor_in_text(message: object, answers: Sequence[Any], hearing: Hearing) -> Payload:
    """In 1.6 the data of an answer is text (section 6.18)."""
    payload = answer_vendor(message, answers, hearing)
    data = payload.get("data")
    return payload if data is None or isinstance(data, str) else {**payload, "data": json.dumps(data)}


INBOUND: Final = {
    "Authorize": Inbound(authorize, answer_authorize),
    "BootNotification": Inbound(boot, answer_boot),
    "DataTransfer": Inbound(nothing, answer_vendor_in_text, errand=errands.receive_vendor_data),
    "DiagnosticsStatusNotification": Inbound(nothing, thanks, errand=errands.follow_log),
    "FirmwareStatusNotification": Inbound(nothing, thanks, errand=errands.follow_firmware),
    "Heartbeat": Inbound(nothing, tell_time, is_idle=True),
    "LogStatusNotification": Inbound(nothing, thanks, errand=errands.follow_log),
    "MeterValues": Inbound(meter_values, thanks, salvage=salvage_meter_values),
    "SecurityEventNotification": Inbound(nothing, thanks, errand=errands.keep_security_event),
    "SignCertificate": Inbound(nothing, answer_yes_or_no, errand=errands.ask_for_certificate),
    "SignedFirmwareStatusNotification": Inbound(nothing, thanks, errand=errands.follow_firmware),
    "StartTransaction": Inbound(start, answer_start, salvage=salvage_start),
    "StatusNotification": Inbound(status, thanks),
    "StopTransaction": Inbound(stop, answer_stop, salvage=salvage_stop),
}
