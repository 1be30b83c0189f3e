"""OCPP 2.1, what stations tell of their payment terminals (C18 to C25): kept, told on, answered.

The money itself is the terminal's and its provider's; what we learn of it becomes an event.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from core import clock
from ocpp_bridge.dialects.base import Hearing, Inbound
from ocpp_bridge.dialects.common import given, nothing
from ocpp_bridge.dialects.v21 import vat
from ocpp_bridge.dialects.values import instant, position
from ocpp_bridge.frames import Payload
from payments.services.receipts import receipt_link_of
from stations.models import ChargingSession
from stations.services import notices, settlements

Message = Mapping[str, Any]

SETTLEMENT: Final = {
    "Settled": "settled",
    "Canceled": "canceled",
    "Rejected": "rejected",
    "Failed": "failed",
}


def keep_settlement(station_id: int, message: Message) -> ChargingSession | None:
    """NotifySettlement (C19, C20, C21, C22): brings the session that it is about."""
    return settlements.record_settlement(
        station_id=station_id,
        reference=message["pspRef"],
        status=SETTLEMENT[message["status"]],
        amount=Decimal(str(message["settlementAmount"])),
        settled_at=instant(message["settlementTime"]) or clock.now(),
        transaction_id=message.get("transactionId", ""),
        body=dict(message),
    )


def answer_settlement(message: Message, answers: Sequence[Any], hearing: Hearing) -> Payload:
    """Our receipt, where the terminal has none of its own (C21.FR.03)."""
    session: ChargingSession | None = hearing.brought
    if session is None or message["status"] != "Settled" or message.get("receiptUrl"):
        return {}
    return {"receiptUrl": receipt_link_of(session)}


def look_at_vat_number(station_id: int, message: Message) -> bool:
    """VatNumberValidation (C18.FR.08): brings whether the number has its country's form."""
    is_right = vat.looks_right(message["vatNumber"])
    evse = message.get("evseId")
    notices.keep_notice(
        station_id=station_id,
        kind="vat_number",
        body={"number": message["vatNumber"], "looks_right": is_right},
        evse_number=None if evse is None else position(evse),
    )
    return is_right


def answer_vat_number(message: Message, answers: Sequence[Any], hearing: Hearing) -> Payload:
    """The same EVSE goes back (C18.FR.10)."""
    return given(
        status="Accepted" if hearing.brought else "Rejected",
        vatNumber=message["vatNumber"],
        evseId=message.get("evseId"),
    )


INBOUND: Final = {
    "NotifySettlement": Inbound(nothing, answer_settlement, errand=keep_settlement),
    "VatNumberValidation": Inbound(nothing, answer_vat_number, errand=look_at_vat_number),
}
