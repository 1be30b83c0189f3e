"""Holding a request until a station has answered, around Django and not inside it.

Django answers as always (with a header that says which command is open); then this holds that answer
back and waits in the event loop: no thread, no database connection, no row lock. When the command is
settled, Django is asked again, as by an ordinary GET with the same credentials.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any, Final, NamedTuple

from core.live import hub
from core.threads import in_db_thread
from stations.selectors_commands import settled_among

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

WAIT_FOR: Final = "Forecourt-Wait-For"
LONGEST_S: Final = 60
AT_MOST: Final = 1000
"""Waiters of one process; whoever comes then gets the answer that there is, at once."""
LOOK_S: Final = 1.0
"""How often the table is asked for all waiters together: a lost nudge costs no more."""
OF_A_BODY: Final = (b"content-length", b"content-type", b"transfer-encoding")


class Open(NamedTuple):
    """A command that has not been answered: how long to wait for it, and where it is found."""

    command_id: int
    wait_s: int
    path: str


class HoldForAnswers:
    """ASGI middleware for `?wait=`."""

    def __init__(self, app: Application) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or b"wait=" not in scope.get("query_string", b""):
            return await self._app(scope, receive, send)
        answer = _Answer()
        await self._app(scope, receive, answer.keep)
        pending = answer.pending()
        if pending and await _is_answered(pending, receive):
            return await self._app(_asking_again(scope, pending), _nothing_more(receive), send)
        for message in answer.messages:
            await send(message)


class _Answer:
    """A response kept back."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def keep(self, message: Message) -> None:
        self.messages.append(message)

    def pending(self) -> Open | None:
        """The command it waits for; the header that says so is for us alone and is taken off."""
        start = self.messages[0] if self.messages else {}
        name = WAIT_FOR.lower().encode()
        headers = list(start.get("headers", ()))
        found = next((value for key, value in headers if key.lower() == name), None)
        if found is None:
            return None
        start["headers"] = [pair for pair in headers if pair[0].lower() != name]
        command_id, wait_s, path = found.decode().split(" ", 2)
        return Open(int(command_id), int(wait_s), path)


def _asking_again(scope: Scope, pending: Open) -> Scope:
    headers = [pair for pair in scope["headers"] if pair[0].lower() not in OF_A_BODY]
    path = scope.get("root_path", "") + pending.path
    place = {"path": path, "raw_path": path.encode(), "query_string": b""}
    return {**scope, **place, "method": "GET", "headers": headers}


def _nothing_more(receive: Receive) -> Receive:
    """The body of the second request: empty; afterwards whatever the client does."""
    is_first = True

    async def next_message() -> Message:
        nonlocal is_first
        if not is_first:
            return await receive()
        is_first = False
        return {"type": "http.request", "body": b"", "more_body": False}

    return next_message


async def _is_answered(pending: Open, receive: Receive) -> bool:
    """Wait; False when the time is up, the caller has left, or too many wait already."""
    waiting = asyncio.ensure_future(_waiters().settled(pending.command_id))
    leaving = asyncio.ensure_future(_left(receive))
    tasks = {waiting, leaving}
    try:
        await asyncio.wait(tasks, timeout=pending.wait_s, return_when=asyncio.FIRST_COMPLETED)
        return waiting.done() and not waiting.cancelled() and waiting.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class Waiters:
    """Everybody in this event loop who waits for a command."""

    def __init__(self) -> None:
        self._futures: dict[int, set[asyncio.Future[bool]]] = {}
        self._looking: asyncio.Task[None] | None = None
        self._news = asyncio.Event()
        self.count = 0

    async def settled(self, command_id: int) -> bool:
        """True when the command is settled; False at once when too many wait."""
        if self.count >= AT_MOST:
            return False
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._enter(command_id, future)
        try:
            return await future
        finally:
            self._leave(command_id, future)

    def _enter(self, command_id: int, future: asyncio.Future[bool]) -> None:
        self.count += 1
        if command_id not in self._futures:
            hub().listen(f"answer.{command_id}", self._told)
        self._futures.setdefault(command_id, set()).add(future)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.get_running_loop().create_task(self._look())

    def _leave(self, command_id: int, future: asyncio.Future[bool]) -> None:
        self.count -= 1
        others = self._futures[command_id]
        others.discard(future)
        if not others:
            del self._futures[command_id]
            hub().forget(f"answer.{command_id}", self._told)

    def _told(self, topic: str) -> None:
        self._news.set()  # a hint, not a fact: the table says what is settled

    async def _look(self) -> None:
        """Ask the table for all of them, first at once: the answer may have come before the listening."""
        while self._futures:
            self._news.clear()
            with suppress(Exception):  # the database may be away for a moment
                for command_id in await in_db_thread(settled_among, list(self._futures)):
                    self._release(command_id)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), LOOK_S)

    def _release(self, command_id: int) -> None:
        for future in tuple(self._futures.get(command_id, ())):
            if not future.done():
                future.set_result(True)


_by_loop: dict[int, Waiters] = {}


def _waiters() -> Waiters:
    return _by_loop.setdefault(id(asyncio.get_running_loop()), Waiters())
