"""The life of one station's socket: frames in, replies out after commit, commands outward.

One loop reads and answers, one message after the other, so a station's messages are handled in
order and a flood waits in the network and not in our memory. No task per frame.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from core.threads import in_db_thread
from ocpp_bridge import commanding, link, turned_away
from ocpp_bridge.batches import DatabaseGone
from ocpp_bridge.commanding import Ready
from ocpp_bridge.exchange import Exchange, Job, Leave, Said, Settled
from ocpp_bridge.handshake import Admission
from ocpp_bridge.switchboard import Switchboard

logger = logging.getLogger(__name__)

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

REPLACED: Final = 1000
POLICY_VIOLATION: Final = 1008
TRY_AGAIN_LATER: Final = 1013


class StationSocket:
    """One open connection. `run` returns when it is over."""

    def __init__(self, admission: Admission, board: Switchboard, receive: Receive, send: Send) -> None:
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
        self._is_open = True
        self._speaking: asyncio.Task[None] | None = None
        self._speak_again = False
        self._answer: asyncio.Future[Settled] | None = None

    async def run(self) -> None:
        """Serve the connection until it closes, from either side."""
        self._board.enter(self)
        try:
            # a task of its own: resuming it does not walk through all the server's coroutines
            await asyncio.get_running_loop().create_task(self._listen())
        except DatabaseGone:
            await self.close(TRY_AGAIN_LATER)
        finally:
            self._is_open = False
            self._board.leave(self)
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

    async def _listen(self) -> None:
        receive, send, exchange, seen = self._receive, self._send, self.exchange, self._board.seen.add
        while True:
            event = await receive()
            if event["type"] != "websocket.receive" or not self._is_open:
                return
            heard = exchange.hear(event.get("text") or _as_text(event.get("bytes")))
            seen(self.station_id)
            if isinstance(heard, Job):
                reply = await self._carry_in(heard)
                if heard.is_fenced:
                    return await self.close(REPLACED)
            elif isinstance(heard, Said):
                reply = heard.reply
            elif isinstance(heard, Leave):
                return await self._show_out(heard)
            else:
                if heard is not None:
                    self._settle(heard)
                continue
            if reply and self._is_open:
                await send({"type": "websocket.send", "text": reply})

    async def _show_out(self, leave: Leave) -> None:
        """It said at boot that it is another one than its certificate says."""
        await in_db_thread(turned_away.count_other_serial, self.station_id, self._identity, leave.serial)
        await self.close(POLICY_VIOLATION)

    async def _carry_in(self, job: Job) -> str:
        """Record a message; its reply. Raises DatabaseGone: then nothing may be answered."""
        if job.has_errand and not await in_db_thread(job.run_errand):
            return job.reply
        await self._board.committer.submit(job)
        self.exchange.finish(job)
        return job.reply

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
        """Send a call and wait for its answer or its time-out."""
        self._answer = asyncio.get_running_loop().create_future()
        try:
            text = self.exchange.ask(ready.asked, ready.payload)
            await self._send({"type": "websocket.send", "text": text})
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
        if not settled.is_late and self._answer is not None and not self._answer.done():
            self._answer.set_result(settled)
        else:
            self._board.run(in_db_thread(commanding.settle, self.station_id, settled))


def _as_text(data: bytes | None) -> str:
    """A binary frame is read as text: OCPP-J knows no other, and some stacks send it so."""
    return (data or b"").decode("utf-8", "replace")
