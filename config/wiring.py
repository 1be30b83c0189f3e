"""When X happens, do Y: the one table of who listens to what (ADR 2).

Every event appears, also those to which nobody listens yet; a system check compares this table
with the event classes and with the functions it names.
"""

from __future__ import annotations

from typing import Final

EVENT_HANDLERS: Final[dict[str, tuple[str, ...]]] = {
    "accounts.MemberInvited": ("accounts.handlers.tell_invited_member",),
    "accounts.TokenBlocked": (),
    "stations.CommandAnswered": (),
    "stations.EvseStatusChanged": (),
    "stations.SessionAbandoned": (),
    "stations.SessionEnded": ("stations.handlers.refresh_daily_usage",),
    "stations.SessionInterrupted": (),
    "stations.SessionPhaseChanged": (),
    "stations.SessionRequested": (),
    "stations.SessionReviewed": ("stations.handlers.refresh_daily_usage",),
    "stations.SessionStarted": (),
    "stations.StationBooted": (),
    "stations.StationConnected": (),
    "stations.StationDisconnected": (),
}
