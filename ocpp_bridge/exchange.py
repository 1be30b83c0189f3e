"""One conversation with one station, without any I/O: a text comes in, something to do comes out.

The consumer (sockets) and `replay.Conversation` (tests, the demo's history) both drive this; there
is no second way. What a message changes is a `Job`: it is committed, together with the jobs of
other stations, and only then its reply leaves.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from functools import cache
from hashlib import blake2b
from typing import Any, Final, NamedTuple, TypeAlias

import jsonschema_rs

from core import clock
from ocpp_bridge import gate, quirks, schemas
from ocpp_bridge.dialects.base import Answered, Dialect, Facts, Hearing, Inbound
from ocpp_bridge.frames import (
    Call,
    CallError,
    CallResult,
    Payload,
    Unusable,
    pack_call,
    pack_error,
    pack_result,
    parse,
)
from ocpp_bridge.journal import Entry
from ocpp_bridge.link import Asked, Link
from stations.facts import Fenced, Outcome, Report, StationBooted

logger = logging.getLogger(__name__)

INTERVAL_S: Final = 300
ACCEPTED: Final = "accepted"
BOOT: Final = gate.BOOT
MENDING_ROUNDS: Final = 3


class Said(NamedTuple):
    """A reply that changes nothing and can leave at once."""

    reply: str


class Settled(NamedTuple):
    """The station answered a call of ours, perhaps after its time-out."""

    asked: Asked
    answered: Answered
    payload: Payload
    is_late: bool


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
        self, exchange: Exchange, call: Call, inbound: Inbound, facts: Facts, text: str, at: datetime
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
        return Hearing(self.at, INTERVAL_S, self.brought)


class Leave(NamedTuple):
    """The boot's serial number is not that of the certificate: the connection ends (B01.FR.12)."""

    serial: str


Heard: TypeAlias = Job | Said | Settled | Leave | None


class Desk(NamedTuple):
    """Who handles an action: its translators and its compiled schema."""

    inbound: Inbound
    judge: jsonschema_rs.Validator


@cache
def desk(version: str, action: str) -> Desk | None:
    from ocpp_bridge.dialects import BY_VERSION

    inbound = BY_VERSION[version].inbound.get(action)
    return None if inbound is None else Desk(inbound, schemas.request(version, action))


def digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()


