"""What the driver pages cost the server: queries that do not grow with the town."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.pages.town import SITES, build_town

pytestmark = pytest.mark.django_db


def _queries(client, path):
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert client.get(path).status_code == 200
    return len(asked)


def test_the_find_page_asks_as_often_for_eight_sites_as_for_three(client, monkeypatch):
    town = build_town()
    client.force_login(town.driver)
    for_eight = _queries(client, "/")
    for slug in ("northfield", "riverbank", "southgate", "old-town", "lakeside"):
        town.locations[slug].is_public = False
        town.locations[slug].save()
    assert len(SITES) == 8
    assert _queries(client, "/") == for_eight
    assert for_eight <= 20


def test_the_site_page_asks_the_database_little(client):
    town = build_town()
    client.force_login(town.driver)
    assert _queries(client, "/sites/harbour-hub/") <= 36


def test_a_strange_need_in_the_address_is_no_error(client):
    build_town()
    odd = "?by=x&have=999&to=-4&minutes=abc&budget=1e99&leave=99:99&day=2001-01-01&slot=%27;--"
    assert client.get("/sites/harbour-hub/" + odd).status_code == 200
    assert client.get("/?at=nan,inf&sort=zzz&q=%00").status_code == 200
    assert client.get("/c/%00x/").status_code == 404
