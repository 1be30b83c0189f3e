"""A recorded conversation, held again with the code of today.

The caller opens a transaction and rolls it back. A station of its own is made from the recording's head;
every frame is said at its time (`core.clock.at`), our commands are given when they were given, and what
we say now is compared with what we said then. Numbers and one-time tokens that are ours are other ones
this time: they are translated both ways. Who may charge was also decided by tables that are not in the
file (money, bookings): a refusal that was recorded stands.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.conf import settings

from core import clock
from ocpp_bridge import replay_world as world
from ocpp_bridge.comparing import Mismatch, mismatches
from ocpp_bridge.dialects import BY_VERSION
from ocpp_bridge.dialects.words import DECISION
from ocpp_bridge.exchange import redact
from ocpp_bridge.frames import CALL, CALL_ERROR, CALL_RESULT
from ocpp_bridge.recordings import Line, Recording
from ocpp_bridge.replay import Conversation
from stations.facts import Decision, Question

ACCEPTED: Final = "Accepted"
CHECKS: Final = ["stations.services.authorization.token_is_valid", "ocpp_bridge.replaying.as_recorded"]
VOLATILE: Final = frozenset({"interval"})
_recorded_status: ContextVar[str] = ContextVar("recorded_status", default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One frame which we would say otherwise today. `line` counts the file's lines from 1."""

    line: int
    at: datetime
    what: str
    action: str
    members: list[Mismatch]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a replay went. `outcomes` are sessions that ended otherwise."""

    frames: int
    compared: int
    differences: list[Difference]
    outcomes: list[Difference]

    @property
    def is_same(self) -> bool:
        return not self.differences and not self.outcomes


def as_recorded(questions: Sequence[Question]) -> list[Decision | None]:
    """An authorization check: what the recording refused is refused again."""
    words = {word: ours for ours, word in DECISION.items()}
    word = _recorded_status.get()
    if word in ("", ACCEPTED):
        return [None] * len(questions)
    said = Decision(status=words.get(word, "invalid"), reason="as it was recorded")
    return [said for _ in questions]


def replay(recording: Recording) -> Result:
    """Hold the conversation again, in the caller's transaction. Raises KeyError for an unknown version."""
    with _only_our_checks():
        return _Replay(recording).run()


@contextmanager
def _only_our_checks() -> Iterator[None]:
    usual = settings.AUTHORIZATION_CHECKS
    settings.AUTHORIZATION_CHECKS = CHECKS
    try:
        yield
    finally:
        settings.AUTHORIZATION_CHECKS = usual


@dataclass(slots=True)
class _Said:
    """A frame of the file: its line, and its message when it can be read."""

    number: int
    line: Line
    message: Any

    @property
    def kind(self) -> Any:
        return self.message[0] if isinstance(self.message, list) and len(self.message) > 1 else None

    @property
    def message_id(self) -> str:
        return str(self.message[1]) if self.kind is not None else ""

    @property
    def action(self) -> str:
        return str(self.message[2]) if self.kind == CALL and len(self.message) > 2 else ""


class _Replay:
    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.differences: list[Difference] = []
        self.compared = 0
        self._said = [_Said(n, line, _read(line.body)) for n, line in enumerate(recording.lines, 2)]
        self._replies = _replies(self._said)
        version = world.version_of(recording)
        self._dialect = BY_VERSION[version]
        with clock.at(self._said[0].line.at if self._said else clock.now()):
            self._world = world.build(recording)
            self._talk = Conversation(self._world.station, version=version)

    def run(self) -> Result:
        for one in self._said:
            with clock.at(one.line.at):
                self._say(one)
        return Result(
            frames=len(self._said),
            compared=self.compared,
            differences=self.differences,
            outcomes=self._outcomes(),
        )

    def _say(self, one: _Said) -> None:
        if one.line.direction == "in":
            self._hear(one)
        elif one.kind == CALL:
            self._ask(one)

    # --- what the station said -------------------------------------------------------------

    def _hear(self, one: _Said) -> None:
        is_answer = one.kind in (CALL_RESULT, CALL_ERROR)
        recorded = None if is_answer else self._replies.get(one.number)
        token = _recorded_status.set(_status(recorded))
        try:
            replies = self._talk.exchange(self._world.inward(one.line.body, one.message, is_answer=is_answer))
        finally:
            _recorded_status.reset(token)
        now = replies[0] if replies else None
        self._learn(recorded, now)
        if not is_answer:
            self._compare(one, "answer", recorded, self._world.outward(now))

    def _learn(self, recorded: str | None, now: str | None) -> None:
        """1.6: the transaction's number is ours, and another one this time (6.46)."""
        was, is_ = _member(recorded, "transactionId"), _member(now, "transactionId")
        if isinstance(was, int) and isinstance(is_, int):
            self._world.numbers[was] = is_

    # --- what we said ----------------------------------------------------------------------

    def _ask(self, one: _Said) -> None:
        if self._talk.state.link.waiting is not None:
            self._talk.give_up()
        self._world.command(one.message, self.recording.commands.get(one.message_id))
        text = self._talk.next_command()
        shown = text and _redacted(text, self._dialect.secrets)
        if text is not None:
            self._world.message_ids[one.message_id] = str(_read(text)[1])
        self._compare(one, "request", one.line.body, self._world.outward(shown, asked=one.message_id))

    # --- comparing -------------------------------------------------------------------------

    def _compare(self, one: _Said, what: str, recorded: str | None, now: str | None) -> None:
        self.compared += 1
        found = [member for member in mismatches(recorded, now) if not _is_volatile(member)]
        if found:
            said = Difference(line=one.number, at=one.line.at, what=what, action=one.action, members=found)
            self.differences.append(said)

    def _outcomes(self) -> list[Difference]:
        last = self.recording.lines[-1].at if self.recording.lines else clock.now()
        return [
            Difference(line=0, at=last, what="session", action=f"#{number}", members=members)
            for number, members in self._world.outcomes(self.recording.outcomes)
        ]


def _replies(said: Sequence[_Said]) -> dict[int, str]:
    """The recorded answer to each message of the station, by the message's line.

    Answers go by id, and in the order of the questions where an id is used again.
    """
    waiting: dict[str, deque[int]] = {}
    found: dict[int, str] = {}
    for one in said:
        is_ours = one.line.direction == "out"
        if is_ours and one.kind != CALL and waiting.get(one.message_id):
            found[waiting[one.message_id].popleft()] = one.line.body
        elif not is_ours and one.kind not in (CALL_RESULT, CALL_ERROR):
            waiting.setdefault(one.message_id or world.UNREADABLE, deque()).append(one.number)
    return found


def _is_volatile(member: Mismatch) -> bool:
    return member.path.rpartition(".")[2] in VOLATILE


def _status(reply: str | None) -> str:
    """What the recorded answer said of the token."""
    message = _read(reply or "")
    payload = message[2] if isinstance(message, list) and len(message) > 2 else {}
    info = (payload.get("idTagInfo") or payload.get("idTokenInfo")) if isinstance(payload, dict) else None
    return str(info.get("status", "")) if isinstance(info, dict) else ""


def _member(text: str | None, name: str) -> Any:
    message = _read(text or "")
    payload = message[2] if isinstance(message, list) and len(message) > 2 else None
    return payload.get(name) if isinstance(payload, Mapping) else None


def _redacted(text: str, hidden: frozenset[str]) -> str:
    return json.dumps(redact(_read(text), hidden))


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
