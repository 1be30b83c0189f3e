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
        ("?identity=", []),
        ("?identity_prefix=HUB&online=false", ["HUB-1", "HUB-2"]),
        ("?online=true", []),
        ("?never_seen=true&registration=accepted,pending", ["HUB-1", "HUB-2"]),
    ],
)
def test_a_list_is_filtered_by_the_names_in_the_query(client, member, query, found):
    answer = client.get(f"/api/v1/stations/{query}").json()
    assert [station["identity"] for station in answer["results"]] == found


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("location=here", "location"),
        ("online=perhaps", "online"),
        ("last_seen_from=yesterday", "last_seen_from"),
        ("registration=married", "registration"),
        ("colour=blue", "colour"),
    ],
)
def test_a_filter_with_an_impossible_name_or_value_is_refused_and_named(client, member, query, names):
    response = client.get(f"/api/v1/stations/?{query}")
    assert response.status_code == 400
    assert list(response.json()) == [names]


def test_pages_follow_a_cursor_and_rows_that_come_meanwhile_do_not_repeat(client, member):
    first = client.get("/api/v1/stations/?limit=1").json()
    StationFactory(location=LocationFactory(organization=member.organization), identity="HUB-0")
    second = client.get(first["next"]).json()
    assert [row["identity"] for row in first["results"] + second["results"]] == ["HUB-1", "HUB-2"]
