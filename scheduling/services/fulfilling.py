"""Who came: the session that uses a booking, in time, early, or already there (ADR 15)."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from psycopg.types.range import TimestamptzRange

from core.events import publish
from payments.services import reserving
from scheduling import selectors
from scheduling.events import ReservationFulfilled
from scheduling.models import Reservation
from scheduling.services.reservations import (
    NO_OVERLAP,
    close,
    expire_holds,
    forget_at_station,
    queue_for,
    told,
)
from scheduling.times import ANNOUNCE_BEFORE
from stations.models import ChargingSession
from stations.services.recording import lock_stations

Status = Reservation.Status


@transaction.atomic
def fulfill(*, session_id: int, reservation_number: int | None = None) -> Reservation | None:
    """The session that uses a reservation ends it well; None when it uses none. Repeatable.

    A booking that is not due yet, or of a like place of the site, is pulled forward to the session when
    nobody else has the time between. The session remembers the interval it was reserved for.
    """
    used = selectors.booking_of_session(session_id)
    wanted = ChargingSession.objects.select_related("evse__station")
    session = wanted.filter(pk=session_id, evse__isnull=False, started_at__isnull=False).first()
    if used is not None or session is None:
        return used
    due = _due(session, reservation_number)
    if due is not None:
        return due if _end_well(due, session) else None
    early = _early(session)
    return (
        early if early is not None and _pull_forward(early, session) and _end_well(early, session) else None
    )


@transaction.atomic
def use(reservation: Reservation, session: ChargingSession) -> bool:
    """A session that was there before the booking began goes on as the booking."""
    if session.started_at is not None and session.started_at < reservation.during.lower - ANNOUNCE_BEFORE:
        _pull_forward(reservation, session)
    return _end_well(reservation, session)


def session_of(reservation: Reservation) -> ChargingSession | None:
    """A session of the driver's at the booked place, begun in time or there still, that uses no booking."""
    start_at, end_at = reservation.during.lower, reservation.during.upper
    in_time = Q(started_at__gte=start_at - ANNOUNCE_BEFORE, started_at__lt=end_at)
    still_there = Q(started_at__lt=start_at, status=ChargingSession.Status.ACTIVE)
    came = _of_driver(reservation).filter(in_time | still_there, evse=reservation.evse_id, reservation=None)
    return came.order_by("started_at").first()


def _of_driver(reservation: Reservation) -> QuerySet[ChargingSession]:
    whose = Q(driver=reservation.driver_id) | Q(reservation_number=reservation.number)
    if reservation.id_token_id is not None:
        whose |= Q(id_token=reservation.id_token_id)
    return ChargingSession.objects.filter(whose)


def _due(session: ChargingSession, number: int | None) -> Reservation | None:
    if session.evse_id is None or session.started_at is None:
        return None
    return selectors.booking_at(
        evse_id=session.evse_id,
        at=session.started_at,
        driver_id=session.driver_id,
        id_token_id=session.id_token_id,
        number=number,
    )


def _early(session: ChargingSession) -> Reservation | None:
    if session.evse is None or session.started_at is None:
        return None
    return selectors.used_early(
        evse=session.evse,
        at=session.started_at,
        driver_id=session.driver_id,
        id_token_id=session.id_token_id,
    )


def _pull_forward(reservation: Reservation, session: ChargingSession) -> bool:
    """The promise begins with the charge, and where it is; its end stays. False when it does not fit."""
    if session.evse is None or session.started_at is None:
        return False
    queue_for(session.evse)
    expire_holds(evse_id=session.evse_id)
    if not _move(
        reservation, session.evse_id, TimestamptzRange(session.started_at, reservation.during.upper)
    ):
        return False
    if reservation.evse_id != session.evse_id:
        forget_at_station(reservation)
    reservation.refresh_from_db()
    return True


def _move(reservation: Reservation, evse_id: int | None, during: TimestamptzRange) -> bool:
    """While it still counts for the exclusion constraint, which decides."""
    confirmed = Reservation.objects.filter(pk=reservation.pk, status=Status.CONFIRMED)
    try:
        with transaction.atomic():
            return bool(confirmed.update(evse=evse_id, during=during))
    except IntegrityError as error:
        if NO_OVERLAP not in str(error):
            raise
        return False


def _end_well(reservation: Reservation, session: ChargingSession) -> bool:
    if not close(reservation, Status.FULFILLED, session=session):
        return False
    _note_on_session(session, reservation)
    reserving.use(public_id=reservation.public_id, session=session)
    publish(told(ReservationFulfilled, reservation, session_id=session.pk))
    return True


def _note_on_session(session: ChargingSession, reservation: Reservation) -> None:
    """Under the station's lock, as everything that lies below a station is written."""
    lock_stations([session.station_id])
    ChargingSession.objects.filter(pk=session.pk).update(
        reserved_during=TimestamptzRange(reservation.during.lower, reservation.during.upper),
        reservation_number=reservation.number,
    )
