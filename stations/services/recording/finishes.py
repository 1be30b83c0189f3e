"""Stops. None can be refused; one without its start makes a session that waits for review."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple, TypeAlias

from stations.facts import Decision, SessionFinished
from stations.rules import judge_finish
from stations.services.recording.batch import Batch, Sighting, once_per_station, recordset
from stations.services.recording.counters import count_sql
from stations.services.recording.endings import ENDED_COLUMNS, Ended, conclude
from stations.services.recording.openings import Opening, open_sessions
from stations.services.recording.strays import keep_aside
from stations.services.recording.tokens import judge_tokens, shown

_FINISH: Final = f"""
with f as materialized (select * from {recordset(SessionFinished)}),
found as materialized (
  select f.*, s.id as session_id, s.status as was, s.token_uid as began_with, s.energy_wh as counted_wh
    from f
    left join stations_chargingsession named
      on f.transaction_id <> '' and named.station_id = f.station_id
     and named.transaction_id = f.transaction_id and named.transaction_id <> ''
    left join stations_chargingsession numbered
      on f.transaction_id = '' and numbered.number = f.number and numbered.station_id = f.station_id
     and numbered.transaction_id = '' and numbered.started_at is not null
    left join stations_chargingsession s on s.id = coalesce(named.id, numbered.id)),
done as (
  update stations_chargingsession s
     set status = 'completed',
         ended_at = greatest(s.started_at, least(d.ended_at, %(now)s)),
         end_reason = left(d.reason, 40), phase = '', phase_at = null, power_w = null,
         evse_id = coalesce(s.evse_id, e.id),
         meter_end_wh = coalesce(d.meter_end_wh,
           case when s.last_reading_at is not null then s.meter_start_wh + s.energy_wh end),
         energy_wh = greatest(0, coalesce(d.meter_end_wh - s.meter_start_wh, s.energy_wh)),
{count_sql("d.seq_no").lstrip(chr(10))},
         review_reasons = array_remove(array_remove(s.review_reasons, 'interrupted'), 'stop_without_number')
    from found d
    left join stations_evse e on e.station_id = d.station_id and e.number = d.evse_number
   where s.id = d.session_id
     and (s.status in ('active', 'interrupted')
          or 'stop_without_number' = any(s.review_reasons) and s.status = 'completed'
             and s.reviewed_at is null)
  returning {ENDED_COLUMNS})
select found.session_id, found.began_with, found.counted_wh, done.*
  from found left join done on done.id = found.session_id order by found.n
"""

_BY_PLACE: Final = f"""
with f as materialized (select * from {recordset(SessionFinished)})
select f.n, (array_agg(s.number order by s.status desc))[1],
       (array_agg(s.token_uid order by s.status desc))[1], bool_or(s.status = 'completed')
  from f
  left join stations_evse e on e.station_id = f.station_id and e.number = f.evse_number
  join stations_chargingsession s
    on s.station_id = f.station_id and s.transaction_id = '' and s.started_at is not null
   and (f.evse_number is null or s.evse_id = e.id)
   and (f.token_uid = '' or upper(s.token_uid) = upper(f.token_uid))
   and ((s.status = 'active' and s.started_at <= f.ended_at
         and coalesce(s.meter_start_wh <= f.meter_end_wh, true))
     or (s.status = 'completed' and s.ended_at = f.ended_at
         and s.meter_end_wh is not distinct from f.meter_end_wh))
 group by f.n having count(*) = 1 or bool_or(s.status = 'completed')
"""


class Finished(NamedTuple):
    """What became of a stop. `ended` is None when it was a repetition, or nobody's."""

    session_id: int | None
    began_with: str | None
    counted_wh: int | None
    ended: Ended | None


Stop: TypeAlias = tuple[Sighting, Finished]


def record_finishes(batch: Batch, sightings: Sequence[Sighting]) -> None:
    for part in once_per_station(sightings):
        lost = _record(batch, part)
        if lost:
            _begin_from_end(batch, [sighting for sighting in lost if sighting.fact.transaction_id])
            _find_by_place(batch, [sighting for sighting in lost if not sighting.fact.transaction_id])


