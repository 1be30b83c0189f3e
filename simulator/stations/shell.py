"""The asyncio shell of one station: socket, sleep, reconnect. All thinking is in the core."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ssl
from collections import deque
from random import Random
from typing import Any, Final, Literal
from urllib.parse import quote

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

from simulator.stations.backoff import Backoff
from simulator.stations.carrier import carry
from simulator.stations.clock import Now, utc_now
from simulator.stations.errands import Errand
from simulator.stations.obliging import Obliging
from simulator.stations.spec import StationSpec
from simulator.stations.station import Station
from simulator.stations.upkeep import ENCRYPTED, WITH_CERTIFICATE

_LONGEST_SLEEP_S: Final = 30.0


class Shell:
    """Lives in the background between `start` and `stop`. `core` is the sans-I/O station.

    `frames` keeps what was said, `refusals` the HTTP statuses of failed handshakes. `tls_url`: where
    security profiles 2 and 3 go; `trust`: the root (PEM) that the station was put up with.
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
    ) -> None:
        self._plain_url, self._tls_url, self._trust = url, tls_url, trust
        self.core = Station(spec, now=clock(), seed=seed, pace=speed)
        if password is not None:
            self.core.password = password
        self.frames: deque[tuple[Literal["sent", "received"], list[Any]]] = deque(maxlen=5000)
        self.refusals: list[int] = []
        self._clock, self._rate = clock, float(getattr(clock, "rate", 1.0))
        self._slow_down_timeouts()
        self._backoff = backoff or Backoff(rng=Random(self.core.rng.random()))
        self._wake, self._news = asyncio.Event(), asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._out: set[asyncio.Task[None]] = set()
        self.is_connected = False
        if obliging:
            Obliging(self.core)

    def _slow_down_timeouts(self) -> None:
        """Answers take real time, however fast the station's clock runs."""
        settings = self.core.settings
        settings.call_timeout_s *= self._rate
        settings.connection_timeout_s = int(settings.connection_timeout_s * self._rate)
        settings.message_retry_interval_s = int(settings.message_retry_interval_s * self._rate)

    # --- life

    def start(self) -> None:
        """Begin to live in the background."""
        self._task = asyncio.create_task(self._live(), name=f"station {self.core.spec.identity}")

    async def stop(self) -> None:
        """End: the socket is closed, nothing is said. Raises what went wrong in the background."""
        if self._task is None:
            return
        for out in self._out:
            out.cancel()
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self._task = None

    def raise_if_dead(self) -> None:
        """Raises what ended the life in the background, if anything did."""
        if self._task is not None and self._task.done():
            self._task.result()

    async def _live(self) -> None:
        while True:
            if not self.core.wants_line:
                await self._sleep()
                continue
            try:
                await self._connect()
            except InvalidStatus as error:
                self.refusals.append(error.response.status_code)
            except (OSError, InvalidHandshake, ConnectionClosed, TimeoutError) as error:
                self.core.note("error", self._clock(), 0, f"{type(error).__name__}: {error}")
            self._tell()
            if self.core.wants_line:
                self.core.networks.failed()
                await self._live_offline(self._backoff.next_s())

    async def _live_offline(self, wait_s: float) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + wait_s
        while (left_s := until - loop.time()) > 0:
            await self._sleep(left_s)

    # --- the socket

    @property
    def url(self) -> str:
        """Where the next connection goes."""
        core = self.core
        is_encrypted = core.settings.security_profile >= ENCRYPTED
        base = self._tls_url if is_encrypted and self._tls_url else self._plain_url
        if core.networks.active is not None:
            base = core.networks.active.url
        return f"{base.rstrip('/')}/{quote(core.spec.identity, safe='')}"

    def _tls(self, url: str) -> ssl.SSLContext | None:
        if not url.startswith("wss"):
            return None
        shows_own = self.core.settings.security_profile == WITH_CERTIFICATE
        return self.core.keys.context(extra_trust=self._trust, shows_own=shows_own)

    def _login(self) -> dict[str, str]:
        """Profile 3 needs no password: the certificate says who we are."""
        core = self.core
        if core.settings.security_profile == WITH_CERTIFICATE:
            return {}
        login = base64.b64encode(f"{core.spec.identity}:{core.password}".encode()).decode()
        return {"Authorization": f"Basic {login}"}

    async def _connect(self) -> None:
        spec, url = self.core.spec, self.url
        async with connect(
            url,
            ssl=self._tls(url),
            subprotocols=[Subprotocol(spec.subprotocol)],
            additional_headers=self._login(),
            compression=None,
            open_timeout=10,
            close_timeout=1,
            proxy=None,
            max_size=2**20,
        ) as socket:
            if socket.subprotocol != spec.subprotocol:
                self.core.note("error", self._clock(), 0, "no common sub-protocol")
                return
            await self._converse(socket)

    async def _converse(self, socket: ClientConnection) -> None:
        self.is_connected = True
        self._backoff.reset()
        self.core.networks.arrived()
        ticker = asyncio.create_task(self._tick(socket))
        try:
            await self._send(socket, self.core.line_up(self._clock()))
            async for text in socket:
                self.frames.append(("received", _decoded(text)))
                await self._send(socket, self.core.receive(text, self._clock()))
                self._wake.set()
        finally:
            ticker.cancel()
            self.is_connected = False
            self.core.line_down(self._clock())

    async def _tick(self, socket: ClientConnection) -> None:
        """Lets time pass while the socket is open, and hangs up when the station wants to."""
        while self.core.wants_line:
            await self._sleep(socket=socket)
        await self._hang_up(socket)

    async def _hang_up(self, socket: ClientConnection) -> None:
        if self.core.is_rude:
            socket.transport.abort()
        else:
            await socket.close(1001)

    async def _send(self, socket: ClientConnection, frames: list[str]) -> None:
        for text in frames:
            self.frames.append(("sent", _decoded(text)))
            await socket.send(text)
        self._tell()
        if self.core.is_rude:
            # Before the answer can come: that is the point of it.
            await self._hang_up(socket)

    async def _sleep(self, limit_s: float = _LONGEST_SLEEP_S, socket: ClientConnection | None = None) -> None:
        """Do what is due, then sleep until something else is, or until somebody wakes us."""
        self._wake.clear()
        wanted_line = self.core.wants_line
        frames = self.core.advance(self._clock())
        if socket is not None:
            await self._send(socket, frames)
        else:
            self._tell()
        if self.core.wants_line is not wanted_line:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), min(limit_s, self._pause_s()))

    def _pause_s(self) -> float:
        due = self.core.next_due_at
        if due is None:
            return _LONGEST_SLEEP_S
        return max(0.002, (due - self._clock()).total_seconds() / self._rate)

    # --- errands

    def _send_out(self) -> None:
        for errand in self.core.errands.take():
            out = asyncio.create_task(self._go(errand))
            self._out.add(out)
            out.add_done_callback(self._out.discard)

    async def _go(self, errand: Errand) -> None:
        trust = self.core.keys.context(extra_trust=self._trust, shows_own=False) if self._trust else None
        outcome = await asyncio.to_thread(carry, errand, trust)
        self.core.back_from(errand, outcome, self._clock())
        self._wake.set()

    def _tell(self) -> None:
        self._send_out()
        news, self._news = self._news, asyncio.Event()
        news.set()


def _decoded(text: str | bytes) -> list[Any]:
    try:
        frame = orjson.loads(text)
    except orjson.JSONDecodeError:
        return [0, text]
    return frame if isinstance(frame, list) else [0, frame]
