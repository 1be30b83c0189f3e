"""A token shown at a station is a start attempt, whether a session follows or not.

One statement for the tokens of a batch. What is no new attempt is left out: a tap within two minutes
of the last, the card of a running charge (it wants to stop), a one-time token of ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from stations.causes import door_of_token
from stations.facts import Decision
from stations.services.recording.batch import Batch, Sighting

_NOTE: Final = """
insert into stations_startattempt
       (organization_id, station_id, evse_id, public_id, id_token_id, driver_id, token_uid, reference, door,
        outcome, reached, steps, cause, detail, began_at, ended_at)
select u.organization_id, u.station_id,
       (select e.id from stations_evse e where e.station_id = u.station_id and e.number = u.evse_number),
       gen_random_uuid(), u.id_token_id, u.driver_id, u.uid, '', u.door,
       case when u.refusal = '' then 'open' else 'failed' end,
       case when u.refusal = '' then 'authorized' else 'asked' end,
       case when u.refusal = '' then jsonb_build_object('asked', %(at)s::text, 'authorized', %(at)s::text)
            else jsonb_build_object('asked', %(at)s::text) end,
       case when u.refusal = '' then '' else 'authorization' end, left(u.refusal, 200), %(now)s,
       case when u.refusal <> '' then %(now)s end
  from unnest(%(organizations)s::bigint[], %(stations)s::bigint[], %(evses)s::bigint[],
              %(tokens)s::bigint[], %(drivers)s::bigint[], %(uids)s::text[], %(doors)s::text[],
              %(refusals)s::text[])
       as u(organization_id, station_id, evse_number, id_token_id, driver_id, uid, door, refusal)
 where u.uid <> ''
   and not exists (
     select 1 from stations_startattempt a
      where a.station_id = u.station_id and a.began_at > %(now)s - interval '2 minutes'
        and upper(a.token_uid) = upper(u.uid))
   and not exists (
     select 1 from stations_chargingsession s
      where s.station_id = u.station_id and s.status = 'active' and upper(s.token_uid) = upper(u.uid))
   and not exists (select 1 from stations_chargingsession p where p.start_token = upper(u.uid))
"""


def note_shown_tokens(batch: Batch, sightings: Sequence[Sighting], verdicts: Sequence[Any]) -> None:
    """Write these attempts: refused ones are over, accepted ones wait for their session."""
    stations = [sighting.station_id for sighting in sightings]
    facts = [sighting.fact for sighting in sightings]
    parameters = {
        "now": batch.now,
        "at": batch.now.isoformat(),
        "stations": stations,
        "organizations": [batch.stations[station_id].organization_id for station_id in stations],
        "evses": [fact.evse_number for fact in facts],
        "tokens": [verdict.id_token_id for verdict in verdicts],
        "drivers": [verdict.user_id for verdict in verdicts],
        "uids": [fact.uid[:255] for fact in facts],
        "doors": [door_of_token(fact.type, fact.uid) for fact in facts],
        "refusals": [_refusal(verdict.decision) for verdict in verdicts],
    }
    batch.line.execute(_NOTE, parameters)


def _refusal(decision: Decision) -> str:
    return "" if decision.status == "accepted" else decision.reason or decision.status
