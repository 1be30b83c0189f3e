"""Texts that stations show (2.0.1 O): what is on each, as the stations tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.db import transaction

from core import clock
from core.live import nudge
from stations.models import ChargingStation, DisplayMessage

_SAID: Final = (
    "priority",
    "state",
    "evse_number",
    "transaction_id",
    "language",
    "format",
    "content",
    "starts_at",
    "ends_at",
    "reported_at",
)


@transaction.atomic
def store_messages(*, station_id: int, messages: Iterable[Mapping[str, Any]]) -> int:
    """Keep these messages; keys as in DisplayMessage, the newest word wins. Returns how many."""
    station = ChargingStation.objects.get(pk=station_id)
    newest = {said["number"]: said for said in messages}
    DisplayMessage.objects.bulk_create(
        [
            DisplayMessage(
                organization_id=station.organization_id, station=station, reported_at=clock.now(), **said
            )
            for _, said in sorted(newest.items())
        ],
        update_conflicts=True,
        unique_fields=["station", "number"],
        update_fields=_SAID,
    )
    nudge(f"station.{station_id}")
    return len(newest)


def forget_message(*, station_id: int, number: int) -> bool:
    """The station shows this message no more. False when we did not know it."""
    gone, _ = DisplayMessage.objects.filter(station_id=station_id, number=number).delete()
    nudge(f"station.{station_id}")
    return bool(gone)
