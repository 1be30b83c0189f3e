"""All settings of a charger, asked for by ourselves: when it is accepted first, and when it has changed.

Not at each boot: a full report is hundreds of lines, and a station that boots often would do little else.
"""

from __future__ import annotations

from typing import Final

from django.db import transaction

from accounts.models import User
from stations.command_kinds import CommandKind, ReadReport, ReadVariables
from stations.models import ChargingStation, StationCommand
from stations.services import commands
from stations.services.translation import translator

LONGEST: Final = 240


@transaction.atomic
def take_inventory(*, station_id: int) -> StationCommand | None:
    """Ask once for each make, firmware and protocol version of an accepted station; None: nothing is new."""
    station = ChargingStation.objects.get(pk=station_id)
    made_of = _made_of(station)
    unknown = ChargingStation.objects.filter(
        pk=station_id, registration=ChargingStation.Registration.ACCEPTED
    ).exclude(inventory_of=made_of)
    return ask_all(station=station) if unknown.update(inventory_of=made_of) else None


def ask_all(*, station: ChargingStation, actor: User | None = None) -> StationCommand:
    """Every setting, in the words of its version: a full report in parts (2.0.1 B07), else its keys."""
    full: CommandKind = ReadReport(base="full")
    can_report = not translator().judge(version=station.ocpp_version, kind=full).problems
    return commands.request(station=station, kind=full if can_report else ReadVariables(), requested_by=actor)


def _made_of(station: ChargingStation) -> str:
    parts = (station.ocpp_version, station.vendor, station.model, station.serial, station.firmware)
    return "|".join(parts)[:LONGEST]
