"""A booked stall is lost, or works again: on the booking first, then to its driver through the outbox."""

from __future__ import annotations

from django.db import transaction

from core import clock
from core.events import publish
from scheduling.events import StallLost, StallMended
from scheduling.models import Reservation
from scheduling.selectors.danger import in_danger, out_of_danger
from scheduling.services.fulfilling import session_of
from scheduling.services.reservations import nudge_about, told


def warn_drivers() -> int:
    """Sweep: whose stall is out of service hears of it in good time. Returns how many."""
    return sum(lose(found) for found in in_danger(clock.now()) if session_of(found) is None)


def withdraw_warnings() -> int:
    """Sweep: whose stall works again may rely on it. Returns how many."""
    return sum(_restore(found) for found in out_of_danger(clock.now()))


@transaction.atomic
def lose(reservation: Reservation) -> bool:
    """Once: the driver is told what she may take instead. Her booking stands, the stall may be mended."""
    first = Reservation.objects.filter(pk=reservation.pk, lost_stall_at=None)
    if not first.update(lost_stall_at=clock.now()):
        return False
    publish(told(StallLost, reservation))
    nudge_about(reservation)
    return True


@transaction.atomic
def _restore(reservation: Reservation) -> bool:
    warned = Reservation.objects.filter(pk=reservation.pk, lost_stall_at=reservation.lost_stall_at)
    if not warned.update(lost_stall_at=None):
        return False
    publish(told(StallMended, reservation))
    nudge_about(reservation)
    return True
