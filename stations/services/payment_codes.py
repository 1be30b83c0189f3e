"""The QR code on a station's display whose password changes by the minute (OCPP 2.1 part 2, C25).

An operator turns it on: station and server share a new secret from then on. Whoever scans the code comes to
the address in `PATH`, and is let on to pay only with a password that the secret explains.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import transaction

from accounts.models import User
from accounts.services import note_action
from core import clock
from core.live import nudge
from stations.command_kinds import ShowPaymentCode, TellWebPayment
from stations.models import ChargingStation, Evse, PaymentCode, StationCommand
from stations.one_time_codes import VERSION, Recipe, is_valid
from stations.services import asking, commands
from stations.services.sealing import CannotOpen, opened, shown_and_sealed
from stations.services.translation import translator

PATH: Final = "/q/{chargingstationid}/{evse}/{totp}/{version}/"
"""Of `scheduling:scan`; the places are the station's to fill in (C25.FR.50 to 52)."""
LENGTH: Final = 8
VALIDITY_S: Final = 30
SECRET_BYTES: Final = 32
PATIENCE: Final = timedelta(days=1)


class NotValid(Exception):
    """No station of ours shows this code now (C25.FR.08)."""


def can_show(station: ChargingStation) -> bool:
    """Whether the station's version has such codes; of one that never came nobody knows."""
    return ShowPaymentCode.name in translator().kinds(station.ocpp_version)


@transaction.atomic
def turn_on(*, station: ChargingStation, actor: User | None = None) -> PaymentCode:
    """Share a new secret and have the code shown; an earlier secret ends. Raises asking.CannotBeAsked."""
    code = _locked(station)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    kind = ShowPaymentCode(
        url_template=settings.PUBLIC_URL.rstrip("/") + PATH,
        shared_secret=secret,
        length=LENGTH,
        validity_s=VALIDITY_S,
    )
    _shown, code.sealed = shown_and_sealed({"shared_secret": secret})
    code.is_on, code.length, code.validity_s = True, kind.length, kind.validity_s
    return _ask(code, kind, actor)


@transaction.atomic
def turn_off(*, station: ChargingStation, actor: User | None = None) -> PaymentCode:
    """Have it shown no more. What is scanned leads nowhere at once. Raises asking.CannotBeAsked."""
    code = _locked(station)
    code.is_on, code.sealed = False, ""
    return _ask(code, ShowPaymentCode(is_on=False), actor)


def _locked(station: ChargingStation) -> PaymentCode:
    """Two operators at once: the later one's secret is both here and at the station."""
    organization = {"organization_id": station.organization_id}
    PaymentCode.objects.get_or_create(station=station, defaults=organization)
    return PaymentCode.objects.select_for_update().get(station=station)


def _ask(code: PaymentCode, kind: ShowPaymentCode, actor: User | None) -> PaymentCode:
    station = code.station
    code.command = asking.ask(station=station, kind=kind, requested_by=actor, expires_in=PATIENCE)
    code.asked_at = code.command.created_at
    code.save()
    note_action(
        actor=actor,
        organization=station.organization,
        action="station.payment_code",
        subject=f"station.{station.pk}",
        changes={"is_on": code.is_on},
    )
    nudge(f"station.{station.pk}", f"org.{station.organization_id}")
    return code


# --- what is scanned -------------------------------------------------------------------------


def find_scanned(*, identity: str, evse_number: int, password: str, version: str) -> Evse:
    """The EVSE whose display shows this code now (C25.FR.07, FR.09). Raises NotValid."""
    if "\0" in identity or version != VERSION:
        raise NotValid
    shown = Evse.objects.select_related("station__payment_code").filter(station__payment_code__is_on=True)
    evse = shown.filter(station__identity=identity, number=evse_number).first()
    if evse is None or not is_valid(password, _recipe(evse.station.payment_code), clock.now()):
        raise NotValid
    return evse


def _recipe(code: PaymentCode) -> Recipe:
    try:
        secret = str(opened({}, code.sealed)["shared_secret"])
    except CannotOpen as error:
        raise NotValid from error
    return Recipe(secret=secret, validity_s=code.validity_s, length=code.length)


def tell_scanned(*, evse: Evse, timeout: timedelta) -> StationCommand | None:
    """Have the station keep the EVSE for whoever pays now (C25.FR.21); once, however often it is opened."""
    station = evse.station
    if not station.is_connected or TellWebPayment.name not in translator().kinds(station.ocpp_version):
        return None
    since = clock.now() - timedelta(seconds=station.payment_code.validity_s)
    told = StationCommand.objects.filter(
        station=station, kind=TellWebPayment.name, params__evse_number=evse.number, created_at__gt=since
    )
    if told.exists():
        return None
    kind = TellWebPayment(evse_number=evse.number, timeout_s=int(timeout.total_seconds()))
    return commands.request(station=station, kind=kind)
