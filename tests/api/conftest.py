from __future__ import annotations

import pytest

from accounts.models import Membership, Organization, User
from accounts.scopes import SCOPES
from accounts.services_api import create_api_token
from tests.factories import LocationFactory, MembershipFactory, StationFactory


@pytest.fixture
def member(db) -> Membership:
    return MembershipFactory(user__email="elin@nordlys.example", organization__name="Nordlys")


@pytest.fixture
def owner(member) -> User:
    return member.user


@pytest.fixture
def organization(member) -> Organization:
    return member.organization


@pytest.fixture
def place(organization):
    return LocationFactory(organization=organization, name="Harbour", slug="harbour")


@pytest.fixture
def station(place):
    return StationFactory(location=place, identity="HUB-1", ocpp_version="1.6")


@pytest.fixture
def api(client, owner):
    """Calls as the network's owner: `api.get("stations/")`, `api.post("stations/", {...})`."""
    return Api(client, owner, scopes=list(SCOPES))


@pytest.fixture
def api_as(client, owner):
    """The same with other scopes, or another member's token."""
    return lambda user=None, scopes=(): Api(client, user or owner, scopes=list(scopes))


class Api:
    def __init__(self, client, user, *, scopes):
        self.client = client
        organization = user.organizations().get()
        self.token, self.text = create_api_token(
            organization=organization, user=user, name="a program", scopes=scopes
        )

    def __getattr__(self, method):
        def call(path, body=None, **headers):
            address = path if "://" in path or path.startswith("/") else f"/api/v1/{path}"
            data = () if method == "get" else (body if body is not None else {},)
            more = {} if method == "get" else {"content_type": "application/json"}
            credentials = {"HTTP_AUTHORIZATION": f"Bearer {self.text}", **headers}
            return getattr(self.client, method)(address, *data, **more, **credentials)

        return call
