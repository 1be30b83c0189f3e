"""Nudges: the news that something changed, for whoever is looking at it (ADR 4).

A nudge is a hint and may be lost: a page refetches on reconnect, a socket's owner sweeps. It goes
through Redis publish/subscribe after commit; every process holds one subscription, and its hub
hands the topics to its own listeners.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cache
from typing import Final

import orjson
import redis
import redis.asyncio
from django.conf import settings
from django.db import transaction

from core.pacing import Paced

logger = logging.getLogger(__name__)

Listener = Callable[[str], None]
RETRY_S: Final = 1.0
APART_S: Final = 0.1
READY_AT_MOST_S: Final = 2.0


def nudge(*topics: str) -> None:
    """After commit, tell every process that these topics changed ("session.81")."""
    if topics:
        transaction.on_commit(lambda: send(topics), robust=True)


def send(topics: Iterable[str]) -> None:
    """Tell soon. Never raises: a lost nudge costs a little time and nothing else."""
    with _lock:
        _untold.update(dict.fromkeys(topics))
    _teller.ask()


def _tell() -> None:
    with _lock:
        topics = list(_untold)
        _untold.clear()
    try:
        _client().publish(settings.NUDGE_CHANNEL, orjson.dumps(topics))
    except redis.RedisError:
        logger.warning("a nudge was lost: Redis cannot be reached")


_untold: Final[dict[str, None]] = {}
_lock: Final = threading.Lock()
_teller: Final = Paced(_tell, apart_s=APART_S)
"""A bridge under load has news a hundred times a second, of the same few thousand things."""


@cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)


class Hub:
    """One process's subscription. `listen` registers a callback for a topic."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[Listener]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None
        self._hears = asyncio.Event()

    def listen(self, topic: str, listener: Listener) -> None:
        """Call `listener(topic)` in this event loop at each nudge, until `forget`."""
        self._listeners[topic].add(listener)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run())

    def forget(self, topic: str, listener: Listener) -> None:
        self._listeners[topic].discard(listener)
        if not self._listeners[topic]:
            del self._listeners[topic]

    async def ready(self) -> None:
        """Return when nudges are heard, or after a while without Redis: what comes before is lost."""
        try:
            await asyncio.wait_for(self._hears.wait(), READY_AT_MOST_S)
        except TimeoutError:
            logger.warning("a page is live, but no nudges are heard")

    async def _run(self) -> None:
        while True:
            try:
                await self._receive()
            except (redis.RedisError, OSError):
                self._hears.clear()
                logger.warning("lost the nudge subscription; trying again")
                await asyncio.sleep(RETRY_S)

    async def _receive(self) -> None:
        client = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_timeout=None)
        async with client, client.pubsub() as subscription:
            await subscription.subscribe(settings.NUDGE_CHANNEL)
            async for message in subscription.listen():
                if message["type"] == "message":
                    self._tell(orjson.loads(message["data"]))
                else:
                    self._hears.set()

    def _tell(self, topics: list[str]) -> None:
        for topic in topics:
            for listener in tuple(self._listeners.get(topic, ())):
                listener(topic)


_hubs: dict[int, Hub] = {}


def hub() -> Hub:
    """The hub of the running event loop (one per process in production)."""
    loop = asyncio.get_running_loop()
    return _hubs.setdefault(id(loop), Hub())
