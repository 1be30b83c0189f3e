"""Rows for tests. A station comes with an organization, a location, and one EVSE with a connector."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import factory
from factory.django import DjangoModelFactory

from accounts.models import IdToken, Membership, Organization, User, Vehicle
from stations.models import ChargingSession, ChargingStation, Circuit, Connector, Evse, Location

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.org")
    name = factory.Sequence(lambda n: f"Person {n}")
    password = factory.django.Password("a long enough password")


class OrganizationFactory(DjangoModelFactory):
    class Meta:
        model = Organization

    name = factory.Sequence(lambda n: f"Network {n}")
    slug = factory.Sequence(lambda n: f"network-{n}")
    country_code = "DE"
    party_id = factory.Sequence(lambda n: f"{n % 1000:03d}")


class MembershipFactory(DjangoModelFactory):
    class Meta:
        model = Membership

    user = factory.SubFactory(UserFactory)
    organization = factory.SubFactory(OrganizationFactory)
    role = Membership.Role.OWNER


class TokenFactory(DjangoModelFactory):
    class Meta:
        model = IdToken

    uid = factory.Sequence(lambda n: f"CARD{n:06d}")
    user = factory.SubFactory(UserFactory)


class VehicleFactory(DjangoModelFactory):
    class Meta:
        model = Vehicle

    user = factory.SubFactory(UserFactory)
    name = "Car"


class LocationFactory(DjangoModelFactory):
    class Meta:
        model = Location

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence(lambda n: f"Place {n}")
    slug = factory.Sequence(lambda n: f"place-{n}")
    latitude = Decimal("52.52")
    longitude = Decimal("13.4")


class CircuitFactory(DjangoModelFactory):
    class Meta:
        model = Circuit

    location = factory.SubFactory(LocationFactory)
    organization = factory.SelfAttribute("location.organization")
    name = "grid"
    limit_a = 63


class BareStationFactory(DjangoModelFactory):
    """A station that we know nothing of but its name."""

    class Meta:
        model = ChargingStation

    location = factory.SubFactory(LocationFactory)
    organization = factory.SelfAttribute("location.organization")
    identity = factory.Sequence(lambda n: f"CS-{n:05d}")


class EvseFactory(DjangoModelFactory):
    class Meta:
        model = Evse

    station = factory.SubFactory(BareStationFactory)
    organization = factory.SelfAttribute("station.organization")
    number = factory.Sequence(lambda n: n + 1)
    evse_id = factory.Sequence(lambda n: f"DE*TST*E{n:06d}")
    code = factory.Sequence(lambda n: f"T{n:06d}")


class ConnectorFactory(DjangoModelFactory):
    class Meta:
        model = Connector

    evse = factory.SubFactory(EvseFactory)
    organization = factory.SelfAttribute("evse.organization")


class StationFactory(BareStationFactory):
    """A station with EVSE 1 and its connector."""

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        station = super()._create(model_class, *args, **kwargs)
        ConnectorFactory(evse=EvseFactory(station=station, number=1))
        return station


class SessionFactory(DjangoModelFactory):
    """An active session on a station of its own."""

    class Meta:
        model = ChargingSession

    evse = factory.SubFactory(EvseFactory)
    station = factory.SelfAttribute("evse.station")
    organization = factory.SelfAttribute("evse.organization")
    status = ChargingSession.Status.ACTIVE
    started_at = NOON
    reported_start_at = factory.SelfAttribute("started_at")
    meter_start_wh = 1000
