"""What the driver pages cost the server: queries that do not grow with the town."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import clock
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
    tomorrow = (clock.now() + timedelta(days=1)).date()
    assert _queries(client, f"/sites/harbour-hub/?day={tomorrow}") <= 38


def test_a_strange_need_in_the_address_is_no_error(client):
    build_town()
    odd = "?by=x&have=999&to=-4&minutes=abc&budget=1e99&leave=99:99&day=2001-01-01&slot=%27;--"
    assert client.get("/sites/harbour-hub/" + odd).status_code == 200
    assert client.get("/?at=nan,inf&sort=zzz&q=%00").status_code == 200
    assert client.get("/c/%00x/").status_code == 404


def test_late_in_the_evening_the_page_offers_tomorrow(client):
    town = build_town()
    zone = ZoneInfo(town.locations["harbour-hub"].time_zone)
    with clock.at(datetime(2026, 12, 1, 23, 50, tzinfo=zone)):
        context = client.get("/sites/harbour-hub/").context
        named = client.get("/sites/harbour-hub/?day=2026-12-01").context
    assert (context["asked"].day, bool(context["slots"])) == (date(2026, 12, 2), True)
    assert (named["asked"].day, named["slots"]) == (date(2026, 12, 1), [])
