"""A booking's agreement in the books: made when it is confirmed, given up when it is canceled."""

from __future__ import annotations

from payments.services import reserving
from scheduling.models import Reservation


def agree(reservation: Reservation) -> None:
    """Under the terms that were shown; nothing where no tariff holds."""
    if terms := (reservation.quote or {}).get("terms"):
        reserving.agree(
            told=terms,
            public_id=reservation.public_id,
            number=reservation.number,
            driver=reservation.driver,
            id_token=reservation.id_token,
            evse=reservation.evse,
            starts_at=reservation.during.lower,
        )


def give_up(reservation: Reservation) -> None:
    """Canceled: in time, too late, or not by the driver's wish."""
    reserving.give_up(public_id=reservation.public_id, excuse=_excuse(reservation))


def _excuse(reservation: Reservation) -> str:
    if reservation.is_taken_away:
        return "operator"
    return "lost" if reservation.lost_stall_at is not None else ""
