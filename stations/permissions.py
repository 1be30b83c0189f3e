"""Who may ask a station for what."""

from __future__ import annotations

from typing import Any, Final

from accounts import permissions
from accounts.models import Organization

HELPFUL: Final = frozenset(
    {
        "cancel_reservation",
        "clear_cache",
        "read_schedule",
        "read_variables",
        "reserve",
        "reset",
        "set_availability",
        "start_session",
        "stop_session",
        "trigger",
        "unlock",
    }
)
"""What a person on the telephone needs. Every other kind, also one that is added, is for those who
manage hardware."""


def needs_of(kind: str) -> str:
    """ "help" or "hardware": the right that sends this kind."""
    return "help" if kind in HELPFUL else "hardware"


def may_ask(user: Any, organization: Organization, kind: str) -> bool:
    """Send a command of this kind to the organization's stations."""
    if kind in HELPFUL:
        return permissions.may_command_stations(user, organization)
    return permissions.may_manage_hardware(user, organization)
