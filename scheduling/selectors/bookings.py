"""Reservations: whose, where, when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from accounts.models import User
from core import clock
from core.hot import array, hot_line
from scheduling.models import Reservation
from scheduling.states import OPEN_RESERVATION
from scheduling.times import ANNOUNCE_BEFORE

CONFIRMED = Reservation.Status.CONFIRMED


def bookings_of(driver: User) -> QuerySet[Reservation]:
    """A driver's reservations everywhere, the latest first, with what a list shows of them."""
    found = Reservation.objects.filter(driver=driver).exclude(status=Reservation.Status.EXPIRED)
    return found.select_related("location", "evse__station", "session").order_by("-during")


def next_booking(driver: User, *, now: datetime | None = None) -> Reservation | None:
    """The confirmed reservation that comes next, or runs."""
    now = now or clock.now()
    return bookings_of(driver).filter(status=CONFIRMED, during__endswith__gt=now).order_by("during").first()


def booking_of_session(session_id: int) -> Reservation | None:
    """The reservation that a session used."""
    return Reservation.objects.filter(session=session_id).first()


def upcoming_at(*, location_id: int, now: datetime | None = None) -> QuerySet[Reservation]:
    """The open reservations of a location, the next first, for its operator."""
    open_ones = Reservation.objects.filter(location=location_id, status__in=OPEN_RESERVATION)
    now = now or clock.now()
    return (
        open_ones.filter(during__endswith__gt=now)
        .select_related("driver", "evse__station")
        .order_by("during")
    )


class Kept(NamedTuple):
    """For whom an EVSE is kept, and when. `during` has `lower` and `upper`."""

    evse_id: int
    driver_id: int | None
    id_token_id: int | None
    during: Any


def keeping(*, evse_ids: Sequence[int], at: datetime) -> list[Kept]:
    """The confirmed reservations for which these EVSEs are kept at an instant.

    Kept means: from a little before the start (when the charger is told) until the end, or until the
    reservation is used, missed or canceled.
    """
    return kept_between(evse_ids=evse_ids, first_at=at, last_at=at)


_KEPT = """
select evse_id, driver_id, id_token_id, during from scheduling_reservation
 where evse_id = any(%s::bigint[]) and status = 'confirmed' and lower(during) <= %s and upper(during) > %s
 order by during
"""


def kept_between(*, evse_ids: Sequence[int], first_at: datetime, last_at: datetime) -> list[Kept]:
    """Those for which these EVSEs are kept at some instant between two. In SQL: every start asks it."""
    parameters = [array(evse_ids), last_at + ANNOUNCE_BEFORE, first_at]
    return [Kept(*row) for row in hot_line().execute(_KEPT, parameters)]


def booking_at(
    *,
    evse_id: int,
    at: datetime,
    driver_id: int | None,
    id_token_id: int | None,
    number: int | None = None,
) -> Reservation | None:
    """The confirmed reservation that this driver, token or reservation number may use here at an instant."""
    whose = Q(pk__in=[])
    if driver_id is not None:
        whose |= Q(driver=driver_id)
    if id_token_id is not None:
        whose |= Q(id_token=id_token_id)
    if number is not None:
        whose |= Q(number=number)
    found = Reservation.objects.filter(
        whose,
        evse=evse_id,
        status=CONFIRMED,
        during__startswith__lte=at + ANNOUNCE_BEFORE,
        during__endswith__gt=at,
    )
    return found.order_by("during").first()
