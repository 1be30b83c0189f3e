"""Stations that came by themselves: held, adopted, turned away. And how an organization's door stands."""

from __future__ import annotations

import secrets
from typing import Final

from django.db import IntegrityError, transaction

from accounts.models import Organization, User
from accounts.services import note_action
from core import clock
from core.events import publish
from core.live import nudge
from stations.command_kinds import Trigger
from stations.events import StationAdopted
from stations.models import (
    ChargingStation,
    Circuit,
    DoorPolicy,
    Evse,
    HeldStation,
    Location,
    StationTemplate,
)
from stations.services import commands, connectivity, security
from stations.services.provisioning import EvsePlan, add_evse
from stations.services.secrets import hash_secret, new_password
from stations.states import HELD, sources

WAITING_AT_MOST: Final = 500
"""Held stations of one organization: who knows its onboarding password cannot fill the table."""

State = HeldStation.State


class NoRoom(RuntimeError):
    """Too many stations wait to be adopted."""


class TakenElsewhere(ValueError):
    """A station of another organization has this identity."""


class NotWaiting(ValueError):
    """The station was adopted by somebody else meanwhile."""


# --- at the door ---------------------------------------------------------------------------


@transaction.atomic
def hold(
    *, organization: Organization, identity: str, remote_address: str, secret_hash: str
) -> ChargingStation:
    """The pending row of a station that knows the onboarding password; made once, also in a storm.

    Raises NoRoom, TakenElsewhere.
    """
    if waiting_count(organization) >= WAITING_AT_MOST:
        raise NoRoom(identity)
    room = waiting_room(organization)
    ChargingStation.objects.bulk_create([_pending(room, identity, secret_hash)], ignore_conflicts=True)
    station = ChargingStation.objects.filter(organization=organization, identity=identity).first()
    if station is None:
        raise TakenElsewhere(identity)
    if station.location_id == room.pk:
        _let_wait(station, remote_address)
    return station


def _pending(room: Location, identity: str, secret_hash: str) -> ChargingStation:
    return ChargingStation(
        organization_id=room.organization_id,
        location=room,
        identity=identity,
        registration=ChargingStation.Registration.PENDING,
        secret_hash=secret_hash,
    )


def _let_wait(station: ChargingStation, remote_address: str) -> None:
    _, is_new = HeldStation.objects.get_or_create(
        station=station,
        defaults={"organization_id": station.organization_id, "remote_address": remote_address},
    )
    if is_new:
        _tell(station.organization_id, station.pk)


def waiting_count(organization: Organization) -> int:
    return HeldStation.objects.filter(organization=organization, state=State.WAITING).count()


def waiting_room(organization: Organization) -> Location:
    """Where held stations stand until they have a place: a row that no page of places shows."""
    known = Location.objects.filter(organization=organization, is_waiting_room=True).first()
    if known is not None:
        return known
    try:
        with transaction.atomic():
            return Location.objects.create(
                organization=organization,
                name="Waiting to be adopted",
                slug=f"{organization.slug[:60]}-waiting-{secrets.token_hex(4)}",
                latitude=0,
                longitude=0,
                is_public=False,
                is_waiting_room=True,
            )
    except IntegrityError:
        return Location.objects.get(organization=organization, is_waiting_room=True)


# --- the operator decides ------------------------------------------------------------------


@transaction.atomic
def adopt(
    *,
    station: ChargingStation,
    location: Location,
    template: StationTemplate | None = None,
    name: str = "",
    actor: User | None = None,
) -> None:
    """One of ours from now on: a place, EVSEs by the template, a password of its own, a boot to hear it.

    Raises NotWaiting.
    """
    _decide(station, State.ADOPTED, actor)
    ChargingStation.objects.filter(pk=station.pk).update(
        location=location, name=name, registration=ChargingStation.Registration.ACCEPTED
    )
    station.refresh_from_db()
    if template is not None:
        fill_in(station=station, template=template)
    Evse.objects.filter(station=station, circuit=None).update(circuit=_grid(location))
    publish(
        StationAdopted(
            station_id=station.pk,
            organization_id=station.organization_id,
            at=clock.now(),
            tariff_id=template.tariff_id if template else None,
        )
    )
    commands.request(station=station, kind=Trigger(message="boot"), requested_by=actor)
    security.change_password(station=station, actor=actor)
    _note(station, actor, "station.adopt")


