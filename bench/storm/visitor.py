"""One station of the crowd: it comes, says boot and three statuses, charges, and comes back at once."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from functools import partial
from typing import Any, Final

import orjson

from bench.ocpp import names
from bench.ocpp.mix import Charger, Spoken, Story, WrongAnswer
from bench.ocpp.versions import VERSIONS
from bench.ocpp.wire import Socket, greeting

AGAIN_S: Final = 0.1
READING_EVERY_S: Final = 4.0
ORDER: Final = tuple(VERSIONS)


class Visitor:
    """`come` opens the socket; `charge` begins, or goes on with, the charge. Times in seconds."""

    def __init__(self, number: int, port: int, complaints: Counter[str]) -> None:
        self.number, self.port, self.complaints = number, port, complaints
        self.version = VERSIONS[ORDER[number % len(ORDER)]]
        self.charger = Charger(names.tag(number), 100_000 + 7 * number, time.time)
        self.begun_at = self.accepted_s = 0.0
        self.is_served = self.is_outside = False
        self.again = self.readings = self._count = self._turn = 0
        self._socket: Socket | None = None
        self._awaited = b""
        self._opening: Story | None = None
        self._charge: Story | None = None
        self._open_call = (b"", b"")
        """Id and text of the charge's next call: until it is answered it is said, and said again."""
        self._later: asyncio.TimerHandle | None = None
        self._coming: asyncio.Task[None] | None = None

    # --- coming ------------------------------------------------------------------------------

    def come(self, begun_at: float) -> None:
        self.begun_at, self.accepted_s, self.again = begun_at, 0.0, 0
        self._knock()

    def _knock(self) -> None:
        self.is_served = self.is_outside = False
        self._turn += 1
        self._coming = asyncio.get_running_loop().create_task(self._connect(self._turn))

    async def _connect(self, turn: int) -> None:
        identity = names.identity(self.number)
        host, path = f"127.0.0.1:{self.port}", f"/ocpp/{identity}"
        hello = greeting(host, path, identity, names.password(self.number), self.version.subprotocol)
        socket = self._socket = Socket(hello, self._opened, self._heard, partial(self._lost, turn))
        try:
            await asyncio.get_running_loop().create_connection(lambda: socket, "127.0.0.1", self.port)
        except OSError as error:
            self._lost(turn, error.strerror or str(error))

    def _opened(self, socket: Socket) -> None:
        self._opening = self.version.opening(self.charger, self.version.three_places)
        self._send(*self._call(next(self._opening)))

    def _lost(self, turn: int, why: str) -> None:
        """Who is charging was robbed of its server on purpose; anybody else comes again."""
        if turn != self._turn:
            return
        self._turn += 1
        self.is_outside = True
        if self._later is not None:
            self._later.cancel()
        if not self.is_served or self._charge is None:
            self.complaints[why] += 1
            self.again += 1
            asyncio.get_running_loop().call_later(AGAIN_S, self._knock)

    # --- speaking ----------------------------------------------------------------------------

    def charge(self) -> None:
        """Begin a charge, or go on with the one that a lost server interrupted."""
        self.readings = 0
        if self._charge is None:
            self._charge = self.version.charging(self.charger)
            self._open_call = self._call(next(self._charge))
        self._send(*self._open_call)

    def _call(self, spoken: Spoken) -> tuple[bytes, bytes]:
        self._count += 1
        message_id = b"%05d-%08d" % (self.number, self._count)
        return message_id, b'[2,"%s","%s",%s]' % (message_id, *spoken)

    def _send(self, message_id: bytes, text: bytes) -> None:
        self._awaited = message_id
        if self._socket is not None:
            self._socket.send(text)

    # --- hearing -----------------------------------------------------------------------------

    def _heard(self, text: bytes) -> None:
        kind, message_id, answer, *_ = orjson.loads(text)
        if kind == 2:  # the server asks something: nothing here can do it
            if self._socket is not None:
                self._socket.send(orjson.dumps([4, message_id, "NotSupported", "", {}]))
        elif kind == 3 and message_id.encode() == self._awaited:
            self._go_on(answer)
        else:
            self.complaints[f"an answer that was none: {text[:120].decode(errors='replace')}"] += 1

    def _go_on(self, answer: dict[str, Any]) -> None:
        try:
            if self._opening is not None:
                self._go_on_opening(self._opening, answer)
            elif self._charge is not None:
                self._go_on_charging(self._charge, answer)
        except (WrongAnswer, KeyError, TypeError) as problem:
            self.complaints[str(problem)] += 1

    def _go_on_opening(self, opening: Story, answer: dict[str, Any]) -> None:
        try:
            spoken = opening.send(answer)
        except StopIteration:
            self._opening, self.is_served = None, True
            return
        if not self.accepted_s:
            self.accepted_s = time.perf_counter() - self.begun_at
        self._send(*self._call(spoken))

    def _go_on_charging(self, charge: Story, answer: dict[str, Any]) -> None:
        """At full speed to the first reading, then one every few seconds."""
        was_reading = b"sampledValue" in self._open_call[1]
        self._open_call = self._call(charge.send(answer))
        self.readings += was_reading
        if was_reading:
            loop = asyncio.get_running_loop()
            self._later = loop.call_later(READING_EVERY_S, self._send, *self._open_call)
        else:
            self._send(*self._open_call)
