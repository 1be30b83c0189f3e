"""Who is expected from another system, and who has come."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import F
from django.db.models.functions import Coalesce

from core import clock
from core.live import nudge
from stations.models import Arrival, ChargingStation


def expect(stations: Iterable[ChargingStation]) -> None:
    """These stations shall come from another system. Idempotent; who has come stays so."""
    rows = [Arrival(station=one, organization_id=one.organization_id) for one in stations]
    Arrival.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """A station has come: with what, and by which address (`path_alias_id` None: by our own)."""

    station: ChargingStation
    ocpp_version: str
    showed: str
    remote_address: str
    dialed: str = ""
    path_alias_id: int | None = None


def note(came: Sequence[Came]) -> None:
    """Who was expected has come. By a foreign address one belongs to them, also unannounced.

    Two queries for any number of those who are not moving in.
    """
    foreign = [one.station for one in came if one.path_alias_id is not None]
    if foreign:
        expect(foreign)
    if not came:
        return
    moving = Arrival.objects.filter(pk__in=[one.station.pk for one in came])
    expected = set(moving.values_list("pk", flat=True))
    for one in came:
        if one.station.pk in expected:
            _note(one)


def _note(came: Came) -> None:
    now = clock.now()
    Arrival.objects.filter(pk=came.station.pk).update(
        arrived_at=Coalesce(F("arrived_at"), now),
        last_at=now,
        path_alias_id=came.path_alias_id,
        dialed=came.dialed[:200],
        ocpp_version=came.ocpp_version,
        showed=came.showed,
        remote_address=came.remote_address,
    )
    nudge(f"door.{came.station.organization_id}")
