"""A station with a true meter, and a line that duplicates, reorders, drops, delays and cuts off.

What the station knows is the truth; what reaches the recording is only its messages. Time is virtual.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from core import clock
from stations.facts import (
    BeginAnswer,
    ReadingTaken,
    Recorded,
    Report,
    SessionBegan,
    SessionFinished,
    SessionUpdated,
    StationBooted,
    StatusReported,
)
from stations.services.recording import record
from tests.factories import NOON

UNKNOWN_NUMBER = -1
"""What a 1.6 station sends when it never learned its transaction's number (errata 3.18)."""


@dataclass
class Charge:
    """What really happened. `lost`: transaction messages that no longer come."""

    name: str
    started_at: datetime
    start_wh: int
    ended_at: datetime | None = None
    end_wh: int = 0
    taken_wh: int = 0
    number: int | None = None
    next_seq_no: int = 0
    lost: set[str] = field(default_factory=set)
    dropped: int = 0
    was_reset: bool = False
    registers: list[int] = field(default_factory=list, repr=False)


@dataclass(eq=False)
class Message:
    """`facts` are made when it is sent: a 1.6 station may only then know its number."""

    kind: str
    charge: Charge | None
    facts: Callable[[], tuple[Any, ...]] = field(repr=False)


class TrueStation:
    """One EVSE. `speaks_2x`: transaction ids and counters of its own; else numbers that we give."""

    def __init__(self, station_id: int, *, speaks_2x: bool, register_wh: int = 5000) -> None:
        self.station_id, self.speaks_2x = station_id, speaks_2x
        self.now = NOON
        self.register_wh = register_wh
        self.charges: list[Charge] = []
        self.waiting: list[Message] = []
        self.sent: list[Message] = []

    # --- what happens at the station

    @property
    def running(self) -> Charge | None:
        last = self.charges[-1] if self.charges else None
        return last if last and last.ended_at is None else None

    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    def begin(self) -> None:
        self.wait(1)
        charge = Charge(f"tx{len(self.charges)}", self.now, self.register_wh, registers=[self.register_wh])
        self.charges.append(charge)
        at, start_wh, seq_no = self.now, self.register_wh, self._seq_no(charge)
        named: dict[str, Any] = {"transaction_id": charge.name, "seq_no": seq_no} if self.speaks_2x else {}
        self._say("start", charge, lambda: (
            SessionBegan(evse_number=1, connector_number=1, token_uid="CARD1", started_at=at,
                         meter_start_wh=start_wh, **named),
        ))  # fmt: skip

    def draw(self, minutes: int, power_w: int) -> None:
        """Energy flows (or not), and the station tells its register."""
        charge = self.running
        assert charge
        self.wait(minutes)
        self._count(charge, power_w * minutes // 60)
        self._tell_register(charge, power_w)

    def _count(self, charge: Charge, energy_wh: int) -> None:
        self.register_wh += energy_wh
        charge.taken_wh += energy_wh

    def _tell_register(self, charge: Charge, power_w: int) -> None:
        at, register_wh = self.now, self.register_wh
        charge.registers.append(register_wh)
        if not self.speaks_2x:
            self._say("reading", charge, lambda: (
                ReadingTaken(number=self._number(charge), evse_number=1, taken_at=at, context="periodic",
                             energy_wh=register_wh, power_w=power_w),
            ))  # fmt: skip
            return
        seq_no, name = self._seq_no(charge), charge.name
        self._say("reading", charge, lambda: (
            ReadingTaken(transaction_id=name, taken_at=at, context="periodic",
                         energy_wh=register_wh, power_w=power_w),
            SessionUpdated(transaction_id=name, at=at, seq_no=seq_no, phase="charging"),
        ))  # fmt: skip

    def finish(self, reason: str = "Local") -> None:
        charge = self.running
        assert charge
        self.wait(1)
        charge.ended_at, charge.end_wh = self.now, self.register_wh
        charge.registers.append(self.register_wh)
        at, end_wh, seq_no = self.now, self.register_wh, self._seq_no(charge)
        named: dict[str, Any] = {"transaction_id": charge.name, "seq_no": seq_no} if self.speaks_2x else {}
        self._say("stop", charge, lambda: (
            SessionFinished(ended_at=at, meter_end_wh=end_wh, reason=reason, token_uid="CARD1",
                            **(named or {"number": self._number(charge), "evse_number": 1})),
        ))  # fmt: skip

    def reboot(self, *, keeps_charging: bool, forgets_register: bool) -> None:
        """Power is lost. Afterwards it resumes, or tells the stop that the loss has caused."""
        charge = self.running
        if charge and not keeps_charging:
            self.finish("PowerLoss")
        if forgets_register:
            self.register_wh = 0
            if charge and keeps_charging:
                charge.was_reset = True
        self.wait(3)
        self._say("boot", None, lambda: (StationBooted(vendor="V", model="M", reason="PowerUp"),))

    def report_status(self, word: str) -> None:
        at = self.now
        self._say("status", None, lambda: (
            StatusReported(evse_number=1, connector_number=1, status=word, detail=word, reported_at=at),
        ))  # fmt: skip

    def _seq_no(self, charge: Charge) -> int:
        charge.next_seq_no += 1
        return charge.next_seq_no - 1

    def _number(self, charge: Charge) -> int:
        return charge.number if charge.number is not None else UNKNOWN_NUMBER

    def _say(self, kind: str, charge: Charge | None, facts: Callable[[], tuple[Any, ...]]) -> None:
        self.waiting.append(Message(kind, charge, facts))

    # --- what the line does

    def may_send(self, message: Message) -> bool:
        """A 1.6 station needs its number first: it holds back what belongs to an unanswered start."""
        if self.speaks_2x or message.kind not in ("reading", "stop") or message.charge is None:
            return True
        waits = any(other.kind == "start" and other.charge is message.charge for other in self.waiting)
        return not waits

    def deliver(self, message: Message) -> None:
        self.waiting.remove(message)
        self.sent.append(message)
        self._tell(message)

    def repeat(self, message: Message) -> None:
        self._tell(message)

    def drop(self, message: Message) -> None:
        """It never comes. A lost start or stop is remembered: the ledger cannot know better."""
        self.waiting.remove(message)
        if message.charge is not None:
            message.charge.dropped += 1
            if message.kind in ("start", "stop"):
                message.charge.lost.add(message.kind)

    def deliver_all(self) -> None:
        while self.waiting:
            self.deliver(next(message for message in self.waiting if self.may_send(message)))

    def _tell(self, message: Message) -> None:
        with clock.at(self.now):
            [outcome] = record([Report(self.station_id, 0, message.facts())])
        assert isinstance(outcome, Recorded)
        if message.kind == "start" and message.charge is not None:
            [begun, *_] = outcome.answers
            assert isinstance(begun, BeginAnswer)
            message.charge.number = begun.number
