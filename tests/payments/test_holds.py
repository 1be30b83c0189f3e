"""Holds are no larger than this car can cost here, and nobody is surprised when one is used up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import clock
from core.money import to_minor
from payments.models import Payment
from payments.services import checkout
from payments.services.pricing import preview
from payments.services.sizing import hold_for
from payments.services.tariffs import create_tariff
from payments.services.watching import used_percent, watch_holds
from stations.models import ChargingStation, Connector, StationCommand
from tests.factories import VehicleFactory
from tests.payments.stories import NOON, deliver

pytestmark = pytest.mark.django_db
DEAR = [
    {
        "price_components": [
            {"type": "ENERGY", "price": "0.50", "vat": "20", "step_size": 1},
            {"type": "PARKING_TIME", "price": "6", "vat": "20", "step_size": 60},
            {"type": "FLAT", "price": "1", "vat": "20", "step_size": 1},
        ]
    }
]


def held_for(story, tariff=None):
    return hold_for(tariff=tariff or story.tariff, evse=story.evse, driver=story.driver)


# --- how much --------------------------------------------------------------------------------


def test_a_driver_whose_car_we_do_not_know_is_held_the_tariffs_figure(story):
    assert held_for(story) == 5000
    assert hold_for(tariff=story.tariff, evse=story.evse, driver=None) == 5000


def test_a_small_battery_is_held_what_it_can_cost_in_whole_euros(story):
    VehicleFactory(user=story.driver, battery_wh=30_000)
    assert held_for(story) == 1800  # 34.5 kWh at 0.50: 17.25


def test_the_dearest_of_several_cars_counts_and_an_unknown_battery_could_be_larger(story):
    VehicleFactory(user=story.driver, battery_wh=30_000)
    VehicleFactory(user=story.driver, battery_wh=60_000)
    assert held_for(story) == 3500
    VehicleFactory(user=story.driver, battery_wh=None)
    assert held_for(story) == 5000


def test_it_is_never_more_than_the_tariff_says(story):
    VehicleFactory(user=story.driver, battery_wh=200_000)
    assert held_for(story) == 5000


def test_start_fee_and_two_hours_of_staying_are_held_too(story):
    VehicleFactory(user=story.driver, battery_wh=20_000)
    tariff = create_tariff(organization=story.evse.organization, name="Dear", elements=DEAR, hold_minor=9000)
    assert held_for(story, tariff) == 2500  # 11.50 + 12.00 + 1.00, rounded up


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(battery_wh=st.integers(5_000, 150_000), share=st.integers(1, 100), idle=st.integers(0, 120))
def test_no_charge_of_the_car_costs_more_than_its_hold(story, battery_wh, share, idle):
    tariff = create_tariff(
        organization=story.evse.organization, name="Any", elements=DEAR, hold_minor=1_000_000
    )
    story.driver.vehicles.all().delete()
    VehicleFactory(user=story.driver, battery_wh=battery_wh)
    bill = preview(
        tariff=tariff,
        time_zone="UTC",
        energy_wh=battery_wh * share // 100,
        charging=timedelta(minutes=share),
        idle=timedelta(minutes=idle),
    )
    assert to_minor(bill.total_gross, "EUR") <= held_for(story, tariff)


def test_what_the_page_says_is_what_is_held(paid_story, client):
    VehicleFactory(user=paid_story.driver, battery_wh=30_000)
    ChargingStation.objects.update(is_connected=True)
    Connector.objects.update(status="available")
    client.force_login(paid_story.driver)
    page = client.get(reverse("scheduling:start", args=[paid_story.evse.code])).content.decode()
    assert "€18.00" in page
    payment = checkout.pay_at_once(evse=paid_story.evse, driver=paid_story.driver).payment
    assert (payment.requested_minor, payment.authorized_minor) == (1800, 1800)


# --- used up ---------------------------------------------------------------------------------


@pytest.fixture
def running(paid_story, monkeypatch):
    """A charge that runs on a hold of 10.00; energy is told by the test."""
    session = paid_story.session(status="active")
    session.station.is_connected = True
    session.station.save()
    payment = paid_story.held(session, amount_minor=1000)
    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(minutes=30))

    def used(energy_wh):
        session.energy_wh = energy_wh
        session.save(update_fields=["energy_wh"])
        return Payment.objects.select_related(
            "session__evse", "session__organization", "session__station__location"
        ).get(pk=payment.pk)

    return used


def test_the_payer_is_warned_once_at_four_fifths_and_nothing_is_stopped(running, paid_story, client):
    assert used_percent(running(15_000)) == 75
    assert watch_holds() == 0
    deliver()
    assert mail.outbox == []
    payment = running(16_400)
    assert [watch_holds(), watch_holds()] == [0, 0]
    deliver()
    [warning] = mail.outbox
    assert (warning.to, "10.00" in warning.subject) == ([paid_story.driver.email], True)
    client.force_login(paid_story.driver)
    page = client.get(reverse("payments:live_cost", args=[payment.session.public_id])).content.decode()
    assert "Before it costs more, charging stops" in page


def test_at_nineteen_twentieths_the_charge_is_stopped(running):
    running(19_200)
    assert [watch_holds(), watch_holds()] == [1, 0]
    assert StationCommand.objects.filter(kind="stop_session").count() == 1


def test_a_charge_of_nothing_held_is_not_watched(story):
    assert used_percent(Payment(session=None)) == 0
