"""A command for many, made to fit one station: every station gets a file link of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final
from uuid import UUID

from accounts.models import Organization, User
from stations.command_kinds import CommandKind, UpdateFirmware, UploadLog
from stations.models import ChargingStation, FileLink, StoredFile
from stations.services import files

STORED: Final = "file:"
"""`url` of a firmware update for many: "file:" and the id of a stored image, instead of an address."""


class NoSuchFile(ValueError):
    """The organization has no firmware of this id."""


def check(*, kind: CommandKind, organization: Organization) -> None:
    """Raises NoSuchFile."""
    if isinstance(kind, UpdateFirmware) and kind.url.startswith(STORED):
        stored(kind.url, organization)


def stored(url: str, organization: Organization) -> StoredFile:
    """The firmware that "file:…" names. Raises NoSuchFile."""
    images = StoredFile.objects.filter(organization=organization, kind=StoredFile.Kind.FIRMWARE)
    try:
        return images.get(file_id=UUID(url.removeprefix(STORED)))
    except (ValueError, StoredFile.DoesNotExist) as error:
        raise NoSuchFile(url) from error


def fit(
    *, kind: CommandKind, station: ChargingStation, lasts: timedelta, actor: User | None
) -> tuple[CommandKind, FileLink | None]:
    """The command for this station, and the link that was made for it. Raises NoSuchFile."""
    if isinstance(kind, UpdateFirmware) and kind.url.startswith(STORED):
        image = stored(kind.url, station.organization)
        link, url = files.offer(file=image, station=station, lasts=lasts + files.LINK_LASTS, actor=actor)
        certificate = image.certificate if image.is_signed else ""
        return replace(kind, url=url, signature=image.signature, signing_certificate=certificate), link
    if isinstance(kind, UploadLog) and kind.url == STORED:
        link, url = files.await_file(station=station, lasts=lasts + files.LINK_LASTS, actor=actor)
        return replace(kind, url=url), link
    return kind, None
