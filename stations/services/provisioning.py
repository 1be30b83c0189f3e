"""Places and hardware, as an operator sets them up. Callers have checked permission."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction

from accounts.models import Organization, User
from accounts.services import note_action
from core.live import nudge
from stations.models import ChargingStation, Circuit, Connector, Evse, Location
from stations.services.hardware import make_evse
from stations.services.secrets import hash_secret, new_password


class IdentityTaken(ValueError):
    """Another station has this identity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvsePlan:
    """An EVSE to be made, with one connector per standard."""

    standards: Sequence[str] = (Connector.Standard.TYPE_2,)
    name: str = ""
    current_type: str = Evse.Current.AC
    phases: int = 3
    max_power_w: int = 22_000
    max_current_a: int = 32
    has_cable: bool = False
    circuit: Circuit | None = None


@transaction.atomic
def create_location(
    *,
    organization: Organization,
    name: str,
    slug: str,
    latitude: Decimal,
    longitude: Decimal,
    actor: User | None = None,
    grid_limit_a: int | None = None,
    **fields: Any,
) -> Location:
    """A place; with `grid_limit_a`, also its grid connection as the root circuit."""
    location = Location.objects.create(
        organization=organization, name=name, slug=slug, latitude=latitude, longitude=longitude, **fields
    )
    if grid_limit_a is not None:
        Circuit.objects.create(
            organization=organization, location=location, name="Grid connection", limit_a=grid_limit_a
        )
    note_action(
        actor=actor, organization=organization, action="location.create", subject=f"location.{location.pk}"
    )
    return location


@transaction.atomic
def create_station(
    *,
    location: Location,
    identity: str,
    evses: Sequence[EvsePlan],
    name: str = "",
    actor: User | None = None,
    password: str | None = None,
) -> tuple[ChargingStation, str]:
    """A station with its EVSEs (numbered from 1), and its password, which is shown only now.

    Raises IdentityTaken.
    """
    password = password or new_password()
    station = _make_station(location, identity, name, password)
    for number, plan in enumerate(evses, start=1):
        add_evse(station=station, number=number, plan=plan)
    _note(station, actor, "station.create")
    return station, password


def _make_station(location: Location, identity: str, name: str, password: str) -> ChargingStation:
    try:
        with transaction.atomic():
            return ChargingStation.objects.create(
                organization_id=location.organization_id,
                location=location,
                identity=identity,
                name=name,
                secret_hash=hash_secret(password),
            )
    except IntegrityError as error:
        raise IdentityTaken(identity) from error


@transaction.atomic
def add_evse(*, station: ChargingStation, number: int, plan: EvsePlan) -> Evse:
    """An EVSE with its connectors, numbered from 1."""
    evse = make_evse(
        station=station,
        number=number,
        name=plan.name,
        current_type=plan.current_type,
        phases=plan.phases,
        max_power_w=plan.max_power_w,
        max_current_a=plan.max_current_a,
        circuit=plan.circuit,
    )
    for position, standard in enumerate(plan.standards, start=1):
        Connector.objects.create(
            organization_id=station.organization_id,
            evse=evse,
            number=position,
            standard=standard,
            has_cable=plan.has_cable,
        )
    return evse


@transaction.atomic
def rotate_password(*, station: ChargingStation, actor: User | None = None) -> str:
    """A new password, shown only now; the old one ends with the station's next connection."""
    password = new_password()
    ChargingStation.objects.filter(pk=station.pk).update(secret_hash=hash_secret(password))
    _note(station, actor, "station.rotate_password")
    return password


def _note(station: ChargingStation, actor: User | None, action: str) -> None:
    note_action(
        actor=actor, organization=station.organization, action=action, subject=f"station.{station.pk}"
    )
    nudge(f"station.{station.pk}", f"location.{station.location_id}", f"org.{station.organization_id}")
