"""Reports that nothing could be done with: kept for the operator, answered all the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import orjson

from stations.services.recording.batch import Batch, Sighting

_KEEP: Final = """
insert into stations_strayreport (organization_id, station_id, at, reason, body)
select u.organization_id, u.station_id, %(now)s, %(reason)s::text, u.body
  from unnest(%(organizations)s::bigint[], %(stations)s::bigint[], %(bodies)s::jsonb[])
    as u(organization_id, station_id, body)
 where not exists (select 1 from stations_strayreport k
                    where k.station_id = u.station_id and k.reason = %(reason)s::text and k.body = u.body)
"""


def keep_aside(batch: Batch, sightings: Sequence[Sighting], reason: str) -> None:
    """Keep these facts as they came, once each."""
    stations = [sighting.station_id for sighting in sightings]
    parameters = {
        "now": batch.now,
        "reason": reason,
        "stations": stations,
        "organizations": [batch.stations[station_id].organization_id for station_id in stations],
        "bodies": [_body(sighting) for sighting in sightings],
    }
    batch.line.execute(_KEEP, parameters)


def _body(sighting: Sighting) -> str:
    name = type(sighting.fact).__name__
    return orjson.dumps({"fact": name, "said": sighting.fact}).decode()
