"""Values on the wire to values that can be stored, and instants back to text. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

INT4: Final = 2**31 - 1
INT8: Final = 2**63 - 1


def small(value: int | None) -> int | None:
    """A whole number of 32 bits, clamped: what is odd is kept as far as it can be."""
    return value if value is None else max(-INT4, min(value, INT4))


def whole(value: int | None) -> int | None:
    """The same in 64 bits."""
    return value if value is None else max(-INT8, min(value, INT8))


def position(value: int) -> int:
    """The number of a connector or EVSE: 0 and above."""
    return max(0, min(value, INT4))


def instant(text: str | None) -> datetime | None:
    """An instant with any offset, or none (then it is UTC); None when it is no instant at all."""
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is UTC:
            return moment
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def stamp(moment: datetime) -> str:
    """UTC with milliseconds and a Z, which every station can read."""
    return f"{moment.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def whole_seconds(text: str) -> str:
    """An ISO instant of ours, as UTC to the second."""
    moment = instant(text)
    return text if moment is None else f"{moment.replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def as_number(value: Any) -> int | None:
    """The whole number that someone meant: 3, 3.0, "3"; None when there is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return whole(int(float(value)) if isinstance(value, str | float) else value)
    except (ValueError, OverflowError):
        return None
