"""All sockets of this process: the newest of a station wins, taps find their socket, sweeps run.

One subscription to nudges serves every station; taps are gathered, so that a thousand of them
cost one query.
"""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Coroutine, Iterable
from typing import TYPE_CHECKING, Any, Final

from core import clock
from core.live import hub
from core.threads import in_db_thread
from ocpp_bridge import batches, failed_lines, selectors
from ocpp_bridge.admissions import Admissions
from ocpp_bridge.committer import Committer
from ocpp_bridge.departures import Departures
from stations.services import connectivity

if TYPE_CHECKING:
    from ocpp_bridge.sockets import StationSocket

logger = logging.getLogger(__name__)

LOOK_S: Final = 0.25
SEEN_S: Final = 5.0
SWEEP_S: Final = 10.0
DRAIN_GROUP: Final = 25
DRAIN_PAUSE_S: Final = 0.1
DRAIN_AT_MOST_S: Final = 8.0
GOING_AWAY: Final = 1001
REPLACED: Final = 1000


class Switchboard:
    """`enter` and `leave` for sockets; the rest happens by itself once `start` was called."""

    def __init__(self) -> None:
        self.sockets: dict[int, StationSocket] = {}
        self.seen: set[int] = set()
        self.is_draining = False
        self.committer = Committer()
        self.admissions = Admissions()
        self.departures = Departures()
        self._to_look: set[int] = set()
        self._looking: asyncio.Task[None] | None = None
        self._errands: set[asyncio.Task[Any]] = set()
        self._timers = [
            asyncio.create_task(self._every(SEEN_S, self._write_seen)),
            asyncio.create_task(self._every(SWEEP_S, self._sweep)),
        ]
        calm_the_collector()

    # --- sockets ---------------------------------------------------------------------------

    def enter(self, socket: StationSocket) -> None:
        """The newest connection of a station wins; an older one here is closed."""
        older = self.sockets.get(socket.station_id)
        if older is not None and older.connection_no > socket.connection_no:
            self.run(socket.close(REPLACED))
            return
        self.sockets[socket.station_id] = socket
        if older is not None:
            self.run(older.close(REPLACED))
        else:
            hub().listen(f"command.{socket.station_id}", self._tapped)
        self.look(socket.station_id)

    def leave(self, socket: StationSocket) -> None:
        if self.sockets.get(socket.station_id) is socket:
            del self.sockets[socket.station_id]
            hub().forget(f"command.{socket.station_id}", self._tapped)

    def run(self, errand: Coroutine[Any, Any, Any]) -> None:
        """Let something finish on its own; kept, so that it is not collected on the way."""
        task = asyncio.get_running_loop().create_task(errand)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    # --- commands --------------------------------------------------------------------------

    def _tapped(self, topic: str) -> None:
        self.look(int(topic.rpartition(".")[2]))

    def look(self, station_id: int) -> None:
        """Soon see whether commands wait for this station."""
        self._to_look.add(station_id)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.get_running_loop().create_task(self._look())

    async def _look(self) -> None:
        """One query for all that were tapped; the next one a moment later."""
        while self._to_look:
            tapped, self._to_look = self._to_look, set()
            try:
                self._speak(await in_db_thread(selectors.stations_with_commands, tapped))
            except Exception:
                logger.exception("could not look for commands; the sweep will")
            await asyncio.sleep(LOOK_S)

    def _speak(self, station_ids: Iterable[int]) -> None:
        for station_id in station_ids:
            socket = self.sockets.get(station_id)
            if socket is not None:
                socket.speak()

    # --- timers ----------------------------------------------------------------------------

    async def _every(self, seconds: float, work: Any) -> None:
        while True:
            await asyncio.sleep(seconds)
            try:
                await work()
            except Exception:
                logger.exception("%s failed; it will run again", work.__name__)

    async def _write_seen(self) -> None:
        """Last-seen times are gathered here: a heartbeat touches no row of its own."""
        seen = dict.fromkeys(self.seen, clock.now())
        self.seen.clear()
        if seen:
            await in_db_thread(connectivity.touch, seen)
        await in_db_thread(batches.write_down_quirks)
        await in_db_thread(failed_lines.write_down)

    async def _sweep(self) -> None:
        """What a lost tap would have told: commands that wait, and stations that went elsewhere."""
        held = {station_id: socket.connection_no for station_id, socket in self.sockets.items()}
        if not held:
            return
        for station_id in await in_db_thread(selectors.taken_over, held):
            socket = self.sockets.get(station_id)
            if socket is not None and socket.connection_no == held[station_id]:
                self.run(socket.close(REPLACED))
        self._speak(await in_db_thread(selectors.stations_with_commands, set(held)))

    # --- the end ---------------------------------------------------------------------------

    async def drain(self) -> None:
        """Close the sockets in small groups: a thousand stations must not return in one second."""
        self.is_draining = True
        sockets = list(self.sockets.values())
        groups = max(1, int(DRAIN_AT_MOST_S / DRAIN_PAUSE_S))
        size = max(DRAIN_GROUP, -(-len(sockets) // groups))
        for start in range(0, len(sockets), size):
            for socket in sockets[start : start + size]:
                self.run(socket.close(GOING_AWAY))
            await asyncio.sleep(DRAIN_PAUSE_S)

    async def stop(self) -> None:
        """Write what is still in memory, and end."""
        for timer in self._timers:
            timer.cancel()
        if self._errands:
            await asyncio.wait(set(self._errands), timeout=2)
        await self.committer.close()
        await self._write_seen()


def calm_the_collector() -> None:
    """Most objects live for ever here: without this a third of the time goes into looking at them."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)


_boards: dict[asyncio.AbstractEventLoop, Switchboard] = {}


def switchboard() -> Switchboard:
    """The switchboard of the running event loop (one per process), made on first use."""
    loop = asyncio.get_running_loop()
    if loop not in _boards:
        _boards[loop] = Switchboard()
    return _boards[loop]


async def stop_switchboard() -> None:
    """End the running loop's switchboard, if there is one."""
    board = _boards.pop(asyncio.get_running_loop(), None)
    if board is not None:
        await board.stop()
