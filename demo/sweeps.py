"""The periodic jobs that a replayed day calls itself; beat calls the same services in real time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from scheduling.services import arrivals, reservations, smart_charging
from stations.services import commands, pending

SWEEPS: Final[list[Callable[[], object]]] = [
    commands.expire_due,
    commands.time_out_unanswered,
    pending.abandon_stale,
    reservations.expire_holds,
    arrivals.announce_due,
    arrivals.miss_due,
    smart_charging.replan_all,
]
