"""Configuration templates, and sending what differs from them as ordinary commands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Final

from django.db import IntegrityError, transaction

from accounts.models import Organization, User
from accounts.services import note_action
from core import clock
from stations.command_kinds import ReadVariables, WriteVariable
from stations.models import ChargingStation, ConfigurationTemplate, StationCommand
from stations.selectors_configuration import settings_of, template_for
from stations.services import commands

VALID_FOR: Final = timedelta(days=1)
"""A charger that is offline now gets its settings when it is back."""
NAMES_AT_ONCE: Final = 20


class NameTaken(ValueError):
    """Another template of the organization has this name."""


class NoTemplate(ValueError):
    """No template fits this charger."""


@transaction.atomic
def save_template(
    *,
    organization: Organization,
    name: str,
    settings: Mapping[str, str],
    vendor: str = "",
    model: str = "",
    ocpp_version: str = "",
    template: ConfigurationTemplate | None = None,
    actor: User | None = None,
) -> ConfigurationTemplate:
    """Make a template, or change `template`. Raises NameTaken."""
    saved = template or ConfigurationTemplate(organization=organization)
    saved.name, saved.settings = name, dict(settings)
    saved.vendor, saved.model, saved.ocpp_version = vendor, model, ocpp_version
    saved.changed_by, saved.changed_at = actor, clock.now()
    try:
        with transaction.atomic():
            saved.save()
    except IntegrityError as error:
        raise NameTaken(name) from error
    _note(saved, actor, "template.save")
    return saved


@transaction.atomic
def remove_template(*, template: ConfigurationTemplate, actor: User | None = None) -> None:
    """Nothing is wanted any more; what chargers have stays."""
    _note(template, actor, "template.remove")
    template.delete()


@transaction.atomic
def send_differences(*, station: ChargingStation, actor: User | None = None) -> list[StationCommand]:
    """One command for each setting that differs and can be written, and a look at them afterwards.

    What waits to be sent already is not asked twice. Returns the writing ones. Raises NoTemplate.
    """
    template = template_for(station)
    if template is None:
        raise NoTemplate(station.identity)
    waiting = waiting_to_be_written(station)
    wanted = {line.name: line.wanted or "" for line in settings_of(station, template) if line.can_be_sent}
    sent = [_write(station, name, value, actor) for name, value in wanted.items() if name not in waiting]
    for names in in_parts([command.params["variable"] for command in sent]):
        look = ReadVariables(names=names)
        commands.request(station=station, kind=look, requested_by=actor, expires_in=VALID_FOR)
    return sent


def waiting_to_be_written(station: ChargingStation) -> set[str]:
    """The settings that are on their way to it already."""
    queued = station.commands.filter(kind=WriteVariable.name, status=StationCommand.Status.QUEUED)
    return {str(params.get("variable")) for params in queued.values_list("params", flat=True)}


def in_parts(names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """As many names as a station can be asked for at once."""
    for start in range(0, len(names), NAMES_AT_ONCE):
        yield tuple(names[start : start + NAMES_AT_ONCE])


def _write(station: ChargingStation, name: str, value: str, actor: User | None) -> StationCommand:
    kind = WriteVariable(variable=name, value=value)
    return commands.request(station=station, kind=kind, requested_by=actor, expires_in=VALID_FOR)


def _note(template: ConfigurationTemplate, actor: User | None, action: str) -> None:
    note_action(
        actor=actor,
        organization=template.organization,
        action=action,
        subject=f"template.{template.pk}",
        changes={"name": template.name, "settings": template.settings},
    )
