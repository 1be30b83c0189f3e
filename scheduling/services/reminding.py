"""Who may have to pay for not coming is reminded: in good time, and while the stall is kept still."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F, Q, QuerySet

from core import clock
from core.events import publish
from scheduling.events import ReservationReminded
from scheduling.models import Reservation
from scheduling.selectors.fees import fees_of
from scheduling.services.fulfilling import session_of
from scheduling.services.reservations import nudge_about, told
from scheduling.times import GRACE, REMIND_BEFORE, TELL_LATE_AFTER

EARLY, LATE = "early", "late"


def remind_drivers() -> int:
    """Sweep: returns how many were reminded. Each once before the start, and once after it."""
    now = clock.now()
    return sum(_remind(one, EARLY) for one in _soon(now)) + sum(_remind(one, LATE) for one in _late(now))


def _confirmed() -> QuerySet[Reservation]:
    confirmed = Reservation.objects.filter(status=Reservation.Status.CONFIRMED, lost_stall_at=None)
    return confirmed.filter(quote__has_key="terms").select_related("evse__station__location").order_by("pk")


def _soon(now: datetime) -> QuerySet[Reservation]:
    """Who booked within that last hour has just read it."""
    soon = Q(during__startswith__gt=now, during__startswith__lte=now + REMIND_BEFORE)
    booked_before = Q(during__startswith__gt=F("created_at") + REMIND_BEFORE)
    return _confirmed().filter(soon, booked_before, reminded_at=None)


def _late(now: datetime) -> QuerySet[Reservation]:
    starts = {"during__startswith__lte": now - TELL_LATE_AFTER, "created_at__lte": now - TELL_LATE_AFTER}
    return _confirmed().filter(**starts, during__startswith__gt=now - GRACE, told_late_at=None)


@transaction.atomic
def _remind(reservation: Reservation, moment: str) -> bool:
    """Once; nothing is said to who is there already, or has nothing to pay."""
    name = "reminded_at" if moment == EARLY else "told_late_at"
    first = Reservation.objects.filter(pk=reservation.pk, **{name: None})
    if not first.update(**{name: clock.now()}):
        return False
    fees = fees_of(reservation)
    if fees is None or not fees.may_cost or session_of(reservation) is not None:
        return False
    publish(told(ReservationReminded, reservation, moment=moment))
    nudge_about(reservation)
    return True
