"""Changing and removing what an operator has set up. Callers have checked permission."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import note_action
from core.live import nudge
from stations.models import ChargingStation, Evse, Location

R = TypeVar("R", Location, ChargingStation, Evse)
WORDS = {Location: "location", ChargingStation: "station", Evse: "evse"}


class StillNeeded(Exception):
    """Other rows (stations, sessions, records) need this one."""


@transaction.atomic
def change(*, row: R, actor: User | None, fields: Mapping[str, Any]) -> R:
    """Write these fields and who changed what."""
    changed = {name: value for name, value in fields.items() if getattr(row, name) != value}
    if not changed:
        return row
    before = {name: getattr(row, name) for name in changed}
    for name, value in changed.items():
        setattr(row, name, value)
    row.save(update_fields=list(changed))
    _note(row, actor, "change", {name: [str(before[name]), str(value)] for name, value in changed.items()})
    return row


@transaction.atomic
def remove(*, row: Location | ChargingStation, actor: User | None) -> None:
    """Take away what was never used. Raises StillNeeded."""
    if isinstance(row, ChargingStation) and row.last_seen_at is not None:
        raise StillNeeded(_("The station has been connected; reject it instead."))
    _note(row, actor, "remove", {"name": str(row)})
    try:
        row.delete()
    except ProtectedError as error:
        raise StillNeeded(_("Stations, sessions or records still need this.")) from error


def _note(
    row: Location | ChargingStation | Evse, actor: User | None, act: str, changes: dict[str, Any]
) -> None:
    word = WORDS[type(row)]
    subject = f"{word}.{row.pk}"
    note_action(
        actor=actor, organization=row.organization, action=f"{word}.{act}", subject=subject, changes=changes
    )
    nudge(subject, f"org.{row.organization_id}")
