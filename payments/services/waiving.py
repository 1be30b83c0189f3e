"""Waive what a reservation costs, before or after it was charged: by a person, with a reason."""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from accounts.services import note_action
from core import clock
from payments.models import ChargeDetailRecord, KeptStall
from payments.rating.bill import read_line
from payments.rating.correcting import name_of
from payments.selectors import record_of
from payments.services.billing import lock_for_bill
from payments.services.correcting import correct
from payments.services.corrections import NoReason, NothingChanges, Wanted


@transaction.atomic
def waive_fee(*, kept: KeptStall, by: User, reason: str) -> ChargeDetailRecord | None:
    """Nobody is to pay for this reservation. What was charged is credited and goes back by itself.

    Answers the reissued record, None where there was none yet. Raises NoReason, NothingChanges when it
    was waived before, and what `correct` raises.
    """
    if not reason.strip():
        raise NoReason(str(kept))
    locked = (
        KeptStall.objects.select_for_update(of=("self",)).select_related("session", "evse").get(pk=kept.pk)
    )
    if locked.waived_at is not None:
        raise NothingChanges(str(kept))
    if locked.session is not None:
        lock_for_bill(locked.session.pk)
    old = record_of(locked) or (record_of(locked.session) if locked.session else None)
    reissued = None
    if old is not None:
        reissued = correct(occasion=old.occasion, by=by, reason=reason, wanted=Wanted(waived=_names(old)))
    locked.waived_at, locked.waived_by, locked.waive_reason = clock.now(), by, reason.strip()
    locked.save(update_fields=["waived_at", "waived_by", "waive_reason"])
    _note(locked, by, reissued)
    return reissued


def _names(record: ChargeDetailRecord) -> frozenset[str]:
    """The lines that the reservation put on the bill."""
    lines = map(read_line, record.lines["lines"])
    return frozenset(name_of(line) for line in lines if line.why.reservation)


def _note(kept: KeptStall, by: User, reissued: ChargeDetailRecord | None) -> None:
    note_action(
        actor=by,
        organization=kept.organization,
        action="reservation.waive",
        subject=f"reservation.{kept.number}",
        changes={
            "reason": kept.waive_reason,
            "driver": kept.driver_id,
            "record": str(reissued.public_id) if reissued else "",
        },
    )
