"""2.0.1, what a station shows to people and knows about them (I02, N09, N10, O01 to O06)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from simulator.stations.clock import parse_instant
from simulator.stations.dialects.base import Handler
from simulator.stations.dialects.v201.parts import say_in_parts
from simulator.stations.frames import Payload

if TYPE_CHECKING:
    from simulator.stations.dialects.v201.dialect import Dialect201
    from simulator.stations.station import Station

FORMATS: Final = ("ASCII", "UTF8")
_AT_ONCE: Final = 5
_CHARS_AT_ONCE: Final = 500
_NOTHING: Final = "No data is kept about this customer."


class PeopleCommands201:
    """The display, and the handlers about it and about customers."""

    def __init__(self, station: Station, dialect: Dialect201) -> None:
        self._station, self._dialect = station, dialect
        self._messages: dict[int, Payload] = {}

    def handlers(self) -> dict[str, Handler]:
        return {
            "ClearDisplayMessage": self.clear_message,
            "CostUpdated": self.cost_updated,
            "CustomerInformation": self.customer_information,
            "GetDisplayMessages": self.get_messages,
            "SetDisplayMessage": self.set_message,
        }

    # --- the display

    def shown(self, at: datetime) -> list[Payload]:
        """What is kept: a text goes with its time, or with its transaction (O01.FR.05, O02)."""
        running = {item.transaction_id for _, item in self._station.cabinet.transactions()}
        self._messages = {
            number: message
            for number, message in self._messages.items()
            if message.get("transactionId", "") in {"", *running} and not _is_over(message, at)
        }
        return list(self._messages.values())

    def set_message(self, request: Payload, at: datetime) -> Payload:
        message = request["message"]
        if message["message"]["format"] not in FORMATS:
            return {"status": "NotSupportedMessageFormat"}
        wanted = message.get("transactionId")
        running = {item.transaction_id for _, item in self._station.cabinet.transactions()}
        if wanted and wanted not in running:
            return {"status": "UnknownTransaction"}
        self._messages[message["id"]] = message
        self._station.note("display", at, 0, message["message"]["content"][:80])
        return {"status": "Accepted"}

    def clear_message(self, request: Payload, at: datetime) -> Payload:
        return {"status": "Accepted" if self._messages.pop(request["id"], None) else "Unknown"}

    def get_messages(self, request: Payload, at: datetime) -> Payload:
        wanted = {key: request[key] for key in ("priority", "state") if key in request}
        found = [
            message
            for message in self.shown(at)
            if message["id"] in request.get("id", [message["id"]])
            and all(message.get(key) == value for key, value in wanted.items())
        ]
        if not found:
            return {"status": "Unknown"}
        say_in_parts(
            self._dialect,
            "NotifyDisplayMessages",
            "messageInfo",
            found,
            at_once=_AT_ONCE,
            common={"requestId": request["requestId"]},
            is_numbered=False,
        )
        return {"status": "Accepted"}

    def cost_updated(self, request: Payload, at: datetime) -> Payload:
        self._station.note("display", at, 0, f"cost so far {request['totalCost']}")
        return {}

    # --- customers

    def customer_information(self, request: Payload, at: datetime) -> Payload:
        """Reported before it is cleared; the local list is the other side's (N09, N10)."""
        named = [key for key in ("idToken", "customerCertificate", "customerIdentifier") if key in request]
        if len(named) != 1:
            return {"status": "Invalid"}
        if not request["report"] and not request["clear"]:
            return {"status": "Rejected"}
        uid = request["idToken"]["idToken"] if "idToken" in request else ""
        if request["report"]:
            self._report(request["requestId"], uid, at)
        if request["clear"] and uid:
            self._station.tokens.forget(uid)
        return {"status": "Accepted"}

    def _report(self, number: int, uid: str, at: datetime) -> None:
        text = "\n".join([*self._known(uid)]) or _NOTHING
        pages = [text[start : start + _CHARS_AT_ONCE] for start in range(0, len(text), _CHARS_AT_ONCE)]
        for seq_no, page in enumerate(pages):
            payload: dict[str, Any] = {
                "requestId": number,
                "generatedAt": self._station.clock.stamp(at),
                "seqNo": seq_no,
                "tbc": seq_no + 1 < len(pages),
                "data": page,
            }
            self._dialect.say("NotifyCustomerInformation", payload, is_triggered=True)

    def _known(self, uid: str) -> list[str]:
        if not uid:
            return []
        said = self._station.tokens.told_of(uid)
        for evse in self._station.cabinet.evses.values():
            for item in [*evse.past, *([evse.transaction] if evse.transaction else [])]:
                if item.token is not None and item.token.uid.casefold() == uid.casefold():
                    stamp = self._station.clock.stamp(item.started_at)
                    said.append(f"Transaction {item.transaction_id} at EVSE {evse.number}, begun {stamp}")
        return said


def _is_over(message: Payload, at: datetime) -> bool:
    return "endDateTime" in message and parse_instant(message["endDateTime"]) <= at
