"""One command for many stations: rehearsed, begun, given out at a pace, halted, resumed, canceled.

The table is the truth: a sweep gives out what is due, so that a lost worker costs only time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import ApiToken, Organization, User
from accounts.services import note_action
from core import clock
from core.live import nudge
from stations.command_kinds import CommandKind, read_kind
from stations.models import BulkCommand, BulkItem, ChargingStation, StationCommand
from stations.redaction import redacted
from stations.selectors_bulk import Progress, found_by, items_of, progress
from stations.services import asking, commands
from stations.services.translation import translator

Status = BulkCommand.Status
WHOLE: Final = 100
AT_ONCE: Final = 200
"""How many stations one sweep asks of a bulk command, whatever its pace."""
LONGEST_GAP_S: Final = 10
"""A pause longer than this is not made up for."""


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
    """Write the list of stations; the sweep begins to ask them. Raises NobodyToAsk."""
    found = list(_found(plan))
    if all(station.problem for station in found):
        raise NobodyToAsk(_("The filter finds no station that could be asked this."))
    command = BulkCommand.objects.create(
        organization=plan.organization,
        name=name,
        kind=plan.kind.name,
        params=plan.kind.to_params(),
        selection=dict(plan.selection),
        pace_per_minute=pace_per_minute,
        stages=_whole(stages),
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


def _whole(stages: Sequence[int]) -> list[int]:
    """Rising percentages that end with all."""
    rising = sorted({stage for stage in stages if 0 < stage < WHOLE})
    return [*rising, WHOLE]


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
            stage=next(n for n, bound in enumerate(bounds) if position < bound or n == len(bounds) - 1),
            outcome=BulkItem.Outcome.SKIPPED if station.problem else "",
            note=station.problem,
        )
        for position, station in enumerate([*asked, *left_out])
    ]


# --- giving out --------------------------------------------------------------------------------


def give_out_due() -> int:
    """Sweep: every running bulk command asks the stations that are due. Returns how many were asked."""
    running = BulkCommand.objects.filter(status=Status.RUNNING).order_by("pk")
    return sum(give_out(command_id=pk) for pk in running.values_list("pk", flat=True))


@transaction.atomic
def give_out(*, command_id: int) -> int:
    """Halt, end, enter the next stage, or ask the next stations. Returns how many were asked."""
    locked = BulkCommand.objects.select_for_update(skip_locked=True, of=("self",))
    command = locked.filter(pk=command_id, status=Status.RUNNING).first()
    if command is None:
        return 0
    so_far = progress(command)
    if _must_halt(command, so_far):
        _halt(command, so_far)
        return 0
    return _ask_next(command, clock.now())


def _must_halt(command: BulkCommand, so_far: Progress) -> bool:
    """Failures that were known when a person let it go on do not count again."""
    failed, ended = so_far.failed - command.forgiven, so_far.ended - command.forgiven
    return failed > 0 and ended >= command.halt_after and failed * WHOLE > command.halt_percent * ended


def _halt(command: BulkCommand, so_far: Progress) -> None:
    command.halt_reason = _("%(failed)s of %(ended)s stations failed.") % {
        "failed": so_far.failed,
        "ended": so_far.ended,
    }
    command.status = Status.HALTED
    command.save(update_fields=["status", "halt_reason"])
    _take_back(command)
    nudge(f"bulk.{command.pk}")


def _ask_next(command: BulkCommand, now: datetime) -> int:
    waiting = items_of(command).filter(state="waiting", stage__lte=command.stage)
    due = list(waiting[: _due(command, now)])
    for item in due:
        _ask(command, item)
    if due:
        BulkCommand.objects.filter(pk=command.pk).update(asked_at=_paid(command, len(due), now))
        nudge(f"bulk.{command.pk}")
    elif not waiting.exists():
        _end_stage(command, now)
    return len(due)


def _due(command: BulkCommand, now: datetime) -> int:
    """How many the pace allows since it last asked: one at once, and never a heap after a pause."""
    if command.asked_at is None:
        return 1
    passed_s = min((now - command.asked_at).total_seconds(), max(LONGEST_GAP_S, 60 / command.pace_per_minute))
    return max(0, min(AT_ONCE, int(passed_s * command.pace_per_minute / 60)))


def _paid(command: BulkCommand, asked: int, now: datetime) -> datetime:
    """What the pace has paid for; a rest that was too short for one more station is kept."""
    if command.asked_at is None:
        return now
    paid_until = command.asked_at + timedelta(seconds=60 * asked / command.pace_per_minute)
    return paid_until if now - paid_until < timedelta(seconds=LONGEST_GAP_S) else now


def _ask(command: BulkCommand, item: BulkItem) -> None:
    try:
        asked = asking.ask(
            station=item.station,
            kind=read_kind(command.kind, command.params),
            requested_by=command.requested_by,
            requested_with=command.requested_with,
            expires_in=timedelta(seconds=command.valid_for_s),
            bulk=command,
        )
    except asking.CannotBeAsked as refusal:  # another version than at the start
        skipped = {"outcome": BulkItem.Outcome.SKIPPED, "note": str(refusal)[:200]}
        BulkItem.objects.filter(pk=item.pk).update(**skipped)
        return
    BulkItem.objects.filter(pk=item.pk).update(command=asked)


def _end_stage(command: BulkCommand, now: datetime) -> None:
    """When all of the stage have ended: the next one, or the end."""
    so_far = progress(command, up_to_stage=command.stage)
    if so_far.under_way:
        return
    if command.stage < len(command.stages) - 1:
        BulkCommand.objects.filter(pk=command.pk).update(stage=command.stage + 1)
    else:
        BulkCommand.objects.filter(pk=command.pk).update(
            status=Status.COMPLETED, ended_at=now, params=redacted(command.params)
        )
    nudge(f"bulk.{command.pk}")


# --- steering ----------------------------------------------------------------------------------


@transaction.atomic
def cancel(*, command: BulkCommand, actor: User | None) -> bool:
    """Ask no more stations and take back what has not left; False when it is over already."""
    open_ones = BulkCommand.objects.filter(pk=command.pk, status__in=[Status.RUNNING, Status.HALTED])
    params = redacted(command.params)
    if not open_ones.update(status=Status.CANCELED, ended_at=clock.now(), params=params):
        return False
    _take_back(command)
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


@transaction.atomic
def settle_item(*, station: ChargingStation, kind: str, outcome: str, note: str = "") -> bool:
    """Work that goes on after the answer has moved (a firmware update): the station's latest item of this
    kind is now `outcome` (BulkItem.Outcome). False when it is in no bulk command."""
    item = BulkItem.objects.filter(station=station, bulk__kind=kind, command__isnull=False)
    latest = item.order_by("-pk").first()
    if latest is None:
        return False
    is_over = outcome != BulkItem.Outcome.UNDER_WAY
    latest.outcome, latest.note = outcome, note[:200]
    latest.ended_at = clock.now() if is_over else None
    latest.save(update_fields=["outcome", "note", "ended_at"])
    nudge(f"bulk.{latest.bulk_id}")
    return True


def _take_back(command: BulkCommand) -> None:
    """What has not left yet never will; its stations wait again, should it go on."""
    for queued in StationCommand.objects.filter(bulk=command, status="queued").select_for_update():
        if commands.take_back(command=queued):
            BulkItem.objects.filter(command=queued).update(command=None)


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
