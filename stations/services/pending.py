"""Letting go of sessions that were asked for and never began."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import transaction

from core import clock
from core.events import publish
from core.live import nudge
from stations.events import SessionAbandoned
from stations.models import ChargingSession, DeviceVariable
from stations.states import SESSION, sources

PENDING_FOR: Final = timedelta(minutes=5)
"""How long a driver has to plug in after asking, where her station does not wait longer."""
MARGIN: Final = timedelta(seconds=30)
"""What the station's news may take, once it has waited in vain or at the last moment not."""
WAITS_FOR: Final = ("ConnectionTimeOut", "EVConnectionTimeOut")
"""How stations call the seconds for which they wait for a plug."""


@transaction.atomic
def abandon(*, session_id: int, reason: str) -> bool:
    """The start came to nothing. False when it was not pending (any more)."""
    changed = ChargingSession.objects.filter(
        pk=session_id, status__in=sources(SESSION, "abandoned"), started_at=None
    ).update(status=ChargingSession.Status.ABANDONED, end_reason=reason[:40])
    if not changed:
        return False
    _tell(ChargingSession.objects.get(pk=session_id), reason)
    return True


def abandon_stale() -> int:
    """Sweep: nobody plugged in for too long. Returns how many were let go.

    Never before the station has given up itself: a charge could begin for which nothing is held any more.
    """
    now = clock.now()
    waiting = ChargingSession.objects.filter(
        status=ChargingSession.Status.PENDING, requested_at__lte=now - PENDING_FOR
    )
    asked = list(waiting.values_list("pk", "station_id", "requested_at"))
    patience = _patience({station_id for _pk, station_id, _at in asked})
    late = [pk for pk, station_id, at in asked if at and at <= now - patience.get(station_id, PENDING_FOR)]
    return sum(abandon(session_id=pk, reason="not_plugged_in") for pk in late)


def _patience(station_ids: set[int]) -> dict[int, timedelta]:
    """By station, where it has said how long it waits itself."""
    said = DeviceVariable.objects.filter(station__in=station_ids, variable__in=WAITS_FOR, attribute="Actual")
    return {
        station_id: max(PENDING_FOR, timedelta(seconds=int(value)) + MARGIN)
        for station_id, value in said.values_list("station_id", "value")
        if value.isdecimal()
    }


def _tell(session: ChargingSession, reason: str) -> None:
    publish(
        SessionAbandoned(
            session_id=session.pk,
            organization_id=session.organization_id,
            station_id=session.station_id,
            evse_id=session.evse_id,
            driver_id=session.driver_id,
            at=clock.now(),
            reason=reason,
        )
    )
    nudge(f"session.{session.pk}", f"station.{session.station_id}", f"org.{session.organization_id}")
