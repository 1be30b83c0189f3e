"""What the bridge can tell: a station's conversation, who waits for it, who did not get in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db.models import QuerySet

from ocpp_bridge.journal_search import Search, Talk, find
from ocpp_bridge.models import FailedHandshake
from stations.models import ChargingStation, StationCommand

__all__ = ["Talk", "failed_handshakes", "message_log", "stations_with_commands", "taken_over"]


def message_log(
    *, station_id: int, before: datetime | None = None, action: str = "", limit: int = 40
) -> list[Talk]:
    """A station's newest talks first, those before `before`; only `action` when given. Raises TooMuch."""
    return find(Search(station_ids=[station_id], until=before, action=action), limit=limit)


def stations_with_commands(station_ids: Collection[int]) -> list[int]:
    """Those of these stations for which commands are queued."""
    queued = StationCommand.objects.filter(
        status=StationCommand.Status.QUEUED, station_id__in=list(station_ids)
    )
    return list(queued.values_list("station_id", flat=True).distinct().order_by())


def taken_over(held: Mapping[int, int]) -> list[int]:
    """Stations whose newest connection is not the one we hold (station id -> connection number)."""
    numbers = ChargingStation.objects.filter(pk__in=list(held)).values_list("pk", "connection_no")
    return [pk for pk, connection_no in numbers if connection_no != held[pk]]


def failed_handshakes(*, identity: str = "", limit: int = 50) -> QuerySet[FailedHandshake]:
    """Who did not get in lately, newest first; of one identity when it is given."""
    failures = FailedHandshake.objects.order_by("-last_at")
    return (failures.filter(identity=identity) if identity else failures)[:limit]
