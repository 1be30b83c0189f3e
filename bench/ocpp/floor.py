"""The floor: a bare `websockets` server on uvloop that parses with orjson and answers one fixed result."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Sequence
from typing import Final

import orjson
import uvloop
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

_COMMON: Final = {"status": "Accepted", "currentTime": "2026-01-01T00:00:00Z", "interval": 300}
OF_16: Final = {**_COMMON, "transactionId": 1, "idTagInfo": {"status": "Accepted"}}
OF_2: Final = {**_COMMON, "idTokenInfo": {"status": "Accepted"}}
RESULTS: Final = {"ocpp1.6": OF_16, "ocpp2.0.1": OF_2, "ocpp2.1": OF_2}


async def answer(socket: ServerConnection) -> None:
    result = RESULTS[socket.subprotocol or "ocpp1.6"]
    try:
        async for text in socket:
            message = orjson.loads(text)
            await socket.send(orjson.dumps([3, message[1], result]).decode())
    except ConnectionClosed:
        return


async def run(port: int) -> None:
    options = {"compression": None, "ping_interval": None, "backlog": 4096, "subprotocols": [*RESULTS]}
    async with serve(answer, "127.0.0.1", port, **options):  # type: ignore[arg-type]
        await asyncio.get_running_loop().create_future()


def main(argv: Sequence[str]) -> None:
    logging.getLogger("websockets").setLevel(logging.CRITICAL)  # a probe that says nothing is no news
    uvloop.run(run(int(argv[0])))


if __name__ == "__main__":
    main(sys.argv[1:])
