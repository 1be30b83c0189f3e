"""Alice runs one network, Bob another; Charlie drives and belongs to neither."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.models import ApiToken, Organization, User
from accounts.scopes import SCOPES
from accounts.services_api import create_api_token
from scheduling.models import SentProfile
from stations.command_kinds import Reset
from stations.models import (
    BulkCommand,
    ChargingSession,
    ChargingStation,
    DataImport,
    PathAlias,
    StationAlias,
    StationCommand,
)
from stations.services import arrivals, bulk, commands, foreign_addresses, imports
from tests.factories import MembershipFactory, SessionFactory, StationFactory, UserFactory


@dataclass(frozen=True)
class House:
    """A network with an owner, a station with a running session, and what its owner did with them."""

    owner: User
    organization: Organization
    station: ChargingStation
    session: ChargingSession
    command: StationCommand
    bulk: BulkCommand
    profile: SentProfile
    api_token: ApiToken
    api_text: str
    moving: Moving


@dataclass(frozen=True)
class Moving:
    """What she brings from another system."""

    alias: PathAlias
    name: StationAlias
    batch: DataImport


@dataclass(frozen=True)
class Cast:
    alice: House
    bob: House
    charlie: User


def a_house(name: str) -> House:
    member = MembershipFactory(user__email=f"{name}@example.org", organization__name=name.title())
    station = StationFactory(location__organization=member.organization)
    session = SessionFactory(evse=station.evses.get())
    command = commands.request(station=station, kind=Reset(), requested_by=member.user)
    api_token, text = create_api_token(
        organization=member.organization, user=member.user, name=f"{name}s-program", scopes=list(SCOPES)
    )
    return House(
        member.user,
        member.organization,
        station,
        session,
        command,
        _a_bulk(member.user, member.organization),
        _a_profile(station, session),
        api_token,
        text,
        _a_move(member.user, station, name),
    )


def _a_move(user: User, station: ChargingStation, name: str) -> Moving:
    arrivals.expect([station])
    organization = station.organization
    path = f"/{name}-moves/{{identity}}"
    return Moving(
        foreign_addresses.add_path(organization=organization, text=path, actor=user),
        foreign_addresses.add_name(station=station, name=f"{name}-dials", actor=user),
        imports.take_in(
            organization=organization, kind="tokens", name=f"{name}s-import", data=b"uid\nA\n", actor=user
        ),
    )


def _a_bulk(user: User, organization: Organization) -> BulkCommand:
    plan = bulk.Plan(user=user, organization=organization, kind=Reset(), selection={})
    return bulk.begin(plan=plan)


def _a_profile(station: ChargingStation, session: ChargingSession) -> SentProfile:
    return SentProfile.objects.create(
        organization=station.organization, station=station, session=session, profile_id=201, purpose="session"
    )


def a_cast() -> Cast:
    return Cast(a_house("alice"), a_house("bob"), UserFactory(email="charlie@example.org"))
