"""Days as partitions: made ahead, dropped whole, and not stopped by a row that came too early."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from core.partitions import drop_days_before, ensure_days
from stations.models import MeterReading
from tests.factories import NOON, StationFactory

pytestmark = pytest.mark.django_db
TABLE = "stations_meterreading"
TODAY = NOON.date()


def partitions():
    with connection.cursor() as cursor:
        cursor.execute(
            "select inhrelid::regclass::text from pg_inherits where inhparent = %s::regclass", [TABLE]
        )
        return {name for (name,) in cursor.fetchall()}


def a_reading():
    return MeterReading.objects.create(
        station=StationFactory(), taken_at=NOON, received_at=NOON, context="periodic", energy_wh=1
    )


def test_a_week_is_made_ahead_and_twice_is_as_good_as_once():
    for _ in range(2):
        ensure_days(TABLE, TODAY)
    assert len(partitions()) == 8


def test_a_day_that_has_rows_already_does_not_stop_the_next_ones():
    a_reading()
    ensure_days(TABLE, TODAY)
    assert f"{TABLE}_{TODAY:%Y%m%d}" not in partitions()
    assert len(partitions()) == 7
    assert MeterReading.objects.count() == 1


def test_an_old_day_goes_with_its_rows_and_the_default_stays():
    ensure_days(TABLE, TODAY)
    a_reading()
    dropped = drop_days_before(TABLE, TODAY + timedelta(days=1))
    assert dropped == [f"{TABLE}_{TODAY:%Y%m%d}"]
    assert MeterReading.objects.count() == 0
    assert f"{TABLE}_default" in partitions()
