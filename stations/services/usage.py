"""DailyUsage: what a station did on a day, recomputed whole so that doing it twice is harmless.

Test charges are not counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from stations.models import ChargingSession, ChargingStation, DailyUsage

_RECOMPUTE: Final = """
insert into stations_dailyusage (organization_id, station_id, day, sessions, energy_wh, occupied_s)
select st.organization_id, st.id, d.day, count(s.id), coalesce(sum(s.energy_wh), 0),
       coalesce(sum(extract(epoch from s.ended_at - s.started_at)), 0)::bigint
  from unnest(%(stations)s::bigint[], %(days)s::date[]) as d(station_id, day)
  join stations_chargingstation st on st.id = d.station_id
  join stations_location l on l.id = st.location_id
  left join stations_chargingsession s
    on s.station_id = st.id and s.status = 'completed' and s.purpose <> 'test'
   and s.started_at >= d.day::timestamp at time zone l.time_zone
   and s.started_at < (d.day + 1)::timestamp at time zone l.time_zone
 group by st.organization_id, st.id, d.day
    on conflict (station_id, day) do update
   set sessions = excluded.sessions, energy_wh = excluded.energy_wh, occupied_s = excluded.occupied_s
"""


@transaction.atomic
def refresh_session_day(*, session_id: int) -> None:
    """Recompute the day on which this session began. A session counts on the day of its start."""
    session = ChargingSession.objects.select_related("station__location").filter(pk=session_id).first()
    if session and session.started_at:
        zone = session.station.location.time_zone
        recompute([(session.station_id, local_day(session.started_at, zone))])


def recompute(days: Iterable[tuple[int, date]]) -> None:
    """Write the rows of these (station, day) pairs from the sessions."""
    pairs = sorted(set(days))
    with transaction.atomic(), connection.cursor() as cursor:
        parameters: dict[str, Any] = {"stations": [pk for pk, _ in pairs], "days": [day for _, day in pairs]}
        cursor.execute(_RECOMPUTE, parameters)


@transaction.atomic
def rebuild(*, station: ChargingStation | None = None) -> int:
    """Throw the rows away and write them again from the sessions; returns how many there are."""
    sessions = ChargingSession.objects.filter(status=ChargingSession.Status.COMPLETED).exclude(purpose="test")
    usage = DailyUsage.objects.all()
    if station is not None:
        sessions, usage = sessions.filter(station=station), usage.filter(station=station)
    usage.delete()
    starts = sessions.values_list("station_id", "started_at", "station__location__time_zone")
    recompute((pk, local_day(at, zone)) for pk, at, zone in starts.iterator() if at)
    return usage.all().count()


def local_day(at: datetime, time_zone: str) -> date:
    """The calendar day of an instant in a place's time zone."""
    return at.astimezone(ZoneInfo(time_zone)).date()


def day_bounds(day: date, time_zone: str) -> tuple[datetime, datetime]:
    """First instant of a local day and of the next one, in UTC."""
    zone = ZoneInfo(time_zone)
    start = datetime(day.year, day.month, day.day, tzinfo=zone)
    following = day + timedelta(days=1)
    end = datetime(following.year, following.month, following.day, tzinfo=zone)
    return start.astimezone(UTC), end.astimezone(UTC)
