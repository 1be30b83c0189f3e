"""What is old goes, and what billing still needs stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from core import clock, retention
from core.models import Delivery, DomainEvent
from core.partitions import ensure_days
from payments.selectors.unbilled import needed_since
from payments.services.billing import bill_session
from stations.models import ChargingSession, MeterReading
from stations.services.retention import TABLE, drop_old_readings
from tests.payments.stories import NOON

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def tell(at, state="done"):
    event = DomainEvent.objects.create(type="stations.SessionPhaseChanged", payload={}, occurred_at=at)
    Delivery.objects.create(event=event, handler="x.y", state=state)
    return event.pk


def forget(at):
    with clock.at(at):
        return retention.forget_old_events()


def left():
    return set(DomainEvent.objects.filter(deliveries__handler="x.y").values_list("pk", flat=True))


def test_news_goes_when_it_is_old_and_everybody_has_had_it(monkeypatch):
    monkeypatch.setattr(retention, "WINDOW", 2)
    old = [tell(NOON + timedelta(minutes=n)) for n in range(5)]
    kept = {tell(NOON, "pending"), tell(NOON, "buried"), tell(NOON + 80 * DAY)}
    assert forget(NOON + 89 * DAY) == 0
    assert forget(NOON + 100 * DAY) == len(old)
    assert left() == kept


def completed(story):
    session = story.session(energy_wh=5_000)
    ChargingSession.objects.filter(pk=session.pk).update(created_at=NOON)
    return session


def test_news_stays_until_the_session_it_tells_of_is_billed(story):
    session = completed(story)
    ChargingSession.objects.update(status="active", ended_at=None, meter_end_wh=None)
    told = tell(NOON)
    assert forget(NOON + 200 * DAY) == 0
    ChargingSession.objects.update(status="completed", ended_at=NOON + DAY, meter_end_wh=6_000)
    assert bill_session(session_id=session.pk) is not None
    forget(NOON + 200 * DAY)
    assert told not in left()


def test_who_waits_for_a_look_is_waited_for_and_who_cannot_be_billed_is_not(story):
    completed(story)
    with clock.at(NOON + 50 * DAY):
        assert needed_since() == NOON - DAY
    with clock.at(NOON + 90 * DAY):
        assert needed_since() is None
        ChargingSession.objects.update(review_reasons=["meter_backwards"])
        assert needed_since() == NOON - DAY


def partitions():
    with connection.cursor() as cursor:
        cursor.execute(
            "select inhrelid::regclass::text from pg_inherits where inhparent = %s::regclass", [TABLE]
        )
        return {name for (name,) in cursor.fetchall()}


def read(session, at):
    return MeterReading.objects.create(
        station=session.station, session=session, taken_at=at, received_at=at, context="periodic", energy_wh=1
    )


def test_days_of_readings_go_whole_and_only_when_their_sessions_are_billed(story):
    ensure_days(TABLE, NOON.date(), days=1)
    session = completed(story)
    early, inside = read(session, NOON - 700 * DAY), read(session, NOON)
    ChargingSession.objects.update(review_reasons=["meter_backwards"])
    with clock.at(NOON + 500 * DAY):
        drop_old_readings()
        assert set(MeterReading.objects.values_list("pk", flat=True)) == {inside.pk}
        ChargingSession.objects.update(review_reasons=[])
        bill_session(session_id=session.pk)
        dropped = drop_old_readings()
    assert f"{TABLE}_{NOON:%Y%m%d}" in dropped
    assert f"{TABLE}_default" in partitions()
    assert early.pk != inside.pk
    assert not MeterReading.objects.exists()
