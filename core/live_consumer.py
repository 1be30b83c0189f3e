"""The page's websocket: a page that carries a signed list of topics hears of their changes.

The socket touches no table: what the list names was judged when the page was made. Nudges are
merged and sent at most twice a second. On (re)connect the page refetches its fragments.
"""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import parse_qs

import orjson
from channels.generic.websocket import AsyncWebsocketConsumer

from core.live import hub
from core.ui.live import open_topics

MERGE_S = 0.5
CLOSE_BAD_TOKEN = 4403


class LiveConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    async def connect(self) -> None:
        self._changed: set[str] = set()
        self._flush: asyncio.Task[None] | None = None
        self._topics = open_topics(self._token())
        for topic in self._topics:
            hub().listen(topic, self._note)
        if self._topics:
            await hub().ready()  # once it is open the page looks anew: first subscribe, then look
        await self.accept()
        if not self._topics:
            await self.close(code=CLOSE_BAD_TOKEN)
            return
        await self.send(text_data="{}")

    async def disconnect(self, code: int) -> None:
        for topic in self._topics:
            hub().forget(topic, self._note)
        if self._flush:
            self._flush.cancel()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """A page has nothing to say but a ping: any frame is answered, so that it knows the link's age."""
        await self.send(text_data="{}")

    def _token(self) -> str:
        query: dict[str, Any] = parse_qs(self.scope["query_string"].decode())
        return str(query.get("topics", [""])[0])

    def _note(self, topic: str) -> None:
        self._changed.add(topic)
        if self._flush is None or self._flush.done():
            self._flush = asyncio.create_task(self._send_soon())

    async def _send_soon(self) -> None:
        await asyncio.sleep(MERGE_S)
        changed, self._changed = self._changed, set()
        await self.send(text_data=orjson.dumps({"nudge": sorted(changed)}).decode())
