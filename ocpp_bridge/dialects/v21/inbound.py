"""OCPP 2.1, what stations say: 2.0.1's translators, and here is all that differs from them.

A message that 2.0.1 knows as well has more optional members in 2.1, which are kept where the whole
message is kept; its translation is the same. INBOUND names each that is said or answered otherwise.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from ocpp_bridge import limits as charge_limits
from ocpp_bridge.dialects import v201
from ocpp_bridge.dialects.base import Hearing, Inbound
from ocpp_bridge.dialects.common import answer_yes_or_no, given, nothing, thanks
from ocpp_bridge.dialects.v21 import payment_terminals
from ocpp_bridge.dialects.v201 import contracts as contracts_201
from ocpp_bridge.dialects.v201 import inbound as inbound_201
from ocpp_bridge.dialects.v201.reporting import note_part
from ocpp_bridge.dialects.values import position, stamp, whole
from ocpp_bridge.frames import Payload
from stations.limits import ChargeLimits
from stations.services import charging_reports, contracts, notices
from stations.services.contracts import ChainStatus, Issued

Message = Mapping[str, Any]

logger = logging.getLogger(__name__)


# --- said otherwise than in 2.0.1 --------------------------------------------------------------


def answer_needs(message: object, answers: Sequence[Any], hearing: Hearing) -> Payload:
    """NoChargingProfile: heard, and nobody plans there (K15)."""
    return {"status": "Processing" if hearing.brought else "NoChargingProfile"}


def answer_contract(message: object, answers: Sequence[Any], hearing: Hearing) -> Payload:
    """With the number of contracts that the car may still fetch (M01)."""
    payload = contracts_201.answer_contract(message, answers, hearing)
    issued: Issued | None = hearing.brought
    return payload if issued is None else {**payload, "remainingContracts": issued.remaining}


def tells_cost(message: Message) -> bool:
    return "costDetails" in message or "tariffId" in message.get("transactionInfo", {})


def keep_cost(station_id: int, message: Message) -> None:
    """A station that reckons with a tariff of ours tells what came out (I12).

    Its transaction is worth more than its figures: whatever happens here, the message goes on.
    """
    transaction = message["transactionInfo"]
    body = given(
        transaction_id=transaction.get("transactionId"),
        seq_no=message.get("seqNo"),
        tariff_id=transaction.get("tariffId"),
        cost=message.get("costDetails"),
    )
    try:
        notices.keep_notice(station_id=station_id, kind="cost_details", body=body)
    except Exception:
        logger.exception("could not keep the cost that station %d told", station_id)


def answer_transaction_event(message: Payload, answers: Sequence[Any], hearing: Hearing) -> Payload:
    """With the limits of a charge that we asked for, once, where it becomes ours (C25.FR.24, E16.FR.02)."""
    payload = inbound_201.answer_transaction_event(message, answers, hearing)
    if not takes_up_our_start(message):
        return payload
    transaction_id = str(message["transactionInfo"]["transactionId"])
    limits, words = charge_limits.of_charge(station_id=hearing.station_id, transaction_id=transaction_id)
    limit = {word: value for word, value in limit_words(limits).items() if word in words}
    return {**payload, "transactionLimit": limit} if limit else payload


def takes_up_our_start(message: Payload) -> bool:
    """A start that we asked for begins a transaction, or is taken up by one that a plug began."""
    is_first = message.get("eventType") == "Started" or message.get("triggerReason") == "RemoteStart"
    return is_first and message["transactionInfo"].get("remoteStartId") is not None


def limit_words(limits: ChargeLimits) -> Payload:
    """TransactionLimitType."""
    cost = None if limits.cost is None else float(limits.cost)
    return given(maxEnergy=limits.energy_wh, maxTime=limits.time_s, maxCost=cost)


# --- dynamic schedules, certificates -----------------------------------------------------------


def find_limit(station_id: int, message: Message) -> Mapping[str, float] | None:
    """PullDynamicScheduleUpdate (K28.FR.07)."""
    profile_id = whole(message["chargingProfileId"]) or 0
    return charging_reports.dynamic_limit(station_id=station_id, profile_id=profile_id)


def answer_limit(message: object, answers: Sequence[Any], hearing: Hearing) -> Payload:
    """A profile that does not exist, or is not dynamic, has none (K28.FR.12)."""
    limit: Mapping[str, float] | None = hearing.brought
    if limit is None:
        return {"status": "Rejected", "statusInfo": {"reasonCode": "InvalidProfile"}}
    words = {"limit": "limit", "discharge_limit": "dischargeLimit", "setpoint": "setpoint"}
    return {"status": "Accepted", "scheduleUpdate": {words[name]: limit[name] for name in limit}}


def look_up_chain(station_id: int, message: Message) -> list[ChainStatus]:
    """GetCertificateChainStatus (M07)."""
    return [
        contracts.chain_status(
            certificate=contracts_201.certificate_hash(asked["certificateHashData"]), source=asked["source"]
        )
        for asked in message["certificateStatusRequests"]
    ]


def answer_chain(message: Message, answers: Sequence[Any], hearing: Hearing) -> Payload:
    found: list[ChainStatus] = hearing.brought or []
    asked = message["certificateStatusRequests"]
    known = [*found, *[ChainStatus("failed")] * (len(asked) - len(found))]
    return {"certificateStatus": [_chain(*pair, hearing.at) for pair in zip(asked, known, strict=True)]}


def _chain(asked: Message, found: ChainStatus, at: datetime) -> Payload:
    return {
        "certificateHashData": asked["certificateHashData"],
        "source": asked["source"],
        "status": found.status.capitalize(),
        "nextUpdate": stamp(found.next_update_at or at),
    }


# --- kept and answered, no more ----------------------------------------------------------------


def keep(kind: str) -> Callable[[int, Message], bool]:
    """An errand that keeps the whole message as a notice, and brings that it was kept."""

    def errand(station_id: int, message: Message) -> bool:
        evse = message.get("evseId")
        notices.keep_notice(
            station_id=station_id,
            kind=kind,
            body=dict(message),
            evse_number=None if evse is None else position(evse),
            request_number=whole(message.get("requestId")),
        )
        return True

    return errand


def keep_controls(station_id: int, message: Message) -> None:
    """ReportDERControl (R04), in parts."""
    keep("grid_controls")(station_id, message)
    note_part(station_id, "grid", message)


KEPT: Final = {
    "BatterySwap": Inbound(nothing, thanks, errand=keep("battery_swap")),
    "ClosePeriodicEventStream": Inbound(nothing, thanks, errand=keep("event_stream_closed")),
    "NotifyDERAlarm": Inbound(nothing, thanks, errand=keep("grid_alarm")),
    "NotifyDERStartStop": Inbound(nothing, thanks, errand=keep("grid_control")),
    "NotifyPriorityCharging": Inbound(nothing, thanks, errand=keep("priority_charging")),
    "OpenPeriodicEventStream": Inbound(nothing, answer_yes_or_no, errand=keep("event_stream_opened")),
    "ReportDERControl": Inbound(nothing, thanks, errand=keep_controls),
}

INBOUND: Final[Mapping[str, Inbound]] = {
    **v201.DIALECT.inbound,
    "Get15118EVCertificate": replace(v201.DIALECT.inbound["Get15118EVCertificate"], reply=answer_contract),
    "GetCertificateChainStatus": Inbound(nothing, answer_chain, errand=look_up_chain),
    "NotifyEVChargingNeeds": replace(v201.DIALECT.inbound["NotifyEVChargingNeeds"], reply=answer_needs),
    "PullDynamicScheduleUpdate": Inbound(nothing, answer_limit, errand=find_limit),
    "TransactionEvent": replace(
        v201.DIALECT.inbound["TransactionEvent"],
        reply=answer_transaction_event,
        errand=keep_cost,
        errand_if=tells_cost,
    ),
    **payment_terminals.INBOUND,
    **KEPT,
}

SENDS: Final = {"NotifyPeriodicEventStream": Inbound(nothing, thanks, errand=keep("event_stream"))}
