"""What an operator does to bookings; each act leaves an audit entry with its reason."""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from accounts.services import note_action
from scheduling.models import Reservation
from scheduling.services import reservations


@transaction.atomic
def cancel_for_driver(
    *, reservation: Reservation, canceled_by: User, reason: str, note: str = ""
) -> Reservation:
    """Cancel somebody's booking; the driver is told, with the note. Repeating changes nothing.

    `reason` is for the audit log. Raises TooLate (`reservations.cancel`).
    """
    before = Reservation.objects.select_for_update(no_key=True).get(pk=reservation.pk).status
    canceled = reservations.cancel(reservation=reservation, canceled_by=canceled_by, note=note)
    if before != Reservation.Status.CANCELED:
        note_action(
            actor=canceled_by,
            organization=canceled.organization,
            action="reservation.cancel",
            subject=f"reservation.{canceled.number}",
            changes={"reason": reason, "driver": canceled.driver_id, "evse": canceled.evse.evse_id},
        )
    return canceled
