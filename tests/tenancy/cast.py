"""Alice runs one network, Bob another; Charlie drives and belongs to neither."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.models import Organization, User
from stations.models import ChargingSession, ChargingStation
from tests.factories import MembershipFactory, SessionFactory, StationFactory, UserFactory


@dataclass(frozen=True)
class House:
    """A network with an owner, a station and a running session."""

    owner: User
    organization: Organization
    station: ChargingStation
    session: ChargingSession


@dataclass(frozen=True)
class Cast:
    alice: House
    bob: House
    charlie: User


def a_house(name: str) -> House:
    member = MembershipFactory(user__email=f"{name}@example.org", organization__name=name.title())
    station = StationFactory(location__organization=member.organization)
    session = SessionFactory(evse=station.evses.get())
    return House(member.user, member.organization, station, session)


def a_cast() -> Cast:
    return Cast(a_house("alice"), a_house("bob"), UserFactory(email="charlie@example.org"))
