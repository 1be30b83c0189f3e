"""Booking: hold, confirm, cancel, book. The database decides races (ARCHITECTURE section 8)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from django.db import IntegrityError, transaction
from psycopg.types.range import TimestamptzRange

from accounts.models import IdToken, User
from accounts.selectors import app_token_of
from core import clock
from core.events import publish
from core.live import nudge
from payments.services import reserving
from payments.services.pricing import driver_as_payer
from payments.services.reserving import Terms
from scheduling import selectors
from scheduling.events import (
    ReservationCanceled,
    ReservationConfirmed,
    ReservationEvent,
    ReservationExpired,
)
from scheduling.models import Reservation
from scheduling.selectors import FreeTime
from scheduling.services.agreeing import agree, give_up
from scheduling.states import RESERVATION
from scheduling.times import (
    BOOK_AHEAD,
    HOLD_FOR,
    LONGEST_BOOKING,
    STEP,
    WALK_UP_STAYS,
    floor_to_step,
    kept_until,
)
from stations.command_kinds import CancelReservation
from stations.models import ChargingSession, Evse
from stations.services import commands
from stations.states import sources

Status = Reservation.Status
NO_OVERLAP: Final = "no_overlapping_reservations"
TELL_WITHIN: Final = timedelta(minutes=5)
E = TypeVar("E", bound=ReservationEvent)


class NotBookable(ValueError):
    """This interval cannot be booked at all: past, too far ahead, too long, or not in quarter hours."""


class NoWayToPay(NotBookable):
    """This booking may cost a fee, and there is neither a saved card nor a company's account."""


class SlotTaken(Exception):
    """Somebody else has this time. `next_free` are the next times that could be booked instead."""

    def __init__(self, next_free: Sequence[FreeTime]) -> None:
        super().__init__("This time is taken.")
        self.next_free = tuple(next_free)


class TooLate(Exception):
    """The reservation is no longer in a state in which this can be done; `status` says which it is in."""

    def __init__(self, status: str) -> None:
        super().__init__(f"The reservation is {status}.")
        self.status = status


@transaction.atomic
def hold_slot(
    *,
    evse: Evse,
    driver: User,
    start_at: datetime,
    end_at: datetime,
    hold_for: timedelta = HOLD_FOR,
    energy_wh: int | None = None,
    quote: dict[str, Any] | None = None,
    id_token: IdToken | None = None,
) -> Reservation:
    """Keep an EVSE during [start, end) until the driver confirms, at most `hold_for`.

    Both ends are whole quarters of an hour. `quote` is the price as it was shown; the terms of the
    reservation itself are put beside it. Raises NotBookable, NoWayToPay where a fee may come to be paid,
    or SlotTaken with the next free times.
    """
    now = clock.now()
    _check_bookable(start_at, end_at, now)
    terms = _terms(evse, driver, start_at, now)
    queue_for(evse)
    expire_holds(evse_id=evse.pk)
    if _is_in_use(evse, start_at, now):
        raise SlotTaken(selectors.next_free_times(evse=evse, start_at=start_at, end_at=end_at))
    reservation = Reservation(
        organization_id=evse.organization_id,
        location_id=evse.station.location_id,
        evse=evse,
        driver=driver,
        id_token=id_token or app_token_of(driver),
        during=TimestamptzRange(start_at, end_at),
        hold_expires_at=now + hold_for,
        energy_wh=energy_wh,
        quote=quote if terms is None else {**(quote or {}), "terms": terms.to_json()},
    )
    _insert(reservation)
    nudge_about(reservation)
    return reservation


@transaction.atomic
def confirm(*, reservation: Reservation) -> Reservation:
    """Make a hold a promise. Confirming twice changes nothing. Raises TooLate."""
    now = clock.now()
    held = Reservation.objects.filter(
        pk=reservation.pk, status__in=sources(RESERVATION, "confirmed"), hold_expires_at__gt=now
    )
    changed = held.update(status=Status.CONFIRMED)
    reservation.refresh_from_db()
    if changed:
        agree(reservation)
        publish(told(ReservationConfirmed, reservation))
        nudge_about(reservation)
    elif reservation.status != Status.CONFIRMED:
        raise TooLate(reservation.status)
    return reservation


@transaction.atomic
def book(
    *,
    evse: Evse,
    driver: User,
    start_at: datetime,
    end_at: datetime,
    energy_wh: int | None = None,
    quote: dict[str, Any] | None = None,
    id_token: IdToken | None = None,
) -> Reservation:
    """Hold and confirm in one step. Raises NotBookable, NoWayToPay or SlotTaken."""
    held = hold_slot(
        evse=evse,
        driver=driver,
        start_at=start_at,
        end_at=end_at,
        energy_wh=energy_wh,
        quote=quote,
        id_token=id_token,
    )
    return confirm(reservation=held)


@transaction.atomic
def cancel(*, reservation: Reservation, canceled_by: User | None = None, note: str = "") -> Reservation:
    """Give the place back; the station is told if it knew. Canceling twice changes nothing.

    `note` is a word to the driver from whoever takes it away. It is free until the agreed moment, and when
    her stall is lost or somebody else cancels. Raises TooLate once it was used, missed or expired.
    """
    changed = close(reservation, Status.CANCELED, canceled_by=canceled_by, cancel_note=note)
    reservation.refresh_from_db()
    if changed:
        give_up(reservation)
        forget_at_station(reservation, requested_by=canceled_by)
        publish(told(ReservationCanceled, reservation, is_taken_away=reservation.is_taken_away))
    elif reservation.status != Status.CANCELED:
        raise TooLate(reservation.status)
    return reservation


