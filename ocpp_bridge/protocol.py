"""uvicorn's websocket protocol with a shorter way between the socket and the application.

The same ASGI events in the same order. Reading is paused only when a station is several frames
ahead, not after each one (two system calls a frame), and text goes out without a detour. Used
as `uvicorn --ws ocpp_bridge.protocol:StationProtocol`; the application runs without it as well.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, Final

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState

FRAMES_AHEAD: Final = 8


class Inbox:
    """A queue for one reader, as far as the protocol needs one."""

    __slots__ = ("_loop", "_waiter", "items")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.items: deque[Any] = deque()
        self._loop = loop
        self._waiter: asyncio.Future[None] | None = None

    def put_nowait(self, item: Any) -> None:
        self.items.append(item)
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def wait(self) -> asyncio.Future[None]:
        """Done when the next item is put."""
        self._waiter = self._loop.create_future()
        return self._waiter

    def empty(self) -> bool:
        return not self.items


class StationProtocol(WebSocketsSansIOProtocol):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.queue: Any = Inbox(self.loop)

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type != "text" or len(self.frames) > 1:
            super().send_receive_event_to_app()
            return
        (data,), self.frames = self.frames, []
        if self.close_sent:
            return
        try:
            text = str(data, "utf-8")
        except UnicodeDecodeError:
            self.conn.send_close(1007)
            self.handle_parser_exception()
            return
        self.queue.put_nowait({"type": "websocket.receive", "text": text})
        if len(self.queue.items) > FRAMES_AHEAD and not self.read_paused:
            self.read_paused = True
            self.transport.pause_reading()

    async def receive(self) -> Any:
        items = self.queue.items
        while not items:
            await self.queue.wait()
        message = items.popleft()
        if self.read_paused and not items:
            self.read_paused = False
            self.transport.resume_reading()
        return message

    async def send(self, message: Any) -> None:
        text = message.get("text")
        is_plain = self.handshake_complete and not self.close_sent and self.initial_response is None
        if text is None or not is_plain or self.disconnected or not self.writable.is_set():
            await super().send(message)
            return
        try:
            self.conn.send_text(text.encode())
        except InvalidState:
            raise ClientDisconnected from None
        self.transport.write(b"".join(self.conn.data_to_send()))
