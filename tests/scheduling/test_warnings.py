"""A booked stall breaks long before: its driver hears of it in good time, and when it works again."""

from __future__ import annotations

import pytest
from django.core import mail
from django.urls import reverse

from core import clock, outbox
from scheduling.selectors.instead import instead_of
from scheduling.services import reservations, warning
from stations import selectors_overview
from stations.models import ChargingStation, Connector
from tests.factories import MembershipFactory
from tests.scheduling.town import HOUR, MINUTE, NOW, make_driver, make_evse, make_location, make_session

pytestmark = pytest.mark.django_db


@pytest.fixture
def evse():
    return make_evse(make_location(), name="Stall 1")


@pytest.fixture
def booked(evse):
    with clock.at(NOW):
        return reservations.book(
            evse=evse, driver=make_driver(), start_at=NOW + 8 * HOUR, end_at=NOW + 9 * HOUR
        )


def becomes(evse, status, at=NOW):
    Connector.objects.filter(evse=evse).update(status=status, status_at=at)


def goes_silent(evse, at=NOW):
    ChargingStation.objects.filter(pk=evse.station_id).update(is_connected=False, disconnected_at=at)


def sweep(at) -> tuple[int, int]:
    with clock.at(at):
        swept = warning.warn_drivers(), warning.withdraw_warnings()
        outbox.deliver_pending()
    return swept


@pytest.mark.parametrize("status", ["faulted", "unavailable"])
def test_the_driver_of_a_stall_that_stays_broken_is_told_once_in_good_time(booked, evse, status):
    make_evse(evse.station.location, name="Stall 2")
    becomes(evse, status)
    assert sweep(NOW + 29 * MINUTE) == (0, 0)
    assert sweep(NOW + 31 * MINUTE) == (1, 0)
    assert sweep(NOW + 32 * MINUTE) == (0, 0)
    (letter,) = mail.outbox
    assert letter.to == [booked.driver.email]
    assert "- stall 2, Monday 2 March, 20:00 to 21:00" in letter.body


def test_a_stall_out_of_reach_is_given_an_hour(booked, evse):
    goes_silent(evse)
    assert sweep(NOW + 59 * MINUTE) == (0, 0)
    assert sweep(NOW + 61 * MINUTE) == (1, 0)


def test_a_booking_of_another_day_can_wait(evse):
    with clock.at(NOW):
        reservations.book(evse=evse, driver=make_driver(), start_at=NOW + 30 * HOUR, end_at=NOW + 31 * HOUR)
    becomes(evse, "faulted")
    assert sweep(NOW + HOUR) == (0, 0)
    assert sweep(NOW + 19 * HOUR) == (1, 0)


def test_one_plug_that_works_is_enough(booked, evse):
    becomes(evse, "faulted")
    Connector.objects.create(organization=evse.organization, evse=evse, number=2, status="available")
    assert sweep(NOW + 2 * HOUR) == (0, 0)


def test_who_charges_there_already_is_not_warned(evse):
    driver = make_driver()
    with clock.at(NOW):
        reservations.book(evse=evse, driver=driver, start_at=NOW + 15 * MINUTE, end_at=NOW + 2 * HOUR)
    make_session(evse, driver, started_at=NOW + 16 * MINUTE)
    becomes(evse, "faulted", at=NOW + 17 * MINUTE)
    assert sweep(NOW + HOUR) == (0, 0)


def test_a_stall_that_works_again_takes_its_warning_back(booked, evse):
    becomes(evse, "faulted")
    sweep(NOW + HOUR)
    becomes(evse, "available", at=NOW + 2 * HOUR)
    assert sweep(NOW + 2 * HOUR + 9 * MINUTE) == (0, 0)
    assert sweep(NOW + 2 * HOUR + 11 * MINUTE) == (0, 1)
    assert sweep(NOW + 2 * HOUR + 12 * MINUTE) == (0, 0)
    assert ["out of order" in mail.outbox[0].subject, "works again" in mail.outbox[1].subject] == [True, True]
    booked.refresh_from_db()
    assert (booked.status, booked.lost_stall_at) == ("confirmed", None)


def test_a_stall_that_breaks_again_warns_again(booked, evse):
    becomes(evse, "faulted")
    sweep(NOW + HOUR)
    becomes(evse, "available", at=NOW + 2 * HOUR)
    sweep(NOW + 3 * HOUR)
    becomes(evse, "faulted", at=NOW + 3 * HOUR)
    assert sweep(NOW + 4 * HOUR) == (1, 0)


def test_a_stall_back_in_reach_takes_its_warning_back(booked, evse):
    goes_silent(evse)
    sweep(NOW + 2 * HOUR)
    ChargingStation.objects.update(is_connected=True, connected_at=NOW + 3 * HOUR)
    assert sweep(NOW + 3 * HOUR + 5 * MINUTE) == (0, 0)
    assert sweep(NOW + 3 * HOUR + 11 * MINUTE) == (0, 1)


def test_a_canceled_booking_warns_nobody_and_is_not_missed(booked, evse):
    becomes(evse, "faulted")
    sweep(NOW + HOUR)
    with clock.at(NOW + HOUR):
        reservations.cancel(reservation=booked, canceled_by=booked.driver)
    becomes(evse, "available", at=NOW + 2 * HOUR)
    assert sweep(NOW + 3 * HOUR) == (0, 0)
    assert len(mail.outbox) == 1


def test_what_is_out_of_service_itself_is_not_offered_instead(booked, evse):
    location = evse.station.location
    becomes(make_evse(location, name="Stall 2"), "faulted")
    goes_silent(make_evse(location, name="Stall 3"))
    fine = make_evse(location, name="Stall 4")
    becomes(evse, "faulted")
    with clock.at(NOW + 2 * HOUR):
        assert {offer.evse for offer in instead_of(booked)} == {fine}


def test_the_operator_sees_the_bookings_in_danger(booked, evse):
    operator = MembershipFactory(organization=evse.organization).user
    goes_silent(evse)
    sweep(NOW + 2 * HOUR)
    with clock.at(NOW + 2 * HOUR):
        listed = [str(a.detail) for a in selectors_overview.attention(operator)]
    assert any(f"Booking #{booked.number}" in line for line in listed)


def test_the_driver_takes_another_stall_for_one_out_of_reach(client, booked, evse):
    twin = make_evse(evse.station.location, name="Stall 2")
    goes_silent(evse)
    sweep(NOW + 2 * HOUR)
    client.force_login(booked.driver)
    with clock.at(NOW + 2 * HOUR):
        (offer, *_) = instead_of(booked)
        client.post(reverse("scheduling:take_instead", args=[booked.public_id]), {"slot": offer.value})
    booked.refresh_from_db()
    assert booked.status == "canceled"
    assert twin.reservations.get().status == "confirmed"
