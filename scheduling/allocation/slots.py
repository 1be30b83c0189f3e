"""Who gets a connector, when: quote, accept, and tidy up afterwards.

A promise names a window and a class of interchangeable connectors; the connector is bound as late as
possible. Today's policy is first fit, earliest start, with the connectors of a class rearranged when
that makes room for one more. A promise once given is never broken.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from scheduling.allocation.binding import bind
from scheduling.allocation.slot_types import (
    STEP,
    STEP_H,
    Board,
    Connector,
    ConnectorClass,
    Offer,
    OfferGone,
    Preference,
    Promise,
    Request,
    Window,
)

__all__ = [
    "STEP",
    "Board",
    "Connector",
    "ConnectorClass",
    "Offer",
    "OfferGone",
    "Preference",
    "Promise",
    "Request",
    "Window",
    "accept",
    "duration_steps",
    "quote",
    "reoptimise",
]

MAX_ALTERNATIVES: Final = 3


def quote(board: Board, request: Request) -> list[Offer]:
    """What can be promised for this request, best first by its preference.

    One offer per class that fits inside what was asked; when there is none at all, the next free times
    (``is_alternative``), at most three per class. Empty when no connector of the site suits the car.
    """
    offers = [offer for each in _suitable(board, request) if (offer := _first_offer(board, request, each))]
    if not offers:
        offers = [offer for each in _suitable(board, request) for offer in _next_free(board, request, each)]
    return sorted(offers, key=lambda offer: (*_taste(board, offer), offer.class_id, offer.start))


def accept(board: Board, offer: Offer) -> Board:
    """The board with this offer as a promise. Raises ``OfferGone`` if it can no longer be kept.

    Other promises keep window, class and length; their connector may change if they are not fixed.
    """
    if offer.class_id not in board.class_of or any(p.id == offer.request.id for p in board.promises):
        raise OfferGone(f"request {offer.request.id} already has a promise, or its class is gone")
    rearranged = _with(board, _promise(offer))
    if rearranged is None:
        raise OfferGone(f"request {offer.request.id}: this time is no longer free")
    waiting = tuple(request for request in board.waiting if request.id != offer.request.id)
    return replace(rearranged, waiting=waiting)


def reoptimise(board: Board) -> Board:
    """Pack the promises of each class tightly, then serve waiting requests where that made room.

    Only the connector of promises that are not fixed may change.
    """
    packed = board
    for connector_class in board.classes:
        packed = _packed(packed, connector_class.id)
    promised = {promise.id for promise in board.promises}
    for request in sorted((r for r in board.waiting if r.id not in promised), key=_urgency):
        offer = next((offer for offer in quote(packed, request) if not offer.is_alternative), None)
        packed = accept(packed, offer) if offer else packed
    return packed


def duration_steps(request: Request, connector_class: ConnectorClass) -> int | None:
    """Whole steps that the energy takes here, at least one; ``None`` when the car gets no power."""
    if request.steps is not None:
        return request.steps
    car_w = request.max_ac_w if connector_class.current_type == "ac" else request.max_dc_w
    power_w = min(p for p in (connector_class.power_w, car_w, request.site_share_w) if p is not None)
    return max(1, math.ceil(request.energy_wh / power_w / STEP_H)) if power_w > 0 else None


def _suitable(board: Board, request: Request) -> Iterator[ConnectorClass]:
    for each in sorted(board.classes, key=lambda connector_class: connector_class.id):
        fits_plug = not request.standards or bool(request.standards & each.standards)
        if fits_plug and request.class_id in (None, each.id) and duration_steps(request, each):
            yield each


def _first_offer(board: Board, request: Request, connector_class: ConnectorClass) -> Offer | None:
    steps = duration_steps(request, connector_class) or 1
    last_end = board.horizon if request.deadline is None else min(request.deadline, board.horizon)
    last_start = min(request.arrival.end - 1, last_end - steps)
    for start in _starts(board, connector_class, steps, request.arrival.start, last_start):
        return _offer(board, request, connector_class, start, steps)
    return _offer_by_moving(board, request, connector_class, steps, last_start)


def _next_free(board: Board, request: Request, connector_class: ConnectorClass) -> Iterator[Offer]:
    steps = duration_steps(request, connector_class) or 1
    start = request.arrival.start
    for _ in range(MAX_ALTERNATIVES):
        found = next(_starts(board, connector_class, steps, start, board.horizon - steps), None)
        if found is None:
            return
        yield _offer(board, request, connector_class, found, steps, is_alternative=True)
        start = found + steps


def _starts(
    board: Board, connector_class: ConnectorClass, steps: int, first: int, last: int
) -> Iterator[int]:
    """Steps at which some connector is free for so long, as it is bound today."""
    first = max(0, first)
    if last < first:
        return
    free = 0
    for connector in board.connectors_of[connector_class.id]:
        free |= _free_starts(board.busy[connector.id], steps)
    free = (free >> first) & ((1 << (last - first + 1)) - 1)
    while free:
        lowest = free & -free
        yield first + lowest.bit_length() - 1
        free ^= lowest


def _free_starts(busy: int, steps: int) -> int:
    """A bit for each step from which ``steps`` steps are free (an endless number: bits beyond are set)."""
    blocked, covered = busy, 1
    while covered < steps:
        shift = min(covered, steps - covered)
        blocked |= blocked >> shift
        covered += shift
    return ~blocked


def _offer_by_moving(
    board: Board, request: Request, connector_class: ConnectorClass, steps: int, last_start: int
) -> Offer | None:
    """The earliest start for which the class's promises can be rearranged."""
    full = -1
    for connector in board.connectors_of[connector_class.id]:
        full &= board.busy[connector.id]
    possible = _free_starts(full, steps)
    for start in range(max(0, request.arrival.start), last_start + 1):
        if possible >> start & 1:
            offer = _offer(board, request, connector_class, start, steps)
            if _with(board, _promise(offer)) is not None:
                return offer
    return None


