"""How long to wait before the next attempt to connect."""

from __future__ import annotations

from random import Random


class Backoff:
    """Waits that double up to a limit, each with jitter, so that a town does not return at once."""

    def __init__(self, first_s: float = 1.0, longest_s: float = 60.0, *, rng: Random | None = None) -> None:
        self.first_s, self.longest_s = first_s, longest_s
        self._rng = rng or Random()
        self._failures = 0

    def reset(self) -> None:
        self._failures = 0

    def next_s(self) -> float:
        """The wait before the next attempt, in seconds."""
        wait_s = min(self.longest_s, self.first_s * 2.0**self._failures)
        self._failures = min(self._failures + 1, 16)
        return wait_s * self._rng.uniform(0.5, 1.5)
