"""Filters of the API: named, compared, and calm about odd values."""

from __future__ import annotations

import pytest

from tests.factories import LocationFactory, MembershipFactory, StationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def member(client):
    member = MembershipFactory()
    client.force_login(member.user)
    location = LocationFactory(organization=member.organization)
    for identity in ("HUB-1", "HUB-2"):
        StationFactory(location=location, identity=identity)
    return member


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["HUB-1", "HUB-2"]),
        ("?identity=HUB-2", ["HUB-2"]),
        ("?identity=HUB%00", []),
        ("?x=1&identity=", []),
    ],
)
def test_a_list_is_filtered_by_the_names_in_the_query(client, member, query, found):
    answer = client.get(f"/api/v1/stations/{query}").json()
    assert [station["identity"] for station in answer["results"]] == found


def test_a_filter_with_an_impossible_value_is_refused(client, member):
    assert client.get("/api/v1/stations/?location=here").status_code == 400
