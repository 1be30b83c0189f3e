"""Where a 2.x station connects: slots set over the wire, used from a boot on (2.0.1 B09, B10)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SLOTS: Final = (1, 2, 3)
MOST_TRIES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """`url` is without the identity."""

    url: str
    security_profile: int


class Networks:
    """The slots of one station. As long as none is used the station stays where it was put up."""

    def __init__(self) -> None:
        self.priority: tuple[int, ...] = ()
        self.active: Network | None = None
        self._slots: dict[int, Network] = {}
        self._failures = 0

    def keep(self, slot: int, network: Network, *, present_profile: int) -> bool:
        """False for a slot that is not there, and for a lower security profile (B09.FR.02, B09.FR.04)."""
        if slot not in SLOTS or network.security_profile < present_profile:
            return False
        self._slots[slot] = network
        return True

    def prefer(self, text: str, *, highest_profile: int) -> None:
        """The slots in the order of their use.

        Raises ValueError for one that is empty, or needs what the station has not (A05.FR.02, A05.FR.03).
        """
        wanted = tuple(int(word) for word in text.split(",") if word.strip())
        usable = {slot for slot, it in self._slots.items() if it.security_profile <= highest_profile}
        if not set(wanted) <= usable:
            raise ValueError(text)
        self.priority = wanted

    def boot(self) -> None:
        """From now on the first of them is used."""
        self.active, self._failures = (self._slots[self.priority[0]] if self.priority else None), 0

    def arrived(self) -> None:
        self._failures = 0

    def failed(self) -> None:
        """After some vain tries the station goes back to where it came from (B10.FR.03)."""
        self._failures += 1
        if self._failures >= MOST_TRIES:
            self.active, self.priority = None, ()
