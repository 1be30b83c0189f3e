"""Giving out a bulk command: as the pace allows, stage by stage, halted when too many fail."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from core import clock
from core.live import nudge
from stations.command_kinds import CommandKind, read_kind
from stations.models import BulkCommand, BulkItem, StationCommand
from stations.selectors_bulk import FOLLOWED, Progress, items_of, progress
from stations.services import asking, commands, files, fitting
from stations.services.sealing import CannotOpen, opened

Status = BulkCommand.Status
WHOLE: Final = 100
AT_ONCE: Final = 200
"""How many stations one sweep asks of a bulk command, whatever its pace."""
TOLD_WITHIN: Final = timedelta(hours=6)
NOT_TO_BE_ASKED: Final = (asking.CannotBeAsked, fitting.NoSuchFile, CannotOpen)
"""Also a station that speaks another version than at the start."""
LONGEST_GAP_S: Final = 10
"""A pause longer than this is not made up for."""


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
    now = clock.now()
    _give_up_silent(command, now)
    so_far = progress(command)
    if _must_halt(command, so_far):
        _halt(command, so_far)
        return 0
    return _ask_next(command, now)


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
    take_back(command)
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
    valid_for = timedelta(seconds=command.valid_for_s)
    try:
        kind, link = fitting.fit(
            kind=_kind(command, item),
            station=item.station,
            lasts=valid_for,
            actor=command.requested_by,
        )
        asked = asking.ask(
            station=item.station,
            kind=kind,
            requested_by=command.requested_by,
            requested_with=command.requested_with,
            expires_in=valid_for,
            bulk=command,
        )
    except NOT_TO_BE_ASKED as refusal:
        skipped = {"outcome": BulkItem.Outcome.SKIPPED, "note": str(refusal)[:200]}
        BulkItem.objects.filter(pk=item.pk).update(**skipped)
        return
    BulkItem.objects.filter(pk=item.pk).update(command=asked)
    if link is not None:
        files.belongs_to(link=link, command=asked)


def _kind(command: BulkCommand, item: BulkItem) -> CommandKind:
    """The same for all, or this item's own."""
    if item.kind:
        return read_kind(item.kind, item.params)
    return read_kind(command.kind, opened(command.params, command.sealed))


def _end_stage(command: BulkCommand, now: datetime) -> None:
    """When all of the stage have ended: the next one, or the end."""
    so_far = progress(command, up_to_stage=command.stage)
    if so_far.under_way:
        return
    if command.stage < len(command.stages) - 1:
        BulkCommand.objects.filter(pk=command.pk).update(stage=command.stage + 1)
    else:
        BulkCommand.objects.filter(pk=command.pk).update(status=Status.COMPLETED, ended_at=now, sealed="")
    nudge(f"bulk.{command.pk}")


@transaction.atomic
def settle_item(*, command_id: int, outcome: str, note: str = "") -> bool:
    """Work that went on after this command's answer (a firmware update) has ended: `outcome` is one of
    BulkItem.Outcome. False when the command belongs to no bulk command."""
    item = BulkItem.objects.select_for_update().filter(command=command_id).first()
    if item is None:
        return False
    item.outcome, item.note, item.ended_at = outcome, note[:200], clock.now()
    item.save(update_fields=["outcome", "note", "ended_at"])
    nudge(f"bulk.{item.bulk_id}")
    return True


def _give_up_silent(command: BulkCommand, now: datetime) -> None:
    """A station that never tells how it ended must not hold the others up."""
    if command.kind not in FOLLOWED:
        return
    silent = BulkItem.objects.filter(
        bulk=command, outcome="", command__status="accepted", command__answered_at__lt=now - TOLD_WITHIN
    )
    note = _("The charger did not tell how it ended.")
    silent.update(outcome=BulkItem.Outcome.FAILED, note=note, ended_at=now)


def take_back(command: BulkCommand) -> None:
    """What has not left yet never will; its stations wait again, should it go on."""
    for queued in StationCommand.objects.filter(bulk=command, status="queued").select_for_update():
        if commands.take_back(command=queued):
            BulkItem.objects.filter(command=queued).update(command=None)
