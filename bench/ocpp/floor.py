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

RESULT: Final = {
    "status": "Accepted",
    "currentTime": "2026-01-01T00:00:00Z",
    "interval": 300,
    "transactionId": 1,
    "idTagInfo": {"status": "Accepted"},
}


async def answer(socket: ServerConnection) -> None:
    try:
        async for text in socket:
            message = orjson.loads(text)
            await socket.send(orjson.dumps([3, message[1], RESULT]).decode())
    except ConnectionClosed:
        return


async def run(port: int) -> None:
    options = {"compression": None, "ping_interval": None, "backlog": 4096}
    async with serve(answer, "127.0.0.1", port, subprotocols=["ocpp1.6"], **options):  # type: ignore[arg-type, list-item]
        await asyncio.get_running_loop().create_future()


def main(argv: Sequence[str]) -> None:
    logging.getLogger("websockets").setLevel(logging.CRITICAL)  # a probe that says nothing is no news
    uvloop.run(run(int(argv[0])))


if __name__ == "__main__":
    main(sys.argv[1:])
