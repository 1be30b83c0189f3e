"""What differs from a template, for all chargers that it decides: one bulk command, each with its own part.

Rehearsed, given out at a pace and in stages, halted when too many fail, as every bulk command is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import note_action
from core import clock
from core.live import nudge
from stations.command_kinds import CommandKind, ReadVariables, WriteVariable
from stations.models import BulkCommand, BulkItem, ChargingStation, ConfigurationTemplate
from stations.selectors_configuration import drift_from
from stations.services.bulk import NobodyToAsk, stage_at, whole_stages
from stations.services.configuration import in_parts, waiting_to_be_written

LONGEST_NAME: Final = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The settings that one charger would get."""

    station: ChargingStation
    settings: Mapping[str, str]

    @property
    def commands(self) -> list[CommandKind]:
        """One for each setting, and a look at them afterwards."""
        writes = [WriteVariable(variable=name, value=value) for name, value in self.settings.items()]
        return [*writes, *(ReadVariables(names=names) for names in in_parts([*self.settings]))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """Who would get what, and how long it would take."""

    parts: Sequence[Part]
    minutes: float

    @property
    def settings(self) -> int:
        return sum(len(part.settings) for part in self.parts)

    @property
    def offline(self) -> int:
        return sum(not part.station.is_connected for part in self.parts)


def rehearse(*, template: ConfigurationTemplate, user: User, pace: int) -> Rehearsal:
    """Writes nothing."""
    parts = _parts(template, user)
    asked = sum(len(part.commands) for part in parts)
    return Rehearsal(parts=parts, minutes=round(max(0, asked - 1) / pace, 1))


@transaction.atomic
def begin(
    *,
    template: ConfigurationTemplate,
    user: User,
    name: str = "",
    pace_per_minute: int = 60,
    stages: Sequence[int] = (),
    halt_percent: int = 10,
    halt_after: int = 5,
    valid_for_s: int = 3600,
) -> BulkCommand:
    """Write down who gets what; the sweep begins to ask. Raises NobodyToAsk when nothing differs."""
    parts = _parts(template, user)
    if not parts:
        raise NobodyToAsk(_("There is nothing to send."))
    command = BulkCommand.objects.create(
        organization=template.organization,
        name=(name or template.name)[:LONGEST_NAME],
        kind=WriteVariable.name,
        selection={"template": template.name},
        pace_per_minute=pace_per_minute,
        stages=whole_stages(stages),
        halt_percent=halt_percent,
        halt_after=halt_after,
        valid_for_s=valid_for_s,
        requested_by=user,
        created_at=clock.now(),
    )
    BulkItem.objects.bulk_create(_items(command, parts), batch_size=1000)
    _note(template, command, user)
    return command


def _parts(template: ConfigurationTemplate, user: User) -> list[Part]:
    found = []
    for drifted in drift_from(template, user):
        waiting = waiting_to_be_written(drifted.station)
        sendable = [line for line in drifted.settings if line.can_be_sent and line.name not in waiting]
        if sendable:
            settings = {line.name: line.wanted or "" for line in sendable}
            found.append(Part(station=drifted.station, settings=settings))
    return sorted(found, key=lambda part: part.station.identity)


def _items(command: BulkCommand, parts: Sequence[Part]) -> Iterator[BulkItem]:
    """A charger's commands follow one another, all of them in its stage."""
    position = 0
    bounds = [math.ceil(len(parts) * percent / 100) for percent in command.stages]
    for number, part in enumerate(parts):
        for kind in part.commands:
            yield BulkItem(
                bulk=command,
                station=part.station,
                position=position,
                stage=stage_at(number, bounds),
                kind=kind.name,
                params=kind.to_params(),
            )
            position += 1


def _note(template: ConfigurationTemplate, command: BulkCommand, user: User) -> None:
    note_action(
        actor=user,
        organization=template.organization,
        action="template.send_to_all",
        subject=f"template.{template.pk}",
        changes={"name": template.name, "settings": template.settings, "bulk": command.pk},
    )
    nudge(f"bulk.{command.pk}", f"org.{command.organization_id}")
