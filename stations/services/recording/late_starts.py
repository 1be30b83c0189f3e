"""A start that arrives after other messages of its transaction have made the session."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from stations import events
from stations.services.recording.batch import Batch, Sighting, recordset
from stations.services.recording.counters import count_sql
from stations.services.recording.openings import Opening

_COMPLETE: Final = f"""
with f as materialized (select * from {recordset(Opening)})
update stations_chargingsession s
   set status = case when s.status = 'active' then f.status else s.status end,
       started_at = least(s.started_at, f.started_at), reported_start_at = f.reported_start_at,
       evse_id = coalesce(s.evse_id, f.evse_id),
       connector_number = coalesce(s.connector_number, f.connector_number),
       token_uid = coalesce(nullif(f.token_uid, ''), s.token_uid),
       id_token_id = coalesce(f.id_token_id, s.id_token_id),
       driver_id = coalesce(f.driver_id, s.driver_id),
       decision = f.decision, decision_reason = left(f.decision_reason, 120),
       energy_wh = greatest(0, case
         when s.meter_end_wh is not null and f.meter_start_wh is not null
         then s.meter_end_wh - f.meter_start_wh
         else s.energy_wh + coalesce(s.meter_start_wh - f.meter_start_wh, 0) end),
       meter_start_wh = coalesce(f.meter_start_wh, s.meter_start_wh),
{count_sql("f.seq_no").lstrip(chr(10))},
       reservation_number = coalesce(f.reservation_number, s.reservation_number),
       review_reasons = array_remove(s.review_reasons, 'no_start') || f.review_reasons
  from f
 where s.station_id = f.station_id and s.transaction_id = f.transaction_id and s.transaction_id <> ''
returning s.status, s.started_at, f.reservation_number, f.decision,
          s.id, s.station_id, s.organization_id, s.evse_id, s.driver_id
"""


def complete_stories(batch: Batch, openings: Sequence[Sighting]) -> None:
    """Fill in what the start knew; sessions that have ended are judged again."""
    for status, started_at, reservation_number, decision, *columns in batch.run(_COMPLETE, openings):
        session_id, station_id, organization_id, evse_id, driver_id = columns
        batch.touch(station_id, session_id)
        batch.events.append(
            events.SessionStarted(
                session_id=session_id,
                organization_id=organization_id,
                station_id=station_id,
                evse_id=evse_id,
                driver_id=driver_id,
                at=started_at,
                reservation_number=reservation_number,
                decision=decision,
            )
        )
        (batch.completed if status == "completed" else batch.told_late).add(session_id)
