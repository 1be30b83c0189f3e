"""A place where keeping a stall costs something, and what happens to a booking there, in a few words."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from core import clock
from payments import selectors
from payments.models import (
    KeptStall,
)
from payments.rating.plain import PlainTariff, fields_of
from payments.services import kept_holds
from payments.services.billing import bill_session
from scheduling.services import arrivals, fulfilling, reservations
from scheduling.times import ceil_to_step
from stations.models import ChargingStation
from tests.factories import MembershipFactory, SessionFactory
from tests.payments.stories import deliver

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
FEES = {"reservation_fee": Decimal(2), "reserved_per_hour": Decimal(4), "missed_fee": Decimal(5)}


def price(story, **fees):
    """The story's tariff with fees of reservations."""
    plain = PlainTariff(vat=Decimal(20), per_kwh=Decimal("0.50"), **(fees or {"missed_fee": Decimal(5)}))
    story.tariff.elements = fields_of(plain, "EUR")["elements"]
    story.tariff.save(update_fields=["elements"])


def connect(story):
    ChargingStation.objects.filter(pk=story.evse.station_id).update(is_connected=True)
    story.evse.refresh_from_db()


@pytest.fixture
def town(paid_story):
    """Not coming costs 5.00; the charger is connected, so there is no excuse."""
    price(paid_story)
    connect(paid_story)
    return paid_story


def book(story, *, ahead=HOUR, **more):
    start_at = ceil_to_step(clock.now() + ahead)
    return reservations.book(
        evse=story.evse, driver=story.driver, start_at=start_at, end_at=start_at + HOUR, **more
    )


def kept_of(booked):
    return KeptStall.objects.get(public_id=booked.public_id)


def miss(booked):
    with clock.at(booked.during.lower + 16 * MINUTE):
        assert arrivals.miss_due() == 1
        deliver()


def came(story, booked, *, after=timedelta(0), minutes=30, energy_wh=10_000):
    """The driver charges: started, noticed, ended, billed."""
    start = booked.during.lower + after
    session = SessionFactory(
        evse=story.evse,
        driver=story.driver,
        status="active",
        started_at=start,
        meter_start_wh=0,
        phase="charging",
    )
    with clock.at(start):
        assert fulfilling.fulfill(session_id=session.pk) == booked
        deliver()
    type(session).objects.filter(pk=session.pk).update(
        status="completed", ended_at=start + minutes * MINUTE, meter_end_wh=energy_wh, energy_wh=energy_wh
    )
    with clock.at(start + (minutes + 1) * MINUTE):
        record = bill_session(session_id=session.pk)
        deliver()
    return record


def owed(story):
    return selectors.owed_minor(selectors.receivable_account(story.driver.pk), "EUR")


@pytest.fixture
def boss(town):
    return MembershipFactory(organization=town.evse.organization, role="owner").user


def hold(booked, *, before=10 * MINUTE):
    with clock.at(booked.during.lower - before):
        asked = kept_holds.place_due_holds()
        deliver()
    return asked
