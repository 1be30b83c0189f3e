"""Which ports are free on this machine."""

from __future__ import annotations

import errno
import socket

from embedded.places import Unavailable


def demand(port: int, host: str, *, option: str) -> None:
    """Raise Unavailable, naming the `option` that changes it, when `port` cannot be had."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, port))
    except OSError as problem:
        if problem.errno == errno.EADDRINUSE:
            raise Unavailable(
                f"Port {port} is used by another program: choose another with {option} N."
            ) from problem
        raise Unavailable(
            f"Port {port} on {host} cannot be opened ({problem.strerror}): try {option} N."
        ) from problem


def free_ports(count: int, host: str = "127.0.0.1") -> list[int]:
    """`count` different ports that nobody uses just now."""
    listeners = [socket.create_server((host, 0)) for _ in range(count)]
    try:
        return [listener.getsockname()[1] for listener in listeners]
    finally:
        for listener in listeners:
            listener.close()
