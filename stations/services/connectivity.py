"""Whether a station is connected: what we deduce, apart from what it reports."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import F

from core import clock
from core.events import publish
from core.live import nudge
from stations.events import StationConnected, StationDisconnected
from stations.models import ChargingStation

SILENT_FOR: Final = timedelta(minutes=10)

_CLAIM: Final = """
with held as materialized (
  select s.id, u.version, u.address from stations_chargingstation s
    join unnest(%(stations)s::bigint[], %(versions)s::text[], %(addresses)s::text[])
      as u(id, version, address) on u.id = s.id
   order by s.id for no key update of s)
update stations_chargingstation s
   set connection_no = s.connection_no + 1, is_connected = true, connected_at = %(now)s,
       last_seen_at = %(now)s, ocpp_version = held.version, remote_address = held.address
  from held where s.id = held.id
returning s.id, s.connection_no, s.organization_id, s.location_id
"""

_PART: Final = """
with held as materialized (
  select s.id from stations_chargingstation s
    join unnest(%(stations)s::bigint[], %(numbers)s::bigint[]) as u(id, connection_no)
      on u.id = s.id and u.connection_no = s.connection_no
   where s.is_connected order by s.id for no key update of s)
update stations_chargingstation s set is_connected = false, disconnected_at = %(now)s
  from held where s.id = held.id
returning s.id, s.organization_id, s.location_id
"""

_TOUCH: Final = """
with held as materialized (
  select s.id, u.at from stations_chargingstation s
    join unnest(%(stations)s::bigint[], %(times)s::timestamptz[]) as u(id, at) on u.id = s.id
   order by s.id for no key update of s)
update stations_chargingstation s
   set last_seen_at = greatest(s.last_seen_at, held.at) from held where s.id = held.id
"""


@transaction.atomic
def claim(versions: Mapping[int, str], *, addresses: Mapping[int, str] | None = None) -> dict[int, int]:
    """These stations (id to OCPP version, and whence they came) belong to new connections from now on.

    Returns the number of each connection, which fences the old one.
    Raises ChargingStation.DoesNotExist when one of them is gone; then none is claimed.
    """
    now = clock.now()
    values: dict[str, Any] = {
        "stations": list(versions),
        "versions": list(versions.values()),
        "addresses": [(addresses or {}).get(pk, "") for pk in versions],
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, values)
        rows = cursor.fetchall()
    if len(rows) < len(versions):
        raise ChargingStation.DoesNotExist(versions.keys() - {row[0] for row in rows})
    publish(
        *(
            StationConnected(station_id=pk, organization_id=organization_id, at=now, connection_no=number)
            for pk, number, organization_id, _ in rows
        )
    )
    _nudge_about([(pk, organization_id, location_id) for pk, _, organization_id, location_id in rows])
    return {pk: number for pk, number, _, _ in rows}


def disconnected(*, station_id: int, connection_no: int) -> bool:
    """This connection has closed. False when a newer one holds the station."""
    return bool(disconnected_together([(station_id, connection_no)]))


@transaction.atomic
def disconnected_together(connections: Collection[tuple[int, int]]) -> int:
    """These connections (station id and number) have closed. Returns how many were still the newest."""
    now = clock.now()
    stations, numbers = [pk for pk, _ in connections], [number for _, number in connections]
    with connection.cursor() as cursor:
        cursor.execute(_PART, {"stations": stations, "numbers": numbers, "now": now})
        rows = cursor.fetchall()
    publish(
        *(
            StationDisconnected(station_id=pk, organization_id=organization_id, at=now)
            for pk, organization_id, _ in rows
        )
    )
    _nudge_about(rows)
    return len(rows)


@transaction.atomic
def send_away(*, station_id: int) -> None:
    """Fence whoever holds the station now; its socket is closed at its next word, or by the sweep."""
    ChargingStation.objects.filter(pk=station_id).update(connection_no=F("connection_no") + 1)
    station = ChargingStation.objects.get(pk=station_id)
    disconnected(station_id=station_id, connection_no=station.connection_no)


def touch(seen: Mapping[int, datetime]) -> None:
    """Write last-seen times (station id to instant), gathered over some seconds, in one statement."""
    if not seen:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_TOUCH, {"stations": list(seen), "times": list(seen.values())})


def mark_silent() -> int:
    """Sweep: connected by our books, but nothing was heard for long. Returns how many."""
    silent = ChargingStation.objects.filter(is_connected=True, last_seen_at__lte=clock.now() - SILENT_FOR)
    return disconnected_together(list(silent.values_list("pk", "connection_no")))


def _nudge_about(rows: Collection[tuple[int, int, int]]) -> None:
    """Of stations, each with its organization and its location."""
    nudge(
        *(f"station.{pk}" for pk, _, _ in rows),
        *{f"location.{location_id}" for _, _, location_id in rows},
        *{f"org.{organization_id}" for _, organization_id, _ in rows},
    )
