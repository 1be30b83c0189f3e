"""OCPP 2.0.1, what stations say: message -> facts -> reply. Translation only (ADR 5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from ocpp_bridge import costs
from ocpp_bridge.dialects import common
from ocpp_bridge.dialects.base import NO_FACTS, Facts, Hearing, Inbound
from ocpp_bridge.dialects.common import Sampling, nothing, read_meter, thanks, token_answer
from ocpp_bridge.dialects.v201 import contracts, mapping, messages, reporting, smart_charging, upkeep
from ocpp_bridge.dialects.values import as_number, instant, position, small, whole
from ocpp_bridge.frames import Payload
from stations.facts import (
    BeginAnswer,
    Decision,
    ReadingTaken,
    SessionBegan,
    SessionFinished,
    SessionUpdated,
    StationBooted,
    StatusReported,
    TokenPresented,
)
from stations.metering import SIGNED, RawSample, Words, register_wh


def boot(message: messages.BootNotification, at: datetime) -> Facts:
    station = message["chargingStation"]
    return (
        StationBooted(
            vendor=station["vendorName"],
            model=station["model"],
            serial=station.get("serialNumber", ""),
            firmware=station.get("firmwareVersion", ""),
            reason=message["reason"],
        ),
    )


def status(message: messages.StatusNotification, at: datetime) -> Facts:
    return (
        StatusReported(
            evse_number=position(message["evseId"]),
            connector_number=position(message["connectorId"]),
            status=mapping.STATUS[message["connectorStatus"]],
            detail=message["connectorStatus"],
            reported_at=instant(message["timestamp"]),
        ),
    )


def authorize(message: messages.Authorize, at: datetime) -> Facts:
    token = message["idToken"]
    return (TokenPresented(uid=token["idToken"], type=token["type"]),)


def answer_authorize(message: messages.Authorize, answers: Sequence[Decision], hearing: Hearing) -> Payload:
    payload: Payload = {"idTokenInfo": id_token_info(message["idToken"], answers[0])}
    judgment: str | None = hearing.brought
    return payload if judgment is None else contracts.with_certificate(payload, judgment)


# --- transactions (part 2, E) ------------------------------------------------------------------


def transaction_event(message: messages.TransactionEvent, at: datetime) -> Facts:
    happened_at = instant(message["timestamp"]) or at
    values = message.get("meterValue")
    taken = read_transaction_meter(values, happened_at, message) if values else ()
    return (*taken, TRANSACTION_FACT[message["eventType"]](message, happened_at))


def began(message: messages.TransactionEvent, happened_at: datetime) -> SessionBegan:
    transaction = message["transactionInfo"]
    return SessionBegan(
        transaction_id=transaction["transactionId"],
        **whereabouts(message),
        **shown(message),
        started_at=happened_at,
        meter_start_wh=register(message, -1, "Transaction.Begin", 0),
        phase=phase(transaction),
        seq_no=small(message["seqNo"]),
        is_offline=message.get("offline", False),
        remote_start_id=whole(transaction.get("remoteStartId")),
        reservation_number=whole(message.get("reservationId")),
        trigger=message["triggerReason"],
    )


def updated(message: messages.TransactionEvent, happened_at: datetime) -> SessionUpdated:
    transaction = message["transactionInfo"]
    return SessionUpdated(
        transaction_id=transaction["transactionId"],
        **whereabouts(message),
        **shown(message),
        at=happened_at,
        phase=phase(transaction),
        seq_no=small(message["seqNo"]),
        is_offline=message.get("offline", False),
        remote_start_id=whole(transaction.get("remoteStartId")),
        trigger=message["triggerReason"],
    )


def finished(message: messages.TransactionEvent, happened_at: datetime) -> SessionFinished:
    transaction = message["transactionInfo"]
    evse = message.get("evse")
    return SessionFinished(
        transaction_id=transaction["transactionId"],
        evse_number=position(evse["id"]) if evse else None,
        **shown(message),
        ended_at=happened_at,
        meter_end_wh=register(message, 0, "Transaction.End", -1),
        reason=transaction.get("stoppedReason", mapping.DEFAULT_STOP_REASON),
        phase=phase(transaction),
        seq_no=small(message["seqNo"]),
        is_offline=message.get("offline", False),
    )


TransactionFact = SessionBegan | SessionUpdated | SessionFinished
TRANSACTION_FACT: Final[Mapping[str, Callable[[Any, datetime], TransactionFact]]] = {
    "Started": began,
    "Updated": updated,
    "Ended": finished,
}


def salvage_transaction_event(message: Payload, at: datetime) -> Facts | None:
    """An event is named by its transaction; what cannot be read is left out."""
    transaction = message.get("transactionInfo")
    named = transaction.get("transactionId") if isinstance(transaction, dict) else None
    build = TRANSACTION_FACT.get(str(message.get("eventType")))
    if not isinstance(named, str) or not named or build is None:
        return None
    bare: messages.TransactionEvent = {
        "eventType": str(message["eventType"]),
        "timestamp": "",
        "triggerReason": str(message.get("triggerReason", ""))[:40],
        "seqNo": as_number(message.get("seqNo")) or 0,
        "transactionInfo": {"transactionId": named[:255]},
    }
    return (build(bare, instant(message.get("timestamp")) or at),)


def answer_transaction_event(message: Payload, answers: Sequence[Any], hearing: Hearing) -> Payload:
    """The token is answered when one was shown (E01.FR.11, C01.FR.20), and the end with its cost."""
    token = message.get("idToken")
    answer = answers[-1] if answers else None
    decision = answer.decision if isinstance(answer, BeginAnswer) else answer
    payload = cost_at_end(message, hearing)
    if isinstance(token, dict) and isinstance(decision, Decision):
        payload["idTokenInfo"] = id_token_info(token, decision)
    return payload


def cost_at_end(message: Payload, hearing: Hearing) -> Payload:
    """The total, where the station shows it and we know it (I03.FR.02)."""
    if message.get("eventType") != "Ended":
        return {}
    transaction_id = str(message["transactionInfo"]["transactionId"])
    cost = costs.total_cost(station_id=hearing.station_id, transaction_id=transaction_id)
    return {} if cost is None else {"totalCost": cost}


def whereabouts(message: messages.TransactionEvent) -> dict[str, Any]:
    evse = message.get("evse")
    if not evse:
        return {}
    connector = evse.get("connectorId")
    number = None if connector is None else position(connector)
    return {"evse_number": position(evse["id"]), "connector_number": number}


def shown(message: messages.TransactionEvent) -> dict[str, Any]:
    token = message.get("idToken")
    return {"token_uid": token["idToken"], "token_type": token["type"]} if token else {}


def phase(transaction: messages.Transaction) -> str:
    return mapping.PHASE.get(transaction.get("chargingState", ""), "")


def register(message: messages.TransactionEvent, otherwise: int, context: str, position: int) -> int | None:
    """The energy register at the start or end: of that context, else the first or last one sent."""
    values = message.get("meterValue") or ()
    told = [
        (sample.get("context"), wh)
        for value in values
        for sample in value["sampledValue"]
        if (wh := register_wh((raw_sample(sample),))) is not None
    ]
    marked = [wh for name, wh in told if name == context]
    return marked[0] if marked else (told[position][1] if told else None)


# --- meter values and the rest -----------------------------------------------------------------


def meter_values(message: messages.MeterValues, at: datetime) -> Facts:
    return read_meter(message["meterValue"], SAMPLING, at, evse_number=position(message["evseId"]))


def salvage_meter_values(message: Payload, at: datetime) -> Facts | None:
    """Values that no schema accepts are kept aside whole; nothing is read out of them."""
    return NO_FACTS if as_number(message.get("evseId")) is not None else None


def read_transaction_meter(
    values: Iterable[messages.MeterValue], at: datetime, message: messages.TransactionEvent
) -> tuple[ReadingTaken, ...]:
    evse = message.get("evse")
    return read_meter(
        values,
        SAMPLING,
        at,
        transaction_id=message["transactionInfo"]["transactionId"],
        evse_number=position(evse["id"]) if evse else None,
    )


def sample_words(sample: messages.SampledValue) -> Words:
    """Without the signature; a sample that has one says so by its format."""
    said: Callable[..., Any] = sample.get
    unit = said("unitOfMeasure")
    return (
        said("measurand", ""),
        unit.get("unit", "") if unit else "",
        unit.get("multiplier", 0) if unit else 0,
        said("phase", ""),
        said("location", ""),
        said("context", ""),
        SIGNED if "signedMeterValue" in sample else "",
    )


def raw_sample(sample: messages.SampledValue) -> RawSample:
    words = sample_words(sample)
    return RawSample(sample["value"], *words[:-1], signed=sample.get("signedMeterValue"))


SAMPLING: Final = Sampling(sample_words, raw_sample)


def id_token_info(token: Mapping[str, Any], decision: Decision) -> Payload:
    """What was decided; a group too long for the standard is left out."""
    if token.get("type") in mapping.SETTLED_ELSEWHERE:
        return {"status": "Accepted"}
    info = token_answer(decision, expiry="cacheExpiryDateTime")
    if decision.group_uid and len(decision.group_uid) <= 36:
        info["groupIdToken"] = {"idToken": decision.group_uid, "type": "Central"}
    return info


INBOUND: Final[Mapping[str, Inbound]] = {
    "Authorize": Inbound(
        authorize, answer_authorize, errand=contracts.judge, errand_if=contracts.shows_contract
    ),
    "BootNotification": Inbound(boot, common.answer_boot),
    "Heartbeat": Inbound(nothing, common.tell_time, is_idle=True),
    "MeterValues": Inbound(meter_values, thanks, salvage=salvage_meter_values),
    "StatusNotification": Inbound(status, thanks),
    "TransactionEvent": Inbound(
        transaction_event, answer_transaction_event, salvage=salvage_transaction_event
    ),
    **contracts.INBOUND,
    **reporting.INBOUND,
    **smart_charging.INBOUND,
    **upkeep.INBOUND,
}
