"""A location's connectors and promises as the pure slot functions see them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet

from scheduling.allocation.slots import Board, Connector, ConnectorClass, Promise, Window
from scheduling.models import Reservation
from scheduling.states import OPEN_RESERVATION
from scheduling.times import ANNOUNCE_BEFORE, OUT_OF_SERVICE_FOR, STEP, WALK_UP_STAYS, ceil_to_step
from stations.models import ChargingSession, Evse

BROKEN = {"faulted", "unavailable"}


def class_of(evse: Evse) -> str:
    """Places that a driver cannot tell apart have the same class: current, power and plugs."""
    plugs = sorted({connector.standard for connector in evse.connectors.all()})
    return "-".join([evse.current_type, str(evse.max_power_w), *plugs])


def board_of(*, location_id: int, origin_at: datetime, horizon: int, now: datetime) -> Board:
    """The board of a location from `origin_at` (a whole quarter of an hour) for `horizon` steps.

    Connector ids are EVSE ids, promise ids reservation ids, both as strings. Five queries.
    """
    evses = list(_evses(location_id))
    classes = {evse.pk: class_of(evse) for evse in evses}
    horizon_window = Window(0, horizon)
    reservations = list(_reservations(location_id, origin_at))
    closed = _closed(evses, origin_at, now)
    return Board(
        origin_at=origin_at,
        horizon=horizon,
        classes=tuple({classes[e.pk]: _connector_class(classes[e.pk], e) for e in evses}.values()),
        connectors=tuple(
            Connector(id=str(evse.pk), class_id=classes[evse.pk], closed=closed[evse.pk]) for evse in evses
        ),
        promises=tuple(
            promise
            for reservation in reservations
            if reservation.evse_id in classes
            for promise in _promises(
                reservation, classes[reservation.evse_id], origin_at, horizon_window, now
            )
        ),
    )


def _evses(location_id: int) -> QuerySet[Evse]:
    return (
        Evse.objects.filter(station__location_id=location_id)
        .select_related("station")
        .prefetch_related("connectors")
        .order_by("pk")
    )


def _reservations(location_id: int, origin_at: datetime) -> QuerySet[Reservation]:
    return Reservation.objects.filter(
        location_id=location_id, status__in=OPEN_RESERVATION, during__endswith__gt=origin_at
    ).order_by("pk")


def _connector_class(name: str, evse: Evse) -> ConnectorClass:
    return ConnectorClass(
        id=name,
        standards=frozenset(connector.standard for connector in evse.connectors.all()),
        current_type="dc" if evse.current_type == Evse.Current.DC else "ac",
        power_w=evse.max_power_w,
    )


def _promises(
    reservation: Reservation, class_id: str, origin_at: datetime, horizon: Window, now: datetime
) -> Iterable[Promise]:
    slot = _window(reservation.during.lower, reservation.during.upper, origin_at)
    if slot is None or slot.end > horizon.end:
        return
    is_near = reservation.during.lower - ANNOUNCE_BEFORE <= now
    yield Promise(
        id=str(reservation.pk),
        class_id=class_id,
        window=slot,
        steps=slot.steps,
        start=slot.start,
        connector_id=str(reservation.evse_id),
        is_fixed=is_near or reservation.announced_at is not None,
    )


def _window(start_at: datetime, end_at: datetime, origin_at: datetime) -> Window | None:
    """In steps, rounded outwards, cut at the origin; None when it is over before."""
    start, end = (start_at - origin_at) // STEP, -((origin_at - end_at) // STEP)
    return Window(max(0, start), end) if end > max(0, start) else None


def _closed(evses: list[Evse], origin_at: datetime, now: datetime) -> dict[int, tuple[Window, ...]]:
    until = _busy_until([evse.pk for evse in evses], now)
    for evse in evses:
        if _is_broken(evse):
            until[evse.pk] = max(until.get(evse.pk, now), now + OUT_OF_SERVICE_FOR)
    windows = {pk: _window(now, ceil_to_step(end_at), origin_at) for pk, end_at in until.items()}
    return {evse.pk: (window,) if (window := windows.get(evse.pk)) else () for evse in evses}


def _is_broken(evse: Evse) -> bool:
    connectors = list(evse.connectors.all())
    return bool(connectors) and all(connector.status in BROKEN for connector in connectors)


def _busy_until(evse_ids: list[int], now: datetime) -> dict[int, datetime]:
    """For places in use now, when they are thought to be free: at the booking's end, or an hour on."""
    rows = ChargingSession.objects.filter(evse__in=evse_ids, status=ChargingSession.Status.ACTIVE)
    return {
        session.evse_id: max(now + STEP, _planned_end(session, now))
        for session in rows.select_related("reservation")
        if session.evse_id is not None
    }


def _planned_end(session: ChargingSession, now: datetime) -> datetime:
    reservation = getattr(session, "reservation", None)
    end_at: datetime = reservation.during.upper if reservation else now + WALK_UP_STAYS
    return end_at
