"""Monitors on a station's variables, and what they saw (2.0.1 N)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from django.db import transaction

from core import clock
from core.live import nudge
from stations.causes import mrec_of
from stations.models import ChargingStation, DeviceEvent, VariableMonitor
from stations.services.attempts import explain_late

KEEP_FOR: Final = timedelta(days=90)
_SAID_OF_MONITOR: Final = (
    "component",
    "component_instance",
    "variable",
    "instance",
    "evse_number",
    "connector_number",
    "kind",
    "value",
    "severity",
    "is_transactional",
    "origin",
)


@transaction.atomic
def store_monitors(*, station_id: int, monitors: Iterable[Mapping[str, Any]]) -> int:
    """Keep these monitors; keys as in VariableMonitor, the newest word wins. Returns how many."""
    station = ChargingStation.objects.get(pk=station_id)
    newest = {said["number"]: said for said in monitors}
    VariableMonitor.objects.bulk_create(
        [
            VariableMonitor(
                organization_id=station.organization_id, station=station, reported_at=clock.now(), **said
            )
            for _, said in sorted(newest.items())
        ],
        update_conflicts=True,
        unique_fields=["station", "number"],
        update_fields=[*_SAID_OF_MONITOR, "reported_at"],
    )
    nudge(f"station.{station_id}")
    return len(newest)


def forget_monitors(*, station_id: int, numbers: Sequence[int]) -> int:
    """The station cleared these monitors, or has no such ones. Returns how many we knew."""
    known = VariableMonitor.objects.filter(station_id=station_id, number__in=numbers)
    return known.delete()[0]


@transaction.atomic
def record_events(*, station_id: int, events: Iterable[Mapping[str, Any]]) -> int:
    """Write down what happened; keys as in DeviceEvent. A repeated one changes nothing. How many came."""
    station = ChargingStation.objects.get(pk=station_id)
    rows = [
        DeviceEvent(organization_id=station.organization_id, station=station, received_at=clock.now(), **said)
        for said in events
    ]
    DeviceEvent.objects.bulk_create(rows, ignore_conflicts=True)
    for row in rows:
        code = mrec_of(row.tech_code, row.tech_info, row.value)
        if code and not row.is_cleared:
            explain_late(station_id=station_id, evse_number=row.evse_number, code=code)
    nudge(f"station.{station_id}")
    return len(rows)


def forget_old_events() -> int:
    """Sweep: events of long ago. Returns how many went."""
    return DeviceEvent.objects.filter(received_at__lt=clock.now() - KEEP_FOR).delete()[0]
