"""One command for many stations: rehearsed, begun, given out at a pace, halted, resumed, canceled.

The table is the truth: a sweep gives out what is due, so that a lost worker costs only time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import ApiToken, Organization, User
from accounts.services import note_action
from core import clock
from core.live import nudge
from stations.command_kinds import CommandKind
from stations.models import BulkCommand, BulkItem
from stations.selectors_bulk import found_by, progress
from stations.services import fitting
from stations.services.bulk_giving import take_back
from stations.services.sealing import shown_and_sealed
from stations.services.translation import translator

Status = BulkCommand.Status
WHOLE: Final = 100


class NobodyToAsk(ValueError):
    """The filter finds no station that could be asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What shall be asked of whom. `selection` holds filters of the list of stations."""

    user: User
    organization: Organization
    kind: CommandKind
    selection: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A station of a plan; `problem` says why it is left out."""

    id: int
    station: str
    ocpp_version: str
    is_connected: bool
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    would_ask: int
    would_skip: int
    offline: int
    minutes: float
    stations: list[Found]


# --- before ------------------------------------------------------------------------------------


def rehearse(*, plan: Plan, pace: int) -> DryRun:
    """Who would be asked. Writes nothing."""
    found = list(_found(plan))
    asked = [station for station in found if not station.problem]
    return DryRun(
        would_ask=len(asked),
        would_skip=len(found) - len(asked),
        offline=sum(not station.is_connected for station in asked),
        minutes=round(max(0, len(asked) - 1) / pace, 1),
        stations=found,
    )


@transaction.atomic
def begin(
    *,
    plan: Plan,
    name: str = "",
    pace_per_minute: int = 60,
    stages: Sequence[int] = (),
    halt_percent: int = 10,
    halt_after: int = 5,
    valid_for_s: int = 3600,
    requested_with: ApiToken | None = None,
) -> BulkCommand:
    """Write the list of stations; the sweep begins to ask them. Raises NobodyToAsk, fitting.NoSuchFile."""
    fitting.check(kind=plan.kind, organization=plan.organization)
    found = list(_found(plan))
    if all(station.problem for station in found):
        raise NobodyToAsk(_("The filter finds no station that could be asked this."))
    shown, sealed = shown_and_sealed(plan.kind.to_params())
    command = BulkCommand.objects.create(
        organization=plan.organization,
        name=name,
        kind=plan.kind.name,
        params=shown,
        sealed=sealed,
        selection=dict(plan.selection),
        pace_per_minute=pace_per_minute,
        stages=whole_stages(stages),
        halt_percent=halt_percent,
        halt_after=halt_after,
        valid_for_s=valid_for_s,
        requested_by=plan.user,
        requested_with=requested_with,
        created_at=clock.now(),
    )
    BulkItem.objects.bulk_create(_items(command, found), batch_size=1000)
    _note(command, plan.user, "bulk.begin")
    return command


def _found(plan: Plan) -> Iterator[Found]:
    verdicts: dict[str, str] = {}
    stations = found_by(plan.user, plan.selection).filter(organization=plan.organization)
    for station in stations.only("pk", "identity", "ocpp_version", "is_connected"):
        version = station.ocpp_version
        if version not in verdicts:
            verdicts[version] = "; ".join(translator().judge(version=version, kind=plan.kind).problems)
        yield Found(
            id=station.pk,
            station=station.identity,
            ocpp_version=version,
            is_connected=station.is_connected,
            problem=verdicts[version][:200],
        )


def whole_stages(stages: Sequence[int]) -> list[int]:
    """Rising percentages that end with all."""
    rising = sorted({stage for stage in stages if 0 < stage < WHOLE})
    return [*rising, WHOLE]


def stage_at(position: int, bounds: Sequence[int]) -> int:
    """The first stage whose bound lies above; whoever lies above all comes last."""
    return next(n for n, bound in enumerate(bounds) if position < bound or n == len(bounds) - 1)


def _items(command: BulkCommand, found: Sequence[Found]) -> list[BulkItem]:
    """One per station, each in its stage; those that are left out come last."""
    asked = [station for station in found if not station.problem]
    left_out = [station for station in found if station.problem]
    bounds = [math.ceil(len(asked) * percent / WHOLE) for percent in command.stages]
    return [
        BulkItem(
            bulk=command,
            station_id=station.id,
            position=position,
            stage=stage_at(position, bounds),
            outcome=BulkItem.Outcome.SKIPPED if station.problem else "",
            note=station.problem,
        )
        for position, station in enumerate([*asked, *left_out])
    ]


# --- steering ----------------------------------------------------------------------------------


@transaction.atomic
def cancel(*, command: BulkCommand, actor: User | None) -> bool:
    """Ask no more stations and take back what has not left; False when it is over already."""
    open_ones = BulkCommand.objects.filter(pk=command.pk, status__in=[Status.RUNNING, Status.HALTED])
    if not open_ones.update(status=Status.CANCELED, ended_at=clock.now(), sealed=""):
        return False
    take_back(command)
    _note(command, actor, "bulk.cancel")
    return True


@transaction.atomic
def resume(*, command: BulkCommand, actor: User | None) -> bool:
    """Go on after a halt; the failures so far are forgiven. False when it is not halted."""
    halted = BulkCommand.objects.filter(pk=command.pk, status=Status.HALTED)
    if not halted.update(status=Status.RUNNING, halt_reason="", forgiven=progress(command).failed):
        return False
    _note(command, actor, "bulk.resume")
    return True


def _note(command: BulkCommand, actor: User | None, action: str) -> None:
    changes: dict[str, Any] = {"kind": command.kind, "filter": command.selection}
    note_action(
        actor=actor,
        organization=command.organization,
        action=action,
        subject=f"bulk.{command.pk}",
        changes=changes,
    )
    nudge(f"bulk.{command.pk}", f"org.{command.organization_id}")
