"""Reactions of stations to its own news; named in `config/wiring.py`."""

from __future__ import annotations

from stations.events import SessionEnded, SessionReviewed
from stations.services.usage import refresh_session_day


def refresh_daily_usage(event: SessionEnded | SessionReviewed) -> None:
    refresh_session_day(session_id=event.session_id)
