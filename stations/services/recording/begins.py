"""Starts. A repeated one finds its session and gets the same answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final, NamedTuple

from stations.facts import BeginAnswer, Decision, SessionBegan
from stations.rules import judge_start
from stations.services.authorization import ACCEPTED
from stations.services.hardware import adopt_evse
from stations.services.recording.batch import Batch, Sighting, once_per_station, recordset
from stations.services.recording.late_starts import complete_stories
from stations.services.recording.openings import Opening, interrupt, open_sessions
from stations.services.recording.tokens import NO_AUTHORIZATION, Verdict, judge_tokens, shown

NO_TOKEN: Final = Verdict(Decision(status=ACCEPTED, reason="no token"))


class Found(NamedTuple):
    """What our tables know of a start before it is written."""

    evse_id: int | None
    known_id: int | None
    known_number: int | None
    known_status: str | None
    known_decision: str | None
    known_reason: str | None
    lacks_start: bool | None
    group_uid: str | None
    valid_until: datetime | None
    asked_id: int | None
    asked_status: str | None
    asked_driver_id: int | None
    asked_token_id: int | None
    asked_purpose: str | None
    open_id: int | None
    open_since: datetime | None


_FIND: Final = f"""
with f as materialized (select * from {recordset(SessionBegan)})
select e.id, x.id, x.number, x.status, x.decision, x.decision_reason, 'no_start' = any(x.review_reasons),
       t.group_uid, t.valid_until, p.id, p.status, p.driver_id, p.id_token_id, p.purpose,
       o.id, o.started_at
  from f
  left join stations_evse e on e.station_id = f.station_id and e.number = f.evse_number
  left join stations_chargingsession named
    on f.transaction_id <> '' and named.station_id = f.station_id
   and named.transaction_id = f.transaction_id and named.transaction_id <> ''
  left join stations_chargingsession same
    on f.transaction_id = '' and same.transaction_id = '' and same.station_id = f.station_id
   and same.reported_start_at = f.started_at and same.token_uid = f.token_uid
   and same.evse_id is not distinct from e.id
   and same.connector_number is not distinct from f.connector_number
   and same.meter_start_wh is not distinct from f.meter_start_wh
  left join stations_chargingsession minted
    on minted.start_token = upper(f.token_uid) and minted.start_token <> ''
   and minted.station_id = f.station_id
  left join stations_chargingsession remote
    on remote.number = f.remote_start_id and remote.station_id = f.station_id
  left join stations_chargingsession p on p.id = coalesce(minted.id, remote.id)
  left join stations_chargingsession x
    on x.id = coalesce(named.id, same.id,
         case when f.transaction_id = '' and minted.status in ('active', 'interrupted', 'completed')
              then minted.id end)
  left join accounts_idtoken t on t.id = x.id_token_id
  left join stations_chargingsession o
    on o.evse_id = e.id and o.status = 'active' and o.id is distinct from x.id
 order by f.n
