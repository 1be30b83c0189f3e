"""The life of one station's socket: frames in, replies out after commit, commands outward.

A station's messages are handled one after the other, in order; what comes while one is being
recorded waits here, and after FRAMES_AHEAD of them in the network. No task per frame.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Protocol

from core.threads import in_db_thread
from ocpp_bridge import commanding, link, turned_away
from ocpp_bridge.commanding import Ready
from ocpp_bridge.exchange import Exchange, Job, Leave, Said, Settled
from ocpp_bridge.handshake import Admission
from ocpp_bridge.switchboard import Switchboard

logger = logging.getLogger(__name__)

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

REPLACED: Final = 1000
POLICY_VIOLATION: Final = 1008
INTERNAL_ERROR: Final = 1011
TRY_AGAIN_LATER: Final = 1013
FRAMES_AHEAD: Final = 8


class Texts(Protocol):
    """The short way to the transport, where the server has one (`protocol.StationProtocol`)."""

    def hand_over(self, hear: Callable[[str], None]) -> bool: ...
    def say(self, text: str) -> None: ...
    def hold(self, is_held: bool) -> None: ...


class StationSocket:
    """One open connection. `run` returns when it is over."""

    def __init__(
        self, admission: Admission, board: Switchboard, receive: Receive, send: Send, texts: Texts | None
    ) -> None:
        self.station_id = admission.station_id
        self.connection_no = admission.connection_no
        self.exchange = Exchange(
            station_id=admission.station_id,
            connection_no=admission.connection_no,
            dialect=admission.dialect,
            registration=admission.registration,
            note=board.committer.notes.append,
            last=admission.last,
            certified_serial=admission.certified_serial,
        )
        self._identity = admission.identity
        self._board = board
        self._receive = receive
        self._send = send
        self._texts = texts if texts is not None and texts.hand_over(self.hear) else None
        self._say = self._send_later if self._texts is None else self._texts.say
        self._is_open = True
        self._waiting: deque[str] = deque()
        self._idle = asyncio.Event()
        self._idle.set()
        self._listening: asyncio.Task[None] | None = None
        self._speaking: asyncio.Task[None] | None = None
        self._speak_again = False
        self._answer: asyncio.Future[Settled] | None = None

    async def run(self) -> None:
        """Serve the connection until it closes, from either side."""
        self._board.enter(self)
        self._listening = asyncio.create_task(self._listen())
        try:
            await asyncio.wait({self._listening})
            if not self._listening.cancelled():
                self._listening.result()
        finally:
            self._is_open = False
            self._board.leave(self)
            self._listening.cancel()
            if self._speaking is not None:
                self._speaking.cancel()

    async def close(self, code: int) -> None:
        """Close from our side; whatever comes afterwards is not heard."""
        if not self._is_open:
            return
        self._is_open = False
        try:
            await self._send({"type": "websocket.close", "code": code})
        except Exception:
            logger.debug("station %d was gone before we closed", self.station_id)

    async def _end(self, code: int) -> None:
        """Close, and do not wait for the station's own close."""
        await self.close(code)
        if self._listening is not None:
            self._listening.cancel()

    # --- frames of the station ---------------------------------------------------------------

    async def _listen(self) -> None:
        """Whatever does not come the short way."""
        while True:
            event = await self._receive()
            if event["type"] != "websocket.receive" or not self._is_open:
                return
            self.hear(event.get("text") or _as_text(event.get("bytes")))
            await self._idle.wait()

    def hear(self, text: str) -> None:
        """A frame came."""
        if not self._idle.is_set():
            self._waiting.append(text)
            self._hold(len(self._waiting) >= FRAMES_AHEAD)
        elif self._is_open:
            self._take(text)

    def _take(self, text: str) -> None:
        try:
            heard = self.exchange.hear(text)
        except Exception:
            logger.exception("station %d could not be understood", self.station_id)
            self._board.run(self._end(INTERNAL_ERROR))
            return
        self._board.seen.add(self.station_id)
        if isinstance(heard, Job):
            self._carry_in(heard)
        elif isinstance(heard, Said):
            self._say(heard.reply)
        elif isinstance(heard, Leave):
            self._idle.clear()
            self._board.run(self._show_out(heard))
        elif heard is not None:
            self._settle(heard)

    async def _show_out(self, leave: Leave) -> None:
        """It said at boot that it is another one than its certificate says."""
        await in_db_thread(turned_away.count_other_serial, self.station_id, self._identity, leave.serial)
        await self._end(POLICY_VIOLATION)

    def _carry_in(self, job: Job) -> None:
        self._idle.clear()
        if not job.has_errand:
            self._board.committer.submit(job, self._recorded)
        else:
            self._board.run(self._run_errand(job))

    async def _run_errand(self, job: Job) -> None:
        if await in_db_thread(job.run_errand):
            self._board.committer.submit(job, self._recorded)
        else:
            self._reply(job.reply)

    def _recorded(self, job: Job, error: Exception | None) -> None:
        """The job is on disk, or nothing can be written and nothing may be answered."""
        if error is not None:
            self._board.run(self._end(TRY_AGAIN_LATER))
        elif job.is_fenced:
            self._board.run(self._end(REPLACED))
        else:
            self.exchange.finish(job)
            self._reply(job.reply)

    def _reply(self, text: str) -> None:
        """Answer, and turn to what came meanwhile."""
        if text and self._is_open:
            self._say(text)
        self._idle.set()
        while self._waiting and self._idle.is_set() and self._is_open:
            self._take(self._waiting.popleft())
            self._hold(len(self._waiting) >= FRAMES_AHEAD)

    def _hold(self, is_held: bool) -> None:
        if self._texts is not None:
            self._texts.hold(is_held)

    def _send_later(self, text: str) -> None:
        """Plain ASGI can only send from a task; these run in the order in which they are made."""
        self._board.run(self._send_or_miss(text))

    async def _send_or_miss(self, text: str) -> None:
        try:
            await self._send({"type": "websocket.send", "text": text})
        except OSError:
            logger.debug("station %d was gone before our answer", self.station_id)

    # --- our commands ------------------------------------------------------------------------

    def speak(self) -> None:
        """Commands may be waiting: look, one after the other, until there are none."""
        self._speak_again = True
        if self._speaking is None or self._speaking.done():
            self._speaking = asyncio.get_running_loop().create_task(self._speak())

    async def _speak(self) -> None:
        while self._speak_again and self._is_open:
            self._speak_again = False
            while self._is_open and await self._carry_out_next():  # type: ignore[redundant-expr]
                pass

    async def _carry_out_next(self) -> bool:
        exchange = self.exchange
        claimed = await in_db_thread(
            commanding.claim_next,
            station_id=self.station_id,
            connection_no=self.connection_no,
            dialect=exchange.dialect,
            registration=exchange.registration,
        )
        if isinstance(claimed, Ready):
            await self._call(claimed)
        return claimed is not None

    async def _call(self, ready: Ready) -> None:
        """Send a call and wait for its answer or its time-out.

        A message at work is answered first: this call may be what came of it (A02.FR.11, then A02.FR.14).
        """
        self._answer = asyncio.get_running_loop().create_future()
        try:
            await self._idle.wait()
            text = self.exchange.ask(ready.asked, ready.payload)
            self._say(text)
            settled = await asyncio.wait_for(self._answer, link.TIME_OUT_S)
        except TimeoutError:
            self.exchange.link.give_up()
            await in_db_thread(commanding.time_out, ready.asked)
        except (asyncio.CancelledError, OSError):
            self.exchange.link.give_up()
            self._board.run(in_db_thread(commanding.time_out, ready.asked))
            raise
        else:
            await in_db_thread(commanding.settle, self.station_id, settled)
        finally:
            self._answer = None

    def _settle(self, settled: Settled) -> None:
        if settled.reply:
            self._say(settled.reply)
        if not settled.is_late and self._answer is not None and not self._answer.done():
            self._answer.set_result(settled)
        else:
            self._board.run(in_db_thread(commanding.settle, self.station_id, settled))


def _as_text(data: bytes | None) -> str:
    """A binary frame is read as text: OCPP-J knows no other, and some stacks send it so."""
    return (data or b"").decode("utf-8", "replace")
