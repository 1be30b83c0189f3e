"""Meter values: one row each, and the running figures on their session."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from stations.facts import ReadingTaken
from stations.metering import judge_step
from stations.services.recording.batch import Batch, Sighting, recordset
from stations.services.recording.counters import count_sql
from stations.services.recording.endings import add_flags

SUSPICIOUS_STEP_WH: Final = 2_000
"""A smaller step of the register needs no judge (the slack of `stations.metering`)."""

_READ: Final = f"""
with f as materialized (
  select f.*, least(f.taken_at, %(now)s) as at, f.taken_at > %(now)s as is_ahead
    from {recordset(ReadingTaken)}),
r as materialized (
  select f.*, s.id as session_id, s.status, s.meter_start_wh, s.meter_start_wh + s.energy_wh as counted_wh,
         s.meter_end_wh, s.started_at, s.ended_at, s.last_reading_at, s.evse_id,
         row_number() over (order by f.at, f.n) as k
    from f
    left join stations_chargingsession named
      on f.transaction_id <> '' and named.station_id = f.station_id
     and named.transaction_id = f.transaction_id and named.transaction_id <> ''
    left join stations_chargingsession numbered
      on f.transaction_id = '' and numbered.number = f.number and numbered.station_id = f.station_id
     and numbered.transaction_id = '' and numbered.started_at is not null
    left join stations_chargingsession s on s.id = coalesce(named.id, numbered.id,
      case when named.id is null and numbered.id is null and f.transaction_id = '' then (
        select i.id from stations_evse e join stations_chargingsession i on i.evse_id = e.id
         where e.station_id = f.station_id and e.number = f.evse_number
           and i.started_at <= f.at and (i.ended_at is null or i.ended_at >= f.at)
           and i.status in ('active', 'interrupted', 'completed')
         order by i.started_at desc limit 1) end)),
kept as (
  insert into stations_meterreading
    (station_id, session_id, evse_number, taken_at, reported_at, received_at, context, energy_wh,
     power_w, offered_w, current_ma, voltage_dv, soc_percent, other)
  select station_id, session_id, evse_number,
         case when is_ahead then at - n * interval '1 microsecond' else at end,
         case when is_ahead then taken_at end, %(now)s, left(context, 24), energy_wh,
         power_w, offered_w, current_ma, voltage_dv, soc_percent, other
    from r
   where session_id is not null and not is_ahead
      or session_id is not null and not exists (
        select 1 from stations_meterreading k
         where k.session_id = r.session_id and k.taken_at >= r.started_at - interval '1 second'
           and k.reported_at = r.taken_at and k.context = left(r.context, 24))
      or session_id is null and not exists (
        select 1 from stations_meterreading k
         where k.session_id is null and k.taken_at = r.taken_at and k.station_id = r.station_id
           and k.evse_number is not distinct from r.evse_number and k.context = left(r.context, 24))
      on conflict do nothing),
summed as (
  select session_id, max(at) as at, max(energy_wh) as top_wh,
         (min(array[k, energy_wh]) filter (where energy_wh is not null))[2] as first_wh,
         max(array[k, power_w, soc_percent]) as last, max(seq_no) as seq_no
    from r where session_id is not null group by session_id),
changed as (
  update stations_chargingsession s
     set meter_start_wh = coalesce(s.meter_start_wh, l.first_wh),
         energy_wh = greatest(s.energy_wh, l.top_wh - coalesce(s.meter_start_wh, l.first_wh), 0),
         power_w = case when l.at >= coalesce(s.last_reading_at, l.at)
                        then coalesce(l.last[2], s.power_w) else s.power_w end,
         soc_percent = case when l.at >= coalesce(s.last_reading_at, l.at)
                            then coalesce(l.last[3], s.soc_percent) else s.soc_percent end,
         last_reading_at = greatest(s.last_reading_at, l.at),
{count_sql("l.seq_no")}
    from summed l
   where s.id = l.session_id and s.status in ('active', 'interrupted')),
steps as (
  select station_id, session_id, evse_id, status = 'completed' as is_over, at > ended_at as is_after_end,
         status = 'completed' or at < last_reading_at as is_late, energy_wh as after_wh,
         at - coalesce(last_reading_at, started_at) as elapsed,
         case when status = 'completed' then meter_end_wh
              else coalesce(
                lag(energy_wh) over (partition by session_id order by k),
                case when at >= coalesce(last_reading_at, started_at) then counted_wh end) end as before_wh
    from r where session_id is not null)
select s.station_id, s.session_id, o.is_over, o.is_late, o.is_after_end, o.before_wh, o.after_wh, o.elapsed,
       case when o.before_wh is not null
            then (select e.max_power_w from stations_evse e where e.id = o.evse_id) end
  from steps s
  left join lateral (
    select s.* where s.is_late and s.after_wh is not null
        or not s.after_wh - s.before_wh between 0 and {SUSPICIOUS_STEP_WH}) o on true
"""


def record_readings(batch: Batch, sightings: Sequence[Sighting]) -> None:
    flags: list[tuple[int, str]] = []
    for station_id, session_id, is_over, is_late, is_after_end, *step in batch.run(_READ, sightings):
        batch.touch(station_id, session_id)
        if is_late:
            batch.told_late.add(session_id)
        if is_after_end and _rises(*step[:2]):
            flags.append((session_id, "reading_above_end"))
        elif not is_over and step[0] is not None:
            flags += [(session_id, flag) for flag in judge_step(*step)]
    add_flags(batch, sorted(set(flags)))


def _rises(end_wh: int | None, after_wh: int) -> bool:
    return end_wh is not None and after_wh > end_wh