"""


def record_begins(batch: Batch, sightings: Sequence[Sighting]) -> None:
    for part in once_per_station(sightings):
        _record(batch, part)


def _record(batch: Batch, sightings: Sequence[Sighting]) -> None:
    found = [Found(*row) for row in batch.run(_FIND, sightings)]
    pairs = list(zip(sightings, found, strict=True))
    for sighting, known in pairs:
        if known.known_id is not None:
            batch.answers[id(sighting.fact)] = _same_answer(known)
    news = [pair for pair in pairs if pair[1].known_id is None]
    if news:
        _record_new(batch, news)
    late = [pair for pair in pairs if pair[1].lacks_start]
    if late:
        _record_late(batch, late)


def _same_answer(known: Found) -> BeginAnswer:
    decision = Decision(
        status=known.known_decision or ACCEPTED,
        reason=known.known_reason or "",
        group_uid=(known.group_uid or "").upper(),
        valid_until=known.valid_until,
    )
    return BeginAnswer(number=known.known_number or 0, decision=decision)


def _record_new(batch: Batch, news: Sequence[tuple[Sighting, Found]]) -> None:
    verdicts = _verdicts(batch, [sighting for sighting, _ in news])
    openings = [
        Sighting(sighting.station_id, _opening(batch, sighting, known, verdict))
        for (sighting, known), verdict in zip(news, verdicts, strict=True)
    ]
    _make_room(batch, news, openings)
    opened = open_sessions(batch, openings)
    for (sighting, _), verdict, session in zip(news, verdicts, opened, strict=True):
        batch.answers[id(sighting.fact)] = BeginAnswer(number=session.number, decision=verdict.decision)


def _make_room(batch: Batch, starts: Sequence[tuple[Sighting, Found]], openings: Sequence[Sighting]) -> None:
    """End what is still open where these begin."""
    replaced = {
        known.open_id: opening.started_at
        for (_, known), (_, opening) in zip(starts, openings, strict=True)
        if known.open_id is not None and opening.status == "active" and _is_running(known)
    }
    interrupt(batch, replaced)


def _is_running(known: Found) -> bool:
    """New, or made from a later message and not over yet."""
    return known.known_status in (None, "active")


def _record_late(batch: Batch, late: Sequence[tuple[Sighting, Found]]) -> None:
    """The start arrives after its session was made from a later message."""
    verdicts = _verdicts(batch, [sighting for sighting, _ in late])
    rows = [
        Sighting(sighting.station_id, _opening(batch, sighting, known, verdict))
        for (sighting, known), verdict in zip(late, verdicts, strict=True)
    ]
    _make_room(batch, late, rows)
    complete_stories(batch, rows)
    for (sighting, known), verdict in zip(late, verdicts, strict=True):
        answer = BeginAnswer(number=known.known_number or 0, decision=verdict.decision)
        batch.answers[id(sighting.fact)] = answer


def questions(sightings: Sequence[Sighting]) -> list[Sighting]:
    """What those starts ask that were made with a token."""
    return [
        Sighting(station_id, shown(fact.token_uid, fact.token_type, fact.evse_number))
        for station_id, fact in sightings
        if needs_decision(fact)
    ]


def _verdicts(batch: Batch, sightings: Sequence[Sighting]) -> list[Verdict]:
    with_token = [n for n, (_, fact) in enumerate(sightings) if needs_decision(fact)]
    verdicts = _one_place_each(judge_tokens(batch, questions(sightings)))
    judged = dict(zip(with_token, verdicts, strict=True))
    return [judged.get(n, NO_TOKEN) for n in range(len(sightings))]


def _one_place_each(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """A token that starts at two stations in one batch is in use elsewhere for the second."""
    taken: set[int | None] = set()
    apart = []
    for verdict in verdicts:
        is_counted = verdict.is_exclusive and verdict.decision.status == ACCEPTED
        if is_counted and verdict.id_token_id in taken:
            concurrent = replace(verdict.decision, status="concurrent", reason="token is in use elsewhere")
            verdict = verdict._replace(decision=concurrent)
        elif is_counted:
            taken.add(verdict.id_token_id)
        apart.append(verdict)
    return apart


def needs_decision(fact: SessionBegan) -> bool:
    return bool(fact.token_uid) and fact.token_type.lower() != NO_AUTHORIZATION


def _opening(batch: Batch, sighting: Sighting, known: Found, verdict: Verdict) -> Opening:
    fact: SessionBegan = sighting.fact
    started_at = min(fact.started_at, batch.now)
    is_late = known.open_since is not None and started_at < known.open_since and _is_running(known)
    is_asked = known.asked_status == "pending" and not is_late
    return Opening(
        organization_id=batch.stations[sighting.station_id].organization_id,
        evse_id=known.evse_id or _believed_evse(sighting),
        connector_number=fact.connector_number,
        transaction_id=fact.transaction_id[:255],
        token_uid=fact.token_uid[:255],
        id_token_id=known.asked_token_id or verdict.id_token_id,
        driver_id=known.asked_driver_id or verdict.user_id,
        pending_id=known.asked_id if is_asked else None,
        decision=verdict.decision.status,
        decision_reason=verdict.decision.reason,
        status="interrupted" if is_late else "active",
        phase=fact.phase or "connected",
        started_at=started_at,
        reported_start_at=fact.started_at,
        meter_start_wh=fact.meter_start_wh,
        seq_no=fact.seq_no,
        reservation_number=fact.reservation_number,
        purpose=known.asked_purpose or "charge",
        review_reasons=judge_start(
            fact,
            now=batch.now,
            decision=verdict.decision.status,
            was_abandoned=known.asked_status == "abandoned",
            is_late=is_late,
        ),
    )


def _believed_evse(sighting: Sighting) -> int | None:
    number = sighting.fact.evse_number
    return adopt_evse(station_id=sighting.station_id, evse_number=number).pk if number else None
