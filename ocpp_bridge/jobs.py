"""What a frame amounts to: something to commit, to answer, to settle, or to leave for."""

from __future__ import annotations

import logging
from datetime import datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from ocpp_bridge.dialects.base import Answered, Facts, Hearing, Inbound, Learn
from ocpp_bridge.frames import Call, Payload, Send, pack_error, pack_result
from ocpp_bridge.link import Asked
from stations.facts import Fenced, Outcome, Report, StationBooted

if TYPE_CHECKING:
    from ocpp_bridge.exchange import Exchange

logger = logging.getLogger(__name__)

INTERVAL_S: Final = 300


class Said(NamedTuple):
    """A reply that changes nothing and can leave at once."""

    reply: str


class Settled(NamedTuple):
    """The station answered a call of ours, perhaps after its time-out.

    `learn` is what its answer teaches us. `reply` tells a 2.1 station that we could not read it.
    """

    asked: Asked
    answered: Answered
    payload: Payload
    is_late: bool
    learn: Learn | None = None
    reply: str = ""


class Remembered(NamedTuple):
    """The last reply, and the request that it answered: its text, or the digest read from the table."""

    message_id: str
    reply: str
    text: str | None = None
    digest: bytes = b""

    def answers(self, message_id: str, text: str) -> bool:
        if message_id != self.message_id:
            return False
        return text == self.text if self.text is not None else digest(text) == self.digest


class Job:
    """One message at work. `reply` is set when its facts are recorded; it leaves after commit."""

    __slots__ = (
        "action",
        "at",
        "brought",
        "exchange",
        "inbound",
        "is_fenced",
        "message_id",
        "payload",
        "reply",
        "report",
        "stray",
        "text",
    )

    def __init__(
        self, exchange: Exchange, call: Call | Send, inbound: Inbound, facts: Facts, text: str, at: datetime
    ) -> None:
        self.exchange = exchange
        self.message_id, self.action, self.payload = call
        self.inbound = inbound
        self.report = Report(exchange.station_id, exchange.connection_no, facts)
        self.text = text
        self.at = at
        self.stray = ""
        self.reply = ""
        self.is_fenced = False
        self.brought: Any = None

    @property
    def has_errand(self) -> bool:
        inbound = self.inbound
        if inbound.errand is None:
            return False
        return inbound.errand_if is None or inbound.errand_if(self.payload)

    def run_errand(self) -> bool:
        """Do what is not a fact, before the facts are recorded. False: it failed and `reply` says so."""
        errand = self.inbound.errand if self.has_errand else None
        try:
            self.brought = errand(self.report.station_id, self.payload) if errand else None
        except Exception:
            logger.exception("%s of station %d failed", self.action, self.report.station_id)
            self.reply = self.exchange.apologize(self)
            return False
        return True

    def settle(self, outcome: Outcome) -> None:
        """Make the reply of what recording the facts answered."""
        if isinstance(outcome, Fenced):
            self.is_fenced = True
            return
        facts = self.report.facts
        if facts and type(facts[0]) is StationBooted:
            self.exchange.registration = str(outcome.answers[0])
        payload = self.inbound.reply(self.payload, outcome.answers, self._hearing())
        self.reply = pack_result(self.message_id, payload)

    def apologize(self) -> None:
        """The facts could not be recorded and the message was kept aside: answer what can be."""
        try:
            payload = self.inbound.reply(self.payload, (), self._hearing())
            self.reply = pack_result(self.message_id, payload)
        except (IndexError, KeyError):
            self.reply = pack_error(self.message_id, "InternalError")

    def _hearing(self) -> Hearing:
        return Hearing(self.at, INTERVAL_S, self.brought, self.report.station_id)


class Leave(NamedTuple):
    """The boot's serial number is not that of the certificate: the connection ends (B01.FR.12)."""

    serial: str


class Unanswered(Job):
    """A SEND of 2.1 at work: recorded like any other, and never answered (part 4, 4.2.4)."""

    __slots__ = ()

    def run_errand(self) -> bool:
        try:
            if self.inbound.errand is not None:
                self.inbound.errand(self.report.station_id, self.payload)
        except Exception:
            logger.exception("%s of station %d failed", self.action, self.report.station_id)
            self.exchange.overhear(self)
            return False
        return True

    def settle(self, outcome: Outcome) -> None:
        self.is_fenced = isinstance(outcome, Fenced)

    def apologize(self) -> None:
        """There is nobody to apologize to."""


Heard: TypeAlias = Job | Said | Settled | Leave | None


def digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()
