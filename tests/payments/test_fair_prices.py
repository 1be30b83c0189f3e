"""Idle time that is not the driver's fault, and prices that stay as they were at the start."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from core import clock
from core.events import publish
from payments.services.billing import bill_session
from payments.services.pricing import live_cost
from payments.services.receipts import receipt_of
from payments.services.tariffs import assign_tariff, create_tariff
from stations.events import EvseStatusChanged
from stations.models import Location, StationCommand
from tests.payments.stories import NOON
from tests.payments.test_billing import tell_phase

pytestmark = pytest.mark.django_db


def with_idle_price(story):
    """Six euros an hour of idle time, for a vehicle that has enough after forty minutes of sixty."""
    free = [{"price_components": [{"type": "PARKING_TIME", "price": "6", "step_size": 1}]}]
    tariff = create_tariff(organization=story.evse.organization, name="with idle", elements=free)
    assign_tariff(tariff=tariff, evse=story.evse, starts_at=NOON - timedelta(days=1))
    session = story.session(energy_wh=5000, minutes=60)
    tell_phase(session, "charging", 0)
    tell_phase(session, "suspended_by_vehicle", 40, was="charging")
    return session


def _tell_status(session, status, minutes, was):
    at = NOON + timedelta(minutes=minutes)
    with clock.at(at):
        publish(
            EvseStatusChanged(
                organization_id=session.organization_id,
                station_id=session.station_id,
                evse_id=session.evse_id,
                connector_number=1,
                status=status,
                was=was,
                at=at,
            )
        )


def _answer_unlock(session, word, minutes):
    at = NOON + timedelta(minutes=minutes)
    StationCommand.objects.create(
        organization=session.organization,
        station=session.station,
        kind="unlock",
        params={"evse_number": session.evse.number, "connector_number": 1},
        status="accepted" if word == "Unlocked" else "rejected",
        created_at=at,
        sent_at=at,
        answered_at=at,
        expires_at=at + timedelta(minutes=1),
        answer_word=word,
    )


def test_a_fault_stops_idle_time_until_it_is_over(story):
    session = with_idle_price(story)
    _tell_status(session, "faulted", 45, was="occupied")
    _tell_status(session, "occupied", 55, was="faulted")
    bill = live_cost(session)
    assert (bill.idle_s, bill.total_gross) == (600, Decimal("1.00"))
    assert [(item.reason, item.seconds) for item in bill.left_out] == [("fault", 600)]


def test_a_plug_that_does_not_come_out_is_not_idle_until_it_does(story):
    session = with_idle_price(story)
    _answer_unlock(session, "UnlockFailed", 42)
    assert live_cost(session).idle_s == 120
    _answer_unlock(session, "Unlocked", 58)
    assert live_cost(session).idle_s == 240


def test_where_prices_are_frozen_those_of_the_start_hold_and_the_receipt_says_so(story):
    by_hour = [
        {"price_components": [{"type": "ENERGY", "price": "0.50", "step_size": 1}],
         "restrictions": {"start_time": "00:00", "end_time": "12:30"}},
        {"price_components": [{"type": "ENERGY", "price": "0.90", "step_size": 1}]},
    ]  # fmt: skip
    tariff = create_tariff(organization=story.evse.organization, name="by hour", elements=by_hour)
    assign_tariff(tariff=tariff, evse=story.evse, starts_at=NOON - timedelta(days=1))
    Location.objects.filter(pk=story.evse.station.location_id).update(time_zone="UTC", country_code="US")
    frozen = bill_session(session_id=story.session(energy_wh=10_000, minutes=60).pk)
    assert frozen.total_gross == Decimal("5.00")
    assert receipt_of(frozen).frozen.startswith("The prices of 12:00")
    Location.objects.update(country_code="DE")
    moving = bill_session(session_id=story.session(energy_wh=10_000, token_uid="DE").pk)
    assert (moving.total_gross, receipt_of(moving).frozen) == (Decimal("7.00"), "")
    Location.objects.update(freezes_prices=True)
    kept = bill_session(session_id=story.session(energy_wh=10_000, token_uid="KEPT").pk)
    assert kept.total_gross == Decimal("5.00")
