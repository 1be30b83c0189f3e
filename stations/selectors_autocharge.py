"""Which cars a driver may let be recognized: those that she has charged herself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Exists, OuterRef

from accounts.models import IdToken, User
from core import clock
from stations.models import ChargingSession, StartAttempt
from stations.vehicles import grouped

SEEN_WITHIN: Final = timedelta(days=30)
FOLLOWED_WITHIN: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An address that a car told where the driver then charged."""

    token: IdToken
    seen_at: datetime
    place: str

    @property
    def address(self) -> str:
        return grouped(self.token.uid)


def candidates(user: User) -> list[Candidate]:
    """Addresses of nobody's car, told shortly before this driver's own charge there, the latest first."""
    own = ChargingSession.objects.filter(
        driver=user,
        station=OuterRef("station"),
        started_at__gte=OuterRef("began_at"),
        started_at__lte=OuterRef("began_at") + FOLLOWED_WITHIN,
    )
    told = StartAttempt.objects.filter(
        Exists(own), door=StartAttempt.Door.AUTOCHARGE, began_at__gte=clock.now() - SEEN_WITHIN
    )
    found: dict[str, Candidate] = {}
    for attempt in told.select_related("station__location").order_by("-began_at"):
        token = _stranger(attempt.token_uid)
        if token is not None and token.uid not in found:
            place = attempt.station.location.name
            found[token.uid] = Candidate(token=token, seen_at=attempt.began_at, place=place)
    return list(found.values())


def _stranger(address: str) -> IdToken | None:
    return IdToken.objects.filter(
        type=IdToken.Type.VEHICLE, uid__iexact=address, status=IdToken.Status.INVALID, user=None
    ).first()
