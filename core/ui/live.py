"""The signed list of topics a page may hear about; the live socket opens it and touches no table."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from django.core import signing

SALT: Final = "live.topics"
MAX_AGE: Final = timedelta(hours=12)


def sign_topics(topics: Iterable[str]) -> str:
    """For `data-live-token`: only topics that this page's view has checked."""
    return signing.dumps(sorted(set(topics)), salt=SALT, compress=True)


def open_topics(token: str) -> list[str]:
    """The topics of a page's token; none when it was altered or is over twelve hours old."""
    try:
        return list(signing.loads(token, salt=SALT, max_age=MAX_AGE))
    except signing.BadSignature:
        return []
