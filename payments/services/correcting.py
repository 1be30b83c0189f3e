"""Correct what a session cost: its record is credited and reissued, never edited (MONEY rule 3)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.services import note_action
from core import clock
from core.events import publish
from core.live import nudge
from core.money import to_minor
from payments.events import KeptStallCorrected, SessionCorrected
from payments.models import ChargeDetailRecord, Occasion, Payment, ProviderOperation
from payments.selectors.occasions import about
from payments.services import invoicing, ledger, operations
from payments.services.billing import issue_record
from payments.services.corrections import (
    Corrected,
    MoneyMoving,
    NoReason,
    Overtaken,
    Wanted,
    preview_correction,
)
from stations.models import ChargingSession


def correct_session(
    *, session: ChargingSession, by: User, reason: str, wanted: Wanted, seen: UUID | None = None
) -> ChargeDetailRecord:
    """`correct` for a session."""
    return correct(occasion=session, by=by, reason=reason, wanted=wanted, seen=seen)


@transaction.atomic
def correct(
    *, occasion: Occasion, by: User, reason: str, wanted: Wanted, seen: UUID | None = None
) -> ChargeDetailRecord:
    """Credit the standing record of a session or kept stall and reissue it; the reissued record.

    Revenue and tax are reversed exactly and posted anew. `seen` is the public id of the record that the
    operator looked at. Raises what `preview_correction` raises, and NoReason, Overtaken, MoneyMoving.
    """
    if not reason.strip():
        raise NoReason(str(occasion))
    _demand_rest(occasion)
    corrected = preview_correction(occasion=occasion, wanted=wanted)
    if seen is not None and corrected.old.public_id != seen:
        raise Overtaken(str(occasion))
    credit = _credit(corrected.old, reason)
    reissued = _reissue(occasion, corrected, credit, wanted, reason)
    _tell(by, corrected, credit, reissued)
    return reissued


def _demand_rest(occasion: Occasion) -> None:
    """Lock its payments, so that none of them is taken meanwhile."""
    payments = [one.pk for one in Payment.objects.select_for_update().filter(**about(occasion))]
    taking = ProviderOperation.objects.filter(
        payment__in=payments, kind=operations.CAPTURE, state__in=operations.OPEN
    )
    if taking.exists():
        raise MoneyMoving(str(occasion))


# --- credit and reissue ----------------------------------------------------------------------


def _credit(old: ChargeDetailRecord, reason: str) -> ChargeDetailRecord:
    """The negative mirror. Raises Overtaken: a record is credited once."""
    same = ("organization", "session", "kept", "tariff", "tariff_snapshot", "currency", "periods", "lines")
    kept = {name: getattr(old, name) for name in (*same, "company", "cost_center", "started_at", "ended_at")}
    try:
        with transaction.atomic():
            credit = ChargeDetailRecord.objects.create(
                **kept,
                credit_of=old,
                correction={"reason": reason},
                energy_wh=-old.energy_wh,
                total_net=-old.total_net,
                total_tax=-old.total_tax,
                total_gross=-old.total_gross,
                issued_at=clock.now(),
            )
    except IntegrityError as error:
        raise Overtaken(str(old.occasion)) from error
    ledger.post_credit(credit=credit, of=old)
    ledger.take_back_write_off(credit=credit, of=old)
    if old.company_id is None:
        invoicing.credit_receipt(credit=credit, of=old)
    return credit


def _reissue(
    occasion: Occasion,
    corrected: Corrected,
    credit: ChargeDetailRecord,
    wanted: Wanted,
    reason: str,
) -> ChargeDetailRecord:
    return issue_record(
        occasion=occasion,
        tariff=corrected.tariff,
        bill=corrected.bill,
        periods=corrected.periods,
        waived=corrected.waived_lines,
        energy_wh=corrected.energy_wh,
        started_at=corrected.old.started_at,
        ended_at=corrected.ended_at,
        company_id=corrected.old.company_id,
        cost_center=corrected.old.cost_center,
        reissue_of=credit,
        correction={"reason": reason.strip(), **_told(wanted)},
    )


def _told(wanted: Wanted) -> dict[str, Any]:
    """What was wanted, as plain JSON."""
    told = {
        "waived": sorted(wanted.waived),
        "energy_wh": wanted.energy_wh,
        "ended_at": wanted.ended_at and wanted.ended_at.isoformat(),
        "tariff": wanted.tariff and f"{wanted.tariff}",
        "is_free": wanted.is_free,
    }
    return {key: value for key, value in told.items() if value}


def _tell(by: User, corrected: Corrected, credit: ChargeDetailRecord, reissued: ChargeDetailRecord) -> None:
    note_action(
        actor=by,
        organization=reissued.organization,
        action="session.correct" if reissued.session_id else "reservation.correct",
        subject=_subject(reissued),
        changes={
            **reissued.correction,
            "before": str((corrected.total - corrected.difference).amount),
            "after": str(corrected.total.amount),
            "currency": reissued.currency,
            "record": str(reissued.public_id),
        },
    )
    publish(_news(corrected, credit, reissued))
    nudge(_subject(reissued), f"org.{reissued.organization_id}")


def _subject(record: ChargeDetailRecord) -> str:
    return f"session.{record.session_id}" if record.session_id else f"reservation.{record.occasion.number}"


def _news(
    corrected: Corrected, credit: ChargeDetailRecord, reissued: ChargeDetailRecord
) -> SessionCorrected | KeptStallCorrected:
    told: dict[str, Any] = {
        "organization_id": reissued.organization_id,
        "cdr_id": reissued.pk,
        "credit_id": credit.pk,
        "difference_minor": to_minor(corrected.difference.amount, reissued.currency),
        "owed_back_minor": corrected.owed_back.minor,
        "currency": reissued.currency,
        "reason": reissued.correction["reason"][:300],
        "at": reissued.issued_at,
    }
    if reissued.session_id is not None:
        return SessionCorrected(session_id=reissued.session_id, **told)
    return KeptStallCorrected(kept_id=reissued.kept_id or 0, **told)
