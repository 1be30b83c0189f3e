"""Live pages: signed topics, merged nudges, nothing for those who may not look."""

from __future__ import annotations

import asyncio
import json

import pytest
from channels.testing import WebsocketCommunicator

from core import live
from core.live_consumer import CLOSE_BAD_TOKEN, LiveConsumer
from core.ui.live import sign_topics

pytestmark = pytest.mark.django_db
"""The consumer closes old connections of its thread, which another test may have left there."""


async def opened(token: str) -> WebsocketCommunicator:
    page = WebsocketCommunicator(LiveConsumer.as_asgi(), f"/live/?topics={token}")
    await page.connect()
    return page


async def test_a_page_hears_of_its_topics_merged_and_of_no_others():
    page = await opened(sign_topics(["session.81", "station.7"]))
    assert await page.receive_from() == "{}"
    await asyncio.to_thread(live.send, ["session.81", "session.82"])
    await asyncio.to_thread(live.send, ["session.81", "station.7"])
    assert json.loads(await page.receive_from(timeout=3)) == {"nudge": ["session.81", "station.7"]}
    assert await page.receive_nothing(timeout=0.7)
    await page.disconnect()


async def test_a_forged_topic_list_is_closed():
    page = await opened("forged")
    assert await page.receive_output() == {"type": "websocket.close", "code": CLOSE_BAD_TOKEN}
