"""A driver who comes before her booking is due, or to another stall, or is there already."""

from __future__ import annotations

import pytest
from django.urls import reverse

from core import clock
from core.models import DomainEvent
from payments.models import Payment
from scheduling.models import Reservation
from scheduling.selectors.early import Outlook, ahead_of
from scheduling.services import arrivals, fulfilling, reservations
from stations.models import StationCommand
from tests.scheduling.town import (
    HOUR,
    MINUTE,
    NOW,
    end_session,
    make_driver,
    make_evse,
    make_location,
    make_session,
)

pytestmark = pytest.mark.django_db
START, END = NOW + HOUR, NOW + 2 * HOUR


@pytest.fixture
def driver():
    return make_driver()


@pytest.fixture
def evse():
    return make_evse(make_location())


@pytest.fixture
def booked(evse, driver):
    return book(evse, driver, START, END)


def book(evse, driver, start_at, end_at, at=NOW - HOUR):
    with clock.at(at):
        return reservations.book(evse=evse, driver=driver, start_at=start_at, end_at=end_at)


def start(evse, driver, at):
    """Her session begins, and the news of it arrives."""
    session = make_session(evse, driver, started_at=at)
    with clock.at(at):
        fulfilling.fulfill(session_id=session.pk)
    session.refresh_from_db()
    return session


def ends(during):
    return during.lower, during.upper


def sweep(at):
    with clock.at(at):
        return arrivals.announce_due(), arrivals.miss_due()


def outlook(evse, driver, at=NOW):
    ahead = ahead_of(evse=evse, at=at, driver_id=driver.pk)
    return ahead.outlook if ahead else None


def test_who_starts_early_at_her_stall_uses_her_booking_from_then_on(booked, driver, evse):
    assert outlook(evse, driver) == Outlook.EARLY
    session = start(evse, driver, NOW)
    booked.refresh_from_db()
    assert (booked.status, booked.session) == ("fulfilled", session)
    assert ends(booked.during) == ends(session.reserved_during) == (NOW, END)
    end_session(session, NOW + 30 * MINUTE)
    assert sweep(START + 20 * MINUTE) == (0, 0)
    assert not StationCommand.objects.exists()
    assert not DomainEvent.objects.filter(type="scheduling.ReservationMissed").exists()


def test_hearing_of_the_early_start_twice_uses_one_booking(booked, driver, evse):
    after = book(evse, driver, END, END + HOUR)
    session = start(evse, driver, NOW)
    with clock.at(NOW):
        assert fulfilling.fulfill(session_id=session.pk) == booked
    after.refresh_from_db()
    assert after.status == "confirmed"
    assert DomainEvent.objects.filter(type="scheduling.ReservationFulfilled").count() == 1


def test_somebody_elses_time_between_keeps_the_booking_apart(booked, driver, evse):
    other = book(evse, make_driver("bob"), START - 30 * MINUTE, START)
    assert outlook(evse, driver) == Outlook.APART
    session = start(evse, driver, NOW)
    booked.refresh_from_db(), other.refresh_from_db()
    assert [booked.status, other.status] == ["confirmed", "confirmed"]
    assert (ends(booked.during), session.reserved_during) == ((START, END), None)


def test_a_like_stall_of_the_same_site_takes_the_booking_along(booked, driver, evse):
    beside = make_evse(evse.station.location)
    with clock.at(START - 10 * MINUTE):
        arrivals.announce_due()
        ahead = ahead_of(evse=beside, at=clock.now(), driver_id=driver.pk)
    assert (ahead.outlook, ahead.is_elsewhere) == (Outlook.EARLY, True)
    session = start(beside, driver, START - 5 * MINUTE)
    booked.refresh_from_db()
    assert (booked.status, booked.evse, booked.session) == ("fulfilled", beside, session)
    last = StationCommand.objects.latest("pk")
    assert (last.kind, last.station) == ("cancel_reservation", evse.station)
    again = book(evse, make_driver("bob"), START, END, at=START - 4 * MINUTE)
    assert again.status == "confirmed"


def test_a_stall_of_another_kind_or_site_has_nothing_to_do_with_the_booking(booked, driver, evse):
    strong = make_evse(evse.station.location, max_power_w=150_000)
    far = make_evse(make_location())
    for place in (strong, far):
        assert outlook(place, driver) is None
        start(place, driver, NOW)
    booked.refresh_from_db()
    assert booked.status == "confirmed"


def test_a_stall_that_somebody_has_booked_meanwhile_does_not_take_it_along(booked, driver, evse):
    beside = make_evse(evse.station.location)
    book(beside, make_driver("bob"), START + 30 * MINUTE, END)
    assert outlook(beside, driver) == Outlook.APART
    start(beside, driver, NOW)
    booked.refresh_from_db()
    assert (booked.status, booked.evse) == ("confirmed", evse)


def test_a_charge_begun_long_before_goes_on_as_the_booking(booked, driver, evse):
    assert outlook(evse, driver, NOW - HOUR) == Outlook.LATER
    session = start(evse, driver, NOW - HOUR)
    assert sweep(START - 16 * MINUTE) == (0, 0)
    assert Reservation.objects.get().status == "confirmed"
    assert sweep(START - 15 * MINUTE) == (0, 0)
    booked.refresh_from_db()
    assert (booked.status, booked.session) == ("fulfilled", session)
    assert not StationCommand.objects.exists()


def test_a_charge_that_ended_long_before_leaves_the_booking(booked, driver, evse):
    end_session(start(evse, driver, NOW - HOUR), NOW)
    assert sweep(START - 10 * MINUTE) == (1, 0)


def test_strangers_and_guests_learn_nothing_of_bookings(booked, evse):
    assert outlook(evse, make_driver("bob")) is None
    assert ahead_of(evse=evse, at=NOW, driver_id=None) is None


@pytest.mark.parametrize(
    ("early", "said"),
    [(30 * MINUTE, "begins with this charge"), (3 * HOUR, "goes on as your booking")],
)
def test_the_start_page_says_what_becomes_of_the_booking(client, driver, evse, early, said):
    booked = book(evse, driver, START, END)
    client.force_login(driver)
    with clock.at(booked.during.lower - early):
        page = client.get(reverse("scheduling:start", args=[evse.code])).content.decode()
    assert said in page


def test_the_start_page_says_that_somebody_has_the_time_between(client, booked, driver, evse):
    book(evse, make_driver("bob"), START - 30 * MINUTE, START)
    client.force_login(driver)
    with clock.at(NOW):
        page = client.get(reverse("scheduling:start", args=[evse.code])).content.decode()
    assert "somebody else has booked the time between" in page


def test_the_live_page_says_that_the_charge_counts_as_the_booking(client, booked, driver, evse):
    session = start(evse, driver, NOW)
    client.force_login(driver)
    with clock.at(NOW + MINUTE):
        page = client.get(reverse("scheduling:live", args=[session.public_id])).content.decode()
    assert "Counts as your booking" in page
    assert Payment.objects.count() == 0
