"""A listening TLS socket that can tell why a handshake failed.

The event loop's own server keeps that to itself: what fails before there is a connection is told to
nobody. So connections are accepted here, and each handshake is awaited in a task of its own.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable
from typing import Any, Final

logger = logging.getLogger(__name__)

BACKLOG: Final = 4096
HANDSHAKE_S: Final = 30.0
"""Longer than a charger on a slow line takes (two round trips and a signature)."""
PAUSE_S: Final = 0.5

Failed = Callable[[str, Exception], None]


class TlsListener:
    """`open` and `close`. `failed(address, error)` hears of each handshake that came to nothing."""

    def __init__(
        self, make_protocol: Callable[[], asyncio.Protocol], context: ssl.SSLContext, failed: Failed
    ) -> None:
        self._make_protocol = make_protocol
        self._context = context
        self._failed = failed
        self._sockets: list[socket.socket] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self, host: str, port: int) -> None:
        """Raises OSError when the address is taken."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, address in {(family, address) for family, _, _, _, address in found}:
            listening = socket.create_server(address[:2], family=family, backlog=BACKLOG)
            listening.setblocking(False)
            self._sockets.append(listening)
            self._run(self._accept(listening))

    def close(self) -> None:
        """No new connections; those that stand are not ours."""
        for task in tuple(self._tasks):
            task.cancel()
        for listening in self._sockets:
            listening.close()

    def _run(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                line, address = await loop.sock_accept(listening)
            except OSError:  # no more file descriptors, or gone before we came to it
                logger.exception("a connection could not be accepted")
                await asyncio.sleep(PAUSE_S)
            else:
                self._run(self._greet(line, str(address[0])))

    async def _greet(self, line: socket.socket, address: str) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.connect_accepted_socket(
                self._make_protocol, line, ssl=self._context, ssl_handshake_timeout=HANDSHAKE_S
            )
        except OSError as error:  # ssl.SSLError is one, and so is the end of our patience
            self._failed(address, error)
