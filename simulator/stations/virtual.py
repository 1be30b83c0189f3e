"""One station in virtual time, against a function instead of a socket.

The player of a day jumps from one `next_due_at` to the next; nothing sleeps. The clock is the
caller's: every call carries the instant.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime

from simulator.stations.errands import Errand, Outcome
from simulator.stations.station import Station

Exchange = Callable[[str, datetime], Sequence[str]]
"""Give a frame of the station to the other side at an instant; get what the other side sends."""

OnLine = Callable[[bool, datetime], None]

Carry = Callable[[Errand], Outcome]
"""Go on an errand over HTTP, in no time."""


def nobody_home(errand: Errand) -> Outcome:
    """In virtual time there is no web, unless somebody gives one."""
    return Outcome(0)


class VirtualStation:
    """Couples a station to `exchange`. `on_line(is_up, now)` is told when the line opens or closes;
    `carry` goes on the station's errands."""

    def __init__(
        self,
        station: Station,
        exchange: Exchange,
        *,
        on_line: OnLine | None = None,
        carry: Carry = nobody_home,
    ) -> None:
        self.station = station
        self.now = station.born_at
        self._exchange, self._carry = exchange, carry
        self._on_line = on_line or (lambda is_up, now: None)

    @property
    def next_due_at(self) -> datetime | None:
        """When `step` is to be called; never before the last call."""
        if self.station.wants_line != self.station.link.is_up:
            return self.now
        due = self.station.next_due_at
        return None if due is None else max(due, self.now)

    def step(self, now: datetime) -> None:
        """Let the station live up to `now` and talk until both sides are silent."""
        self.now = now
        frames = self.station.advance(now)
        frames += self._mind_line(now)
        self._talk(frames, now)

    def deliver(self, text: str, now: datetime) -> bool:
        """The other side says something by itself (a command). False: there is no line."""
        self.step(now)
        if not self.station.link.is_up:
            return False
        self._talk(self.station.receive(text, now), now)
        return True

    def run_until(self, until: datetime) -> None:
        """Play on to an instant, jumping from one event to the next."""
        while (due := self.next_due_at) is not None and due <= until:
            self.step(due)
        self.step(until)

    def _talk(self, frames: Iterable[str], now: datetime) -> None:
        waiting = deque(frames)
        while waiting:
            replies = self._exchange(waiting.popleft(), now)
            for reply in replies:
                if self.station.wants_line:
                    waiting.extend(self.station.receive(reply, now))
            waiting.extend(self.station.advance(now))
        self._mind_line(now)
        self._run_errands(now)

    def _run_errands(self, now: datetime) -> None:
        for errand in self.station.errands.take():
            self.station.back_from(errand, self._carry(errand), now)

    def _mind_line(self, now: datetime) -> list[str]:
        """Open or close the line as the station wishes."""
        wants, is_up = self.station.wants_line, self.station.link.is_up
        if wants == is_up:
            return []
        self._on_line(wants, now)
        if wants:
            return self.station.line_up(now)
        self.station.line_down(now)
        return []


def play(
    stations: Iterable[VirtualStation],
    until: datetime,
    *,
    at: Callable[[datetime], AbstractContextManager[object]] = nullcontext,
) -> int:
    """Play many stations to one instant, in the order of time. Returns the number of steps.

    `at(now)` is entered around each step: the place to inject a clock. What a step does to another
    station (a command delivered by the server) is seen, because dues are asked again.
    """
    players = list(stations)
    queue = [(due, number) for number, item in enumerate(players) if (due := item.next_due_at) is not None]
    heapq.heapify(queue)
    steps = 0
    while queue and queue[0][0] <= until:
        due, number = heapq.heappop(queue)
        player = players[number]
        if player.next_due_at is not None and player.next_due_at <= until:
            with at(max(due, player.now)):
                player.step(max(due, player.now))
            steps += 1
            if (following := player.next_due_at) is not None:
                heapq.heappush(queue, (following, number))
    return steps
