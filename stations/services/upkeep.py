"""Asking a station to install firmware or to hand in its logs: the link and the command together."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from accounts.models import User
from stations.command_kinds import CommandKind, UpdateFirmware, UploadLog
from stations.models import ChargingStation, FileLink, StationCommand, StoredFile
from stations.services import commands, files

FILE: Final = "file:"
TRIES: Final = 3
BETWEEN_TRIES_S: Final = 60
UNKNOWN_ANSWERS: Final = ("NotImplemented", "NotSupported")


class UnknownFile(ValueError):
    """The station's organization has no such image."""


class WrongOrganization(ValueError):
    """The file is not of the station's organization."""


@transaction.atomic
def install_firmware(
    *,
    file: StoredFile,
    station: ChargingStation,
    actor: User | None = None,
    retrieve_at: datetime | None = None,
    install_at: datetime | None = None,
) -> StationCommand:
    """Have the station fetch and install an image; signed when the image is. Raises WrongOrganization."""
    if file.organization_id != station.organization_id:
        raise WrongOrganization(file.name)
    link, url = files.offer(file=file, station=station, actor=actor)
    kind = UpdateFirmware(
        url=url,
        retrieve_at=_text(retrieve_at),
        install_at=_text(install_at),
        signature=file.signature,
        signing_certificate=file.certificate if file.signature else "",
        retries=TRIES,
        retry_interval_s=BETWEEN_TRIES_S,
    )
    command = commands.request(station=station, kind=kind, requested_by=actor)
    files.belongs_to(link=link, command=command)
    return command


@transaction.atomic
def collect_logs(
    *,
    station: ChargingStation,
    log: str = "diagnostics",
    actor: User | None = None,
    since: timedelta | None = None,
    is_plain: bool | None = None,
) -> StationCommand:
    """Have the station hand in a log ("diagnostics" or "security"), at a link of its own.

    `is_plain` None: 1.6's older request when the station has refused the newer one before.
    """
    link, url = files.await_file(station=station, actor=actor)
    kind = UploadLog(
        url=url,
        log=log,
        from_at=_text(link.created_at - since if since else None),
        retries=TRIES,
        retry_interval_s=BETWEEN_TRIES_S,
        is_plain=_knows_no_get_log(station) if is_plain is None else is_plain,
    )
    command = commands.request(station=station, kind=kind, requested_by=actor)
    files.belongs_to(link=link, command=command)
    return command


def with_link(
    *, kind: CommandKind, station: ChargingStation, actor: User | None
) -> tuple[CommandKind, FileLink | None]:
    """The command with a link of this station's own, where its address begins with "file:".

    "file:<id of the file>" offers that image, "file:" alone awaits a log; so one command can be given to many
    stations. Any other address stays. Raises UnknownFile.
    """
    if isinstance(kind, UploadLog) and kind.url == FILE:
        link, url = files.await_file(station=station, actor=actor)
        return replace(kind, url=url), link
    if not isinstance(kind, UpdateFirmware) or not kind.url.startswith(FILE):
        return kind, None
    file = _image(station, kind.url.removeprefix(FILE))
    link, url = files.offer(file=file, station=station, actor=actor)
    certificate = file.certificate if file.signature else ""
    return replace(kind, url=url, signature=file.signature, signing_certificate=certificate), link


def _image(station: ChargingStation, file_id: str) -> StoredFile:
    own = StoredFile.objects.filter(organization_id=station.organization_id, kind=StoredFile.Kind.FIRMWARE)
    try:
        return own.get(file_id=UUID(file_id))
    except (ValueError, StoredFile.DoesNotExist) as error:
        raise UnknownFile(file_id) from error


def _knows_no_get_log(station: ChargingStation) -> bool:
    asked = station.commands.filter(kind=UploadLog.name, params__is_plain=False)
    latest = asked.exclude(answered_at=None).order_by("-pk").first()
    return latest is not None and latest.answer_word in UNKNOWN_ANSWERS


def _text(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at else ""
