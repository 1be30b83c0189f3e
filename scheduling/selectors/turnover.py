"""How long a stall stays as it is: when the car there is ready, when the next booking begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Min

from accounts.models import Vehicle
from scheduling.models import Reservation
from scheduling.states import OPEN_RESERVATION
from stations.models import ChargingSession

TARGET_PERCENT: Final = 80  # up to here cars charge quickly, and most leave
LONGEST: Final = timedelta(hours=8)  # a guess beyond it helps nobody
LOOK_AHEAD: Final = timedelta(hours=12)


def expected_ends(sessions: Mapping[int, ChargingSession], *, now: datetime) -> dict[int, datetime]:
    """By EVSE, when its open session is expected to be over; without those that nobody can tell.

    A booking's end where the session uses one, else the car's way to 80 % at its present power.
    At most two queries.
    """
    if not sessions:
        return {}
    booked = _booked_ends(sessions)
    batteries = _batteries(sessions)
    guesses = {
        evse_id: booked.get(session.pk) or _at_target(session, batteries.get(session.driver_id or 0), now)
        for evse_id, session in sessions.items()
    }
    return {evse_id: at for evse_id, at in guesses.items() if at is not None and now < at < now + LONGEST}


def next_bookings(evse_ids: Sequence[int], *, now: datetime) -> dict[int, datetime]:
    """By EVSE, when the next booking within half a day begins. One query."""
    coming = Reservation.objects.filter(
        evse__in=evse_ids,
        status__in=OPEN_RESERVATION,
        during__startswith__gt=now,
        during__startswith__lte=now + LOOK_AHEAD,
    )
    return dict(coming.values_list("evse").annotate(first=Min("during__startswith")))


def _booked_ends(sessions: Mapping[int, ChargingSession]) -> dict[int, datetime]:
    used = Reservation.objects.filter(session__in=[session.pk for session in sessions.values()])
    return {found.session_id: found.during.upper for found in used if found.session_id is not None}


def _batteries(sessions: Mapping[int, ChargingSession]) -> dict[int, int]:
    drivers = {session.driver_id for session in sessions.values() if session.soc_percent}
    cars = Vehicle.objects.filter(user__in=drivers - {None}, is_default=True, battery_wh__gt=0)
    return {user: size for user, size in cars.values_list("user", "battery_wh") if size is not None}


def _at_target(session: ChargingSession, battery_wh: int | None, now: datetime) -> datetime | None:
    if not (session.soc_percent and session.power_w and battery_wh):
        return None
    missing_wh = battery_wh * (TARGET_PERCENT - session.soc_percent) / 100
    return now + timedelta(hours=missing_wh / session.power_w) if missing_wh > 0 else None
