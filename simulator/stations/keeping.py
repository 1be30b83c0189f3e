"""Reservations, availability and faults of a cabinet: who may use a place, apart from charging."""

from __future__ import annotations

from datetime import datetime

from simulator.stations.cabinet import Cabinet
from simulator.stations.evse import Evse, Reservation
from simulator.stations.words import StopReason, Token, Trigger


def reserve(cabinet: Cabinet, number: int, reservation: Reservation, at: datetime) -> str:
    """Accepted, Faulted, Unavailable, Occupied (1.6 section 5.13; 2.0.1 H01). The same id replaces."""
    evse = cabinet.evses.get(number)
    if evse is None or reservation.expires_at <= at:
        return "Rejected"
    if evse.fault:
        return "Faulted"
    if not evse.is_operative:
        return "Unavailable"
    other = evse.reservation is not None and evse.reservation.number != reservation.number
    if other or evse.vehicle is not None or evse.permit is not None or evse.transaction is not None:
        return "Occupied"
    cancel_reservation(cabinet, reservation.number, at, quietly=True)
    evse.reservation = reservation
    cabinet.review(at)
    return "Accepted"


def cancel_reservation(cabinet: Cabinet, number: int, at: datetime, *, quietly: bool = False) -> bool:
    """Whether there was one of that number."""
    for evse in cabinet.evses.values():
        if evse.reservation is not None and evse.reservation.number == number:
            evse.reservation = None
            if not quietly:
                cabinet.review(at)
            return True
    return False


def refuses(evse: Evse, token: Token, group: str = "") -> str:
    """Why this token may not begin here now; empty when it may."""
    if evse.fault:
        return "faulted"
    if not evse.is_operative:
        return "unavailable"
    if evse.permit is not None:
        return "occupied"
    if evse.reservation is not None and not evse.reservation.fits(token, group):
        return "reserved for somebody else"
    return ""


def set_operative(cabinet: Cabinet, numbers: list[int], *, is_operative: bool, at: datetime) -> str:
    """Accepted, or Scheduled when a session must end first. An empty list means the whole station."""
    if not numbers:
        cabinet.is_operative = is_operative
    chosen = [cabinet.evse(number) for number in numbers or cabinet.evses]
    for evse in chosen:
        evse.becomes_inoperative = not is_operative and evse.transaction is not None
        evse.is_operative = is_operative or evse.becomes_inoperative
        if not evse.is_operative:
            _drop_reservation(cabinet, evse, at)
    cabinet.review(at)
    return "Scheduled" if any(evse.becomes_inoperative for evse in chosen) else "Accepted"


def break_down(cabinet: Cabinet, number: int, code: str, at: datetime, info: str = "") -> None:
    """A connector fails: its session ends, its reservation is lost. `code` is a 1.6 error code."""
    evse = cabinet.evse(number)
    evse.fault, evse.fault_info = code, info
    _drop_reservation(cabinet, evse, at)
    if evse.transaction is not None:
        cabinet.stop(number, StopReason.OTHER, Trigger.ABNORMAL_CONDITION, at)
    cabinet.review(at)


def repair(cabinet: Cabinet, number: int, at: datetime) -> None:
    """The fault is gone."""
    evse = cabinet.evse(number)
    evse.fault, evse.fault_info = "", ""
    cabinet.review(at)


def _drop_reservation(cabinet: Cabinet, evse: Evse, at: datetime) -> None:
    if evse.reservation is not None:
        lost, evse.reservation = evse.reservation, None
        cabinet.voice.reservation_ended(lost, "Removed", at)
