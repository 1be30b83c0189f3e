"""Start and end of a bridge process, and whether it is well.

Channels' router has no lifespan of its own, and the server closes every socket at once when it is
told to stop: so the first signal drains the sockets in small groups, and then goes on to the
server's own handler.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from collections.abc import Awaitable, Callable, Mapping
from types import FrameType
from typing import Any, Final

from django.conf import settings
from django.db import connection

from core.dotted import resolve_all
from core.threads import in_db_thread
from ocpp_bridge import desks, retention, tls
from ocpp_bridge.switchboard import stop_switchboard, switchboard

logger = logging.getLogger(__name__)

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
HEALTH_TIME_OUT_S: Final = 3.0


async def lifespan(scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
    """ASGI lifespan: the switchboard lives between these two messages."""
    await receive()  # lifespan.startup
    get_ready()
    switchboard().run(in_db_thread(retention.make_partitions))
    if threading.current_thread() is threading.main_thread():
        for number in SIGNALS:
            _drain_before(number)
    door = tls.configured_port()
    if door is not None:
        await door.open()
    await send({"type": "lifespan.startup.complete"})
    await receive()  # lifespan.shutdown
    if door is not None:
        await door.close()
    await stop_switchboard()
    await send({"type": "lifespan.shutdown.complete"})


def get_ready() -> None:
    """Load what the first stations would wait for: they may be all of them at once."""
    desks.open_all()
    resolve_all(settings.AUTHORIZATION_CHECKS)


def _drain_before(number: signal.Signals) -> None:
    """Put draining in front of the server's handler; a second signal goes straight to it."""
    go_on = signal.getsignal(number)
    if not callable(go_on):
        return
    loop, board = asyncio.get_running_loop(), switchboard()

    async def drain() -> None:
        await board.drain()
        go_on(number, None)

    def handle(received: int, frame: FrameType | None) -> None:
        if board.is_draining:
            go_on(received, frame)
        else:
            board.is_draining = True
            loop.call_soon_threadsafe(board.run, drain())

    signal.signal(number, handle)


async def health(scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
    """GET /healthz: 200 when the database answers and we are not leaving, else 503."""
    if scope["path"] != "/healthz":
        return await _say(send, 404, b"not found")
    is_well = not switchboard().is_draining and await _database_answers()
    await _say(send, 200 if is_well else 503, b"ok" if is_well else b"not ready")


async def _database_answers() -> bool:
    try:
        await asyncio.wait_for(in_db_thread(_ask), HEALTH_TIME_OUT_S)
    except Exception:
        logger.warning("the database does not answer")
        return False
    return True


def _ask() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select 1")


async def _say(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"text/plain")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
