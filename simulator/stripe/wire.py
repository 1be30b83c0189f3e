"""Hanging up in the middle: the one thing ASGI has no word for, so the server's protocol lends a hand."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

OPEN: dict[tuple[str, int], asyncio.Transport] = {}


class HangUpProtocol(HttpToolsProtocol):
    """uvicorn's protocol that remembers its transport by the caller's address."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        if self.client:
            OPEN[self.client] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self.client:
            OPEN.pop(self.client, None)
        super().connection_lost(exc)


class _Silence(Response):
    """Sends nothing at all."""

    def __init__(self, transport: asyncio.Transport | None) -> None:
        super().__init__()
        self.transport = transport

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.transport is not None:
            self.transport.abort()
            await asyncio.sleep(0)  # lets the loop tell the server that the caller is gone


def hang_up(request: Request) -> Response:
    """A response that is none: the connection is reset and the caller never learns what happened."""
    client = request.client
    return _Silence(OPEN.get((client.host, client.port)) if client else None)
