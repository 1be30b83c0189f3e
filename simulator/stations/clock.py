"""Two clocks: the one a station believes in, and one that runs fast for tests and demos."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

Now = Callable[[], datetime]


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


class FastClock:
    """A clock that begins at `starts_at` and runs `rate` times as fast as the wall's.

    Begin in the past and a whole charge, with truthful timestamps, fits into seconds.
    """

    def __init__(self, starts_at: datetime, rate: float) -> None:
        self.starts_at, self.rate = starts_at, rate
        self._zero = time.monotonic()

    def __call__(self) -> datetime:
        return self.starts_at + timedelta(seconds=(time.monotonic() - self._zero) * self.rate)


@dataclass(slots=True)
class StationClock:
    """What the station's own display shows: true time, plus an error that may grow.

    A good clock follows the central system's; a broken one (`is_stubborn`) does not.
    """

    skew_s: float = 0.0
    drift_ppm: float = 0.0
    is_stubborn: bool = False
    set_at: datetime | None = None

    def reading(self, at: datetime) -> datetime:
        if not self.skew_s and not self.drift_ppm:
            return at
        grown_s = 0.0 if self.set_at is None else (at - self.set_at).total_seconds() * self.drift_ppm / 1e6
        return at + timedelta(seconds=self.skew_s + grown_s)

    def stamp(self, at: datetime) -> str:
        """RFC 3339 in UTC, with milliseconds, as it goes on the wire."""
        text = self.reading(at).astimezone(UTC).isoformat(timespec="milliseconds")
        return text.replace("+00:00", "Z")

    def go_wrong(self, at: datetime, *, skew_s: float = 0.0, drift_ppm: float = 0.0) -> None:
        self.skew_s, self.drift_ppm, self.set_at, self.is_stubborn = skew_s, drift_ppm, at, True

    def follow(self, at: datetime) -> None:
        """The central system has told the time."""
        if not self.is_stubborn:
            self.skew_s, self.set_at = 0.0, at


def parse_instant(text: str) -> datetime:
    """An instant from the wire, any offset; without one it is UTC. Raises ValueError."""
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)
