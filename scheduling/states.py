"""What may become of a reservation. Pure (ARCHITECTURE section 6)."""

from __future__ import annotations

from typing import Final

from stations.states import Transitions

RESERVATION: Final[Transitions] = {
    "held": {"confirmed", "expired", "canceled"},
    "confirmed": {"fulfilled", "canceled", "missed"},
    "fulfilled": set(),
    "canceled": set(),
    "missed": set(),
    "expired": set(),
}
OPEN_RESERVATION: Final = ("held", "confirmed")
