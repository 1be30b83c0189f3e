"""How far it is, and how long it may still take: a line every few seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final, overload

EVERY_S: Final = 5.0


class Progress:
    """Says lines like "played up to Mon 14:15 UTC: 58 %, about 30 s to go"."""

    def __init__(self, say: Callable[[str], object], *, now_s: Callable[[], float] = time.monotonic) -> None:
        self._say, self._now_s = say, now_s
        self._begun_s = now_s()
        self._said_s = self._begun_s

    @overload
    def tell(self, what: str, done: int, total: int) -> None: ...
    @overload
    def tell(self, what: str, done: timedelta, total: timedelta) -> None: ...
    def tell(self, what: str, done: int | timedelta, total: int | timedelta) -> None:
        """Say how much of the whole is done, if the last line is some seconds old or all is done."""
        share = _share(done, total)
        now_s = self._now_s()
        if share < 1 and now_s - self._said_s < EVERY_S:
            return
        self._said_s = now_s
        self._say(f"{what}: {round(100 * share)} %{self._rest(share, now_s)}")

    def _rest(self, share: float, now_s: float) -> str:
        if share >= 1 or share <= 0:
            return ""
        rest_s = (now_s - self._begun_s) * (1 - share) / share
        return f", about {max(1, round(rest_s))} s to go"


def _share(done: int | timedelta, total: int | timedelta) -> float:
    if isinstance(done, timedelta) and isinstance(total, timedelta):
        return done / total if total else 1.0
    return float(done) / float(total) if isinstance(done, int) and isinstance(total, int) and total else 1.0
