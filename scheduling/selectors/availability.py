"""Which places are free: now, during a day, and next."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, QuerySet

from core import clock
from scheduling.allocation import slots
from scheduling.allocation.slots import Board, Request, Window
from scheduling.models import Reservation
from scheduling.selectors.boards import board_of, class_of
from scheduling.states import OPEN_RESERVATION
from scheduling.times import ANNOUNCE_BEFORE, BOOK_AHEAD, STEP, floor_to_step
from stations.models import ChargingSession, Connector, Evse, Location


@dataclass(frozen=True, slots=True)
class Stalls:
    """How many places a location has, and how many are free at this moment."""

    free: int
    total: int


@dataclass(frozen=True, slots=True)
class Quarter:
    """One quarter of an hour of a location's day. `evse_ids`: the places that are free in it."""

    start_at: datetime
    free: int
    total: int
    evse_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FreeTime:
    """A place and an interval that could be booked now."""

    evse_id: int
    start_at: datetime
    end_at: datetime


def free_stalls(location_ids: Sequence[int], *, now: datetime | None = None) -> dict[int, Stalls]:
    """Free and total places per location, in two queries."""
    total = _count(Evse.objects.filter(station__location__in=location_ids))
    free = _count(free_evses(now=now).filter(station__location__in=location_ids))
    return {pk: Stalls(free=free.get(pk, 0), total=total.get(pk, 0)) for pk in location_ids}


def free_evses(*, now: datetime | None = None) -> QuerySet[Evse]:
    """EVSEs where a car can be plugged in now: connected, available, unused and not kept for somebody."""
    now = now or clock.now()
    kept = Reservation.objects.filter(
        evse=OuterRef("pk"),
        status__in=OPEN_RESERVATION,
        during__startswith__lte=now + ANNOUNCE_BEFORE,
        during__endswith__gt=now,
    )
    used = ChargingSession.objects.filter(evse=OuterRef("pk"), status__in=["pending", "active"])
    ready = Connector.objects.filter(evse=OuterRef("pk"), status="available")
    return Evse.objects.filter(Exists(ready), ~Exists(used), ~Exists(kept), station__is_connected=True)


def availability(
    *, location_id: int, day: date, class_id: str | None = None, now: datetime | None = None
) -> list[Quarter]:
    """The location's local day in quarters of an hour (92 to 100 of them); optionally one class only."""
    now = now or clock.now()
    start_at, end_at = local_day(Location.objects.get(pk=location_id), day)
    board = board_of(
        location_id=location_id, origin_at=start_at, horizon=(end_at - start_at) // STEP, now=now
    )
    mine = [c for c in board.connectors if class_id in (None, c.class_id)]
    return [_quarter(board, [connector.id for connector in mine], step) for step in range(board.horizon)]


def next_free_times(
    *,
    evse: Evse,
    start_at: datetime,
    end_at: datetime,
    count: int = 3,
    without: Collection[int] = (),
    now: datetime | None = None,
) -> list[FreeTime]:
    """The next bookable intervals of this length from `start_at`, on this place or one just like it.

    `without`: EVSEs that are not to be offered.
    """
    now = now or clock.now()
    origin_at = floor_to_step(now)
    board = board_of(
        location_id=evse.station.location_id, origin_at=origin_at, horizon=BOOK_AHEAD // STEP, now=now
    )
    board = _without(board, {str(pk) for pk in without})
    first, steps = max(1, board.step_of(start_at)), -((start_at - end_at) // STEP)
    found = _free_times(board, class_of(evse), first, steps)
    return [free for free, _ in zip(found, range(count), strict=False)]


def _without(board: Board, ids: set[str]) -> Board:
    return replace(
        board,
        connectors=tuple(connector for connector in board.connectors if connector.id not in ids),
        promises=tuple(promise for promise in board.promises if promise.connector_id not in ids),
    )


def local_day(location: Location, day: date) -> tuple[datetime, datetime]:
    """The location's day from midnight to midnight, in UTC, to the step."""
    zone = ZoneInfo(location.time_zone)
    bounds = (datetime.combine(each, time(), zone) for each in (day, day + timedelta(days=1)))
    start_at, end_at = (floor_to_step(bound) for bound in bounds)
    return start_at, end_at


def _free_times(board: Board, class_id: str, first: int, steps: int) -> Iterator[FreeTime]:
    while first + steps <= board.horizon:
        request = Request(id="next", arrival=Window(first, first + 1), steps=steps, class_id=class_id)
        offers = [offer for offer in slots.quote(board, request) if _is_free(board, offer)]
        if not offers:
            return
        slot = offers[0].slot
        yield FreeTime(int(offers[0].connector_id), board.at(slot.start), board.at(slot.end))
        first = slot.end


def _is_free(board: Board, offer: slots.Offer) -> bool:
    """Free as bound today, with nobody moved."""
    return not board.busy[offer.connector_id] & offer.slot.mask


def _quarter(board: Board, connector_ids: list[str], step: int) -> Quarter:
    free = tuple(int(name) for name in connector_ids if not board.busy[name] >> step & 1)
    return Quarter(start_at=board.at(step), free=len(free), total=len(connector_ids), evse_ids=free)


def _count(evses: QuerySet[Evse]) -> dict[int, int]:
    counts: dict[int, int] = {}
    for location_id in evses.values_list("station__location_id", flat=True):
        counts[location_id] = counts.get(location_id, 0) + 1
    return counts
