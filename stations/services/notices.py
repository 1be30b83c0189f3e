"""What stations report and nothing else follows from: security events, notices, vendors' data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction

from accounts.models import User
from accounts.services import note_action
from core import clock
from core.dotted import resolve
from core.events import publish
from core.live import nudge
from stations.events import SecurityEventReported
from stations.models import ChargingStation, SecurityEvent, StationNotice

REPEATED_WITHIN: Final = timedelta(minutes=10)
KEPT_FOR: Final = timedelta(days=90)


@transaction.atomic
def record_security_event(
    *, station_id: int, type: str, happened_at: datetime, info: str = "", is_urgent: bool = False
) -> SecurityEvent:
    """Keep it, once; an urgent one becomes something that needs a person."""
    station = ChargingStation.objects.get(pk=station_id)
    event, is_new = SecurityEvent.objects.get_or_create(
        station=station,
        type=type[:50],
        happened_at=happened_at,
        info=info[:255],
        defaults={
            "organization_id": station.organization_id,
            "received_at": clock.now(),
            "is_urgent": is_urgent,
        },
    )
    if is_new:
        publish(_reported(event))
        nudge(f"station.{station.pk}", f"org.{station.organization_id}")
    return event


def _reported(event: SecurityEvent) -> SecurityEventReported:
    return SecurityEventReported(
        station_id=event.station_id,
        organization_id=event.organization_id,
        at=event.received_at,
        security_event_id=event.pk,
        type=event.type,
        is_urgent=event.is_urgent,
    )


@transaction.atomic
def resolve_security_events(*, station: ChargingStation, actor: User) -> int:
    """Somebody looked at all that this station told so far. Returns how many were open."""
    waiting = SecurityEvent.objects.filter(station=station, is_urgent=True, resolved_at=None)
    count = waiting.update(resolved_at=clock.now())
    if count:
        note_action(
            actor=actor,
            organization=station.organization,
            action="security_events.resolve",
            subject=f"station.{station.pk}",
            changes={"count": count},
        )
        nudge(f"station.{station.pk}", f"org.{station.organization_id}")
    return count


@transaction.atomic
def keep_notice(
    *,
    station_id: int,
    kind: str,
    body: Any,
    evse_number: int | None = None,
    request_number: int | None = None,
) -> StationNotice:
    """Keep a message. The same one again within ten minutes is a retry, and is kept once."""
    now = clock.now()
    station = ChargingStation.objects.get(pk=station_id)
    recent = StationNotice.objects.filter(station=station, kind=kind, at__gt=now - REPEATED_WITHIN)
    same = recent.filter(body=body, evse_number=evse_number, request_number=request_number).first()
    if same is not None:
        return same
    notice = StationNotice.objects.create(
        organization_id=station.organization_id,
        station=station,
        at=now,
        kind=kind,
        evse_number=evse_number,
        request_number=request_number,
        body=body,
    )
    nudge(f"station.{station.pk}")
    return notice


def forget_old_notices() -> int:
    """Sweep: notices are for looking at while they are fresh. Returns how many went."""
    return StationNotice.objects.filter(at__lt=clock.now() - KEPT_FOR).delete()[0]


# --- vendors' own data -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorAnswer:
    """`status`: accepted, rejected, unknown_message or unknown_vendor. `data` goes back with it."""

    status: str
    data: Any = None


def receive_data(*, station_id: int, vendor: str, message: str, data: Any) -> VendorAnswer:
    """Keep a vendor's own message, and let the handler that settings name for the vendor answer it.

    `settings.VENDOR_DATA_HANDLERS` maps a vendor's id, in lower case, to the dotted name of a function
    of (station_id, message, data) that gives a VendorAnswer and bears repetition.
    """
    body = {"vendor": vendor, "message": message, "data": data}
    keep_notice(station_id=station_id, kind="vendor_data", body=body)
    name = settings.VENDOR_DATA_HANDLERS.get(vendor.lower())
    if name is None:
        return VendorAnswer(status="unknown_vendor")
    answer: VendorAnswer = resolve(name)(station_id=station_id, message=message, data=data)
    return answer
