"""Tokens that stations saw: whose they are, and whether they may charge."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from stations.facts import Decision, Question
from stations.services.authorization import ACCEPTED, decide
from stations.services.recording.batch import Batch, Sighting, recordset
from stations.services.recording.shown_tokens import note_shown_tokens
from stations.vehicles import address_of

TYPES: Final = {
    "": "rfid",
    "rfid": "rfid",
    "iso14443": "rfid",
    "iso15693": "rfid",
    "central": "app",
    "app": "app",
}
"""The station's word for the kind of token, in lower case, to ours; what is missing is "other"."""

NO_AUTHORIZATION: Final = "noauthorization"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A token and where it was shown."""

    uid: str
    type: str
    evse_number: int | None = None


class Known(NamedTuple):
    """What our tables know of a shown token. `minted_id`: the session it was minted for."""

    evse_id: int | None
    id_token_id: int | None
    user_id: int | None
    allows_concurrent: bool | None
    minted_id: int | None
    minted_driver_id: int | None
    minted_token_id: int | None


class Verdict(NamedTuple):
    """Who it is and what we answer. `is_exclusive`: the token may charge at one place only."""

    decision: Decision
    id_token_id: int | None = None
    user_id: int | None = None
    is_exclusive: bool = False


_RESOLVE: Final = f"""
select e.id, t.id, t.user_id, t.allows_concurrent, p.id, p.driver_id, p.id_token_id
  from {recordset(Shown)}
  left join stations_evse e on e.station_id = f.station_id and e.number = f.evse_number
  left join lateral (
    select id, user_id, allows_concurrent from accounts_idtoken k
     where k.type in ('rfid', 'app', 'vehicle', 'other') and (k.type = 'vehicle') = (f.type = 'vehicle')
       and upper(k.uid) = upper(f.uid) and f.uid <> ''
     order by (k.status = 'accepted') desc, (k.type = f.type) desc, k.id limit 1) t on true
  left join stations_chargingsession p
    on p.start_token = upper(f.uid) and p.start_token <> '' and p.station_id = f.station_id
   and p.status in ('pending', 'active')
 order by f.n
"""

_KEEP_UNKNOWN: Final = """
insert into accounts_idtoken
       (type, uid, status, user_id, organization_id, group_uid, label, allows_concurrent, created_at)
select type, uid, 'invalid', null, null, '', '', false, %(now)s
  from unnest(%(types)s::text[], %(uids)s::text[]) as u(type, uid) order by type, upper(uid)
    on conflict do nothing
"""


def shown(uid: str, type: str, evse_number: int | None) -> Shown:
    address = address_of(uid, type)
    if address:
        return Shown(uid=address[:255], type="vehicle", evse_number=evse_number)
    return Shown(uid=uid[:255], type=TYPES.get(type.lower(), "other"), evse_number=evse_number)


def questions(sightings: Iterable[Sighting]) -> list[Sighting]:
    """What presented tokens ask."""
    return [
        Sighting(station_id, shown(fact.uid, fact.type, fact.evse_number)) for station_id, fact in sightings
    ]


def record_tokens(batch: Batch, sightings: Sequence[Sighting]) -> None:
    """Answer each presented token with its decision."""
    asked = questions(sightings)
    verdicts = judge_tokens(batch, asked)
    note_shown_tokens(batch, asked, verdicts)
    for sighting, verdict in zip(sightings, verdicts, strict=True):
        batch.answers[id(sighting.fact)] = verdict.decision


def judge_tokens(batch: Batch, asked: Sequence[Sighting]) -> list[Verdict]:
    """One verdict per shown token, in order; what was asked before in this batch is not asked again."""
    fresh = [sighting for sighting in dict.fromkeys(asked) if sighting not in batch.verdicts]
    if fresh:
        batch.verdicts.update(zip(fresh, _judge(batch, fresh), strict=True))
    return [batch.verdicts[sighting] for sighting in asked]


def _judge(batch: Batch, asked: Sequence[Sighting]) -> list[Verdict]:
    """Unknown tokens are kept, so that they can be issued.

    One-time tokens of ours are not asked about again: whoever had them minted has been.
    """
    known = [Known(*row) for row in batch.run(_RESOLVE, asked)]
    _keep_unknown(batch, asked, known)
    open_questions = [n for n, who in enumerate(known) if who.minted_id is None]
    decisions = decide([_question(batch, asked[n], known[n]) for n in open_questions])
    answered = dict(zip(open_questions, decisions, strict=True))
    return [_verdict(who, answered.get(n)) for n, who in enumerate(known)]


def _verdict(known: Known, decision: Decision | None) -> Verdict:
    if decision is None:
        minted = Decision(status=ACCEPTED, reason="start was requested")
        return Verdict(minted, known.minted_token_id, known.minted_driver_id)
    return Verdict(decision, known.id_token_id, known.user_id, known.allows_concurrent is False)


def _question(batch: Batch, asked: Sighting, known: Known) -> Question:
    return Question(
        station_id=asked.station_id,
        organization_id=batch.stations[asked.station_id].organization_id,
        evse_id=known.evse_id,
        id_token_id=known.id_token_id,
        user_id=known.user_id,
        uid=asked.fact.uid,
        type=asked.fact.type,
        at=batch.now,
    )


def _keep_unknown(batch: Batch, asked: Iterable[Sighting], known: Iterable[Known]) -> None:
    strangers = {
        (sighting.fact.type, sighting.fact.uid)
        for sighting, who in zip(asked, known, strict=True)
        if who.id_token_id is None and who.minted_id is None and sighting.fact.uid
    }
    if strangers:
        types, uids = zip(*sorted(strangers), strict=True)
        batch.line.execute(_KEEP_UNKNOWN, {"types": list(types), "uids": list(uids), "now": batch.now})
