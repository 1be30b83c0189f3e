"""Facts to rows, many at a time: the one way in which anything a station reports is written.

The station lock is the whole locking protocol: what lies below a station is written only under it.
One set-based statement per kind, in a fixed order, whatever the size of the batch; a single
report is a batch of one. Everything is idempotent by its data (ARCHITECTURE, The hot path).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Final

from django.db import transaction

from core import clock
from core.events import publish
from core.hot import Line, array, hot_line
from core.live import nudge
from stations.facts import (
    Fact,
    Fenced,
    Outcome,
    ReadingTaken,
    Recorded,
    Report,
    SessionBegan,
    SessionFinished,
    SessionUpdated,
    StationBooted,
    StatusReported,
    TokenPresented,
)
from stations.services.recording import begins, tokens
from stations.services.recording.batch import Batch, Sighting, Station
from stations.services.recording.begins import record_begins
from stations.services.recording.finishes import record_finishes
from stations.services.recording.hardware import record_boots, record_statuses
from stations.services.recording.readings import record_readings
from stations.services.recording.reconsidering import reconsider
from stations.services.recording.tokens import record_tokens
from stations.services.recording.updates import record_updates

__all__ = ["lock_stations", "record"]

RECORDERS: Final[tuple[tuple[type[Fact], Callable[[Batch, list[Sighting]], None]], ...]] = (
    (StationBooted, record_boots),
    (StatusReported, record_statuses),
    (TokenPresented, record_tokens),
    (SessionBegan, record_begins),
    (SessionUpdated, record_updates),
    (ReadingTaken, record_readings),
    (SessionFinished, record_finishes),
)

_LOCK: Final = """
with planned as materialized (
  select set_config('random_page_cost', '1.1', true), set_config('enable_seqscan', 'off', true),
         set_config('enable_material', 'off', true))
select s.id, s.organization_id, s.location_id, s.connection_no, s.registration
  from planned, stations_chargingstation s where s.id = any(%s::bigint[]) order by s.id for no key update of s
"""
"""Also, for this transaction: every row is found by its index. The planner's figures are of an hour ago,
or of an empty table; on their word it would read small tables whole for every row."""


def record(reports: Sequence[Report]) -> list[Outcome]:
    """Write the facts of these reports; one outcome per report, in order.

    Joins the caller's transaction, or makes one. A report of a replaced connection is `Fenced`.
    Raises what the database raises; then nothing of the batch is written.
    """
    with transaction.atomic(savepoint=False):
        now = clock.now()
        outcomes: dict[int, Outcome] = {}
        for part in _rounds(reports):
            outcomes |= _record_round(part, now)
    return [outcomes[id(report)] for report in reports]


def lock_stations(station_ids: Sequence[int]) -> dict[int, Station]:
    """Lock these stations, in the order of their ids, until the transaction ends."""
    with transaction.atomic(savepoint=False):
        return _lock(hot_line(), station_ids)


def _record_round(reports: Sequence[Report], now: datetime) -> dict[int, Outcome]:
    line = hot_line()
    batch = Batch(line, now, _lock(line, [report.station_id for report in reports]))
    live = [report for report in reports if _is_current(batch, report)]
    kinds: dict[type, list[Sighting]] = {}
    for report in live:
        for fact in report.facts:
            kinds.setdefault(type(fact), []).append(Sighting(report.station_id, fact))
    if SessionUpdated in kinds:
        batch.readings = {s.station_id: s.fact for s in kinds.get(ReadingTaken, ()) if s.fact.transaction_id}
    _ask_at_once(batch, kinds)
    for kind, recorder in RECORDERS:
        if kind in kinds:
            recorder(batch, kinds[kind])
    reconsider(batch)
    publish(*batch.events)
    nudge(*batch.topics())
    outcomes: dict[int, Outcome] = {id(report): _FENCED for report in reports}
    return outcomes | {id(report): _outcome(batch, report) for report in live}


def _ask_at_once(batch: Batch, kinds: dict[type, list[Sighting]]) -> None:
    """One round of authorization for presented tokens and starts together: its price is per round."""
    shown = tokens.questions(kinds.get(TokenPresented, ()))
    tokens.judge_tokens(batch, [*shown, *begins.questions(kinds.get(SessionBegan, []))])


_FENCED: Final = Fenced()


def _is_current(batch: Batch, report: Report) -> bool:
    station = batch.stations.get(report.station_id)
    return station is not None and station.connection_no == report.connection_no


def _outcome(batch: Batch, report: Report) -> Outcome:
    answer = batch.answers.get
    return Recorded(tuple([answer(id(fact)) for fact in report.facts]))


def _rounds(reports: Sequence[Report]) -> Iterator[Sequence[Report]]:
    """The reports in rounds that hold a station at most once, in order; nearly always one."""
    rest = reports
    while rest:
        first = {report.station_id: report for report in reversed(rest)}
        if len(first) == len(rest):
            yield rest
            return
        yield list(first.values())
        rest = [report for report in rest if first[report.station_id] is not report]


def _lock(line: Line, station_ids: Sequence[int]) -> dict[int, Station]:
    return {row[0]: Station(*row[1:]) for row in line.execute(_LOCK, [array(station_ids)])}
