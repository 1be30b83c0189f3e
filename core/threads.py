"""The only crossing from async code to the ORM (ADR 6), and the only way to do much of one kind at once.

Channels' default runs all ORM work of a process on one thread. Here a bounded executor has as
many threads as the connection pool has connections.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import ParamSpec, TypeVar

from django.conf import settings
from django.db import close_old_connections

P = ParamSpec("P")
S = TypeVar("S")
T = TypeVar("T")


@cache
def _executor() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=settings.DB_THREADS, thread_name_prefix="db")


def _with_fresh_connections(function: Callable[[], T]) -> T:
    close_old_connections()
    try:
        return function()
    finally:
        close_old_connections()


async def in_db_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `function(*args, **kwargs)` in a database thread and await its result."""
    call = partial(contextvars.copy_context().run, function, *args, **kwargs)
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_executor(), _with_fresh_connections, call)


def side_by_side(function: Callable[[S], T], items: Iterable[S]) -> Iterator[T]:
    """`function` of each item, in their order; as many at once as there are database threads.

    For what waits for others (a provider, the database). Each item has a connection, and sees what was
    committed; where `SIDE_BY_SIDE` is off they are done here, one after the other.
    """
    if not settings.SIDE_BY_SIDE:
        return map(function, items)
    calls = [partial(contextvars.copy_context().run, function, item) for item in items]
    return _executor().map(_with_fresh_connections, calls)
