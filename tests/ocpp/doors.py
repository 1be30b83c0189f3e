"""The bridge on a real socket, served by uvicorn or daphne, and a client that speaks frames."""

from __future__ import annotations

import base64
import itertools
import json
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from django.db import connection
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

_ids = itertools.count(1)
PROTOCOL = "ocpp_bridge.protocol:StationProtocol"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def uvicorn_door() -> Iterator[int]:
    """config.asgi.bridge in a thread of this process; yields the port."""
    from config.asgi import bridge

    port = free_port()
    server = uvicorn.Server(uvicorn.Config(bridge, port=port, ws=PROTOCOL, log_level="error", lifespan="on"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started)
    try:
        yield port
    finally:
        server.should_exit = True
        thread.join(15)


@contextmanager
def daphne_door(environment: dict[str, str]) -> Iterator[int]:
    """The same application under daphne, in a process of its own."""
    with _process(environment, ["daphne", "-b", "127.0.0.1", "-p"], "config.asgi:bridge") as (port, _):
        yield port


@contextmanager
def uvicorn_process(environment: dict[str, str]) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """The bridge as production runs it: a process that gets signals."""
    options = ["uvicorn", "--ws", PROTOCOL, "--lifespan", "on", "--log-level", "error", "--port"]
    with _process(environment, options, "config.asgi:bridge") as running:
        yield running


@contextmanager
def _process(
    environment: dict[str, str], command: list[str], application: str
) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    port = free_port()
    arguments = [sys.executable, "-m", *command, str(port), application]
    process = subprocess.Popen(arguments, env=environment, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: _listens(port), 60)
        yield port, process
    finally:
        process.terminate()
        process.wait(20)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(condition: Any, seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never became true"
        time.sleep(0.02)


def database_name() -> str:
    return connection.settings_dict["NAME"]


def basic(username: str, password: str | bytes) -> dict[str, str]:
    raw = password if isinstance(password, bytes) else password.encode()
    return {"Authorization": "Basic " + base64.b64encode(username.encode() + b":" + raw).decode()}


def come(
    door: dict[str, int], context: ssl.SSLContext, identity: str = "CP-1", password: str | None = None
) -> ClientConnection:
    """To the TLS port; with a certificate when `context` has one."""
    return connect(
        f"wss://127.0.0.1:{door['tls']}/ocpp/{identity}",
        subprotocols=[Subprotocol("ocpp1.6")],
        additional_headers=basic(identity, password) if password else None,
        ssl=context,
        open_timeout=10,
    )


class Plug:
    """A station's end of the line."""

    def __init__(self, port: int, identity: str, password: str, *, subprotocol: str = "ocpp1.6") -> None:
        self.line: ClientConnection = connect(
            f"ws://127.0.0.1:{port}/ocpp/{identity}",
            subprotocols=[Subprotocol(subprotocol)],
            additional_headers=basic(identity, password),
            open_timeout=10,
        )

    def ask(self, action: str, payload: Any, message_id: str | None = None) -> list[Any]:
        """Send a call and wait for its answer; calls of the other side are left for `hear`."""
        message_id = message_id or f"c{next(_ids)}"
        self.line.send(json.dumps([2, message_id, action, payload]))
        return self.hear()

    def hear(self, timeout: float = 10) -> list[Any]:
        return json.loads(self.line.recv(timeout))

    def answer(self, message_id: str, payload: Any) -> None:
        self.line.send(json.dumps([3, message_id, payload]))

    def close(self) -> None:
        self.line.close()
