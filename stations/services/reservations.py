"""What stations tell about reservations that they were told of; the bookings themselves lie above."""

from __future__ import annotations

from django.db import transaction

from core import clock
from core.events import publish
from stations.events import ReservationReleased
from stations.models import ChargingStation


@transaction.atomic
def release(*, station_id: int, reservation_number: int, cause: str) -> None:
    """The station keeps its EVSE no more. `cause`: expired, removed or unused."""
    station = ChargingStation.objects.get(pk=station_id)
    publish(
        ReservationReleased(
            station_id=station.pk,
            organization_id=station.organization_id,
            at=clock.now(),
            reservation_number=reservation_number,
            cause=cause,
        )
    )
