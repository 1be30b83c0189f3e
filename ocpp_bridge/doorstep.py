"""Failed handshakes as an installer on site may see them (the port `stations.doorstep`)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db.models import Q

from ocpp_bridge.explain import advise
from ocpp_bridge.models import FailedHandshake
from ocpp_bridge.turned_away import CROWD
from stations.doorstep import FailedConnection
from stations.identities import is_near
from stations.models import ChargingStation

LOOKED_AT: Final = 500
SHOWN: Final = 20


def failed_connections(*, organization_id: int, identity: str, since: datetime) -> list[FailedConnection]:
    """Of this identity, and of strangers with nearly this one, newest first. Two queries.

    Another charger that is known by its own name is not meant, however alike the names are.
    """
    mine = Q(organization=organization_id) | Q(organization=None)
    recent = FailedHandshake.objects.filter(mine, last_at__gte=since).exclude(identity__in=("", CROWD))
    alike = [row for row in recent.order_by("-last_at")[:LOOKED_AT] if is_near(row.identity, identity)]
    known = set(
        ChargingStation.objects.filter(identity__in=[row.identity for row in alike])
        .exclude(identity=identity)
        .values_list("identity", flat=True)
    )
    return [_told(row, identity, since) for row in alike if row.identity not in known][:SHOWN]


def _told(row: FailedHandshake, identity: str, since: datetime) -> FailedConnection:
    is_same = row.identity == identity
    advice = advise(row.reason)
    attempts = [(datetime.fromisoformat(at), str(address) if is_same else "") for at, address in row.attempts]
    return FailedConnection(
        identity=row.identity,
        is_same=is_same,
        what=advice.what,
        todo=advice.todo,
        detail=row.detail,
        offered=row.offered,
        count=row.count,
        last_at=row.last_at,
        attempts=tuple(attempt for attempt in attempts if attempt[0] >= since),
    )
