"""What an operator does to tariffs; each act leaves an audit entry under the tariff's public id."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from accounts.models import User
from accounts.services import note_action
from core import clock
from payments.models import RuleOverride, Tariff, TariffAssignment
from payments.rating.plain import says_the_same
from payments.services import tariffs
from payments.services.group_desk import note_group
from payments.services.pricing import as_rated

SHAPE: Final = ("elements", "min_price", "max_price", "tax_included")


class Overtaken(ValueError):
    """Somebody else changed it meanwhile."""


@transaction.atomic
def make(*, actor: User, **fields: Any) -> Tariff:
    """A new tariff. Raises InvalidTariff."""
    made = tariffs.create_tariff(**fields)
    _note(actor, made, "tariff.create", {"version": made.version, "name": made.name})
    return made


@transaction.atomic
def change(*, actor: User, tariff: Tariff, **fields: Any) -> Tariff:
    """The version itself while nobody was priced by it, else the next one; if anything differs.

    Raises InvalidTariff; Overtaken when it is not the newest, or not as it was read.
    """
    changed = _changed(tariff, fields)
    if not changed:
        return tariff
    revised = _rewritten(tariff, changed) or tariffs.revise_tariff(tariff=tariff, **changed)
    if revised.version not in (tariff.version, tariff.version + 1):
        raise Overtaken
    before = {name: getattr(tariff, name) for name in changed}
    told = {"version": revised.version, "before": before, "after": changed}
    _note(actor, revised, "tariff.change", told)
    return revised


def _rewritten(tariff: Tariff, changed: Mapping[str, Any]) -> Tariff | None:
    if not tariffs.rewrite_tariff(tariff=tariff, **changed):
        if not Tariff.objects.filter(pk=tariff.pk, created_at=tariff.created_at).exists():
            raise Overtaken
        return None
    return Tariff.objects.select_related("organization").get(pk=tariff.pk)


def _changed(tariff: Tariff, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that differ; prices that are only written otherwise do not. Raises InvalidTariff."""
    shape = {name: getattr(tariff, name) for name in ("currency", *SHAPE)}
    wanted = Tariff(organization=tariff.organization, **{**shape, **fields})
    same = SHAPE if says_the_same(as_rated(wanted), as_rated(tariff)) else ()
    return {
        name: value for name, value in fields.items() if name not in same and getattr(tariff, name) != value
    }


@transaction.atomic
def override_rule(*, actor: User, tariff: Tariff, rule: str, reason: str) -> RuleOverride:
    """An owner says that a rule does not bind this version; the newest reason stands."""
    made, _is_new = RuleOverride.objects.update_or_create(
        tariff=tariff,
        rule=rule,
        defaults={
            "organization": tariff.organization,
            "reason": reason,
            "by": actor,
            "at": clock.now(),
        },
    )
    told = {"version": tariff.version, "rule": rule, "reason": reason}
    _note(actor, tariff, "tariff.override", told)
    return made


@transaction.atomic
def withdraw_override(*, actor: User, tariff: Tariff, rule: str) -> bool:
    """The rule binds again. False when it was never overridden."""
    gone, _rows = RuleOverride.objects.filter(tariff=tariff, rule=rule).delete()
    if gone:
        _note(actor, tariff, "tariff.override_end", {"version": tariff.version, "rule": rule})
    return bool(gone)


@transaction.atomic
def put_to_work(
    *, actor: User, tariff: Tariff, starts_at: datetime | None = None, **place: Any
) -> TariffAssignment:
    """It holds in the scope from then on (`tariffs.assign_tariff`). Raises TariffConflict."""
    made = tariffs.assign_tariff(tariff=tariff, starts_at=starts_at, **place)
    _note(actor, tariff, "tariff.assign", _told(made))
    return made


@transaction.atomic
def take_over(*, actor: User, tariff: Tariff, starts_at: datetime | None = None) -> int:
    """Wherever an older version holds without an end, this one holds from then on. Raises TariffConflict."""
    start = starts_at or clock.now()
    older = tariffs.open_assignments(tariff).exclude(tariff=tariff).filter(during__startswith__lt=start)
    found = list(older.select_related("group", "location", "station", "evse"))
    for one in found:
        place = {name: getattr(one, name) for name in ("group", "location", "station", "evse")}
        put_to_work(actor=actor, tariff=tariff, starts_at=start, **place)
    return len(found)


@transaction.atomic
def end(*, actor: User, assignment: TariffAssignment) -> None:
    """A planned one is canceled, and what it would have ended goes on; a running one ends now."""
    told = _told(assignment)
    if not tariffs.end_assignment(assignment=assignment, at=clock.now()):
        return
    if assignment.tariff is not None:
        _note(actor, assignment.tariff, "tariff.end", told)
    elif assignment.group is not None:
        note_group(actor=actor, group=assignment.group, action="group.free_end", changes=told)


def _told(one: TariffAssignment) -> dict[str, Any]:
    told = {"where": str(one.place or one.organization), "from": one.during.lower.isoformat()}
    version = {"version": one.tariff.version} if one.tariff else {}
    return {**version, **told, **({"group": one.group.name} if one.group else {})}


def _note(actor: User, tariff: Tariff, action: str, changes: Mapping[str, Any]) -> None:
    note_action(
        actor=actor,
        organization=tariff.organization,
        action=action,
        subject=subject_of(tariff),
        changes=dict(changes),
    )


def subject_of(tariff: Tariff) -> str:
    """What the audit log calls a tariff, all of its versions."""
    return f"tariff.{tariff.public_id}"
