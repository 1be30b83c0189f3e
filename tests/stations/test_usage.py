"""The daily figures: kept by handlers, rebuilt from the sessions, always the same."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.management import call_command

from core.models import DomainEvent
from stations.events import SessionEnded
from stations.handlers import refresh_daily_usage
from stations.models import DailyUsage
from tests.factories import NOON
from tests.stations.telling import after, begin, finish

pytestmark = pytest.mark.django_db


def rows():
    fields = ("station", "day", "sessions", "energy_wh", "occupied_s")
    return list(DailyUsage.objects.order_by("station", "day").values_list(*fields))


def deliver():
    for event in DomainEvent.objects.filter(type="stations.SessionEnded"):
        refresh_daily_usage(SessionEnded.from_payload(event.payload))


def test_incremental_equals_rebuilt(told, card):
    for hour in range(3):
        started_at = NOON - timedelta(days=hour)
        number = told(begin(started_at=started_at))[0].number
        told(finish(number, ended_at=started_at + timedelta(minutes=30)))
        deliver()
    deliver()
    incremental = rows()
    call_command("rebuild_usage")
    assert rows() == incremental
    assert [row[2:] for row in incremental] == [(1, 10_000, 1800)] * 3


def test_a_day_is_the_places_day(told, card, station):
    station.location.time_zone = "Asia/Tokyo"
    station.location.save()
    number = told(begin(started_at=after(-60 * 12)))[0].number
    told(finish(number))
    number = told(begin(started_at=after(65), meter_start_wh=11_000))[0].number
    told(finish(number, ended_at=after(70), meter_end_wh=11_500))
    deliver()
    assert [(row[1], row[2]) for row in rows()] == [(date(2026, 11, 20), 2)]
