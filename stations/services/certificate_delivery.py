"""The way of a signed certificate to its station: sent, taken or refused, sent again (2.0.1 A02, A03).

Whether it arrives stands on its command and nowhere else (`StationCertificate.undelivered`).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import transaction

from accounts.models import User
from accounts.services import note_action
from core.live import nudge
from stations.command_kinds import DeliverCertificate
from stations.models import ChargingStation, StationCertificate, StationCommand
from stations.services import commands
from stations.states import CERTIFICATE, sources

DELIVER_WITHIN: Final = timedelta(minutes=10)

Status = StationCertificate.Status


class NothingToSend(ValueError):
    """It has arrived, is on its way, was revoked, has ended, or a newer one has taken its place."""


def lock_station(station_id: int) -> ChargingStation:
    """Two connections of a station must not both find that nothing was signed or sent yet."""
    stations = ChargingStation.objects.select_related("organization")
    return stations.select_for_update(no_key=True, of=("self",)).get(pk=station_id)


def deliver(*, certificate: StationCertificate, request_number: int, actor: User | None = None) -> None:
    """Once: what has not left yet is taken back, what waits for its answer is not sent beside it."""
    former = certificate.command
    if former is not None and not commands.take_back(command=former):
        former.refresh_from_db()
        if former.status == StationCommand.Status.SENT:
            return
    kind = DeliverCertificate(chain=certificate.pem, use=certificate.use, request_number=request_number)
    certificate.command = commands.request(
        station=certificate.station, kind=kind, requested_by=actor, expires_in=DELIVER_WITHIN
    )
    certificate.save(update_fields=["command"])


@transaction.atomic
def send_again(*, certificate: StationCertificate, actor: User) -> None:
    """One that did not arrive, or was not taken, goes out once more. Raises NothingToSend."""
    station = lock_station(certificate.station_id)
    found = StationCertificate.objects.select_related("command", "station").get(pk=certificate.pk)
    if not found.can_be_sent_again or _has_newer(found):
        raise NothingToSend(found.serial_number)
    move(found, Status.ISSUED)
    former = found.command.params if found.command else {}
    deliver(certificate=found, request_number=former.get("request_number") or 0, actor=actor)
    note_action(
        actor=actor,
        organization=station.organization,
        action="certificate.send_again",
        subject=f"station.{station.pk}",
        changes={"serial_number": found.serial_number},
    )


def _has_newer(certificate: StationCertificate) -> bool:
    """The station keeps one key pair for each use: an older certificate would not fit it (A02.FR.02)."""
    same = StationCertificate.objects.filter(station=certificate.station_id, use=certificate.use)
    return same.filter(issued_at__gt=certificate.issued_at).exclude(status=Status.REVOKED).exists()


@transaction.atomic
def follow_answer(*, command: StationCommand) -> None:
    """The station took the certificate, or would not: say so on its row. Idempotent."""
    sent = StationCertificate.objects.filter(command=command).first()
    if sent is None:
        return
    if command.status == StationCommand.Status.ACCEPTED:
        mark_installed(certificate=sent)
    elif command.status in (StationCommand.Status.REJECTED, StationCommand.Status.FAILED):
        move(sent, Status.REFUSED)


@transaction.atomic
def mark_installed(*, certificate: StationCertificate) -> bool:
    """The station has it; the one before is a fallback until it ends (A02.FR.10)."""
    if not move(certificate, Status.INSTALLED):
        return False
    former = StationCertificate.objects.filter(
        station_id=certificate.station_id, use=certificate.use, status=Status.INSTALLED
    ).exclude(pk=certificate.pk)
    former.update(status=Status.REPLACED)
    return True


def move(certificate: StationCertificate, status: str, **fields: object) -> bool:
    """Into another state, where its present one allows that; whether it moved."""
    changed = StationCertificate.objects.filter(
        pk=certificate.pk, status__in=sources(CERTIFICATE, status)
    ).update(status=status, **fields)
    if changed:
        nudge(f"station.{certificate.station_id}", f"org.{certificate.organization_id}")
    return bool(changed)
