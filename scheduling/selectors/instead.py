"""What a driver may take for a stall that is out of order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.money import Money
from payments.selectors.prices import Payer
from scheduling.models import Reservation
from scheduling.selectors.availability import next_free_times
from scheduling.selectors.danger import is_out_of_service, out_of_service
from scheduling.selectors.fees import terms_for
from scheduling.selectors.stalls import labels_of
from scheduling.states import OPEN_RESERVATION
from stations.models import Evse


@dataclass(frozen=True, slots=True, kw_only=True)
class Instead:
    """A stall like the booked one, by the label painted on it, and a time as long as the booked one."""

    evse: Evse
    label: str
    start_at: datetime
    end_at: datetime
    missed: Money | None
    """What not coming costs there; None: nothing."""

    @property
    def value(self) -> str:
        """As the forms of the site page write it: start, minutes and stall code."""
        minutes = int((self.end_at - self.start_at).total_seconds() // 60)
        return f"{self.start_at:%Y%m%dT%H%M}Z-{minutes}-{self.evse.code}"


def instead_of(reservation: Reservation) -> list[Instead]:
    """The next three that are free and in service, the earliest first."""
    during = reservation.during
    free = next_free_times(
        evse=reservation.evse,
        start_at=during.lower,
        end_at=during.upper,
        without=out_of_service(reservation.location_id),
    )
    labels, payer = labels_of(reservation.location_id), Payer(user_id=reservation.driver_id)
    evses = Evse.objects.select_related("station__location").in_bulk([time.evse_id for time in free])
    return [
        Instead(
            evse=evses[time.evse_id],
            label=labels[time.evse_id],
            start_at=time.start_at,
            end_at=time.end_at,
            missed=_missed(evses[time.evse_id], time.start_at, payer),
        )
        for time in free
    ]


def _missed(evse: Evse, start_at: datetime, payer: Payer) -> Money | None:
    terms = terms_for(evse, start_at, payer)
    return terms.missed if terms and terms.missed.amount else None


def has_lost_its_stall(reservation: Reservation) -> bool:
    """Still to come, told to the driver, and not mended since."""
    is_told = reservation.status in OPEN_RESERVATION and reservation.lost_stall_at is not None
    return is_told and is_out_of_service(reservation.evse)
