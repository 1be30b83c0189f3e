"""Signed meter values: kept whole, checked with the meter's key, and weighed when a session ends.

Recording keeps signed data inside the readings (it costs the hot path nothing); here it is taken out,
once per session, off the station's time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta
from typing import Any, Final

from django.db import transaction

from accounts.models import Organization, User
from accounts.services import note_action
from core import clock
from core.events import publish
from core.live import nudge
from stations import rules, signatures
from stations.events import SessionMeasured
from stations.models import ChargingSession, Evse, Measurement, Meter, MeterReading, SignedValue
from stations.ocmf import Reading, Record
from stations.services.recording import lock_stations
from stations.signed import Signed, read_signed, readable

LOOKED_AT_AGAIN: Final = 500
MARGIN: Final = timedelta(minutes=5)
JUDGED_AGAIN_FOR: Final = timedelta(days=2)
"""Signed values may come after the stop; how long a session without any is looked at again."""


@transaction.atomic
def measure_session(*, session_id: int) -> Measurement | None:
    """Keep, check and weigh the signed values of an ended session. Safe to repeat.

    Under calibration law the doubts become reasons for review, unless somebody has released it.
    None while the session has not ended.
    """
    session = ChargingSession.objects.select_related("organization", "evse__meter").get(pk=session_id)
    if session.status != ChargingSession.Status.COMPLETED:
        return None
    keep_signed_values(session)
    finding = rules.judge_signed(list(_checked(session)), billed_wh=session.energy_wh)
    measurement = _write(session, finding)
    if session.organization.is_under_calibration_law:
        _add_doubts(session, finding.problems, instead_of=SIGNED_DOUBTS)
        _tell(session)
    return measurement


def keep_signed_values(session: ChargingSession) -> int:
    """Take signed data out of the session's readings; returns how many values there are now."""
    found = [
        _value(session, reading, told)
        for reading in _readings_with_signed_data(session)
        for told in (reading.other or {})["signed"]
    ]
    SignedValue.objects.bulk_create(found, ignore_conflicts=True)
    _check_unchecked(session)
    return session.signed_values.count()


def _readings_with_signed_data(session: ChargingSession) -> Iterator[MeterReading]:
    """The time range lets PostgreSQL skip the other days' partitions."""
    start = (session.started_at or session.created_at) - MARGIN
    end = (session.ended_at or clock.now()) + MARGIN
    rows = MeterReading.objects.filter(session=session, taken_at__gte=start, taken_at__lte=end)
    return rows.filter(context__startswith="signed:").order_by("taken_at", "pk").iterator()


def _value(session: ChargingSession, reading: MeterReading, told: dict[str, Any]) -> SignedValue:
    signed = read_signed(told)
    record = readable(signed)
    return SignedValue(
        organization_id=session.organization_id,
        session=session,
        taken_at=reading.reported_at or reading.taken_at,
        context=signed.context[:30],
        format=signed.format if signed.encoding == "plain" else f"{signed.format}/{signed.encoding}",
        body=signed.body,
        body_hash=signed.digest,
        public_key=signed.public_key,
        readings=[one.to_json() for one in record.readings] if record else [],
    )


# --- checking ---------------------------------------------------------------------------------------


def _check_unchecked(session: ChargingSession) -> None:
    key = known_key(session)
    for value in session.signed_values.exclude(is_valid=True):
        is_valid, remark = check(as_signed(value), key)
        SignedValue.objects.filter(pk=value.pk).update(is_valid=is_valid, remark=remark)


def known_key(session: ChargingSession) -> str:
    """The key that the operator has noted for the meter of the session's EVSE, or empty."""
    meter = Meter.objects.filter(evse=session.evse_id).first() if session.evse_id else None
    return meter.public_key if meter else ""


def as_signed(value: SignedValue) -> Signed:
    name, _, encoding = value.format.partition("/")
    return Signed(
        body=value.body,
        format=name,
        encoding=encoding or "plain",
        context=value.context,
        public_key=value.public_key,
    )


def check(signed: Signed, key: str) -> tuple[bool | None, str]:
    """Does the signature fit the key? None with a remark where nobody can tell."""
    record = readable(signed)
    if record is None:
        return None, f"{signed.format}: not a format that is checked here"
    if not key:
        return None, "the meter's key is not known"
    try:
        return _verify(record, key), ""
    except signatures.UnknownAlgorithm as error:
        return None, f"unknown scheme {error}"[:120]
    except signatures.UnreadableKey as error:
        return None, f"the noted key is not readable: {error}"[:120]


