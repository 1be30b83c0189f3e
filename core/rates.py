"""So many times a minute: a window of the clock and one counter in the cache.

Without the cache everybody may pass: it protects the house, it is not the lock of the door.
"""

from __future__ import annotations

import logging
from typing import Final

import redis
from django.core.cache import cache

from core import clock

logger = logging.getLogger(__name__)
WINDOW_S: Final = 60


def is_within(key: str, limit: int) -> bool:
    """Count one more of `key` in this minute; False when that is more than `limit`."""
    window = int(clock.now().timestamp()) // WINDOW_S
    try:
        return _count(f"rate:{key}:{window}") <= limit
    except (redis.RedisError, OSError):
        logger.warning("the cache cannot be reached: nobody is counted")
        return True


def _count(key: str) -> int:
    cache.add(key, 0, timeout=2 * WINDOW_S)
    try:
        return cache.incr(key)
    except ValueError:  # it expired in between
        return 0
