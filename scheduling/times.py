"""The spans of time that booking lives by. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

STEP: Final = timedelta(minutes=15)
HOLD_FOR: Final = timedelta(minutes=10)  # to pay, say, before the hold falls
ANNOUNCE_BEFORE: Final = timedelta(minutes=15)  # the charger learns of a booking, and keeps the place
GRACE: Final = timedelta(minutes=15)  # how late a driver may come
BOOK_AHEAD: Final = timedelta(days=7)
LONGEST_BOOKING: Final = timedelta(hours=12)
WALK_UP_STAYS: Final = timedelta(hours=1)  # how long a car that is charging now is thought to stay
EARLY_BY: Final = WALK_UP_STAYS  # a charge begun this much before a booking would still run when it begins
WARN_AHEAD: Final = timedelta(hours=12)  # so early a driver hears that her stall is out of service
BROKEN_FOR: Final = timedelta(minutes=30)  # a stall that is broken for so long will not mend itself
OFFLINE_FOR: Final = timedelta(hours=1)  # a lost connection usually comes back sooner
MENDED_FOR: Final = timedelta(minutes=10)  # and what works for so long may be relied on
REMIND_BEFORE: Final = timedelta(hours=1)  # who may have to pay for not coming is told in good time
TELL_LATE_AFTER: Final = timedelta(minutes=5)  # and again when the start has passed, while it is kept still
OUT_OF_SERVICE_FOR: Final = timedelta(hours=4)  # how long a broken place is not offered


def kept_until(start_at: datetime, booked_at: datetime) -> datetime:
    """Until when the driver may come.

    Who books for a quarter of an hour that has begun has the whole grace from then.
    """
    return max(start_at, booked_at) + GRACE


def floor_to_step(instant: datetime) -> datetime:
    """The last quarter of an hour at or before an instant, in UTC."""
    instant = instant.astimezone(UTC).replace(second=0, microsecond=0)
    return instant - timedelta(minutes=instant.minute % 15)


def ceil_to_step(instant: datetime) -> datetime:
    floor = floor_to_step(instant)
    return floor if floor == instant else floor + STEP
