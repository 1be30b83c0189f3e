"""A driver who comes before her booking is due: which booking would her charge use?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Q, QuerySet
from psycopg.types.range import TimestamptzRange

from scheduling.models import Reservation
from scheduling.selectors.boards import class_of
from scheduling.selectors.bookings import booking_at
from scheduling.states import OPEN_RESERVATION
from scheduling.times import EARLY_BY, LONGEST_BOOKING
from stations.models import Evse


class Outlook(StrEnum):
    """What becomes of a driver's next booking when she starts now."""

    DUE = "due"
    """It is kept for her at this very place: it is simply used."""
    EARLY = "early"
    """It is pulled forward: from now, and here."""
    APART = "apart"
    """Somebody else has the time between: this charge has nothing to do with it."""
    LATER = "later"
    """Too far ahead: used only if the charge still runs when the booking begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """A driver's next booking, and what a start now would mean for it."""

    reservation: Reservation
    outlook: Outlook
    is_elsewhere: bool


def ahead_of(*, evse: Evse, at: datetime, driver_id: int | None) -> Ahead | None:
    """What a driver should know of her bookings before she starts at a place. None: nothing."""
    if driver_id is None:
        return None
    due = booking_at(evse_id=evse.pk, at=at, driver_id=driver_id, id_token_id=None)
    if due is not None:
        return Ahead(reservation=due, outlook=Outlook.DUE, is_elsewhere=False)
    early = used_early(evse=evse, at=at, driver_id=driver_id, id_token_id=None)
    if early is not None:
        outlook = Outlook.EARLY if _fits(early, evse, at) else Outlook.APART
        return Ahead(reservation=early, outlook=outlook, is_elsewhere=early.evse_id != evse.pk)
    later = _coming(driver_id, None, at, LONGEST_BOOKING).filter(evse=evse).order_by("during").first()
    return Ahead(reservation=later, outlook=Outlook.LATER, is_elsewhere=False) if later else None


def used_early(
    *, evse: Evse, at: datetime, driver_id: int | None, id_token_id: int | None
) -> Reservation | None:
    """The booking that a charge begun here and now would use, if nobody else has the time between.

    One of this very place first, else one of a place of the same site that is just like it.
    """
    coming = _coming(driver_id, id_token_id, at, EARLY_BY).filter(location=evse.station.location_id)
    found = coming.select_related("evse").prefetch_related("evse__connectors").order_by("during", "pk")
    alike = [one for one in found if one.evse_id == evse.pk or class_of(one.evse) == class_of(evse)]
    return min(alike, key=lambda one: one.evse_id != evse.pk, default=None)


def _coming(
    driver_id: int | None, id_token_id: int | None, at: datetime, within: timedelta
) -> QuerySet[Reservation]:
    whose = Q(pk__in=[])
    if driver_id is not None:
        whose |= Q(driver=driver_id)
    if id_token_id is not None:
        whose |= Q(id_token=id_token_id)
    return Reservation.objects.filter(
        whose,
        status=Reservation.Status.CONFIRMED,
        during__startswith__lte=at + within,
        during__endswith__gt=at,
    )


def _fits(reservation: Reservation, evse: Evse, at: datetime) -> bool:
    """Nobody else has this place from now until the booking ends. The constraint decides at the start."""
    wanted = TimestamptzRange(at, reservation.during.upper)
    others = Reservation.objects.filter(evse=evse, status__in=OPEN_RESERVATION, during__overlap=wanted)
    return not others.exclude(pk=reservation.pk).exists()
