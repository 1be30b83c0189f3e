"""A station lets a booking go that it was told of: tell it again, or tell the driver that her stall is lost.

The news may be a ReservationStatusUpdate (2.0.1 H01.FR.16, H04.FR.01), a connector's status alone (1.6
section 5.13) or the refusal of our telling, in any order: each is a reason to look.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from core import clock
from scheduling.models import Reservation
from scheduling.selectors.stalls import is_out_of_order
from scheduling.services.arrivals import announce_due, grace_ends_at
from scheduling.services.fulfilling import session_of
from scheduling.services.reservations import book, cancel
from scheduling.services.warning import lose
from scheduling.times import GRACE
from stations.command_kinds import CancelReservation, Reserve
from stations.models import Evse, StationCommand
from stations.selectors_commands import OPEN

TOLD_AT_MOST: Final = 3  # within one grace: a station that lets go again and again is left in peace


def follow_release(*, station_id: int, number: int, at: datetime) -> bool:
    """The station keeps this booking no more (`at`: when it said so); whether something was done. Repeatable.

    Also one that the station calls expired or unused holds until our own grace ends, so it is told again.
    What we let go ourselves stays so.
    """
    found = _kept().filter(number=number, evse__station=station_id, announced_at__lt=at).first()
    return found is not None and _look_after(found)


def follow_status(*, evse_id: int, at: datetime) -> bool:
    """A stall that may be kept for somebody is free, broken or closed since then. Repeatable."""
    found = _kept().filter(evse=evse_id, announced_at__lt=at).order_by("during").first()
    return found is not None and _look_after(found)


def follow_refusal(*, command_id: int) -> bool:
    """The station refused to keep a stall. Busy is no loss: the driver herself may be there."""
    told = StationCommand.objects.filter(pk=command_id, kind=Reserve.name, status="rejected").first()
    if told is None:
        return False
    number = told.params["reservation_number"]
    found = _kept().filter(number=number, evse__station=told.station_id).first()
    return found is not None and is_out_of_order(found.evse) and lose(found)


@transaction.atomic
def take_instead(
    *, reservation: Reservation, evse: Evse, start_at: datetime, end_at: datetime
) -> Reservation:
    """The driver takes another stall or time for the one that she lost; the price is that of the new one.

    Raises NotBookable or SlotTaken, then she keeps what she has; TooLate when the booking is over.
    """
    cancel(reservation=reservation, canceled_by=reservation.driver)
    return book(
        evse=evse,
        driver=reservation.driver,
        start_at=start_at,
        end_at=end_at,
        energy_wh=reservation.energy_wh,
        id_token=reservation.id_token,
    )


def _kept() -> QuerySet[Reservation]:
    """Those that a station was told of, and whose time is not over."""
    confirmed = Reservation.objects.filter(status=Reservation.Status.CONFIRMED, announced_at__isnull=False)
    return confirmed.filter(during__endswith__gt=clock.now()).select_related("evse__station", "driver")


def _look_after(reservation: Reservation) -> bool:
    if session_of(reservation) is not None:
        return False
    if is_out_of_order(reservation.evse):
        return lose(reservation)
    return _may_be_told_again(reservation) and _tell_again(reservation)


def _may_be_told_again(reservation: Reservation) -> bool:
    """Our last word was to keep it, it was answered, and there is time left to come."""
    words = StationCommand.objects.filter(
        station=reservation.evse.station_id,
        kind__in=[Reserve.name, CancelReservation.name],
        params__reservation_number=reservation.number,
        created_at__gt=clock.now() - 2 * GRACE,
    ).order_by("-pk")[:TOLD_AT_MOST]
    last = words[0] if words else None
    is_settled = last is not None and last.kind == Reserve.name and last.status not in OPEN
    return is_settled and len(words) < TOLD_AT_MOST and clock.now() < grace_ends_at(reservation)


def _tell_again(reservation: Reservation) -> bool:
    told = Reservation.objects.filter(pk=reservation.pk, announced_at=reservation.announced_at)
    if not told.update(announced_at=None):
        return False
    return bool(announce_due(station_id=reservation.evse.station_id))
