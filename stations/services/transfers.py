"""Firmware on its way to stations and logs on their way to us: what was asked, how it went."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.db import transaction

from core import clock
from core.events import publish
from core.live import nudge
from stations.command_kinds import UpdateFirmware, UploadLog
from stations.events import TransferEnded
from stations.models import ChargingStation, StationCommand, StationTransfer

KIND_OF_COMMAND: Final = {UpdateFirmware.name: "firmware", UploadLog.name: "log"}
OPEN: Final = ("requested", "running")
UNDONE: Final = ("rejected", "failed", "expired")
HISTORY_LENGTH: Final = 100


def open_transfer(*, command: StationCommand) -> StationTransfer | None:
    """The record of what this command sets going; None when it moves no file."""
    kind = KIND_OF_COMMAND.get(command.kind)
    if kind is None:
        return None
    return StationTransfer.objects.create(
        organization_id=command.organization_id,
        station_id=command.station_id,
        kind=kind,
        command=command,
        request_number=command.params.get("request_number"),
        url=str(command.params.get("url", ""))[:2000],
        requested_at=command.created_at,
        status_at=command.created_at,
    )


@transaction.atomic
def follow_command(*, command: StationCommand) -> None:
    """The station will not do it, or was never asked."""
    if command.kind not in KIND_OF_COMMAND or command.status not in UNDONE:
        return
    transfer = StationTransfer.objects.select_for_update().filter(command=command).first()
    if transfer is not None and transfer.status in OPEN:
        _note(transfer, status="failed", word=command.answer_word or command.status)


@transaction.atomic
def follow_answer(
    *, station_id: int, kind: str, request_number: int | None, file_name: str = "", word_of_former: str = ""
) -> None:
    """The station will do it: under which name, and whether it gave up the one before for it.

    With `word_of_former` all that were under way before are canceled, in that word.
    """
    transfer = _find(station_id, kind, request_number)
    if transfer is None:
        return
    if file_name:
        StationTransfer.objects.filter(pk=transfer.pk).update(file_name=file_name[:255])
    former = StationTransfer.objects.select_for_update().filter(
        station_id=station_id, kind=kind, status__in=OPEN, pk__lt=transfer.pk
    )
    for given_up in former if word_of_former else ():
        _note(given_up, status="canceled", word=word_of_former)


@transaction.atomic
def record_transfer(
    *,
    station_id: int,
    kind: str,
    status: str,
    word: str,
    request_number: int | None = None,
    info: str = "",
) -> StationTransfer | None:
    """What a station says about a transfer; the same word again changes nothing.

    `kind`: firmware or log. `status`: as StationTransfer has it, or empty when nothing is under way.
    """
    known = _find(station_id, kind, request_number)
    if not status or (known is not None and known.word == word and known.info == info[:512]):
        return known
    if known is None or (request_number is None and known.status not in OPEN):
        known = _begin_unasked(station_id, kind, request_number)
    return _note(known, status=status, word=word, info=info)


def _find(station_id: int, kind: str, request_number: int | None) -> StationTransfer | None:
    """The transfer of that number; without a number the newest."""
    found = StationTransfer.objects.select_for_update().filter(station_id=station_id, kind=kind)
    if request_number is not None:
        found = found.filter(request_number=request_number)
    return found.order_by("-pk").first()


def _begin_unasked(station_id: int, kind: str, request_number: int | None) -> StationTransfer:
    station = ChargingStation.objects.get(pk=station_id)
    return StationTransfer.objects.create(
        organization_id=station.organization_id,
        station=station,
        kind=kind,
        request_number=request_number,
        requested_at=clock.now(),
    )


def _note(transfer: StationTransfer, *, status: str, word: str, info: str = "") -> StationTransfer:
    now = clock.now()
    was = transfer.status
    transfer.status, transfer.word, transfer.info = status, word[:40], info[:512]
    transfer.status_at, transfer.ended_at = now, None if status in OPEN else now
    transfer.history = [*transfer.history, _entry(word, now)][-HISTORY_LENGTH:]
    transfer.save(update_fields=["status", "word", "info", "status_at", "ended_at", "history"])
    if status not in OPEN and status != was:
        publish(_ended(transfer, now))
    nudge(f"station.{transfer.station_id}", f"org.{transfer.organization_id}")
    return transfer


def _entry(word: str, at: datetime) -> dict[str, Any]:
    return {"at": at.isoformat(), "word": word[:40]}


def _ended(transfer: StationTransfer, at: datetime) -> TransferEnded:
    return TransferEnded(
        station_id=transfer.station_id,
        organization_id=transfer.organization_id,
        at=at,
        transfer_id=transfer.pk,
        kind=transfer.kind,
        status=transfer.status,
        word=transfer.word,
        command_id=transfer.command_id,
    )
