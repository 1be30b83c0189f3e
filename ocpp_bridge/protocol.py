"""uvicorn's websocket protocol with a short way between the socket and a station's conversation.

Handshake, pings, closing, fragments and errors are the library's. Once the application has asked
for it (`EXTENSION` in the scope), plain texts are handed over as they arrive and replies go
straight to the transport: no event, no queue and no task per frame. Used as
`uvicorn --ws ocpp_bridge.protocol:StationProtocol`; elsewhere the application uses plain ASGI.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from ocpp_bridge import wire

EXTENSION: Final = "forecourt.texts"
END_OF_HEAD: Final = b"\r\n\r\n"


class StationProtocol(WebSocketsSansIOProtocol):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._hear: Callable[[str], None] | None = None
        self._rest = b""
        self._came_early = False
        self._is_held = False

    # --- what the application uses -----------------------------------------------------------

    def hand_over(self, hear: Callable[[str], None]) -> bool:
        """Call `hear` with every plain text from now on, if nothing came before the handshake's end.

        Everything else still arrives as ASGI events.
        """
        if self._came_early or not self.queue.empty():
            return False
        self._hear = hear
        return True

    def say(self, text: str) -> None:
        """Send a text; nothing when the connection is closing."""
        if not self.close_sent and not self.disconnected:
            self.transport.write(wire.text_frame(text))

    def hold(self, is_held: bool) -> None:
        """Stop reading while the application has enough to do, and go on when it has not."""
        self._is_held = is_held
        self._regulate()

    # --- inward ------------------------------------------------------------------------------

    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)
        if self.response.status_code == 101:
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[EXTENSION] = self

    def data_received(self, data: bytes) -> None:
        if self._hear is None:
            self._receive_before(data)
            return
        if self._rest:
            data, self._rest = self._rest + data, b""
        while data:
            end = wire.frame_end(data)
            if end > self.config.ws_max_size:  # the library's to refuse
                self._hear = None
                super().data_received(data)
                return
            if not 0 < end <= len(data):
                self._rest = data
                return
            frame, data = (data, b"") if end == len(data) else (data[:end], data[end:])
            self._receive_frame(frame)

    def _receive_before(self, data: bytes) -> None:
        """The handshake. A station that speaks before our answer goes the long way for ever."""
        was_open = self.handshake_initiated
        super().data_received(data)
        if was_open or (self.handshake_initiated and not data.endswith(END_OF_HEAD)):
            self._came_early = True

    def _receive_frame(self, frame: bytes) -> None:
        """A plain text to the application, anything else to the library, which sees whole frames only."""
        if self._hear is None or self.frames or self.close_sent or not wire.is_plain_text(frame):
            super().data_received(frame)
            return
        try:
            text = wire.read_text(frame)
        except UnicodeDecodeError:
            super().data_received(frame)
            return
        self._hear(text)

    # --- flow --------------------------------------------------------------------------------

    def pause_writing(self) -> None:
        """A station that does not read its answers is not listened to either."""
        super().pause_writing()
        self._regulate()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._regulate()

    def _regulate(self) -> None:
        should_pause = self._is_held or not self.writable.is_set()
        if self.disconnected or should_pause == self.read_paused:
            return
        self.read_paused = should_pause
        if should_pause:
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()
