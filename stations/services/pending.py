"""Letting go of sessions that were asked for and never began."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import transaction

from core import clock
from core.events import publish
from core.live import nudge
from stations.events import SessionAbandoned
from stations.models import ChargingSession
from stations.states import SESSION, sources

PENDING_FOR: Final = timedelta(minutes=5)
"""How long a driver has to plug in after asking; stations wait less (ConnectionTimeOut)."""


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
    """Sweep: nobody plugged in for too long. Returns how many were let go."""
    limit = clock.now() - PENDING_FOR
    stale = ChargingSession.objects.filter(status=ChargingSession.Status.PENDING, requested_at__lte=limit)
    ids = list(stale.values_list("pk", flat=True))
    return sum(abandon(session_id=pk, reason="not_plugged_in") for pk in ids)


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
