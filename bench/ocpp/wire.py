"""A websocket client as small as can be: it must not be what is measured. Raw asyncio protocol, no library.

Frames are masked with zeros: legal, and the server unmasks them all the same.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from typing import Final, cast

GREETING: Final = (
    "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: {subprotocol}\r\n"
    "Authorization: Basic {login}\r\n\r\n"
)
TEXT, CLOSE, PING, PONG = 0x81, 0x88, 0x89, 0x8A
NO_MASK: Final = b"\0\0\0\0"
SHORT: Final = 126
LONG: Final = 65_536


def encode(payload: bytes, opcode: int = TEXT) -> bytes:
    """One whole masked frame."""
    size = len(payload)
    if size < SHORT:
        return bytes((opcode, 0x80 | size)) + NO_MASK + payload
    if size < LONG:
        return bytes((opcode, 0x80 | SHORT)) + size.to_bytes(2, "big") + NO_MASK + payload
    return bytes((opcode, 0xFF)) + size.to_bytes(8, "big") + NO_MASK + payload


def greeting(host: str, path: str, user: str, password: str, subprotocol: str) -> bytes:
    login = base64.b64encode(f"{user}:{password}".encode()).decode()
    key = base64.b64encode(user.encode().ljust(16, b"0")[:16]).decode()
    head = GREETING.format(path=path, host=host, key=key, login=login, subprotocol=subprotocol)
    return head.encode()


class Socket(asyncio.Protocol):
    """One charger's socket: says hello, hands whole text messages to `on_text`, answers pings."""

    def __init__(
        self,
        hello: bytes,
        on_open: Callable[[Socket], None],
        on_text: Callable[[bytes], None],
        on_lost: Callable[[str], None],
    ) -> None:
        self.hello, self.on_open, self.on_text, self.on_lost = hello, on_open, on_text, on_lost
        self.transport: asyncio.Transport | None = None
        self.pending = b""
        self.is_open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(self.hello)

    def send(self, payload: bytes, opcode: int = TEXT) -> None:
        if self.transport is not None:
            self.transport.write(encode(payload, opcode))

    def data_received(self, data: bytes) -> None:
        self.pending = self.pending + data if self.pending else data
        if not self.is_open and not self._greeted():
            return
        while (taken := self._take()) is not None:
            self._handle(*taken)

    def _greeted(self) -> bool:
        head, found, rest = self.pending.partition(b"\r\n\r\n")
        if not found:
            return False
        if not head.startswith(b"HTTP/1.1 101"):
            self.on_lost(f"refused: {head.splitlines()[0].decode(errors='replace')}")
            return False
        self.is_open, self.pending = True, rest
        self.on_open(self)
        return True

    def _take(self) -> tuple[int, bytes] | None:
        """The next whole frame, if it is there."""
        data = self.pending
        if len(data) < 2:
            return None
        size, start = data[1], 2
        if size == SHORT:
            size, start = int.from_bytes(data[2:4], "big"), 4
        elif size > SHORT:
            size, start = int.from_bytes(data[2:10], "big"), 10
        end = start + size
        if len(data) < end:
            return None
        self.pending = data[end:]
        return data[0], data[start:end]

    def _handle(self, opcode: int, payload: bytes) -> None:
        if opcode == TEXT:
            self.on_text(payload)
        elif opcode == PING:
            self.send(payload, PONG)
        elif opcode == CLOSE:
            self.on_lost(f"closed by the server: {payload[2:].decode(errors='replace')}")

    def connection_lost(self, exc: Exception | None) -> None:
        self.on_lost("the connection was lost")
