"""Booking a kind of place instead of a certain one: the connector is bound late."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.db import transaction

from accounts.models import User
from core import clock
from scheduling import selectors
from scheduling.allocation import slots
from scheduling.allocation.slots import Board, Request, Window
from scheduling.models import Reservation
from scheduling.services.reservations import SlotTaken, book, rebind
from scheduling.times import BOOK_AHEAD, STEP, floor_to_step
from stations.models import Evse, Location

NEW: Final = "new"


@transaction.atomic
def book_class(
    *, location: Location, class_id: str, driver: User, start_at: datetime, end_at: datetime, **more: Any
) -> Reservation:
    """Book any place of a class (`selectors.class_of`); other bookings may move to make room.

    Nobody's time changes, and nobody moves whose station was told. `more` goes to `book`. Raises
    NotBookable or SlotTaken.
    """
    Location.objects.select_for_update(no_key=True).get(pk=location.pk)
    board = _board(location.pk)
    arrival = board.step_of(start_at)
    request = Request(
        id=NEW,
        arrival=Window(arrival, arrival + 1),
        steps=max(1, (end_at - start_at) // STEP),
        class_id=class_id,
    )
    offers = slots.quote(board, request)
    if not offers or offers[0].is_alternative:
        raise SlotTaken([_free_time(board, offer) for offer in offers])
    after = slots.accept(board, offers[0])
    _move(board, after)
    evse = Evse.objects.select_related("station").get(pk=_places(after)[NEW])
    return book(evse=evse, driver=driver, start_at=start_at, end_at=end_at, **more)


@transaction.atomic
def tidy(*, location: Location) -> int:
    """Pack a location's bookings so that long gaps stay whole; returns how many moved."""
    Location.objects.select_for_update(no_key=True).get(pk=location.pk)
    board = _board(location.pk)
    return _move(board, slots.reoptimise(board))


def _board(location_id: int) -> Board:
    now = clock.now()
    return selectors.board_of(
        location_id=location_id, origin_at=floor_to_step(now), horizon=BOOK_AHEAD // STEP, now=now
    )


def _move(before: Board, after: Board) -> int:
    were = _places(before)
    moves = {
        int(name): place for name, place in _places(after).items() if name in were and were[name] != place
    }
    return rebind(moves=moves) if moves else 0


def _places(board: Board) -> dict[str, int]:
    return {promise.id: int(promise.connector_id) for promise in board.promises}


def _free_time(board: Board, offer: slots.Offer) -> selectors.FreeTime:
    slot = offer.slot
    return selectors.FreeTime(int(offer.connector_id), board.at(slot.start), board.at(slot.end))
