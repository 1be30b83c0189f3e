"""What changes within a running transaction (2.x): its phase, its place, its token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from stations import events
from stations.facts import SessionUpdated
from stations.services.hardware import adopt_evse
from stations.services.recording.absorbing import absorb
from stations.services.recording.batch import Batch, Sighting, once_per_station, recordset
from stations.services.recording.counters import count_sql
from stations.services.recording.endings import ENDED_COLUMNS, Ended
from stations.services.recording.finishes import opening_without_start
from stations.services.recording.openings import interrupt, open_sessions
from stations.services.recording.tokens import NO_AUTHORIZATION, Verdict, judge_tokens, shown


class Target(NamedTuple):
    """The session that an update speaks of, and what stands in its way."""

    session_id: int | None
    status: str | None
    phase: str | None
    seen_evse_id: int | None
    connector_number: int | None
    evse_id: int | None
    driver_id: int | None
    open_id: int | None
    asked_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An update with everything resolved."""

    session_id: int
    evse_id: int | None
    connector_number: int | None
    phase: str
    at: datetime
    seq_no: int | None
    token_uid: str
    id_token_id: int | None
    driver_id: int | None
    decision: str
    decision_reason: str


_FIND: Final = f"""
with f as materialized (select * from {recordset(SessionUpdated)})
select s.id, s.status, s.phase, s.evse_id, s.connector_number, e.id, s.driver_id, o.id,
       coalesce(minted.id, remote.id)
  from f
  left join stations_chargingsession s
    on s.station_id = f.station_id and s.transaction_id = f.transaction_id and s.transaction_id <> ''
  left join stations_evse e on e.station_id = f.station_id and e.number = f.evse_number
  left join stations_chargingsession o
    on s.evse_id is null and s.status = 'active' and o.evse_id = e.id and o.status = 'active'
  left join stations_chargingsession minted
    on minted.start_token = upper(f.token_uid) and minted.start_token <> ''
   and minted.station_id = f.station_id and minted.status = 'pending'
  left join stations_chargingsession remote
    on remote.number = f.remote_start_id and remote.station_id = f.station_id
   and remote.status = 'pending'
 order by f.n
"""

_CHANGE: Final = f"""
with f as materialized (select * from {recordset(Change)}),
changed as (
  update stations_chargingsession s
     set phase = case when f.phase <> '' and s.status = 'active'
                       and f.at >= coalesce(s.phase_at, '-infinity') then f.phase else s.phase end,
         phase_at = case when f.phase <> '' and s.status = 'active'
                          and f.at >= coalesce(s.phase_at, '-infinity') then least(f.at, %(now)s)
                         else s.phase_at end,
         evse_id = coalesce(s.evse_id, f.evse_id),
         connector_number = coalesce(s.connector_number, f.connector_number),
         token_uid = coalesce(nullif(s.token_uid, ''), f.token_uid),
         id_token_id = coalesce(s.id_token_id, f.id_token_id),
         driver_id = coalesce(s.driver_id, f.driver_id),
         decision = coalesce(nullif(f.decision, ''), s.decision),
         decision_reason = case when f.decision <> '' then left(f.decision_reason, 120)
                                else s.decision_reason end,
{count_sql("f.seq_no").lstrip(chr(10))}
    from f where s.id = f.session_id
  returning f.n, s.phase as phase_now, s.status = 'completed' and 'seq_gap' = any(s.review_reasons)
            and s.missing_seq_nos = '{{}}' as is_complete_now,
            {ENDED_COLUMNS})
select * from changed order by n
"""


def record_updates(batch: Batch, sightings: Sequence[Sighting]) -> None:
    for part in once_per_station(sightings):
        _record(batch, part)


def _record(batch: Batch, sightings: Sequence[Sighting]) -> None:
    targets = [
        _with_asked(batch, sighting.station_id, target)
        for sighting, target in zip(sightings, _targets(batch, sightings), strict=True)
    ]
    pairs = [pair for pair in zip(sightings, targets, strict=True) if not _is_counted_along(batch, *pair)]
    if pairs:
        _change_all(batch, pairs)


