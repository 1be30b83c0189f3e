"""Files that go to stations and come from them, over HTTP(S) with one-time links. FTP is not served.

An operator uploads firmware; `offer` makes the address from which one station fetches it. `await_file`
makes the address at which one station hands in its logs (1.6 GetDiagnostics and GetLog, 2.0.1 N01).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from accounts.models import Organization, User
from accounts.services import note_action
from core import clock, links
from core.live import nudge
from stations.models import ChargingStation, FileLink, StationCommand, StoredFile
from stations.services import file_store
from stations.services.signatures import check_signature

LINK_KIND: Final = "station-file"
LINK_LASTS: Final = timedelta(days=1)
LONGEST_LINK: Final = timedelta(days=60)
NAME_CHARS: Final = 200


class WrongHash(ValueError):
    """The upload is not the file that the given SHA-256 belongs to."""


class LinkSpent(ValueError):
    """The link was altered, has expired, or has been used."""


class FileInUse(ValueError):
    """A station may still fetch this file."""


# --- firmware --------------------------------------------------------------------------------


def keep_firmware(
    *,
    organization: Organization,
    name: str,
    chunks: Iterable[bytes],
    version: str,
    vendor: str = "",
    model: str = "",
    sha256: str = "",
    signature: str = "",
    certificate: str = "",
    actor: User | None = None,
) -> StoredFile:
    """Keep an image. `sha256` and `signature`, when given, must fit it.

    Raises file_store.TooLarge, file_store.Empty, WrongHash, signatures.BadSignature.
    """
    written = file_store.write("firmware", chunks, limit_bytes=settings.FIRMWARE_MAX_BYTES)
    try:
        _judge(written, sha256, signature, certificate)
        fields = {"version": version, "vendor": vendor, "model": model, "uploaded_by": actor}
        signed = {"signature": "".join(signature.split()), "certificate": certificate.strip()}
        return _keep(organization, StoredFile.Kind.FIRMWARE, name, written, actor, **fields, **signed)
    except Exception:
        file_store.remove(written.stored_as)
        raise


def _judge(written: file_store.Written, sha256: str, signature: str, certificate: str) -> None:
    if sha256 and sha256.strip().lower() != written.sha256:
        raise WrongHash(written.sha256)
    if signature:
        check_signature(sha256=written.sha256, signature=signature, certificate=certificate)


@transaction.atomic
def _keep(
    organization: Organization,
    kind: str,
    name: str,
    written: file_store.Written,
    actor: User | None,
    **fields: Any,
) -> StoredFile:
    file = StoredFile.objects.create(
        organization=organization, kind=kind, name=_tame(name), **written._asdict(), **fields
    )
    _note(file, actor, f"file.keep_{kind}")
    return file


def _tame(name: str) -> str:
    """The last part of what a station or browser calls the file; printable, or a plain word."""
    last = name.replace("\\", "/").rpartition("/")[2].strip()
    return "".join(char for char in last if char.isprintable())[:NAME_CHARS] or "file"


@transaction.atomic
def discard(*, file: StoredFile, actor: User | None = None) -> None:
    """Remove a file from table and disk. Raises FileInUse while a link to it is open."""
    if file.links.filter(used_at=None, expires_at__gt=clock.now()).exists():
        raise FileInUse(file.name)
    _note(file, actor, "file.discard")
    stored_as = file.stored_as
    StoredFile.objects.filter(pk=file.pk).delete()
    transaction.on_commit(lambda: file_store.remove(stored_as))


# --- links -----------------------------------------------------------------------------------


@transaction.atomic
def offer(
    *,
    file: StoredFile,
    station: ChargingStation,
    lasts: timedelta = LINK_LASTS,
    actor: User | None = None,
    command: StationCommand | None = None,
) -> tuple[FileLink, str]:
    """A one-time address from which this station fetches the file, and its row."""
    link = _link(station, FileLink.Purpose.FETCH, lasts, actor, command, file=file)
    return link, address_of(link)


@transaction.atomic
def await_file(
    *,
    station: ChargingStation,
    lasts: timedelta = LINK_LASTS,
    actor: User | None = None,
    command: StationCommand | None = None,
) -> tuple[FileLink, str]:
    """A one-time address at which this station hands in a file, and its row."""
    link = _link(station, FileLink.Purpose.HAND_IN, lasts, actor, command)
    return link, address_of(link)


def belongs_to(*, link: FileLink, command: StationCommand) -> None:
    """The command that tells the station of the link, when it is made after it."""
    FileLink.objects.filter(pk=link.pk).update(command=command)


def _link(
    station: ChargingStation,
    purpose: str,
    lasts: timedelta,
    actor: User | None,
    command: StationCommand | None,
    **fields: Any,
) -> FileLink:
    now = clock.now()
    return FileLink.objects.create(
        organization_id=station.organization_id,
        station=station,
        purpose=purpose,
        created_by=actor,
        command=command,
        created_at=now,
        expires_at=now + min(lasts, LONGEST_LINK),
        **fields,
    )


def address_of(link: FileLink) -> str:
    """The whole URL. A file's name stands at its end: some stations judge an image by its suffix."""
    token = links.sign(LINK_KIND, str(link.pk))
    step = "out" if link.purpose == FileLink.Purpose.FETCH else "in"
    name = quote(link.file.name.replace(" ", "_")) if link.file else ""
    return f"{settings.FILES_URL.rstrip('/')}/files/{step}/{token}/{name}"


