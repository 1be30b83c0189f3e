"""States, and what may follow what. Pure (ARCHITECTURE section 6)."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Final, TypeAlias

Transitions: TypeAlias = Mapping[str, Set[str]]

CONNECTOR_STATUSES: Final = ("available", "occupied", "reserved", "unavailable", "faulted", "unknown")
PHASES: Final = ("connected", "charging", "suspended_by_vehicle", "suspended_by_station", "idle")

SESSION: Final[Transitions] = {
    "pending": {"active", "abandoned"},
    "active": {"completed", "interrupted"},
    "interrupted": {"completed"},
    "completed": set(),
    "abandoned": set(),
}
OPEN_SESSION: Final = ("pending", "active")

COMMAND: Final[Transitions] = {
    "queued": {"sent", "expired"},
    "sent": {"accepted", "rejected", "failed", "timed_out"},
    "timed_out": {"accepted", "rejected", "failed"},
    "accepted": set(),
    "rejected": set(),
    "failed": set(),
    "expired": set(),
}
CERTIFICATE: Final[Transitions] = {
    "issued": {"installed", "refused", "replaced", "revoked"},
    "installed": {"replaced", "revoked"},
    "replaced": {"installed", "revoked"},
    "refused": {"issued", "revoked"},
    "revoked": set(),
}
HELD: Final[Transitions] = {
    "waiting": {"adopted", "rejected"},
    "rejected": {"waiting", "adopted"},
    "adopted": set(),
}
ANSWERED_COMMAND: Final = ("accepted", "rejected", "failed")


def sources(transitions: Transitions, target: str) -> tuple[str, ...]:
    """The states from which `target` may be reached, for a conditional update."""
    return tuple(state for state, targets in transitions.items() if target in targets)
