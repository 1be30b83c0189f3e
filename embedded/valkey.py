"""One Valkey server of our own, reached by a socket only."""

from __future__ import annotations

import signal
import socket
from pathlib import Path
from typing import Final

from embedded.binaries import find_valkey
from embedded.places import make_private

STOP_SIGNAL: Final = signal.SIGTERM


class Valkey:
    """A server below `home`. It holds hints and queues only, so nothing of it is worth a disk."""

    def __init__(self, home: Path) -> None:
        self.home = home / "valkey"
        self.socket = self.home / "v.sock"

    def url(self) -> str:
        """The address for redis-py, the cache and the channel layer; Celery spells it redis+socket://."""
        return f"unix://{self.socket}"

    def prepare(self) -> None:
        """Make its directory, and forget the socket of a killed server."""
        make_private(self.home.parent)
        self.home.mkdir(exist_ok=True)
        self.home.chmod(0o700)
        self.socket.unlink(missing_ok=True)

    def argv(self) -> list[str]:
        """The server in the foreground."""
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.home),
            "save": "",
            "appendonly": "no",
            "maxmemory-policy": "noeviction",
            "loglevel": "warning",
        }
        return [
            str(find_valkey()),
            *(part for name, value in options.items() for part in (f"--{name}", value)),
        ]

    def ready(self) -> bool:
        """Does it answer a PING?"""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
                line.settimeout(1)
                line.connect(str(self.socket))
                line.sendall(b"PING\r\n")
                return line.recv(7) == b"+PONG\r\n"
        except OSError:
            return False
