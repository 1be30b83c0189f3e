"""The end of a session: its figures are judged, doubts are noted, and the news goes out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from stations import events
from stations.metering import judge_totals, possible_wh
from stations.rules import counted_wh
from stations.services.recording.batch import Batch

ENDED_COLUMNS: Final = """
s.id, s.station_id, s.organization_id, s.evse_id, s.driver_id, s.started_at, s.ended_at,
s.meter_start_wh, s.meter_end_wh, s.energy_wh, s.review_reasons,
s.missing_seq_nos <> '{}',
(select e.max_power_w from stations_evse e where e.id = s.evse_id)
"""

RECONSIDERED: Final = frozenset(
    {
        "no_meter_start",
        "no_meter_end",
        "begin_zero",
        "energy_implausible",
        "seq_gap",
    }
)
"""Doubts about the whole story, thought over again when more of it arrives."""


REGISTERS: Final = """
select s.id, array_remove(s.meter_start_wh || array_agg(r.energy_wh order by r.taken_at, r.id)
                          || s.meter_end_wh, null)
  from stations_chargingsession s
  left join stations_meterreading r
    on r.session_id = s.id and r.energy_wh is not null
   and r.taken_at >= s.started_at and r.taken_at <= coalesce(s.ended_at, 'infinity')
 where s.id = any(%(ids)s) group by s.id
"""

_SET_ENERGY: Final = """
update stations_chargingsession s set energy_wh = u.energy_wh
  from unnest(%(ids)s::bigint[], %(energies)s::bigint[]) as u(id, energy_wh) where s.id = u.id
"""


class Ended(NamedTuple):
    """A completed session (ENDED_COLUMNS)."""

    id: int
    station_id: int
    organization_id: int
    evse_id: int | None
    driver_id: int | None
    started_at: datetime
    ended_at: datetime
    meter_start_wh: int | None
    meter_end_wh: int | None
    energy_wh: int
    review_reasons: list[str]
    has_gap: bool
    max_power_w: int | None


_FLAG: Final = """
update stations_chargingsession s set review_reasons = string_to_array(u.reasons, ',')
  from unnest(%(ids)s::bigint[], %(reasons)s::text[]) as u(id, reasons) where s.id = u.id
"""

_ADD_FLAGS: Final = """
update stations_chargingsession s
   set review_reasons = (select array_agg(distinct reason) from unnest(s.review_reasons || u.more) as reason)
  from (select id, array_agg(flag) as more from unnest(%(ids)s::bigint[], %(flags)s::text[]) as p(id, flag)
         group by id) u
 where s.id = u.id
"""


def conclude(batch: Batch, ended: Sequence[Ended], doubts: Mapping[int, Iterable[str]] | None = None) -> None:
    """Judge completed sessions, keep the doubts (with those given by id), tell that they have ended."""
    reasons = [_reasons(session, (doubts or {}).get(session.id, ())) for session in ended]
    _write_reasons(batch, ended, reasons)
    restarted = {s.id for s, kept in zip(ended, reasons, strict=True) if "register_restarted" in kept}
    if restarted:
        ended = _counted_again(batch, ended, restarted)
    for session, kept in zip(ended, reasons, strict=True):
        batch.touch(session.station_id, session.id)
        batch.events.append(_news(session, is_held=bool(kept)))


def _counted_again(batch: Batch, ended: Sequence[Ended], restarted: Collection[int]) -> list[Ended]:
    """Where the register began again, its end says little: count what each part of it tells."""
    rows = batch.line.execute(REGISTERS, {"ids": list(restarted)})
    known = {session.id: session for session in ended}
    counted = {pk: believable(known[pk], counted_wh(registers)) for pk, registers in rows}
    parameters = {"ids": list(counted), "energies": list(counted.values())}
    batch.line.execute(_SET_ENERGY, parameters)
    return [session._replace(energy_wh=counted.get(session.id, session.energy_wh)) for session in ended]


def believable(session: Ended, counted: int) -> int:
    """More than can have flowed: the fall was one wrong value and no restart, the ends hold."""
    elapsed = session.ended_at - session.started_at
    return counted if counted <= possible_wh(elapsed, session.max_power_w) else session.energy_wh


def add_flags(batch: Batch, flags: Sequence[tuple[int, str]]) -> None:
    """Note doubts on sessions: pairs of session id and flag."""
    if flags:
        ids, words = zip(*flags, strict=True)
        batch.line.execute(_ADD_FLAGS, {"ids": list(ids), "flags": list(words)})


def _reasons(session: Ended, more: Iterable[str]) -> list[str]:
    kept = {reason for reason in session.review_reasons if reason not in RECONSIDERED}
    elapsed = session.ended_at - session.started_at
    judged = judge_totals(session.meter_start_wh, session.meter_end_wh, elapsed, session.max_power_w)
    return sorted(kept.union(judged, more, ("seq_gap",) if session.has_gap else ()))


def _write_reasons(batch: Batch, ended: Sequence[Ended], reasons: Sequence[list[str]]) -> None:
    changed = [
        (session.id, ",".join(doubts))
        for session, doubts in zip(ended, reasons, strict=True)
        if doubts != session.review_reasons
    ]
    if changed:
        ids, words = zip(*changed, strict=True)
        batch.line.execute(_FLAG, {"ids": list(ids), "reasons": list(words)})


def _news(session: Ended, *, is_held: bool) -> events.SessionEnded:
    return events.SessionEnded(
        session_id=session.id,
        organization_id=session.organization_id,
        station_id=session.station_id,
        evse_id=session.evse_id,
        driver_id=session.driver_id,
        at=session.ended_at,
        energy_wh=session.energy_wh,
        is_held=is_held,
    )
