"""What the operator's pages cost the server with a day of history: queries that do not grow with it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import clock
from stations.models import ChargingSession, Evse
from tests.pages.town import build_town

pytestmark = pytest.mark.django_db

AT_MOST = {
    "/operate/": 39,
    "/operate/sites/": 15,
    "/operate/chargers/": 12,
    "/operate/chargers/HARBOUR-HUB-1/": 38,
    "/operate/sessions/": 12,
    "/operate/bookings/": 10,
    "/operate/power/": 15,
    "/operate/tariffs/": 12,
    "/operate/revenue/": 18,
}


def _charges_of_a_day(count: int) -> None:
    """So many charges that are over, spread over the stalls and the last day."""
    now, evses = clock.now(), list(Evse.objects.select_related("station"))
    ChargingSession.objects.bulk_create(
        ChargingSession(
            organization=evse.organization, station=evse.station, evse=evse, status="completed",
            started_at=now - timedelta(minutes=9 * number + 40), ended_at=now - timedelta(minutes=9 * number),
            meter_start_wh=0, meter_end_wh=20_000, energy_wh=20_000, token_uid=f"D{number}-{count}",
        )
        for number in range(count)
        for evse in [evses[number % len(evses)]]
    )  # fmt: skip


@pytest.mark.parametrize("path", AT_MOST)
def test_a_page_asks_the_same_after_a_long_day_as_after_a_short_one(client, path):
    town = build_town()
    client.force_login(town.owner)
    _charges_of_a_day(20)
    client.get(path)  # what is asked once in the life of a process
    short = _queries(client, path)
    _charges_of_a_day(160)
    assert _queries(client, path) <= short
    assert short <= AT_MOST[path]


def _queries(client, path) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert client.get(path).status_code == 200
    return len(asked)