def _offer(
    board: Board,
    request: Request,
    connector_class: ConnectorClass,
    start: int,
    steps: int,
    *,
    is_alternative: bool = False,
) -> Offer:
    window = Window(start, start + steps)
    connector = _tightest(board, connector_class.id, window)
    word = "The next free time" if is_alternative else "Free when you asked for it"
    return Offer(
        request=request,
        class_id=connector_class.id,
        window=window,
        steps=steps,
        start=start,
        connector_id=connector,
        is_alternative=is_alternative,
        sentence=f"{word}: {steps * 15} minutes from {board.at(start):%H:%M} UTC.",
    )


def _tightest(board: Board, class_id: str, window: Window) -> str:
    """The free connector whose gap before is the smallest; any of the class if none is free as bound."""
    connectors = board.connectors_of[class_id]
    free = [c for c in connectors if not board.busy[c.id] & window.mask]
    before = (1 << window.start) - 1
    best = max(free, key=lambda c: (board.busy[c.id] & before).bit_length(), default=connectors[0])
    return best.id


def _promise(offer: Offer) -> Promise:
    return Promise(
        id=offer.request.id,
        class_id=offer.class_id,
        window=offer.window,
        steps=offer.steps,
        start=offer.start,
        connector_id=offer.connector_id,
    )


def _with(board: Board, promise: Promise) -> Board | None:
    """The board with one promise more, others rearranged if need be; ``None`` if it cannot be."""
    if (
        promise.slot.start < 0
        or promise.slot.end > board.horizon
        or not promise.window.contains(promise.slot)
    ):
        return None
    if promise.connector_id in board.busy and not board.busy[promise.connector_id] & promise.slot.mask:
        return replace(board, promises=(*board.promises, promise))
    return _packed_with(board, promise.class_id, (*board.promises, promise))


def _packed(board: Board, class_id: str) -> Board:
    return _packed_with(board, class_id, board.promises) or board


def _packed_with(board: Board, class_id: str, promises: Iterable[Promise]) -> Board | None:
    promises = tuple(promises)
    mine = [promise for promise in promises if promise.class_id == class_id]
    bound = bind(mine, {c.id: board.closed[c.id] for c in board.connectors_of[class_id]})
    if bound is None:
        return None
    return replace(board, promises=tuple(bound.get(promise.id, promise) for promise in promises))


def _taste(board: Board, offer: Offer) -> tuple[float, ...]:
    connector_class = board.class_of[offer.class_id]
    price = connector_class.price_minor_per_kwh
    return {
        "soonest": (offer.start, offer.start + offer.steps, price),
        "fastest": (offer.start + offer.steps, offer.start, price),
        "cheapest": (price, offer.start, offer.start + offer.steps),
    }[offer.request.preference]


def _urgency(request: Request) -> tuple[int, int, int, str]:
    """Whoever must be done first; valuable ones first among equals."""
    end = request.deadline if request.deadline is not None else request.arrival.end
    return end, request.arrival.start, -request.value, request.id