def _grid(location: Location) -> Circuit | None:
    return location.circuits.filter(parent=None).first()


def fill_in(*, station: ChargingStation, template: StationTemplate) -> None:
    """The EVSEs of the template; those that the station told of itself get its limits."""
    plan = EvsePlan(
        standards=(template.standard,),
        current_type=template.current_type,
        phases=template.phases,
        max_power_w=template.max_power_w,
        max_current_a=template.max_current_a,
        has_cable=template.has_cable,
    )
    told = station.evses.filter(number__lte=template.evse_count)
    told.update(
        current_type=plan.current_type,
        phases=plan.phases,
        max_power_w=plan.max_power_w,
        max_current_a=plan.max_current_a,
    )
    numbers = set(told.values_list("number", flat=True))
    for number in set(range(1, template.evse_count + 1)) - numbers:
        add_evse(station=station, number=number, plan=plan)


@transaction.atomic
def reject(*, station: ChargingStation, actor: User | None = None) -> None:
    """Not ours: it is turned away at the door until somebody lets it wait again. Raises NotWaiting."""
    _decide(station, State.REJECTED, actor)
    ChargingStation.objects.filter(pk=station.pk).update(registration=ChargingStation.Registration.REJECTED)
    commands.withdraw_all(station=station)
    connectivity.send_away(station_id=station.pk)
    _note(station, actor, "station.reject")


@transaction.atomic
def reconsider(*, station: ChargingStation, actor: User | None = None) -> None:
    """It may wait again. Raises NotWaiting."""
    changed = HeldStation.objects.filter(pk=station.pk, state__in=sources(HELD, State.WAITING)).update(
        state=State.WAITING, decided_at=None, decided_by=None
    )
    if not changed:
        raise NotWaiting(station.identity)
    ChargingStation.objects.filter(pk=station.pk).update(registration=ChargingStation.Registration.PENDING)
    _note(station, actor, "station.reconsider")


def _decide(station: ChargingStation, state: str, actor: User | None) -> None:
    changed = HeldStation.objects.filter(pk=station.pk, state__in=sources(HELD, state)).update(
        state=state, decided_at=clock.now(), decided_by=actor
    )
    if not changed:
        raise NotWaiting(station.identity)


def _note(station: ChargingStation, actor: User | None, action: str) -> None:
    note_action(
        actor=actor, organization=station.organization, action=action, subject=f"station.{station.pk}"
    )
    _tell(station.organization_id, station.pk)


def _tell(organization_id: int, station_id: int) -> None:
    nudge(f"door.{organization_id}", f"org.{organization_id}", f"station.{station_id}")


# --- how the door stands -------------------------------------------------------------------


@transaction.atomic
def set_policy(
    *,
    organization: Organization,
    strangers: str,
    allows_unsecured: bool = False,
    certificate_organization: str = "",
    is_new_password: bool = False,
    actor: User | None = None,
) -> str:
    """Change the policy. A new onboarding password, when one was made, is returned and shown only now."""
    policy, _ = DoorPolicy.objects.select_for_update().get_or_create(organization=organization)
    policy.strangers = strangers
    policy.allows_unsecured = allows_unsecured
    policy.certificate_organization = certificate_organization
    needs_one = strangers == DoorPolicy.Strangers.HOLD and not policy.onboarding_hash
    password = new_password() if is_new_password or needs_one else ""
    if password:
        policy.onboarding_hash = hash_secret(password)
    policy.save()
    note_action(
        actor=actor,
        organization=organization,
        action="door.set",
        subject=f"organization.{organization.pk}",
        changes={"strangers": strangers, "allows_unsecured": allows_unsecured},
    )
    return password
