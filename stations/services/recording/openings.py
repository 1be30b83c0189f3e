"""Making a session active: a new row, or the pending one that an app start made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from stations import events
from stations.services.recording.batch import Batch, Sighting, recordset


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A start with everything resolved: the columns of the session that it makes.

    `status` is active, or interrupted when a newer session runs on the EVSE already.
    """

    organization_id: int
    evse_id: int | None = None
    connector_number: int | None = None
    transaction_id: str = ""
    token_uid: str = ""
    id_token_id: int | None = None
    driver_id: int | None = None
    pending_id: int | None = None
    decision: str = ""
    decision_reason: str = ""
    status: str = "active"
    phase: str = ""
    started_at: datetime
    reported_start_at: datetime
    meter_start_wh: int | None = None
    seq_no: int | None = None
    reservation_number: int | None = None
    purpose: str = "charge"
    review_reasons: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    session_id: int
    number: int


_INSERT: Final = f"""
with f as materialized (
  select *, nextval('stations_session_number') as number from {recordset(Opening)} order by n),
made as (
  insert into stations_chargingsession
    (organization_id, station_id, evse_id, connector_number, public_id, number, transaction_id,
     id_token_id, token_uid, driver_id, start_token, decision, decision_reason, status, phase, phase_at,
     started_at, reported_start_at, end_reason, meter_start_wh, energy_wh,
     first_seq_no, last_seq_no, missing_seq_nos, reservation_number, purpose, review_reasons, created_at)
  select organization_id, station_id, evse_id, connector_number, gen_random_uuid(), number, transaction_id,
         id_token_id, token_uid, driver_id, '', decision, left(decision_reason, 120), status, phase,
         started_at, started_at, reported_start_at, '', meter_start_wh, 0,
         seq_no, seq_no, '{{}}', reservation_number, purpose, review_reasons, %(now)s
    from f
  returning id, number)
select f.n, made.id, made.number from f join made using (number) order by f.n
"""

_ADOPT: Final = f"""
with f as materialized (select * from {recordset(Opening)}),
changed as (
  update stations_chargingsession s
     set status = 'active', evse_id = coalesce(f.evse_id, s.evse_id),
         connector_number = f.connector_number, transaction_id = f.transaction_id,
         token_uid = f.token_uid, id_token_id = coalesce(s.id_token_id, f.id_token_id),
         driver_id = coalesce(s.driver_id, f.driver_id), decision = f.decision,
         decision_reason = left(f.decision_reason, 120), phase = f.phase, phase_at = f.started_at,
         started_at = f.started_at, reported_start_at = f.reported_start_at,
         meter_start_wh = f.meter_start_wh, first_seq_no = f.seq_no, last_seq_no = f.seq_no,
         missing_seq_nos = '{{}}',
         reservation_number = coalesce(f.reservation_number, s.reservation_number),
         review_reasons = f.review_reasons
    from f where s.id = f.pending_id and s.status = 'pending'
  returning f.n, s.id, s.number, s.driver_id)
select n, id, number, driver_id from changed order by n
"""

_INTERRUPT: Final = """
update stations_chargingsession s
   set status = 'interrupted', power_w = null,
       ended_at = greatest(s.started_at, least(%(now)s, coalesce(s.last_reading_at, u.next_at))),
       review_reasons = array_append(array_remove(s.review_reasons, 'interrupted'), 'interrupted')
  from unnest(%(ids)s::bigint[], %(next)s::timestamptz[]) as u(id, next_at)
 where s.id = u.id and s.status = 'active'
returning s.id, s.station_id, s.evse_id, s.driver_id, s.organization_id
"""


def open_sessions(batch: Batch, openings: Sequence[Sighting]) -> list[Opened]:
    """Make these sessions; one answer per opening, in order. Tells of each start."""
    adopted = [n for n, (_, opening) in enumerate(openings) if opening.pending_id is not None]
    fresh = [n for n, (_, opening) in enumerate(openings) if opening.pending_id is None]
    opened: dict[int, Opened] = {}
    for positions, statement in ((adopted, _ADOPT), (fresh, _INSERT)):
        if positions:
            for n, session_id, number, *_ in batch.run(statement, [openings[p] for p in positions]):
                opened[positions[n - 1]] = Opened(session_id=session_id, number=number)
    for n, (station_id, opening) in enumerate(openings):
        _tell(batch, station_id, opening, opened[n].session_id)
    return [opened[n] for n in range(len(openings))]


def _tell(batch: Batch, station_id: int, opening: Opening, session_id: int) -> None:
    batch.touch(station_id, session_id)
    batch.events.append(
        events.SessionStarted(
            session_id=session_id,
            organization_id=opening.organization_id,
            station_id=station_id,
            evse_id=opening.evse_id,
            driver_id=opening.driver_id,
            at=opening.started_at,
            was_requested=opening.pending_id is not None,
            reservation_number=opening.reservation_number,
            decision=opening.decision,
        )
    )


def interrupt(batch: Batch, next_starts: dict[int, datetime]) -> None:
    """The end of these sessions was never reported, and another has begun in their place."""
    if not next_starts:
        return
    parameters = {"ids": list(next_starts), "next": list(next_starts.values()), "now": batch.now}
    rows = batch.line.execute(_INTERRUPT, parameters)
    for session_id, station_id, evse_id, driver_id, organization_id in rows:
        batch.touch(station_id, session_id)
        batch.events.append(
            events.SessionInterrupted(
                session_id=session_id,
                organization_id=organization_id,
                station_id=station_id,
                evse_id=evse_id,
                driver_id=driver_id,
                at=batch.now,
            )
        )
