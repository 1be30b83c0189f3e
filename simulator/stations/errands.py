"""Files that a station fetches or hands in over HTTP. The core asks; whoever has a network goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

OK: Final = range(200, 300)
Method = Literal["GET", "PUT", "POST"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it. `status` is HTTP's, 0 when nobody answered."""

    status: int
    body: bytes = b""

    @property
    def is_good(self) -> bool:
        return self.status in OK


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Errand:
    """One way to a web server and back; `then` is told at the instant of the return."""

    url: str
    then: Callable[[Outcome, datetime], None]
    method: Method = "GET"
    body: bytes = b""
    file_name: str = ""


class Errands:
    """Those that nobody has gone for yet."""

    def __init__(self) -> None:
        self._waiting: list[Errand] = []

    def send(self, errand: Errand) -> None:
        self._waiting.append(errand)

    def take(self) -> list[Errand]:
        """All of them: the caller goes, and calls `Station.back_from` with each outcome."""
        taken, self._waiting = self._waiting, []
        return taken
