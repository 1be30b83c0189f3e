"""The town's rows: organization, places, chargers, prices, people. Made through the services, once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db import transaction

from accounts import services as people
from accounts.models import Membership, Organization, User
from accounts.selectors import user_by_email
from demo import tariffs
from demo.images import keep_images
from payments.services import hosting
from payments.services.tariffs import assign_tariff, create_tariff
from simulator.stations.spec import EvseSpec, StationSpec
from simulator.stations.town import Driver, Site, Town
from stations.models import Evse, Location
from stations.services.provisioning import EvsePlan, create_location, create_station

PASSWORD: Final = "forecourt-demo"
OPERATOR: Final = "operator@forecourt.example"
DRIVER: Final = "driver@forecourt.example"
VISITOR: Final = Driver(
    key="visitor", name="Mia Holm", email=DRIVER, tag="04D3F0A1C2B380", vehicle="Family wagon"
)
"""Whom one logs in as: the simulator lends her a few visits."""
SLUG: Final = "fjordby"
VOLTS: Final = 230


@dataclass(frozen=True, slots=True)
class Provisioned:
    organization: Organization
    is_new: bool


def provision(town: Town, *, since: datetime) -> Provisioned:
    """The town's rows, unless they are there already. Prices hold from `since`."""
    known = Organization.objects.filter(slug=SLUG).first()
    if known is not None:
        return Provisioned(known, is_new=False)
    with transaction.atomic():
        return Provisioned(_found(town, since), is_new=True)


def _found(town: Town, since: datetime) -> Organization:
    operator = people.sign_up(email=OPERATOR, password=PASSWORD, name="Elin Vik")
    User.objects.filter(pk=operator.pk).update(is_staff=True, is_superuser=True)
    organization = people.create_organization(
        name=town.operator,
        slug=SLUG,
        country_code="DK",
        party_id="FJB",
        owner=operator,
        currency=town.currency,
        time_zone=town.time_zone,
    )
    for site in town.sites:
        _build_site(organization, town, site, since)
    _share_with_host(organization, operator, since)
    _settle_people(town, organization)
    keep_images(organization, at=since)
    return organization


def _share_with_host(organization: Organization, operator: User, since: datetime) -> None:
    """Who owns the old town's ground gets a part of what is charged there."""
    host = hosting.add_host(
        actor=operator,
        organization=organization,
        name="Old Town Quarter",
        email="old-town@forecourt.example",
    )
    ground = Location.objects.get(organization=organization, slug="old-town")
    hosting.give_share(actor=operator, host=host, location=ground, percent=Decimal(8), starts_at=since)


def _settle_people(town: Town, organization: Organization) -> None:
    visitor = people.sign_up(email=DRIVER, password=PASSWORD, name=VISITOR.name)
    people.add_vehicle(
        user=visitor,
        name="ID.4",
        battery_wh=77_000,
        max_ac_w=11_000,
        max_dc_w=135_000,
        connector_standards=["IEC_62196_T2", "IEC_62196_T2_COMBO"],
    )
    support = people.sign_up(email="support@forecourt.example", password=PASSWORD, name="Jonas Berg")
    people.add_member(organization=organization, user=support, role=Membership.Role.SUPPORT)
    people.issue_token(uid=VISITOR.tag, user=visitor, label="Charging card")
    for driver in town.drivers:
        _settle(driver)


def _settle(driver: Driver) -> None:
    user = people.sign_up(email=driver.email, password=None, name=driver.name)
    car = driver.vehicle_spec
    people.issue_token(uid=driver.tag, user=user, label="Charging card")
    people.add_vehicle(user=user, name=driver.vehicle, battery_wh=round(car.battery_wh))


def driver_of(driver: Driver) -> User:
    """The account of a driver of the town."""
    return _account(driver.email)


def operator_of_town() -> User:
    """Whom one logs in as to run it."""
    return _account(OPERATOR)


def _account(email: str) -> User:
    user = user_by_email(email)
    if user is None:
        raise LookupError(f"{email} has no account: the town was seeded by another version.")
    return user


def _build_site(organization: Organization, town: Town, site: Site, since: datetime) -> None:
    location = create_location(
        organization=organization,
        name=site.name,
        slug=site.key,
        latitude=Decimal(str(site.latitude)),
        longitude=Decimal(str(site.longitude)),
        grid_limit_a=round(site.max_power_kw * 1000 / (3 * VOLTS)),
        address=site.address,
        city=town.name,
        country_code="DK",
        time_zone=town.time_zone,
        opening_hours=_hours(site.opening_hours),
        amenities=list(site.amenities),
    )
    _price(location, site, since)
    stall = 0
    for spec in site.stations:
        _build_station(location, spec, first_stall=stall + 1)
        stall += len(spec.evses)


def _price(location: Location, site: Site, since: datetime) -> None:
    fees = [tariffs.missed_fee()] if site.key == tariffs.SITE_WITH_A_FEE else []
    tariff = create_tariff(
        organization=location.organization,
        name=site.tariff["name"],
        elements=[*tariffs.elements(site.tariff), *fees],
        idle_grace_minutes=int(site.tariff.get("idle_after_minutes", 0)),
        hold_minor=6000 if site.max_power_kw > 200 else 4000,
    )
    assign_tariff(tariff=tariff, location=location, starts_at=since)


def _build_station(location: Location, spec: StationSpec, *, first_stall: int) -> None:
    plans = [_plan(evse, first_stall + offset) for offset, evse in enumerate(spec.evses)]
    create_station(
        location=location,
        identity=spec.identity,
        name=f"{location.name} {spec.identity.rsplit('-', 1)[-1]}",
        evses=plans,
        password=spec.password,
    )


def _plan(spec: EvseSpec, stall: int) -> EvsePlan:
    is_dc = spec.current == "DC"
    return EvsePlan(
        standards=(spec.standard,),
        name=f"Stall {stall}",
        current_type=Evse.Current.DC if is_dc else Evse.Current.AC,
        phases=spec.phases,
        max_power_w=spec.max_power_w,
        max_current_a=round(spec.max_a),
        has_cable=is_dc,
    )


def _hours(opening: str | Mapping[str, str]) -> dict[str, Any]:
    """OCPI Hours; empty for always."""
    if isinstance(opening, str):
        return {"twentyfourseven": True}
    day = {"period_begin": opening["from"], "period_end": opening["to"]}
    return {"twentyfourseven": False, "regular_hours": [{"weekday": n, **day} for n in range(1, 8)]}
