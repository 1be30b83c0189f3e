"""Boots and statuses. Reported state: no transition is refused, arrival order wins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from stations import events
from stations.facts import StationBooted, StatusReported
from stations.services.hardware import adopt_connector
from stations.services.recording.batch import Batch, Sighting, recordset

_BOOT: Final = f"""
with f as materialized (select * from {recordset(StationBooted)})
update stations_chargingstation s
   set vendor = left(f.vendor, 50), model = left(f.model, 50), serial = left(f.serial, 50),
       firmware = left(f.firmware, 50), boot_reason = left(f.reason, 40), booted_at = %(now)s,
       last_seen_at = %(now)s
  from f where s.id = f.station_id
"""

_WHOLE_STATION: Final = f"""
with f as materialized (
  select distinct on (station_id) * from {recordset(StatusReported)} order by station_id, n desc)
update stations_chargingstation s
   set status = f.status, status_detail = left(f.detail, 40), error_code = left(f.error_code, 50)
  from f where s.id = f.station_id
   and (s.status, s.status_detail, s.error_code)
       is distinct from (f.status, left(f.detail, 40), left(f.error_code, 50))
returning s.id
"""

_CONNECTORS: Final = f"""
with f as materialized (
  select distinct on (station_id, evse_number, number)
         n, station_id, evse_number, greatest(connector_number, 1) as number, status,
         left(detail, 40) as detail, left(error_code, 50) as error_code, left(info, 255) as info,
         least(coalesce(reported_at, %(now)s), %(now)s) as status_at
    from {recordset(StatusReported)}
   order by station_id, evse_number, number, n desc),
seen as materialized (
  select f.*, c.id as connector_id, e.id as evse_id, c.status as was, c.detail as was_detail,
         (c.status, c.detail, c.error_code, c.info)
           is distinct from (f.status, f.detail, f.error_code, f.info) as is_new
    from f
    left join stations_evse e on e.station_id = f.station_id and e.number = f.evse_number
    left join stations_connector c on c.evse_id = e.id and c.number = f.number),
changed as (
  update stations_connector c
     set status = s.status, detail = s.detail, error_code = s.error_code, info = s.info,
         status_at = case when (s.was, s.was_detail) is distinct from (s.status, s.detail)
                          then s.status_at else c.status_at end
    from seen s where c.id = s.connector_id and s.is_new)
select n, station_id, evse_id, connector_id, number, status, was from seen where is_new
"""

_PHASES: Final = f"""
with f as materialized (
  select distinct on (station_id, evse_number) f.*, least(coalesce(reported_at, %(now)s), %(now)s) as at
    from {recordset(StatusReported)} where phase <> '' order by station_id, evse_number, n desc),
old as materialized (
  select s.id, s.phase as was, f.phase, f.at
    from f join stations_evse e on e.station_id = f.station_id and e.number = f.evse_number
    join stations_chargingsession s on s.evse_id = e.id and s.status = 'active'
   where s.phase <> f.phase)
update stations_chargingsession s set phase = old.phase, phase_at = old.at
  from old where s.id = old.id
returning s.id, s.station_id, s.organization_id, s.evse_id, s.driver_id, s.phase, old.was, s.phase_at
"""


def record_boots(batch: Batch, sightings: Sequence[Sighting]) -> None:
    batch.run(_BOOT, sightings)
    for station_id, fact in sightings:
        station = batch.stations[station_id]
        batch.answers[id(fact)] = station.registration
        batch.touch(station_id)
        batch.events.append(
            events.StationBooted(
                station_id=station_id,
                organization_id=station.organization_id,
                at=batch.now,
                reason=fact.reason,
            )
        )


def record_statuses(batch: Batch, sightings: Sequence[Sighting]) -> None:
    whole = [sighting for sighting in sightings if sighting.fact.evse_number == 0]
    if whole:
        for (station_id,) in batch.run(_WHOLE_STATION, whole):
            batch.touch(station_id)
    single = [sighting for sighting in sightings if sighting.fact.evse_number > 0] if whole else sightings
    if single:
        _record_connectors(batch, single)
    phased = [sighting for sighting in single if sighting.fact.phase]
    if phased:
        _record_phases(batch, phased)


def _record_connectors(batch: Batch, sightings: Sequence[Sighting]) -> None:
    for row in batch.run(_CONNECTORS, sightings):
        n, station_id, evse_id, connector_id, number, status, was = row
        if connector_id is None:
            evse_id, was = _adopt(batch, sightings[n - 1]), "unknown"
        _tell_status(batch, station_id, evse_id, number, status, was)


def _adopt(batch: Batch, sighting: Sighting) -> int:
    """A connector that nobody has told us of: believe the station and keep it."""
    fact: StatusReported = sighting.fact
    return adopt_connector(
        station_id=sighting.station_id,
        evse_number=fact.evse_number,
        connector_number=max(fact.connector_number, 1),
        status=fact.status,
        detail=fact.detail,
        at=batch.now,
    )


def _tell_status(
    batch: Batch, station_id: int, evse_id: int, connector_number: int, status: str, was: str
) -> None:
    batch.touch(station_id)
    if status == was:
        return
    batch.events.append(
        events.EvseStatusChanged(
            organization_id=batch.stations[station_id].organization_id,
            station_id=station_id,
            evse_id=evse_id,
            connector_number=connector_number,
            status=status,
            was=was,
            at=batch.now,
        )
    )


def _record_phases(batch: Batch, sightings: Sequence[Sighting]) -> None:
    for session_id, station_id, organization_id, evse_id, driver_id, phase, was, at in batch.run(
        _PHASES, sightings
    ):
        batch.touch(station_id, session_id)
        batch.events.append(
            events.SessionPhaseChanged(
                session_id=session_id,
                organization_id=organization_id,
                station_id=station_id,
                evse_id=evse_id,
                driver_id=driver_id,
                at=at,
                phase=phase,
                was=was,
            )
        )
