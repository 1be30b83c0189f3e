"""The station's side of one conversation: a queue, one CALL in flight, retries. No socket.

Transaction messages are durable: they survive a lost line and are tried again with the same
message id (1.6 section 3.7.1, 2.0.1 E12 and E13). Everything else is lost with the line.
"""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from simulator.stations.frames import Call, Payload, Refusal, Result, pack
from simulator.stations.settings import Settings

OnAnswer = Callable[[Payload, datetime], None]
OnFailure = Callable[[str, datetime], None]


@dataclass(slots=True, kw_only=True, eq=False)
class Message:
    """A CALL to be made. `payload` may be a function: it is asked once, when first sent."""

    action: str
    payload: Payload | Callable[[], Payload]
    is_durable: bool = False
    goes_before_boot: bool = False
    on_answer: OnAnswer | None = None
    on_failure: OnFailure | None = None
    message_id: str = ""
    attempts: int = 0
    not_before: datetime | None = None


class Link:
    """`tamper` may change what leaves (misbehaviour); by default one message is one frame."""

    def __init__(self, settings: Settings, rng: Random) -> None:
        self.settings = settings
        self.is_up = False
        self.is_open = False
        self.in_flight: Message | None = None
        self.tamper: Callable[[Call], list[str]] = lambda call: [pack(call)]
        self.dropped: list[Message] = []
        self._queue: deque[Message] = deque()
        self._ready: list[str] = []
        self._answer_by: datetime | None = None
        self._rng = rng
        self.last_sent_at: datetime | None = None

    # --- the line

    def up(self) -> None:
        self.is_up = True

    def down(self) -> None:
        """What was in flight is uncertain: durable messages will be sent again, others are lost."""
        self.is_up = False
        self._ready.clear()
        if self.in_flight is not None and self.in_flight.is_durable:
            self._queue.appendleft(self.in_flight)
        self.in_flight, self._answer_by = None, None
        self._queue = deque(message for message in self._queue if message.is_durable)

    @property
    def backlog(self) -> list[Message]:
        """Transaction messages not yet acknowledged, oldest first."""
        waiting = [message for message in self._queue if message.is_durable]
        in_flight = self.in_flight
        return [in_flight, *waiting] if in_flight is not None and in_flight.is_durable else waiting

    @property
    def is_silent(self) -> bool:
        """Nothing in flight, nothing waiting."""
        return self.in_flight is None and not self._queue and not self._ready

    def shuffle(self, rng: Random) -> None:
        """Mix the waiting transaction messages: a station with a broken queue."""
        mixed = list(self._queue)
        rng.shuffle(mixed)
        self._queue = deque(mixed)

    # --- sending

    def call(self, message: Message) -> None:
        """Queue a message. Without a line only durable ones are kept."""
        if self.is_up or message.is_durable:
            message.message_id = str(uuid.UUID(int=self._rng.getrandbits(128), version=4))
            self._queue.append(message)

    def reply(self, frame: Result | Refusal) -> None:
        """Answer the other side's CALL; answers wait for nobody."""
        if self.is_up:
            self._ready.append(pack(frame))

    def flush(self, now: datetime) -> list[str]:
        """Frames that leave now."""
        if self.is_up:
            self._give_up_waiting(now)
            self._send_next(now)
        frames, self._ready = self._ready, []
        return frames

    def _send_next(self, now: datetime) -> None:
        message = self._next(now) if self.in_flight is None else None
        if message is None:
            return
        self._queue.remove(message)
        if callable(message.payload):
            message.payload = message.payload()
        message.attempts += 1
        self.in_flight, self.last_sent_at = message, now
        self._answer_by = now + timedelta(seconds=self.settings.call_timeout_s)
        self._ready += self.tamper(Call(message.message_id, message.action, message.payload))

    def _next(self, now: datetime) -> Message | None:
        """The oldest that may go. A durable one that must wait holds back the durable ones after it."""
        is_durable_held = False
        for message in self._queue:
            waits = message.not_before is not None and message.not_before > now
            if not (self.is_open or message.goes_before_boot) or (message.is_durable and is_durable_held):
                continue
            if not waits:
                return message
            is_durable_held = is_durable_held or message.is_durable
        return None

    # --- answers

    def answered(self, result: Result, now: datetime) -> bool:
        """Whether this was the answer we waited for."""
        message = self._settle(result.message_id)
        if message is not None and message.on_answer is not None:
            message.on_answer(result.payload, now)
        return message is not None

    def refused(self, refusal: Refusal, now: datetime) -> bool:
        message = self._settle(refusal.message_id)
        if message is not None:
            self._fail(message, refusal.code, now)
        return message is not None

    def _settle(self, message_id: str) -> Message | None:
        message = self.in_flight
        if message is None or message.message_id != message_id:
            return None
        self.in_flight, self._answer_by = None, None
        return message

    def _give_up_waiting(self, now: datetime) -> None:
        if self.in_flight is not None and self._answer_by is not None and self._answer_by <= now:
            message = self.in_flight
            self.in_flight, self._answer_by = None, None
            self._fail(message, "Timeout", now)

    def _fail(self, message: Message, code: str, now: datetime) -> None:
        """Durable messages are tried again a few times, later each time; then they are lost."""
        if message.is_durable and message.attempts < self.settings.message_attempts:
            wait_s = self.settings.message_retry_interval_s * message.attempts
            message.not_before = now + timedelta(seconds=wait_s)
            self._queue.appendleft(message)
            return
        self.dropped.append(message)
        if message.on_failure is not None:
            message.on_failure(code, now)

    def next_due_at(self, now: datetime) -> datetime | None:
        """When `flush` has something to do; `now` when it has already."""
        if not self.is_up:
            return None
        if self._ready or (self.in_flight is None and self._next(now) is not None):
            return now
        waits = [message.not_before for message in self._queue if self.in_flight is None]
        return min((due for due in (*waits, self._answer_by) if due is not None and due > now), default=None)
