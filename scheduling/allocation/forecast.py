"""How busy a place usually is, from how busy it was. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

Interval = tuple[datetime, datetime]


def busy_share(hours: Sequence[Interval], used: Iterable[Interval], places: int) -> float:
    """The mean share (0 to 1) of `places` in use during these hours, which may lie on different days."""
    span_s = sum((end - start).total_seconds() for start, end in hours) * places
    if span_s <= 0:
        return 0.0
    busy_s = sum(_overlap_s(hour, interval) for interval in used for hour in hours)
    return min(1.0, busy_s / span_s)


def _overlap_s(one: Interval, other: Interval) -> float:
    return max(0.0, (min(one[1], other[1]) - max(one[0], other[0])).total_seconds())