def _is_counted_along(batch: Batch, sighting: Sighting, target: Target) -> bool:
    """Nothing has changed but the message counter, and a reading came along: its statement counts, too.

    Not for the statement saved: PostgreSQL checks every foreign key of a row that one transaction updates
    twice, and most messages of a charge are these.
    """
    fact: SessionUpdated = sighting.fact
    reading = batch.readings.get(sighting.station_id)
    is_placed = fact.evse_number is None or None not in (target.seen_evse_id, target.connector_number)
    is_quiet = not fact.token_uid and fact.phase in ("", target.phase) and target.asked_id is None
    if reading is None or reading.transaction_id != fact.transaction_id or target.status != "active":
        return False
    if is_placed and is_quiet:
        reading.seq_no = fact.seq_no
    return is_placed and is_quiet


def _change_all(batch: Batch, pairs: Sequence[tuple[Sighting, Target]]) -> None:
    interrupt(batch, {target.open_id: s.fact.at for s, target in pairs if target.open_id is not None})
    for n, phase, is_complete_now, *columns in batch.run(_CHANGE, _changes(batch, pairs)):
        session = Ended(*columns)
        if is_complete_now:
            batch.completed.add(session.id)
        _tell_phase(batch, session, phase, pairs[n - 1][1].phase or "")


def _targets(batch: Batch, sightings: Sequence[Sighting]) -> list[Target]:
    """The sessions spoken of; those that nobody has begun are made, to wait for their start."""
    targets = [Target(*row) for row in batch.run(_FIND, sightings)]
    lost = [sighting for sighting, target in zip(sightings, targets, strict=True) if not target.session_id]
    if not lost:
        return targets
    open_sessions(batch, [Sighting(s.station_id, opening_without_start(batch, s)) for s in lost])
    return [Target(*row) for row in batch.run(_FIND, sightings)]


def _with_asked(batch: Batch, station_id: int, target: Target) -> Target:
    """The session that the driver asked for takes over the one that the plug has begun."""
    if target.asked_id is None or target.session_id is None:
        return target
    driver_id = absorb(batch, station_id, pending_id=target.asked_id, running_id=target.session_id)
    return target._replace(session_id=target.asked_id, driver_id=driver_id)


def _changes(batch: Batch, pairs: Sequence[tuple[Sighting, Target]]) -> list[Sighting]:
    shows_token = [n for n, (sighting, _) in enumerate(pairs) if _needs_decision(sighting.fact)]
    asked = [
        Sighting(s.station_id, shown(s.fact.token_uid, s.fact.token_type, s.fact.evse_number))
        for s in (pairs[n][0] for n in shows_token)
    ]
    judged = dict(zip(shows_token, judge_tokens(batch, asked), strict=True))
    for n, verdict in judged.items():
        batch.answers[id(pairs[n][0].fact)] = verdict.decision
    return [
        Sighting(sighting.station_id, _change(sighting, target, judged.get(n)))
        for n, (sighting, target) in enumerate(pairs)
    ]


def _needs_decision(fact: SessionUpdated) -> bool:
    return bool(fact.token_uid) and fact.token_type.lower() != NO_AUTHORIZATION


def _change(sighting: Sighting, target: Target, verdict: Verdict | None) -> Change:
    fact: SessionUpdated = sighting.fact
    evse_id = target.evse_id
    if evse_id is None and fact.evse_number:
        evse_id = adopt_evse(station_id=sighting.station_id, evse_number=fact.evse_number).pk
    return Change(
        session_id=target.session_id or 0,
        evse_id=evse_id,
        connector_number=fact.connector_number,
        phase=fact.phase,
        at=fact.at,
        seq_no=fact.seq_no,
        token_uid=fact.token_uid[:255],
        id_token_id=verdict.id_token_id if verdict else None,
        driver_id=verdict.user_id if verdict else None,
        decision=verdict.decision.status if verdict else "",
        decision_reason=verdict.decision.reason if verdict else "",
    )


def _tell_phase(batch: Batch, session: Ended, phase: str, was: str) -> None:
    if phase == was:
        return
    batch.touch(session.station_id, session.id)
    batch.events.append(
        events.SessionPhaseChanged(
            session_id=session.id,
            organization_id=session.organization_id,
            station_id=session.station_id,
            evse_id=session.evse_id,
            driver_id=session.driver_id,
            at=batch.now,
            phase=phase,
            was=was,
        )
    )
