"""Meter values: one row each, and the running figures on their session."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from stations.facts import ReadingTaken
from stations.metering import judge_step
from stations.services.recording.batch import Batch, Sighting, recordset
from stations.services.recording.endings import add_flags

SUSPICIOUS_STEP_WH: Final = 2_000
"""A smaller step of the register needs no judge (the slack of `stations.metering`)."""

_READ_SPACED: Final = f"""
with f as materialized (
  select f.*, least(f.taken_at, %(now)s) as at, f.taken_at > %(now)s as is_ahead
    from {recordset(ReadingTaken)}),
r as materialized (
  select f.*, s.id as session_id, s.status, s.meter_start_wh, s.meter_start_wh + s.energy_wh as counted_wh,
         s.meter_end_wh, s.started_at, s.last_reading_at, s.evse_id
    from f
    left join stations_chargingsession named
      on f.transaction_id <> '' and named.station_id = f.station_id
     and named.transaction_id = f.transaction_id and named.transaction_id <> ''
    left join stations_chargingsession numbered
      on f.transaction_id = '' and numbered.number = f.number and numbered.station_id = f.station_id
     and numbered.transaction_id = '' and numbered.started_at is not null
    left join lateral (
      select i.id from stations_evse e join stations_chargingsession i on i.evse_id = e.id
       where named.id is null and numbered.id is null and f.transaction_id = ''
         and e.station_id = f.station_id and e.number = f.evse_number
         and i.started_at <= least(f.taken_at, %(now)s)
         and (i.ended_at is null or i.ended_at >= least(f.taken_at, %(now)s))
         and i.status in ('active', 'interrupted', 'completed')
       order by i.started_at desc limit 1) placed on true
    left join stations_chargingsession s on s.id = coalesce(named.id, numbered.id, placed.id)),
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
latest as (
  select distinct on (session_id) session_id, at, power_w, soc_percent
    from r where session_id is not null order by session_id, at desc, n desc),
total as (
  select session_id, max(energy_wh) as top_wh, (array_agg(energy_wh order by at, n))[1] as first_wh,
         bool_or(context = 'begin') as has_begin
    from r where session_id is not null and energy_wh is not null group by session_id),
changed as (
  update stations_chargingsession s
     set meter_start_wh = coalesce(s.meter_start_wh, total.first_wh),
         energy_wh = greatest(s.energy_wh, total.top_wh - coalesce(s.meter_start_wh, total.first_wh), 0),
         power_w = case when l.at >= coalesce(s.last_reading_at, l.at)
                        then coalesce(l.power_w, s.power_w) else s.power_w end,
         soc_percent = case when l.at >= coalesce(s.last_reading_at, l.at)
                            then coalesce(l.soc_percent, s.soc_percent) else s.soc_percent end,
         last_reading_at = greatest(s.last_reading_at, l.at)
    from latest l left join total using (session_id)
   where s.id = l.session_id and s.status in ('active', 'interrupted'))
select r.station_id, r.session_id, r.energy_wh,
       case when r.status = 'completed' then r.meter_end_wh
            else coalesce(
              lag(r.energy_wh) over (partition by r.session_id order by r.at, r.n),
              case when r.at >= coalesce(r.last_reading_at, r.started_at) then r.counted_wh end) end,
       r.status = 'completed', r.at - coalesce(r.last_reading_at, r.started_at),
       (select e.max_power_w from stations_evse e where e.id = r.evse_id)
  from r where r.session_id is not null
"""
_READ: Final = " ".join(_READ_SPACED.split())
"""Short enough (4,096 characters) that psycopg keeps its parsed form."""


def record_readings(batch: Batch, sightings: Sequence[Sighting]) -> None:
    flags: list[tuple[int, str]] = []
    for row in batch.run(_READ, sightings):
        station_id, session_id, after_wh, before_wh, is_over, elapsed, max_power_w = row
        batch.touch(station_id, session_id)
        if after_wh is None or before_wh is None:
            continue
        if is_over:
            flags += _judge_late(session_id, before_wh, after_wh)
        elif not 0 <= after_wh - before_wh <= SUSPICIOUS_STEP_WH:
            flags += _judge(session_id, before_wh, after_wh, elapsed, max_power_w)
    add_flags(batch, sorted(set(flags)))


def _judge(
    session_id: int, before_wh: int, after_wh: int, elapsed: timedelta, max_power_w: int | None
) -> list[tuple[int, str]]:
    return [(session_id, flag) for flag in judge_step(before_wh, after_wh, elapsed, max_power_w)]


def _judge_late(session_id: int, end_wh: int, after_wh: int) -> list[tuple[int, str]]:
    """A value above the stop's, told after the stop."""
    return [(session_id, "reading_above_end")] if after_wh > end_wh + SUSPICIOUS_STEP_WH else []
