"""The web application of this tree, served on loopback from a thread of the test process."""

from __future__ import annotations

import socket
import threading
import time

import uvicorn

PATIENCE_S = 10


class WebServer:
    """`with WebServer() as url`: uvicorn running `config.asgi:web` with the test database."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(
            "config.asgi:web", lifespan="off", log_level="warning", ws="websockets-sansio"
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True
        )

    def __enter__(self) -> str:
        self._thread.start()
        deadline = time.monotonic() + PATIENCE_S
        while not self._server.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                raise TimeoutError("The web server of the page tests did not start.")
            time.sleep(0.02)
        host, port = self._socket.getsockname()[:2]
        return f"http://{host}:{port}"

    def __exit__(self, *exc_info: object) -> None:
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(PATIENCE_S)
        self._socket.close()
