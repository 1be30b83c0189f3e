"""A TLS socket whose reading and writing take turns.

OpenSSL forbids to read and write one connection at the same time, Python's `ssl` (3.11) does not
prevent it, and the client of `websockets.sync` has a thread for each. TLS 1.3 sends session tickets
right after the handshake: a thread that reads them while another writes the request made the request
vanish, about once in seventy connections. Real stations, and the simulator, have one thread.
"""

from __future__ import annotations

import select
import ssl
import threading
from typing import Any


class TakingTurns(ssl.SSLSocket):
    """Waits for data without holding the turn; used through `SSLContext.sslsocket_class`."""

    _turn: threading.RLock

    def __new__(cls, *args: Any, **options: Any) -> TakingTurns:
        made = super().__new__(cls, *args, **options)
        made._turn = threading.RLock()
        return made

    def settimeout(self, value: float | None) -> None:
        with self._turn:
            super().settimeout(value)

    def send(self, data: Any, flags: int = 0) -> int:
        with self._turn:
            return super().send(data, flags)

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        while True:
            try:
                return self._recv_what_is_there(buflen, flags)
            except ssl.SSLWantReadError:
                patience = self.gettimeout()
            if not select.select([self], [], [], patience)[0]:
                raise TimeoutError("nothing was said")

    def _recv_what_is_there(self, buflen: int, flags: int) -> bytes:
        with self._turn:
            patience = self.gettimeout()
            super().settimeout(0)
            try:
                return super().recv(buflen, flags)
            finally:
                super().settimeout(patience)
