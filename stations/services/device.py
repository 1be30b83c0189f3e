"""What a station tells about its own settings: DeviceVariable rows, the newest word wins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from core import clock
from stations.models import ChargingStation, DeviceVariable

KEY: Final = (
    "component",
    "component_instance",
    "variable",
    "instance",
    "evse_number",
    "connector_number",
    "attribute",
)
KEPT: Final = ("mutability", "characteristics")
"""What is not said in every report; where it is empty, the known one stands."""
_DEFAULTS: Final[dict[str, Any]] = {
    "component": "",
    "component_instance": "",
    "instance": "",
    "evse_number": 0,
    "connector_number": 0,
    "attribute": "Actual",
    "value": "",
    "mutability": "",
    "characteristics": {},
}
_LENGTHS: Final = {
    "component": 50,
    "component_instance": 50,
    "variable": 50,
    "instance": 50,
    "attribute": 10,
    "mutability": 12,
}


@transaction.atomic
def store_variables(*, station_id: int, variables: Iterable[Mapping[str, Any]]) -> int:
    """Keep these settings; keys as in DeviceVariable, only `variable` is required. Returns how many.

    Empty characteristics or mutability mean "not said" and leave the known ones.
    """
    station = ChargingStation.objects.get(pk=station_id)
    cleaned = map(_clean, variables)
    newest = {tuple(said[name] for name in KEY): said for said in cleaned}
    ordered = [newest[key] for key in sorted(newest)]
    for told in {_told(said) for said in ordered}:
        _upsert(station, [said for said in ordered if _told(said) == told], told)
    return len(newest)


@transaction.atomic
def forget_unmentioned(*, station_id: int, since: datetime) -> int:
    """A complete inventory did not mention these settings: the station has them no more."""
    gone = DeviceVariable.objects.filter(station_id=station_id, reported_at__lt=since)
    return gone.delete()[0]


def _told(said: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(name for name in KEPT if said[name])


def _clean(said: Mapping[str, Any]) -> dict[str, Any]:
    full = {**_DEFAULTS, **said}
    return {
        name: value[: _LENGTHS[name]] if name in _LENGTHS else value
        for name, value in full.items()
        if name in _DEFAULTS or name == "variable"
    }


def _upsert(station: ChargingStation, said: list[dict[str, Any]], more: Iterable[str]) -> None:
    now = clock.now()
    DeviceVariable.objects.bulk_create(
        [
            DeviceVariable(
                organization_id=station.organization_id, station=station, reported_at=now, **fields
            )
            for fields in said
        ],
        update_conflicts=True,
        unique_fields=["station", *KEY],
        update_fields=["value", "reported_at", *more],
    )
