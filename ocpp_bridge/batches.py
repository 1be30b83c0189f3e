"""Jobs of many stations to disk in one transaction: facts, journal, last replies. Synchronous.

What fails is halved until the bad job stands alone; that one is kept aside for the operator and
answered as well as it can be, or it would come back for ever.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

import orjson
import psycopg
from django import db
from django.db import connection, transaction

from core import clock
from core.hot import hot_line
from ocpp_bridge import journal, quirks
from ocpp_bridge.exchange import Job, digest
from ocpp_bridge.journal import Entry
from stations.models import ChargingStation, StrayReport
from stations.services.recording import record

logger = logging.getLogger(__name__)

# what goes over the hot line raises psycopg's errors, which Django does not wrap
TROUBLE: Final = (db.Error, psycopg.Error)
BAD_DATA: Final = (db.DataError, db.IntegrityError, psycopg.DataError, psycopg.IntegrityError)
OVERTAKEN: Final = psycopg.errors.FeatureNotSupported
PASSING: Final = (db.OperationalError, psycopg.OperationalError)

_KEEP_REPLIES: Final = """
insert into ocpp_bridge_lastreply (station_id, message_id, digest, reply)
select station_id, message_id, decode(digest, 'hex'), reply
  from json_to_recordset(%s::json) as r(station_id bigint, message_id text, digest text, reply text)
    on conflict (station_id) do update
   set message_id = excluded.message_id, digest = excluded.digest, reply = excluded.reply
"""
EMPTY_REPLY: Final = ",{}]"


class DatabaseGone(Exception):
    """Nothing can be written at the moment; nothing was answered."""


def commit(jobs: Sequence[Job], notes: Sequence[Entry] = ()) -> None:
    """Record the jobs (at most one per station) and write the notes; replies are on the jobs.

    Raises DatabaseGone when nothing could be written.
    """
    error = _try(jobs, notes)
    if error is not None and _is_passing(error):
        error = _try(jobs, notes)
    if error is not None:
        _judge(error)
        logger.warning("a batch of %d failed: %s", len(jobs), error)
        _halve(jobs, error)
        _write((), notes)


def _try(jobs: Sequence[Job], notes: Sequence[Entry]) -> Exception | None:
    try:
        _write(jobs, notes)
    except Exception as error:
        return error.with_traceback(None)
    return None


def _write(jobs: Sequence[Job], notes: Sequence[Entry]) -> None:
    with transaction.atomic():
        outcomes = record([job.report for job in jobs]) if jobs else ()
        for job, outcome in zip(jobs, outcomes, strict=True):
            job.settle(outcome)
        journal.write(notes, jobs)
        _keep_replies(jobs)
        _keep_strays([job for job in jobs if job.stray and not job.is_fenced])


def _is_passing(error: Exception) -> bool:
    """A deadlock, a serialization failure, or a plan that a migration has overtaken: once more may help."""
    if isinstance(error, OVERTAKEN):
        connection.close()  # and with it what was prepared
        return True
    return isinstance(error, PASSING) and _is_alive()


def _judge(error: Exception) -> None:
    """Raise DatabaseGone unless some single message can be what is wrong.

    A missing column or a dead server is our trouble and not the message's: no answer then, since
    an error would tell a station to throw its message away.
    """
    is_ours = isinstance(error, TROUBLE) and not isinstance(error, BAD_DATA)
    if is_ours or not _is_alive():
        raise DatabaseGone(str(error)) from None


def _halve(jobs: Sequence[Job], error: Exception) -> None:
    if len(jobs) == 1:
        _set_aside(jobs[0], error)
        return
    middle = len(jobs) // 2
    for half in filter(None, (jobs[:middle], jobs[middle:])):
        problem = _try(half, ())
        if problem is not None:
            _judge(problem)
            _halve(half, problem)


def _set_aside(job: Job, error: Exception) -> None:
    """This message alone cannot be recorded: keep it whole, and answer what can be answered."""
    logger.error("could not record %s of station %d: %s", job.action, job.report.station_id, error)
    job.stray = f"{job.action}: could not be recorded"
    job.apologize()
    with transaction.atomic():
        journal.write((), [job])
        _keep_strays([job])


def _keep_replies(jobs: Sequence[Job]) -> None:
    """Replies that say something. An empty one is the same each time, and its facts repeat harmlessly."""
    rows = [
        {
            "station_id": job.report.station_id,
            "message_id": job.message_id,
            "digest": digest(job.text).hex(),
            "reply": job.reply,
        }
        for job in jobs
        if job.reply and not job.reply.endswith(EMPTY_REPLY)
    ]
    if rows:
        hot_line().execute(_KEEP_REPLIES, [orjson.dumps(rows).decode()])


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
        hot_line().execute(_ADD_QUIRKS, [clock.now(), list(station_ids), list(names), list(met.values())])


def _is_alive() -> bool:
    """Whether the database still answers; a dead connection is closed, to be opened anew."""
    try:
        if connection.connection is not None and connection.is_usable():
            return True
        connection.close()
    except TROUBLE:
        connection.close()
    return False
