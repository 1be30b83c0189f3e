"""A station on a real websocket: a thin shell around the sans-I/O core.

    async with LiveStation("ws://127.0.0.1:9000/ocpp", spec, speed=600) as station:
        await station.plug_in(1, Vehicle(spec=CATALOG["Compact"], soc_percent=30))
        await station.tap("04A1B2C3")
        await station.until_status(1, "Charging")
        await station.until(lambda it: it.energy_wh(1) > 5_000)
        await station.unplug(1)

`speed` makes the cars live faster while timestamps stay true: fine for watching, but a central
system that compares energy with time will (rightly) doubt more than a kilowatt-hour or two. For a
whole believable charge in seconds give `clock=FastClock(an hour ago, 600)` instead: then the
station itself lives in fast time that ends about now.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Any, Literal, Self

from simulator.stations.backoff import Backoff
from simulator.stations.clock import Now, utc_now
from simulator.stations.evse import Evse, Transaction
from simulator.stations.shell import Shell
from simulator.stations.spec import StationSpec
from simulator.stations.station import Station
from simulator.stations.vehicles import Vehicle
from simulator.stations.words import RegistrationState


class HandshakeRefused(ConnectionError):
    """The central system did not let us in; `status` is the HTTP status."""

    def __init__(self, status: int) -> None:
        super().__init__(f"The handshake was refused with {status}.")
        self.status = status


class LiveStation(Shell):
    """One station with its socket. Enter it to connect; leaving closes without ceremony.

    `wait_for`: what entering waits for: "accepted", "connected" or None. Entering raises
    HandshakeRefused or TimeoutError. Other arguments as for Shell.
    """

    def __init__(
        self,
        url: str,
        spec: StationSpec,
        password: str | None = None,
        *,
        speed: float = 1.0,
        seed: int = 0,
        clock: Now = utc_now,
        obliging: bool = False,
        backoff: Backoff | None = None,
        tls_url: str = "",
        trust: str = "",
        wait_for: Literal["accepted", "connected"] | None = "accepted",
        timeout_s: float = 20.0,
    ) -> None:
        super().__init__(
            url,
            spec,
            password,
            speed=speed,
            seed=seed,
            clock=clock,
            obliging=obliging,
            backoff=backoff,
            tls_url=tls_url,
            trust=trust,
        )
        self._wait_for, self._timeout_s = wait_for, timeout_s

    async def __aenter__(self) -> Self:
        self.start()
        try:
            if self._wait_for is not None:
                await self.until(self._has_arrived, self._timeout_s)
        except BaseException:
            await self.stop()
            raise
        return self

    def _has_arrived(self, _: LiveStation) -> bool:
        if self.refusals:
            raise HandshakeRefused(self.refusals[-1])
        if self._wait_for == "connected":
            return self.is_connected
        return self.core.registration is RegistrationState.ACCEPTED and not self.core.link.backlog

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    # --- the world

    async def plug_in(self, evse: int, vehicle: Vehicle) -> None:
        """A car arrives. Raises cabinet.Impossible."""
        self.core.plug_in(evse, vehicle, self._clock())
        self._act()

    async def unplug(self, evse: int) -> Vehicle:
        """The cable is pulled. Raises cabinet.Impossible."""
        vehicle = self.core.unplug(evse, self._clock())
        self._act()
        return vehicle

    async def tap(self, tag: str, evse: int | None = None) -> None:
        """A card is held to the reader."""
        self.core.tap(tag, self._clock(), evse)
        self._act()

    async def act(self, what: Callable[[Station, datetime], object]) -> None:
        """Anything else: `await s.act(lambda core, now: core.mischief.go_offline(now, 5))`."""
        what(self.core, self._clock())
        self._act()

    def _act(self) -> None:
        self._wake.set()
        self._tell()

    # --- looking and waiting

    def evse(self, number: int) -> Evse:
        return self.core.cabinet.evse(number)

    def status(self, number: int) -> str:
        """The connector's status in the words of the station's version."""
        return self.core.dialect.status_of(self.evse(number))

    def energy_wh(self, number: int) -> float:
        """What the present or the last transaction has taken."""
        evse = self.evse(number)
        transaction = evse.transaction or (evse.past[-1] if evse.past else None)
        if transaction is None:
            return 0.0
        end_wh = evse.register_wh if transaction.meter_end_wh is None else transaction.meter_end_wh
        return end_wh - transaction.meter_start_wh

    def transaction(self, number: int) -> Transaction | None:
        return self.evse(number).transaction

    def said(self, action: str) -> list[dict[str, Any]]:
        """Payloads of the CALLs we made, oldest first."""
        return [f[3] for way, f in self.frames if way == "sent" and f[0] == 2 and f[2] == action]

    def heard(self, action: str) -> list[dict[str, Any]]:
        """Payloads of the CALLs we received, oldest first."""
        return [f[3] for way, f in self.frames if way == "received" and f[0] == 2 and f[2] == action]

    async def until(self, predicate: Callable[[LiveStation], bool], timeout_s: float = 30.0) -> None:
        """Wait for something to be true. Raises TimeoutError, which tells the station's last notes."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        while not predicate(self):
            left_s = deadline - loop.time()
            if left_s <= 0:
                raise TimeoutError(f"{self.core.spec.identity}: not in {timeout_s} s; {self._last_words()}")
            self.raise_if_dead()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), min(left_s, 0.25))

    def _last_words(self) -> str:
        notes = [f"{note.kind} {note.evse} {note.detail}" for note in list(self.core.notes)[-5:]]
        return f"notes {notes}, last frame {self.frames[-1] if self.frames else None}"

    async def until_status(self, evse: int, status: str, timeout_s: float = 30.0) -> None:
        await self.until(lambda it: it.status(evse) == status, timeout_s)

    async def until_said(self, action: str, times: int = 1, timeout_s: float = 30.0) -> None:
        await self.until(lambda it: len(it.said(action)) >= times, timeout_s)

    async def until_settled(self, timeout_s: float = 30.0) -> None:
        """Nothing in flight and nothing queued: all that was said has been acknowledged."""
        await self.until(lambda it: it.core.link.is_silent, timeout_s)
