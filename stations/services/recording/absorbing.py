"""A plug began the transaction, then the app's start reached it (2.x): two rows, one charge.

The row that the driver asked for, whose page is open and whose money is held, takes over the
transaction. The other one keeps nothing and ends where it began.
"""

from __future__ import annotations

from typing import Final

from stations import events
from stations.services.recording.batch import Batch

_RELEASE: Final = """
update stations_chargingsession s
   set status = 'interrupted', transaction_id = '', reported_start_at = null, end_reason = 'continued',
       ended_at = s.started_at, energy_wh = 0, meter_end_wh = s.meter_start_wh, power_w = null, phase = '',
       first_seq_no = null, last_seq_no = null, missing_seq_nos = '{}', review_reasons = '{}'
  from (select * from stations_chargingsession where id = %(running)s) old
 where s.id = old.id
returning old.status, old.transaction_id, old.evse_id, old.connector_number, old.phase, old.phase_at,
          old.started_at, old.reported_start_at, old.meter_start_wh, old.energy_wh, old.power_w,
          old.soc_percent, old.last_reading_at, old.first_seq_no, old.last_seq_no, old.missing_seq_nos,
          old.review_reasons
"""

_TAKE_OVER: Final = """
update stations_chargingsession
   set status = %s, transaction_id = %s, evse_id = coalesce(%s, evse_id), connector_number = %s,
       phase = %s, phase_at = %s, started_at = %s, reported_start_at = %s, meter_start_wh = %s,
       energy_wh = %s, power_w = %s, soc_percent = %s, last_reading_at = %s, first_seq_no = %s,
       last_seq_no = %s, missing_seq_nos = %s, review_reasons = %s, decision = 'accepted'
 where id = %s
returning driver_id, evse_id, started_at, reservation_number
"""

_MOVE_READINGS: Final = """
update stations_meterreading set session_id = %(pending)s
 where session_id = %(running)s and taken_at >= %(since)s
"""


def absorb(batch: Batch, station_id: int, *, pending_id: int, running_id: int) -> int | None:
    """Let the pending session become the running transaction; returns its driver's id."""
    names = {"pending": pending_id, "running": running_id}
    [running] = batch.line.execute(_RELEASE, names)
    [taken] = batch.line.execute(_TAKE_OVER, [*running, pending_id])
    driver_id, evse_id, started_at, reservation_number = taken
    batch.line.execute(_MOVE_READINGS, {**names, "since": started_at})
    place = {
        "organization_id": batch.stations[station_id].organization_id,
        "station_id": station_id,
        "evse_id": evse_id,
    }
    batch.touch(station_id, pending_id)
    batch.events.append(events.SessionInterrupted(session_id=running_id, at=started_at, **place))
    batch.events.append(
        events.SessionStarted(
            session_id=pending_id,
            driver_id=driver_id,
            at=started_at,
            was_requested=True,
            reservation_number=reservation_number,
            decision="accepted",
            **place,
        )
    )
    return int(driver_id) if driver_id is not None else None
