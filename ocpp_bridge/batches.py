"""Jobs of many stations to disk in one transaction: facts, journal, last replies. Synchronous.

What fails is halved until the bad job stands alone; that one is kept aside for the operator and
answered as well as it can be, or it would come back for ever.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from itertools import chain
from typing import Any, Final

import psycopg
from django.db import DatabaseError, connection, transaction

from core import clock
from ocpp_bridge import journal, quirks
from ocpp_bridge.exchange import Job
from ocpp_bridge.journal import Entry
from stations.models import ChargingStation, StrayReport
from stations.services.recording import record

logger = logging.getLogger(__name__)

_KEEP_REPLIES: Final = """
insert into ocpp_bridge_lastreply (station_id, message_id, digest, reply)
select * from unnest(%s::bigint[], %s::text[], %s::bytea[], %s::text[])
    on conflict (station_id) do update
   set message_id = excluded.message_id, digest = excluded.digest, reply = excluded.reply
"""


class DatabaseGone(Exception):
    """Nothing can be written at the moment; nothing was answered."""


def commit(jobs: Sequence[Job], notes: Sequence[Entry] = ()) -> None:
    """Record the jobs (at most one per station) and write the notes; replies are on the jobs.

    Raises DatabaseGone when nothing could be written.
    """
    try:
        _write(jobs, notes)
    except Exception as error:
        if not _is_alive():
            raise DatabaseGone from error
        logger.warning("a batch of %d failed: %s", len(jobs), error)
        _halve(jobs, error)
        _write((), notes)


def _write(jobs: Sequence[Job], notes: Sequence[Entry]) -> None:
    with transaction.atomic():
        outcomes = record([job.report for job in jobs]) if jobs else ()
        for job, outcome in zip(jobs, outcomes, strict=True):
            job.settle(outcome)
        cursor = _cursor()
        journal.write(cursor, chain(notes, _frames(jobs)))
        _keep_replies(cursor, [job for job in jobs if job.reply])
        _keep_strays([job for job in jobs if job.stray and not job.is_fenced])


def _halve(jobs: Sequence[Job], error: Exception) -> None:
    if len(jobs) == 1:
        _set_aside(jobs[0], error)
        return
    middle = len(jobs) // 2
    for half in (jobs[:middle], jobs[middle:]):
        if half:
            _commit_half(half)


def _commit_half(jobs: Sequence[Job]) -> None:
    try:
        _write(jobs, ())
    except Exception as error:
        if not _is_alive():
            raise DatabaseGone from error
        _halve(jobs, error)


def _set_aside(job: Job, error: Exception) -> None:
    """This message alone cannot be recorded: keep it whole, and answer what can be answered."""
    logger.error("could not record %s of station %d", job.action, job.report.station_id, exc_info=error)
    job.stray = f"{job.action}: could not be recorded"
    job.apologize()
    with transaction.atomic():
        journal.write(_cursor(), _frames([job]))
        _keep_strays([job])


def _frames(jobs: Sequence[Job]) -> list[Entry]:
    entries, now = [], clock.now()
    for job in jobs:
        station_id = job.report.station_id
        entries.append(Entry(station_id, job.at, "in", job.message_id, job.action, job.text))
        if job.reply:
            entries.append(Entry(station_id, now, "out", job.message_id, job.action, job.reply))
    return entries


def _keep_replies(cursor: psycopg.Cursor[Any], jobs: Sequence[Job]) -> None:
    if jobs:
        columns = zip(*((job.report.station_id, *job.remember()) for job in jobs), strict=True)
        cursor.execute(_KEEP_REPLIES, [list(column) for column in columns])


def _keep_strays(jobs: Sequence[Job]) -> None:
    if not jobs:
        return
    stations = ChargingStation.objects.in_bulk([job.report.station_id for job in jobs])
    StrayReport.objects.bulk_create(
        StrayReport(
            organization_id=stations[job.report.station_id].organization_id,
            station_id=job.report.station_id,
            at=job.at,
            reason=job.stray[:120],
            body={"action": job.action, "payload": job.payload},
        )
        for job in jobs
        if job.report.station_id in stations
    )


_ADD_QUIRKS: Final = """
insert into ocpp_bridge_quirkseen (station_id, name, count, last_at)
select s.id, u.name, u.count, %s
  from unnest(%s::bigint[], %s::text[], %s::bigint[]) as u(station_id, name, count)
  join stations_chargingstation s on s.id = u.station_id
    on conflict (station_id, name) do update
   set count = ocpp_bridge_quirkseen.count + excluded.count, last_at = excluded.last_at
"""


def write_down_quirks() -> None:
    """Add what was met since the last time to the table."""
    met = {key: quirks.seen.pop(key) for key in tuple(quirks.seen)}
    if met:
        station_ids, names = zip(*met, strict=True)
        _cursor().execute(_ADD_QUIRKS, [clock.now(), list(station_ids), list(names), list(met.values())])


def _cursor() -> psycopg.Cursor[Any]:
    connection.ensure_connection()
    return psycopg.Cursor(connection.connection)


def _is_alive() -> bool:
    """Whether the database still answers; a dead connection is closed, to be opened anew."""
    try:
        if connection.connection is not None and connection.is_usable():
            return True
        connection.close()
    except DatabaseError:
        connection.close()
    return False
