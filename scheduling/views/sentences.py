"""Short sentences that say what a chart or a state means."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scheduling.selectors.places import Place
from scheduling.selectors.stalls import StallNow
from stations.models import Location

BUSY: Final = 0.7


def turnover_sentence(place: Place, now: datetime) -> str:
    """When the first stall of a full place is expected to be free; empty when one is, or nobody knows."""
    if place.free_at is None:
        return ""
    minutes = max(1, round((place.free_at - now).total_seconds() / 60))
    return ngettext(
        "Next one free in about %(n)d minute", "Next one free in about %(n)d minutes", minutes
    ) % {"n": minutes}


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


def stalls_sentence(stalls: Sequence[StallNow], location: Location) -> str:
    """What the numbers on the stalls mean, and when the first is free if none is."""
    zone = ZoneInfo(location.time_zone)
    if any(stall.is_free for stall in stalls):
        is_guessed = any(stall.free_at for stall in stalls)
        return _("Minutes are our guess until the car there reaches 80 %.") if is_guessed else ""
    soonest = min((stall.free_at for stall in stalls if stall.free_at), default=None)
    return (
        _("The next stall is free at about %(time)s.") % {"time": f"{soonest.astimezone(zone):%H:%M}"}
        if soonest
        else ""
    )
