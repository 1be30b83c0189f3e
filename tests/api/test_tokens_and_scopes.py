"""Programs: what their tokens open, what not, for how long, and how often."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.urls import URLPattern, URLResolver, get_resolver

from accounts import services_api
from accounts.models import ApiToken, AuditEntry
from accounts.scopes import SCOPES
from core import clock
from tests.factories import MembershipFactory, SessionFactory, StationFactory

pytestmark = pytest.mark.django_db


def api_views(patterns=None, prefix=""):
    """Every view of /api/v1/ with its address."""
    if patterns is None:
        [patterns] = [p.url_patterns for p in get_resolver().url_patterns if str(p.pattern) == "api/v1/"]
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from api_views(pattern.url_patterns, prefix + str(pattern.pattern))
        elif isinstance(pattern, URLPattern):
            yield prefix + str(pattern.pattern), getattr(pattern.callback, "cls", None)


@pytest.mark.parametrize(("address", "view"), [v for v in api_views() if v[0] != "schema/"])
def test_every_view_names_its_scope(address, view):
    scope = getattr(view, "scope", None)
    assert f"{scope}:read" in SCOPES, address


def test_a_token_acts_for_its_maker_within_its_scopes(api_as, station):
    program = api_as(scopes=["stations:read"])
    assert program.get("stations/HUB-1/").json()["identity"] == "HUB-1"
    refused = program.patch("stations/HUB-1/", {"name": "Hub"})
    assert (refused.status_code, refused.json()["detail"]) == (
        403,
        "This token lacks the scope stations:write.",
    )
    assert program.get("sessions/").status_code == 403


def test_a_token_gives_no_right_that_its_maker_has_not(api, member, station):
    member.role = "viewer"
    member.save()
    assert api.post("stations/HUB-1/commands/", {"kind": "reset"}).status_code == 403
    assert api.patch("stations/HUB-1/", {"name": "Hub"}).status_code == 403


def test_a_token_ends_with_its_makers_membership(api, member, station):
    member.delete()
    assert api.get("stations/").status_code == 401


def test_a_token_is_for_one_network_although_its_maker_has_two(client, owner, api, station):
    other = MembershipFactory(user=owner)
    foreign = StationFactory(location__organization=other.organization)
    session = SessionFactory(driver=owner)
    assert [row["identity"] for row in api.get("stations/").json()["results"]] == ["HUB-1"]
    assert api.get(f"stations/{foreign.identity}/").status_code == 404
    assert api.post(f"stations/{foreign.identity}/commands/", {"kind": "reset"}).status_code == 404
    assert api.get("sessions/").json()["results"] == [], "her own charges elsewhere are no network's"
    client.force_login(owner)
    assert [row["id"] for row in client.get("/api/v1/sessions/").json()["results"]] == [session.pk]


@pytest.mark.parametrize("text", ["", "x", "fct_wrong", "fct_" + "é" * 20, "a b c"])
def test_a_wrong_token_is_a_401(client, text):
    response = client.get("/api/v1/me/", HTTP_AUTHORIZATION=f"Bearer {text}")
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_only_a_digest_is_kept_and_use_is_noted(api, owner):
    assert api.get("me/").json()["token"]["name"] == "a program"
    kept = ApiToken.objects.get()
    assert api.text not in str(ApiToken.objects.values_list())
    assert kept.last_used_at is not None
    noted = kept.last_used_at
    api.get("me/")
    kept.refresh_from_db()
    assert kept.last_used_at == noted, "at most once a minute"


def test_a_token_expires_and_can_be_revoked(api, owner, organization):
    later = clock.now() + timedelta(days=1)
    ApiToken.objects.update(expires_at=later)
    assert api.get("me/").status_code == 200
    with clock.at(later):
        assert api.get("me/").status_code == 401
    assert services_api.revoke_api_token(token=api.token, actor=owner)
    assert not services_api.revoke_api_token(token=api.token, actor=owner)
    assert api.get("me/").status_code == 401
    acts = AuditEntry.objects.filter(organization=organization).values_list("action", flat=True)
    assert sorted(acts) == ["api_token.create", "api_token.revoke"]


def test_a_token_needs_scopes_that_exist_and_a_network_of_its_makers(owner, organization):
    make = services_api.create_api_token
    for scopes in ([], ["stations:eat"]):
        with pytest.raises(services_api.UnknownScope):
            make(organization=organization, user=owner, name="x", scopes=scopes)
    foreign = MembershipFactory().organization
    with pytest.raises(services_api.NotYours):
        make(organization=foreign, user=owner, name="x", scopes=["stations:read"])


def test_too_many_requests_are_told_when_to_come_back(api, settings):
    cache.clear()
    settings.API_RATES = {"read": 3, "write": 1}
    with clock.at(clock.now()):
        answers = [api.get("me/").status_code for _ in range(4)]
        assert answers == [200, 200, 200, 429]
        refused = api.get("me/")
        assert 0 < int(refused["Retry-After"]) <= 60
        assert api.post("tokens/", {"uid": "04AA"}).status_code == 201, "writing is counted apart"
    with clock.at(clock.now() + timedelta(minutes=1)):
        assert api.get("me/").status_code == 200
    cache.clear()


def test_without_the_cache_nobody_is_counted(api, monkeypatch):
    import redis

    def gone(*args, **kwargs):
        raise redis.ConnectionError

    monkeypatch.setattr("core.rates._count", gone)
    assert api.get("me/").status_code == 200