def _verify(record: Record, key: str) -> bool:
    return signatures.verify(
        signed=record.signed.encode(), signature=record.signature, algorithm=record.algorithm, public_key=key
    )


def _checked(session: ChargingSession) -> Iterator[rules.Checked]:
    for value in session.signed_values.order_by("taken_at", "pk"):
        record = readable(as_signed(value))
        readings: tuple[Reading, ...] = record.readings if record else ()
        yield rules.Checked(readings=readings, is_valid=value.is_valid)


# --- consequences -----------------------------------------------------------------------------------


def _write(session: ChargingSession, finding: rules.Finding) -> Measurement:
    measurement, _ = Measurement.objects.update_or_create(
        session=session,
        defaults={
            "organization_id": session.organization_id,
            "verdict": finding.verdict,
            "energy_wh": finding.energy_wh,
            "is_clock_synchronized": finding.is_clock_synchronized,
            "problems": list(finding.problems),
            "judged_at": clock.now(),
        },
    )
    return measurement


def hold(*, session: ChargingSession, problems: Sequence[str]) -> None:
    """Let a session wait for review, unless somebody has released it already."""
    _add_doubts(session, problems, instead_of=frozenset())


SIGNED_DOUBTS: Final = frozenset(
    {"unsigned", "signature_invalid", "signature_unchecked", "signed_end_missing"}
    | {"meter_error", "signed_energy_differs"}
)


@transaction.atomic
def _add_doubts(session: ChargingSession, problems: Sequence[str], *, instead_of: Collection[str]) -> None:
    lock_stations([session.station_id])
    now = ChargingSession.objects.get(pk=session.pk)
    reasons = sorted(set(now.review_reasons).difference(instead_of).union(problems))
    if now.reviewed_at is None and reasons != sorted(now.review_reasons):
        ChargingSession.objects.filter(pk=now.pk).update(review_reasons=reasons)
        nudge(f"session.{now.pk}", f"org.{now.organization_id}")


def _tell(session: ChargingSession) -> None:
    now = ChargingSession.objects.get(pk=session.pk)
    publish(
        SessionMeasured(
            session_id=now.pk,
            organization_id=now.organization_id,
            station_id=now.station_id,
            evse_id=now.evse_id,
            driver_id=now.driver_id,
            at=clock.now(),
            is_held=now.needs_review,
        )
    )


def measure_late() -> int:
    """Sweep: sessions under calibration law that waited for signed values and have some by now.

    Returns how many.
    """
    since = clock.now() - JUDGED_AGAIN_FOR
    unsigned = Measurement.objects.filter(
        verdict="unsigned", judged_at__gte=since, organization__is_under_calibration_law=True
    )
    late = MeterReading.objects.filter(
        context__startswith="signed:", taken_at__gte=since, session__in=unsigned.values("session")
    )
    ids = sorted(set(late.values_list("session", flat=True)))
    for session_id in ids:
        measure_session(session_id=session_id)
    return len(ids)


@transaction.atomic
def note_meter(*, evse_id: int, public_key: str, serial: str = "") -> Meter | None:
    """Note an EVSE's meter and its key, and check with it what waits; an empty key forgets it.

    Raises signatures.UnreadableKey.
    """
    evse = Evse.objects.get(pk=evse_id)
    if not public_key.strip():
        Meter.objects.filter(evse=evse).delete()
        return None
    signatures.key_bytes(public_key)
    fields = {"organization_id": evse.organization_id, "public_key": public_key.strip(), "serial": serial}
    meter, _ = Meter.objects.update_or_create(evse=evse, defaults={**fields, "noted_at": clock.now()})
    for session_id in _unproven(evse_id):
        measure_session(session_id=session_id)
    return meter


def _unproven(evse_id: int) -> list[int]:
    """Sessions there that nobody has released and that the key may now prove, the latest first."""
    waiting = Measurement.objects.filter(
        session__evse=evse_id, session__reviewed_at=None, verdict__in=["unproven", "refuted"]
    )
    return list(waiting.order_by("-session").values_list("session", flat=True)[:LOOKED_AT_AGAIN])


@transaction.atomic
def set_calibration_law(*, organization: Organization, applies: bool, actor: User) -> None:
    """From now on only what the meter has signed is billed unseen, or not."""
    Organization.objects.filter(pk=organization.pk).update(is_under_calibration_law=applies)
    note_action(
        actor=actor,
        organization=organization,
        action="organization.calibration_law",
        subject=f"organization.{organization.pk}",
        changes={"applies": applies},
    )
