"""How large a request may be, decided before its body is read. Pure ASGI, around the web application.

Django's ASGI handler spools a whole body to disk before the first view sees it; a limit in a view
comes too late for somebody who means ill.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any, TypeAlias

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Any, Any, Any], Awaitable[None]]
LimitOf: TypeAlias = Callable[[Scope], int]


def limit_bodies(application: Application, limit_of: LimitOf) -> Application:
    """The application behind a limit: `limit_of(scope)` says how many bytes; more is a 413."""

    async def limited(scope: Scope, receive: Receive, send: Send) -> None:
        limit = limit_of(scope)
        if _announced(scope) > limit:
            return await _refuse(send)
        door = _Door(receive, send, limit)
        return await application(scope, door.receive, door.send)

    return limited


class _Door:
    """Counts what comes in; once it is too much, the sender is told and the application hears of an end."""

    def __init__(self, receive: Receive, send: Send, limit: int) -> None:
        self._receive, self._send, self._left = receive, send, limit
        self._is_shut = False

    async def receive(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left >= 0 or self._is_shut:
            return message
        self._is_shut = True
        await _refuse(self._send)
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if not self._is_shut:
            await self._send(message)


def _announced(scope: Scope) -> int:
    lengths = [value for name, value in scope.get("headers", ()) if name == b"content-length"]
    return int(lengths[0]) if lengths and lengths[0].isdigit() else 0


async def _refuse(send: Send) -> None:
    headers = [(b"content-type", b"text/plain"), (b"connection", b"close")]
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"This is more than is taken here."})
