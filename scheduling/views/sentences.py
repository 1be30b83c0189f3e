"""Short sentences that say what a chart or a state means."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from scheduling.selectors.places import Place

BUSY: Final = 0.7


def busy_sentence(place: Place, now: datetime) -> str:
    """What is to be expected for the rest of the day; empty when nothing is known."""
    hours = place.forecast
    if not hours or not any(hour.days or hour.booked_share for hour in hours):
        return ""
    coming = [hour for hour in hours if hour.start_at > now]
    is_busy = next((h.busy_share for h in reversed(hours) if h.start_at <= now), 0) >= BUSY
    turn = next((hour for hour in coming if (hour.busy_share >= BUSY) != is_busy), None)
    at = f"{turn.start_at.astimezone(ZoneInfo(place.location.time_zone)):%H:%M}" if turn else ""
    if is_busy:
        return _("Quieter after %(time)s") % {"time": at} if at else _("Busy for the rest of the day")
    return _("Gets busy after %(time)s") % {"time": at} if at else _("Quiet for the rest of the day")