def _record(batch: Batch, sightings: Sequence[Sighting], *doubts: str) -> list[Sighting]:
    """End the sessions that these stops name; the stops whose session we do not know."""
    stops = list(zip(sightings, map(_finished, batch.run(_FINISH, sightings)), strict=True))
    _conclude(batch, [stop for stop in stops if stop[1].ended], doubts)
    _answer_tokens(batch, [(sighting, known.began_with or "") for sighting, known in stops])
    return [sighting for sighting, known in stops if known.session_id is None]


def _finished(row: Sequence[Any]) -> Finished:
    session_id, began_with, counted_wh, *columns = row
    return Finished(session_id, began_with, counted_wh, Ended(*columns) if columns[0] is not None else None)


def _conclude(batch: Batch, stops: Sequence[Stop], doubts: Sequence[str]) -> None:
    if not stops:
        return
    flags = {
        known.ended.id: [*doubts, *_doubts(batch, sighting.fact, known.ended, known.counted_wh or 0)]
        for sighting, known in stops
        if known.ended
    }
    conclude(batch, [known.ended for _, known in stops if known.ended], flags)


def _doubts(batch: Batch, fact: SessionFinished, ended: Ended, counted_wh: int) -> list[str]:
    start_wh = ended.meter_start_wh
    counted_to_wh = None if start_wh is None else start_wh + counted_wh
    return judge_finish(fact, now=batch.now, started_at=ended.started_at, counted_to_wh=counted_to_wh)


def _answer_tokens(batch: Batch, stops: Sequence[tuple[Sighting, str]]) -> None:
    """The token that began it may end it; another one is judged, and the stop stands anyway."""
    others = []
    for sighting, began_with in stops:
        uid = sighting.fact.token_uid
        if uid and uid.upper() == began_with.upper():
            batch.answers[id(sighting.fact)] = Decision(status="accepted")
        elif uid:
            others.append(sighting)
    asked = [Sighting(s.station_id, shown(s.fact.token_uid, s.fact.token_type, None)) for s in others]
    for sighting, verdict in zip(others, judge_tokens(batch, asked), strict=True):
        batch.answers[id(sighting.fact)] = verdict.decision


def _begin_from_end(batch: Batch, named: Sequence[Sighting]) -> None:
    """The start of these has not arrived: make the session that they end."""
    if named:
        open_sessions(batch, [Sighting(s.station_id, opening_without_start(batch, s)) for s in named])
        _record(batch, named)


def opening_without_start(batch: Batch, sighting: Sighting) -> Opening:
    """A session whose start has not arrived (yet), made from a later message."""
    fact = sighting.fact
    is_over = isinstance(fact, SessionFinished)
    claimed_at = fact.ended_at if is_over else fact.at
    return Opening(
        organization_id=batch.stations[sighting.station_id].organization_id,
        transaction_id=fact.transaction_id[:255],
        token_uid=fact.token_uid[:255],
        status="interrupted" if is_over else "active",
        phase=fact.phase,
        started_at=min(claimed_at, batch.now),
        reported_start_at=claimed_at,
        seq_no=fact.seq_no,
        review_reasons=["no_start"],
    )


def _find_by_place(batch: Batch, numbered: Sequence[Sighting]) -> None:
    """A stop with a number that we never gave: the only session it can mean, or kept aside."""
    if not numbered:
        return
    meant = {n: rest for n, *rest in batch.run(_BY_PLACE, numbered)}
    aside = [sighting for n, sighting in enumerate(numbered, start=1) if n not in meant]
    for n, (number, began_with, is_known) in meant.items():
        if is_known:  # told before: the guess stands, or has given way to the true stop
            _answer_tokens(batch, [(numbered[n - 1], began_with)])
        else:
            _finish_guessed(batch, numbered[n - 1], number)
    if aside:
        keep_aside(batch, aside, "a stop of an unknown transaction")


def _finish_guessed(batch: Batch, sighting: Sighting, number: int) -> None:
    """Until the true stop comes, with its number, this is taken for the end."""
    named = Sighting(sighting.station_id, replace(sighting.fact, number=number))
    _record(batch, [named], "stop_without_number")
    batch.answers[id(sighting.fact)] = batch.answers.pop(id(named.fact), None)
