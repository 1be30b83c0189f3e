"""The door: one websocket of a station, from the handshake to the close."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

from channels.consumer import AsyncConsumer

from ocpp_bridge import handshake
from ocpp_bridge.handshake import Admission, Refusal
from ocpp_bridge.protocol import EXTENSION
from ocpp_bridge.sockets import Receive, Send, StationSocket
from ocpp_bridge.switchboard import switchboard

PROTOCOL_ERROR: Final = 1002
REALM: Final = b'Basic realm="OCPP", charset="UTF-8"'

Closing = Callable[[], Awaitable[None]]


class StationConsumer(AsyncConsumer):  # type: ignore[misc]
    """Its own receive loop instead of Channels' dispatch, which costs a third of a bridge's time."""

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        board = switchboard()
        if board.is_draining:
            return await refuse(scope, send, HTTPStatus.SERVICE_UNAVAILABLE)
        caller = handshake.read_head(scope)
        answer = await board.admissions.admit(caller)
        if isinstance(answer, Refusal):
            return await turn_away(answer, scope, send)
        await self._serve(answer, scope, receive, send)

    async def _serve(
        self, admission: Admission, scope: Mapping[str, Any], receive: Receive, send: Send
    ) -> None:
        try:
            await send({"type": "websocket.accept", "subprotocol": admission.dialect.subprotocol})
            texts = scope.get("extensions", {}).get(EXTENSION)
            await StationSocket(admission, switchboard(), receive, send, texts).run()
        finally:
            board = switchboard()
            board.run(
                board.departures.note(station_id=admission.station_id, connection_no=admission.connection_no)
            )


async def turn_away(refusal: Refusal, scope: Mapping[str, Any], send: Send) -> None:
    if refusal.status != HTTPStatus.SWITCHING_PROTOCOLS:
        return await refuse(scope, send, refusal.status)
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": PROTOCOL_ERROR})


async def refuse(scope: Mapping[str, Any], send: Send, status: HTTPStatus) -> None:
    """An HTTP answer where the server can give one (daphne cannot: there it is a 403)."""
    if "websocket.http.response" not in scope.get("extensions", {}):
        return await send({"type": "websocket.close"})
    headers = [(b"content-type", b"text/plain")]
    if status is HTTPStatus.UNAUTHORIZED:
        headers.append((b"www-authenticate", REALM))
    await send({"type": "websocket.http.response.start", "status": status.value, "headers": headers})
    body = status.phrase.encode()
    await send({"type": "websocket.http.response.body", "body": body, "more_body": False})
