"""From a finished session to its charge record: once, final, with the tariff's snapshot inside."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction

from core import clock
from core.events import publish
from core.money import to_minor
from payments.events import KeptStallRated, SessionRated
from payments.models import ChargeDetailRecord, Occasion, Payment, Tariff
from payments.rating import ocpi
from payments.rating.bill import Bill, BilledPeriod, Line, line_json
from payments.selectors import record_of
from payments.selectors.occasions import about_record, kept_of
from payments.services import invoicing, ledger
from payments.services.company_charges import account_for
from payments.services.pricing import (
    as_ocpi,
    free_of_charge,
    kept_bill,
    prices_time,
    session_bill,
    session_tariff,
)
from payments.states import OPEN_PAYMENT
from stations.models import ChargingSession, Measurement
from stations.services import measuring


def bill_session(*, session_id: int) -> ChargeDetailRecord | None:
    """The session's record, made now if it is due; None while it runs or waits for review, and for a test.

    Any number of callers, at once or later, get the same record.
    """
    session = _session(session_id)
    if (record := record_of(session)) is not None:
        return record
    is_over = session.status == ChargingSession.Status.COMPLETED
    if session.is_test or not is_over or session.needs_review or not _is_proven(session):
        return None
    try:
        return _issue(session)
    except IntegrityError:
        if (record := record_of(session)) is None:
            raise
        return record


def _is_proven(session: ChargingSession) -> bool:
    """Under calibration law: weighed, and time is priced only where the meter's clock was synchronized."""
    if not session.organization.is_under_calibration_law or session.reviewed_at is not None:
        return True
    measurement = Measurement.objects.filter(session=session).first()
    if measurement is None:
        return False
    tariff = session_tariff(session)
    if measurement.is_clock_synchronized or tariff is None or not prices_time(tariff):
        return True
    measuring.hold(session=session, problems=["clock_unsynchronized"])
    return False


def _session(session_id: int) -> ChargingSession:
    wanted = ("organization", "station__location", "evse", "driver")
    return ChargingSession.objects.select_related(*wanted).get(pk=session_id)


def lock_for_bill(session_id: int) -> None:
    """In a transaction: a session's bill and the booking that it uses come one after the other.

    Without it each might miss the other, and nobody would bill the reservation.
    """
    ChargingSession.objects.select_for_update(no_key=True).get(pk=session_id)


@transaction.atomic
def _issue(session: ChargingSession) -> ChargeDetailRecord:
    lock_for_bill(session.pk)
    session.refresh_from_db(fields=["reservation_number"])
    tariff = session_tariff(session)
    bill = session_bill(session, tariff=tariff)
    charge, kept = account_for(session), kept_of(session)
    return issue_record(
        occasion=session,
        tariff=tariff,
        bill=bill,
        periods=charging_periods(bill, tariff),
        energy_wh=session.energy_wh,
        waived=kept_bill(kept).lines if kept and kept.waived_at else (),
        started_at=session.started_at or session.created_at,
        ended_at=session.ended_at or session.created_at,
        company_id=charge.company_id if charge else None,
        cost_center=charge.cost_center if charge else "",
        kept_under=kept.tariff if kept else None,
    )


def issue_record(
    *,
    occasion: Occasion,
    tariff: Tariff | None,
    bill: Bill,
    periods: list[dict[str, Any]],
    waived: Iterable[Line] = (),
    kept_under: Tariff | None = None,
    **fields: Any,
) -> ChargeDetailRecord:
    """Write the record with its posting and its number, inside the caller's transaction, and tell of it.

    `periods` are OCPI ChargingPeriods; `waived` are lines of a bill that are not paid after all; the lines
    of a reservation are priced by `kept_under`, the version of its agreement.
    """
    told: dict[str, Any] = {
        "lines": bill.lines_json(),
        "taxes": bill.taxes_json(),
        "left_out": bill.left_out_json(),
        "waived": [line_json(line) for line in waived],
        "frozen_at": bill.frozen_at and bill.frozen_at.isoformat(),
    }
    if kept_under is not None and kept_under != tariff:
        told["kept_under"] = as_ocpi(kept_under)
    cdr = ChargeDetailRecord.objects.create(
        organization=occasion.organization,
        **_of(occasion),
        tariff=tariff,
        tariff_snapshot=_snapshot(occasion, tariff),
        currency=bill.currency,
        periods=periods,
        lines=told,
        total_net=bill.total_net,
        total_tax=bill.total_tax,
        total_gross=bill.total_gross,
        issued_at=clock.now(),
        **fields,
    )
    _seal(cdr, tariff, bill)
    return cdr


def _of(occasion: Occasion) -> dict[str, Occasion]:
    return {"session" if isinstance(occasion, ChargingSession) else "kept": occasion}


def _seal(cdr: ChargeDetailRecord, tariff: Tariff | None, bill: Bill) -> None:
    if tariff is not None:
        Tariff.objects.filter(pk=tariff.pk, used_at=None).update(used_at=cdr.issued_at)
    Payment.objects.filter(**about_record(cdr), status__in=OPEN_PAYMENT).update(cdr=cdr)
    ledger.post_bill(cdr=cdr, bill=bill)
    publish(_rated(cdr, to_minor(bill.total_gross, bill.currency)))
    if cdr.company_id is None:
        invoicing.issue_receipt(cdr=cdr)


def _rated(cdr: ChargeDetailRecord, total_minor: int) -> SessionRated | KeptStallRated:
    told: dict[str, Any] = {
        "organization_id": cdr.organization_id,
        "cdr_id": cdr.pk,
        "total_minor": total_minor,
        "currency": cdr.currency,
        "at": cdr.issued_at,
    }
    if cdr.session_id is not None:
        return SessionRated(session_id=cdr.session_id, **told)
    return KeptStallRated(kept_id=cdr.kept_id or 0, **told)


def _snapshot(occasion: Occasion, tariff: Tariff | None) -> dict[str, Any]:
    if tariff is not None:
        return as_ocpi(tariff)
    organization = occasion.organization
    free = free_of_charge(
        currency=organization.currency,
        country_code=organization.country_code,
        party_id=organization.party_id,
    )
    return ocpi.to_ocpi(free)


def charging_periods(bill: Bill, tariff: Tariff | None) -> list[dict[str, Any]]:
    """OCPI ChargingPeriods: energy in kWh, times in hours."""
    tariff_id = str(tariff.public_id) if tariff else "free"
    return [
        {
            "start_date_time": period.start_at.isoformat().replace("+00:00", "Z"),
            "dimensions": _dimensions(period),
            "tariff_id": tariff_id,
        }
        for period in bill.periods
    ]


def _dimensions(period: BilledPeriod) -> list[dict[str, str]]:
    hours = str((Decimal(period.seconds) / 3600).quantize(ocpi.MILLIONTH))
    time = {"charging": "TIME", "idle": "PARKING_TIME"}.get(period.use)
    found = [{"type": "ENERGY", "volume": str(Decimal(period.energy_wh) / 1000)}]
    return [*found, {"type": time, "volume": hours}] if time else found