class Exchange:
    """The state of one connection: whose it is, which version, what was answered last."""

    __slots__ = (
        "_allowed",
        "certified_serial",
        "connection_no",
        "dialect",
        "last",
        "link",
        "note",
        "registration",
        "station_id",
    )

    def __init__(
        self,
        *,
        station_id: int,
        connection_no: int,
        dialect: Dialect,
        registration: str,
        note: Callable[[Entry], None],
        last: Remembered | None = None,
        certified_serial: str = "",
    ) -> None:
        self.station_id = station_id
        self.certified_serial = certified_serial
        self.connection_no = connection_no
        self.dialect = dialect
        self.registration = registration
        self.note = note
        self.last = last
        self.link = Link()
        self._allowed: set[str] = {BOOT}

    def hear(self, text: str) -> Heard:
        """What a frame from the station amounts to; None when the specification wants silence."""
        at = clock.now()
        frame = parse(text, self.dialect.grammar)
        if isinstance(frame, Call):
            return self._hear_call(frame, text, at)
        self._write("in", frame.message_id, "", text, at)
        if isinstance(frame, Unusable):
            return self._say(frame.message_id, "", frame.reply, at) if frame.reply else None
        return self._hear_answer(frame)

    def finish(self, job: Job) -> None:
        """The job is on disk: its reply is what a repetition will get."""
        if job.reply:
            self.last = Remembered(job.message_id, job.reply, job.text)

    def apologize(self, job: Job) -> str:
        """Nothing came of this message: written down, and not remembered, so that it may come again."""
        call = Call(job.message_id, job.action, job.payload)
        return self._refuse(call, job.text, job.at, "InternalError", "").reply

    def ask(self, asked: Asked, payload: Payload) -> str:
        """The text of a call of ours, written down. Raises `link.Busy`."""
        text = self.link.ask(asked, payload)
        if self.registration != ACCEPTED:
            self._allowed.add(gate.evoked(asked.action, payload))
        shown = redact(payload, self.dialect.secrets)
        body = text if shown is payload else pack_call(asked.message_id, asked.action, shown)
        self._write("out", asked.message_id, asked.action, body, clock.now())
        return text

    # --- calls of the station --------------------------------------------------------------

    def _hear_call(self, call: Call, text: str, at: datetime) -> Heard:
        message_id, action, payload = call
        last = self.last
        if last is not None and last.answers(message_id, text):
            self._write("in", message_id, action, text, at)
            return self._say(message_id, action, last.reply, at)
        if self.registration != ACCEPTED and not self._may_say(action):
            return self._refuse(call, text, at, "SecurityError", "this station is not accepted yet")
        place = desk(self.dialect.version, action)
        if place is None:
            return self._refuse(call, text, at, *self._unhandled(action))
        inbound, judge = place
        if not judge.is_valid(payload):
            return self._mend(call, inbound, judge, text, at)
        if inbound.is_idle:
            return self._answer_idly(call, inbound, text, at)
        if self.certified_serial and action == BOOT and gate.serial_of(payload) != self.certified_serial:
            self._write("in", message_id, action, text, at)
            return Leave(gate.serial_of(payload))
        return Job(self, call, inbound, inbound.facts(payload, at), text, at)

    def _answer_idly(self, call: Call, inbound: Inbound, text: str, at: datetime) -> Said:
        reply = pack_result(call.message_id, inbound.reply(call.payload, (), Hearing(at, INTERVAL_S)))
        self._write("in", call.message_id, call.action, text, at)
        return self._say(call.message_id, call.action, reply, at)

    def _may_say(self, action: str) -> bool:
        """Before acceptance: boot, and while pending what we asked for (2.0.1 B02.FR.02, B02.FR.09)."""
        return action == BOOT or (self.registration == "pending" and action in self._allowed)

    def _unhandled(self, action: str) -> tuple[str, str]:
        if action in schemas.known_actions(self.dialect.version):
            return "NotSupported", "this action is not supported here"
        return "NotImplemented", "unknown action"

    def _mend(
        self, call: Call, inbound: Inbound, judge: jsonschema_rs.Validator, text: str, at: datetime
    ) -> Heard:
        """The schema refuses the payload: a named quirk, or what can be saved, or an error."""
        found = schemas.problems(judge, call.payload)
        first = found[0]
        for _ in range(MENDING_ROUNDS):
            settled = quirks.settle(call.action, call.payload, found)
            if settled is None:
                break
            quirks.seen.update((self.station_id, name) for name in settled[0])
            found = schemas.problems(judge, call.payload) if settled[1] else []
            if not found:
                return Job(self, call, inbound, inbound.facts(call.payload, at), text, at)
        return self._salvage(call, inbound, first, text, at)

    def _salvage(
        self, call: Call, inbound: Inbound, problem: schemas.Problem, text: str, at: datetime
    ) -> Heard:
        facts = inbound.salvage(call.payload, at) if inbound.salvage else None
        if facts is None:
            return self._refuse(call, text, at, problem.code, problem.description)
        job = Job(self, call, inbound, facts, text, at)
        job.stray = f"{call.action}: {problem.description}"[:120]
        return job

    def _refuse(self, call: Call, text: str, at: datetime, code: str, why: str) -> Said:
        word = self.dialect.grammar.word(code)
        self._write("in", call.message_id, call.action, text, at)
        return self._say(call.message_id, call.action, pack_error(call.message_id, word, why), at)

    # --- answers to ours -------------------------------------------------------------------

    def _hear_answer(self, frame: CallResult | CallError) -> Settled | None:
        matched = self.link.settle(frame.message_id)
        if matched is None:
            return None
        asked, is_late = matched
        if isinstance(frame, CallError):
            return Settled(
                asked, Answered(outcome="failed", word=frame.code[:60]), _as_payload(frame), is_late
            )
        return Settled(asked, self._interpret(asked.action, frame.payload), frame.payload, is_late)

    def _interpret(self, action: str, payload: Payload) -> Answered:
        try:
            return self.dialect.interpret(action, payload)
        except (AttributeError, IndexError, KeyError, TypeError):
            return Answered(outcome="failed", word="unreadable answer")

    # --- writing down ----------------------------------------------------------------------

    def _say(self, message_id: str, action: str, reply: str, at: datetime) -> Said:
        self._write("out", message_id, action, reply, at)
        return Said(reply)

    def _write(self, direction: str, message_id: str, action: str, body: str, at: datetime) -> None:
        self.note(Entry(self.station_id, at, direction, message_id, action, body))


def _as_payload(error: CallError) -> Payload:
    return {"errorCode": error.code, "errorDescription": error.description, "errorDetails": error.details}


def redact(payload: Any, secrets: frozenset[str]) -> Any:
    """The same payload, or a copy without the values of secret variables."""
    if isinstance(payload, list):
        parts = [redact(part, secrets) for part in payload]
        return payload if all(new is old for new, old in zip(parts, payload, strict=True)) else parts
    if not isinstance(payload, dict):
        return payload
    named = payload.get("variable")
    name = payload.get("key") or (named.get("name") if isinstance(named, dict) else "")
    if isinstance(name, str) and name.lower() in secrets:
        return {key: "•••" if key in ("value", "attributeValue") else part for key, part in payload.items()}
    members = {key: redact(part, secrets) for key, part in payload.items()}
    return payload if all(members[key] is payload[key] for key in payload) else members