@transaction.atomic
def expire_holds(*, evse_id: int | None = None) -> int:
    """Let go of holds that nobody confirmed in time; returns how many. A sweep, and before each hold."""
    stale = Reservation.objects.filter(status=Status.HELD, hold_expires_at__lte=clock.now())
    if evse_id is not None:
        stale = stale.filter(evse=evse_id)
    expired = [reservation for reservation in stale.order_by("pk") if close(reservation, Status.EXPIRED)]
    publish(*(told(ReservationExpired, reservation) for reservation in expired))
    return len(expired)


@transaction.atomic
def rebind(*, moves: dict[int, int]) -> int:
    """Move reservations (by id) to other EVSEs (by id), in one statement, so that two may be swapped.

    Only reservations that the station has not been told of move. Raises SlotTaken when it does not fit.
    """
    movable = Reservation.objects.select_for_update(no_key=True).filter(
        pk__in=moves, status__in=("held", "confirmed"), announced_at=None
    )
    reservations = list(movable.order_by("pk"))
    for reservation in reservations:
        reservation.evse_id = moves[reservation.pk]
    reserving.move(evses={one.public_id: one.evse_id for one in reservations})
    try:
        with transaction.atomic():
            return Reservation.objects.bulk_update(reservations, ["evse"])
    except IntegrityError as error:
        raise SlotTaken(()) from error


# --- shared with the sweeps --------------------------------------------------------------------


def close(reservation: Reservation, status: str, **fields: Any) -> bool:
    """End a reservation in one conditional update; False when it was not in a state for that."""
    open_ones = Reservation.objects.filter(pk=reservation.pk, status__in=sources(RESERVATION, status))
    changed = bool(open_ones.update(status=status, closed_at=clock.now(), **fields))
    if changed:
        nudge_about(reservation)
    return changed


def told(event_type: type[E], reservation: Reservation, **more: Any) -> E:
    """The event of this type about a reservation, as it is now."""
    return event_type(
        reservation_id=reservation.pk,
        organization_id=reservation.organization_id,
        location_id=reservation.location_id,
        evse_id=reservation.evse_id,
        driver_id=reservation.driver_id,
        number=reservation.number,
        start_at=reservation.during.lower,
        end_at=reservation.during.upper,
        at=clock.now(),
        **more,
    )


def forget_at_station(reservation: Reservation, *, requested_by: User | None = None) -> None:
    """If the station was told of it, tell it that it is over."""
    if reservation.announced_at is not None:
        commands.request(
            station=reservation.evse.station,
            kind=CancelReservation(reservation_number=reservation.number),
            requested_by=requested_by,
            expires_in=TELL_WITHIN,
        )


def queue_for(evse: Evse) -> None:
    """One after the other: two inserts that wait for each other's exclusion check are a deadlock.

    The constraint stays the guarantee; this only makes the loser wait for its answer in order.
    """
    Evse.objects.select_for_update(no_key=True).get(pk=evse.pk)


def _terms(evse: Evse, driver: User, start_at: datetime, now: datetime) -> Terms | None:
    """What the reservation costs, by the tariff of this moment. Raises NoWayToPay."""
    payer = driver_as_payer(driver)
    terms = reserving.terms_of(
        evse=evse, payer=payer, starts_at=start_at, kept_until=kept_until(start_at, now)
    )
    if terms is None or terms.are_free:
        return terms
    if not reserving.can_pay(driver, evse.station.location.organization):
        raise NoWayToPay("A booking that may cost a fee needs a way to pay.")
    return terms


def _check_bookable(start_at: datetime, end_at: datetime, now: datetime) -> None:
    is_whole = floor_to_step(start_at) == start_at and floor_to_step(end_at) == end_at
    if not is_whole or not STEP <= end_at - start_at <= LONGEST_BOOKING:
        raise NotBookable("A booking lasts from a quarter of an hour to twelve hours, in whole quarters.")
    if start_at < now - STEP or end_at > now + BOOK_AHEAD:
        raise NotBookable("A booking lies between now and a week from now.")


def _is_in_use(evse: Evse, start_at: datetime, now: datetime) -> bool:
    """A car is there and is thought to stay into the interval."""
    running = ChargingSession.objects.filter(evse=evse, status=ChargingSession.Status.ACTIVE)
    return start_at < now + WALK_UP_STAYS and running.exists()


def _insert(reservation: Reservation) -> None:
    try:
        with transaction.atomic():
            reservation.save(force_insert=True)
    except IntegrityError as error:
        if NO_OVERLAP not in str(error):
            raise
        during = reservation.during
        raise SlotTaken(
            selectors.next_free_times(evse=reservation.evse, start_at=during.lower, end_at=during.upper)
        ) from error


def nudge_about(reservation: Reservation) -> None:
    """The pages of its driver, of its place and of its operator show something old."""
    nudge(
        f"location.{reservation.location_id}",
        f"user.{reservation.driver_id}",
        f"bookings.{reservation.organization_id}",
    )
