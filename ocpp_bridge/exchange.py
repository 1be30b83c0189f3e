"""One conversation with one station, without any I/O: a text comes in, something to do comes out.

The consumer (sockets) and `replay.Conversation` (tests, the demo's history) both drive this; there
is no second way. What a message changes is a `Job`: it is committed, together with the jobs of
other stations, and only then its reply leaves.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import jsonschema_rs

from core import clock
from ocpp_bridge import gate, quirks, schemas
from ocpp_bridge.desks import desk, send_desk
from ocpp_bridge.dialects.base import Answered, Dialect, Hearing, Inbound
from ocpp_bridge.frames import (
    Call,
    CallError,
    CallResult,
    CallResultError,
    Payload,
    Send,
    Unusable,
    pack_call,
    pack_error,
    pack_result,
    pack_result_error,
    parse,
)
from ocpp_bridge.jobs import (
    INTERVAL_S,
    Heard,
    Job,
    Leave,
    Remembered,
    Said,
    Settled,
    Unanswered,
    digest,
)
from ocpp_bridge.journal import Entry
from ocpp_bridge.link import Asked, Link

__all__ = [
    "ACCEPTED",
    "INTERVAL_S",
    "Exchange",
    "Heard",
    "Job",
    "Leave",
    "Remembered",
    "Said",
    "Settled",
    "digest",
]

ACCEPTED: Final = "accepted"
BOOT: Final = gate.BOOT
MENDING_ROUNDS: Final = 3
REFUSED_OUR_ANSWER: Final = "refused_our_answer"
"""Counted like a quirk: a 2.1 station could not use what we answered."""


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
        if isinstance(frame, Send):
            return self._hear_send(frame, text, at)
        if isinstance(frame, Unusable) and frame.reply:
            return self._say(frame.message_id, "", text, frame.reply, at)
        self._write("in", frame.message_id, "", text, at)
        if isinstance(frame, Unusable):
            return None
        if isinstance(frame, CallResultError):
            quirks.seen[self.station_id, REFUSED_OUR_ANSWER] += 1
            return None
        return self._hear_answer(frame)

    def finish(self, job: Job) -> None:
        """The job is on disk: its reply is what a repetition will get."""
        if job.reply:
            self.last = Remembered(job.message_id, job.reply, job.text)

    def apologize(self, job: Job) -> str:
        """Nothing came of this message: written down, and not remembered, so that it may come again."""
        call = Call(job.message_id, job.action, job.payload)
        return self._refuse(call, job.text, job.at, "InternalError", "").reply

    def overhear(self, job: Job) -> None:
        """Nothing came of this message, and nobody is told; written down all the same."""
        self._write("in", job.message_id, job.action, job.text, job.at)

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
            return self._say(message_id, action, text, last.reply, at)
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
        return self._say(call.message_id, call.action, text, reply, at)

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
        return self._say(call.message_id, call.action, text, pack_error(call.message_id, word, why), at)

    def _hear_send(self, send: Send, text: str, at: datetime) -> Unanswered | None:
        """A SEND that we know and can read; any other is written down and passed over (2.1 part 4, 4.2.4)."""
        place = send_desk(self.dialect.version, send.action)
        is_heard = place is not None and self.registration == ACCEPTED
        if place is not None and is_heard and place.judge.is_valid(send.payload):
            facts = place.inbound.facts(send.payload, at)
            return Unanswered(self, send, place.inbound, facts, text, at)
        self._write("in", send.message_id, send.action, text, at)
        return None

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
        try:
            answered = self.dialect.interpret(asked.action, frame.payload)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            answered = Answered(outcome="failed", word="unreadable answer")
            return Settled(asked, answered, frame.payload, is_late, reply=self._refuse_answer(asked, frame))
        learn = self.dialect.learners.get(asked.action)
        return Settled(asked, answered, frame.payload, is_late, learn)

    def _refuse_answer(self, asked: Asked, frame: CallResult) -> str:
        """Since 2.1 a station can be told that its answer is of no use (part 4, 4.2.3)."""
        if not self.dialect.grammar.knows_sends:
            return ""
        judge = schemas.response(self.dialect.version, asked.action)
        found = schemas.problems(judge, frame.payload)
        code, why = (found[0].code, found[0].description) if found else ("GenericError", "")
        reply = pack_result_error(frame.message_id, self.dialect.grammar.word(code), why)
        self._write("out", frame.message_id, asked.action, reply, clock.now())
        return reply

    # --- writing down ----------------------------------------------------------------------

    def _say(self, message_id: str, action: str, text: str, reply: str, at: datetime) -> Said:
        self._write("in", message_id, action, text, at, reply)
        return Said(reply)

    def _write(
        self, direction: str, message_id: str, action: str, body: str, at: datetime, answer: str = ""
    ) -> None:
        self.note(Entry(self.station_id, at, direction, message_id, action, body, answer))


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
