"""A station's password and security profile: changed over OCPP, and only ever upwards (2.0.1 A01, A05).

A new password is derived and not stored: the command's row holds a nonce until it is answered, and
the server's key makes the password of it at the moment of sending. The table keeps hashes only.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import F

from accounts.models import User
from accounts.services import note_action
from core.live import nudge
from stations.command_kinds import WriteVariable
from stations.models import ChargingStation, StationCommand
from stations.services import commands
from stations.services.secrets import PASSWORD_BYTES, hash_secret

HIGHEST_PROFILE: Final = 3
PASSWORD: Final = "password"
PATIENCE: Final = timedelta(days=1)
GIVEN_UP: Final = (
    StationCommand.Status.REJECTED,
    StationCommand.Status.FAILED,
    StationCommand.Status.EXPIRED,
)


class NoDowngrade(ValueError):
    """A security profile is never lowered over OCPP (A00.FR.005, A05.FR.07)."""


class NotAwaited(RuntimeError):
    """The command's password is not the one that is on its way to the station."""


def derive_password(*, station_id: int, nonce: str) -> str:
    """The password that a ChangePassword command stands for: 128 bits as 32 hex digits."""
    key = settings.STATION_SECRET_KEY.encode()
    text = f"station password {station_id} {nonce}".encode()
    return hmac.new(key, text, hashlib.sha256).hexdigest()[: 2 * PASSWORD_BYTES]


@transaction.atomic
def change_password(*, station: ChargingStation, actor: User | None = None) -> StationCommand:
    """Give the station a new password; the old one holds until the station has taken the new one."""
    nonce = secrets.token_hex(8)
    next_hash = hash_secret(derive_password(station_id=station.pk, nonce=nonce))
    ChargingStation.objects.filter(pk=station.pk).update(next_secret_hash=next_hash)
    _note(station, actor, "station.change_password")
    kind = WriteVariable(variable=PASSWORD, value="", secret_nonce=nonce)
    return commands.request(station=station, kind=kind, requested_by=actor, expires_in=PATIENCE)


def unseal(*, station_id: int, kind: WriteVariable, ocpp_version: str) -> WriteVariable:
    """The command as it is sent, with the version's own name of the password and the password.

    Raises NotAwaited: a password that we would not accept must not reach the station.
    """
    variable = "AuthorizationKey" if ocpp_version == "1.6" else "SecurityCtrlr.BasicAuthPassword"
    password = derive_password(station_id=station_id, nonce=kind.secret_nonce)
    awaited = ChargingStation.objects.filter(pk=station_id, next_secret_hash=hash_secret(password))
    if not awaited.exists():
        raise NotAwaited("A newer password is on its way.")
    return WriteVariable(variable=variable, value=password)


@transaction.atomic
def follow_answer(*, command: StationCommand) -> None:
    """Accepted: only the new password holds. Refused: only the old one. No answer: both. Idempotent."""
    nonce = str(command.params.get("secret_nonce", ""))
    if not nonce:
        return
    next_hash = hash_secret(derive_password(station_id=command.station_id, nonce=nonce))
    asked = ChargingStation.objects.filter(pk=command.station_id, next_secret_hash=next_hash)
    if command.status == StationCommand.Status.ACCEPTED:
        asked.update(secret_hash=next_hash, next_secret_hash="")
    elif command.status in GIVEN_UP:
        asked.update(next_secret_hash="")
    else:
        return
    forgotten = {**command.params, "secret_nonce": ""}
    StationCommand.objects.filter(pk=command.pk).update(params=forgotten)


def password_arrived(*, station: ChargingStation) -> None:
    """The station has come with its new password: the old one ends."""
    ChargingStation.objects.filter(pk=station.pk).exclude(next_secret_hash="").update(
        secret_hash=F("next_secret_hash"), next_secret_hash=""
    )


# --- profiles ------------------------------------------------------------------------------


@transaction.atomic
def upgrade_profile(*, station: ChargingStation, profile: int, actor: User | None = None) -> None:
    """Expect the station with a higher profile; the lower one ends when it has come with it.

    Raises NoDowngrade.
    """
    if not station.security_profile < profile <= HIGHEST_PROFILE:
        raise NoDowngrade(f"{station.security_profile} to {profile}")
    ChargingStation.objects.filter(pk=station.pk).update(next_security_profile=profile)
    _note(station, actor, "station.upgrade_profile", profile=profile)


def profile_arrived(*, station: ChargingStation) -> None:
    """The station has come with the profile that was asked of it: nothing less holds from now on."""
    ChargingStation.objects.filter(pk=station.pk, next_security_profile__isnull=False).update(
        security_profile=F("next_security_profile"), next_security_profile=None
    )


@transaction.atomic
def allow_expired_certificate(*, station: ChargingStation, actor: User | None = None) -> None:
    """For once it may come with an expired certificate, pending, so that it can be renewed."""
    ChargingStation.objects.filter(pk=station.pk).update(accepts_expired_certificate=True)
    _note(station, actor, "station.allow_expired_certificate")


def _note(station: ChargingStation, actor: User | None, action: str, **changes: int) -> None:
    note_action(
        actor=actor,
        organization=station.organization,
        action=action,
        subject=f"station.{station.pk}",
        changes=changes,
    )
    nudge(f"station.{station.pk}", f"org.{station.organization_id}")