def is_signed_by_us(token: str) -> bool:
    """Whether a token could open a link; asks no table (the limit of a body hangs on it)."""
    try:
        return bool(links.open_link(LINK_KIND, token, max_age=LONGEST_LINK))
    except links.BadLink:
        return False


def open_link(token: str, purpose: str) -> FileLink:
    """The link, when it can still be used. Raises LinkSpent."""
    try:
        key = links.open_link(LINK_KIND, token, max_age=LONGEST_LINK)
    except links.BadLink as error:
        raise LinkSpent(str(error)) from error
    usable = FileLink.objects.filter(purpose=purpose, used_at=None, expires_at__gt=clock.now())
    link = usable.select_related("file", "station__organization").filter(pk=key).first()
    if link is None:
        raise LinkSpent("This link has been used or has expired.")
    return link


def begin_fetch(*, link: FileLink) -> None:
    FileLink.objects.filter(pk=link.pk, opened_at=None).update(opened_at=clock.now())


def finish_fetch(link_id: int) -> None:
    """The last byte has left: the link is of no use any more."""
    if FileLink.objects.filter(pk=link_id, used_at=None).update(used_at=clock.now()):
        link = FileLink.objects.get(pk=link_id)
        nudge(f"station.{link.station_id}", f"files.{link.organization_id}")


def receive(*, link: FileLink, name: str, chunks: Iterable[bytes]) -> StoredFile:
    """What a station hands in, streamed to disk. Raises LinkSpent, file_store.TooLarge, file_store.Empty."""
    written = file_store.write("logs", chunks, limit_bytes=settings.LOGS_MAX_BYTES)
    try:
        return _settle(link, name or f"{link.station.identity}.log", written)
    except Exception:
        file_store.remove(written.stored_as)
        raise


@transaction.atomic
def _settle(link: FileLink, name: str, written: file_store.Written) -> StoredFile:
    """Of two uploads to one link the first one counts."""
    now = clock.now()
    unused = FileLink.objects.filter(pk=link.pk, used_at=None)
    if not unused.update(used_at=now, opened_at=now):
        raise LinkSpent("This link has been used.")
    station = link.station
    file = _keep(station.organization, StoredFile.Kind.LOGS, name, written, None, station=station)
    FileLink.objects.filter(pk=link.pk).update(file=file)
    return file


# --- sweeps ----------------------------------------------------------------------------------


def forget_old() -> int:
    """Logs older than LOGS_KEPT_DAYS, links long over, and files without a row. Returns how many files."""
    now = clock.now()
    old = now - timedelta(days=settings.LOGS_KEPT_DAYS)
    logs = list(StoredFile.objects.filter(kind=StoredFile.Kind.LOGS, created_at__lt=old))
    for file in logs:
        file_store.remove(file.stored_as)
    StoredFile.objects.filter(pk__in=[file.pk for file in logs]).delete()
    FileLink.objects.filter(Q(expires_at__lt=old) | Q(used_at__lt=old)).delete()
    strays = file_store.strays(set(StoredFile.objects.values_list("stored_as", flat=True)))
    for stored_as in strays:
        file_store.remove(stored_as)
    return len(logs) + len(strays)


def _note(file: StoredFile, actor: User | None, action: str) -> None:
    note_action(
        actor=actor,
        organization=file.organization,
        action=action,
        subject=f"file.{file.pk}",
        changes={"name": file.name, "sha256": file.sha256, "station": file.station_id},
    )
    topics = [f"files.{file.organization_id}"]
    nudge(*topics, *([f"station.{file.station_id}"] if file.station_id else []))
