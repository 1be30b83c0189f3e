"""Booking: who gets it, who is told what is free instead, and how it ends."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections

from core import clock
from core.models import DomainEvent
from scheduling import selectors
from scheduling.models import Reservation
from scheduling.services import reservations
from scheduling.services.reservations import NotBookable, SlotTaken, TooLate
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


@pytest.fixture(autouse=True)
def noon():
    with clock.at(NOW):
        yield


def book(evse, driver=None, start=1.0, hours=1.0):
    return reservations.book(
        evse=evse,
        driver=driver or make_driver(),
        start_at=NOW + start * HOUR,
        end_at=NOW + (start + hours) * HOUR,
    )


def events(name):
    return list(DomainEvent.objects.filter(type=f"scheduling.{name}"))


def test_a_booking_is_confirmed_and_says_so():
    driver, evse = make_driver(), make_evse(make_location())
    booked = book(evse, driver)
    assert (booked.status, booked.driver, booked.location) == ("confirmed", driver, evse.station.location)
    assert booked.id_token.uid.startswith("APP")
    (event,) = events("ReservationConfirmed")
    assert event.payload["start_at"] == (NOW + HOUR).isoformat()
    assert event.payload["number"] == booked.number


def test_an_overlap_is_refused_with_the_next_free_times():
    evse = make_evse(make_location())
    book(evse, start=1)
    with pytest.raises(SlotTaken) as refused:
        book(evse, start=1.5)
    assert [(free.evse_id, free.start_at) for free in refused.value.next_free] == [
        (evse.pk, NOW + 2 * HOUR),
        (evse.pk, NOW + 3 * HOUR),
        (evse.pk, NOW + 4 * HOUR),
    ]


def test_the_twin_next_to_a_taken_place_is_offered_for_the_same_time():
    location = make_location()
    evse, twin = make_evse(location), make_evse(location)
    make_evse(location, current_type="dc", max_power_w=150_000)
    book(evse)
    with pytest.raises(SlotTaken) as refused:
        book(evse)
    first = refused.value.next_free[0]
    assert (first.evse_id, first.start_at) == (twin.pk, NOW + HOUR)


def test_bookings_that_touch_do_not_overlap():
    evse = make_evse(make_location())
    book(evse, start=1)
    book(evse, start=2)
    assert Reservation.objects.filter(evse=evse, status="confirmed").count() == 2


@pytest.mark.parametrize(("start", "hours"), [(-2, 1), (1.1, 1), (1, 0.1), (1, 13), (24 * 7, 1), (1, 0)])
def test_what_cannot_be_booked_at_all_is_said_so(start, hours):
    with pytest.raises(NotBookable):
        book(make_evse(make_location()), start=start, hours=hours)


def test_a_place_in_use_is_not_promised_for_the_next_moment():
    evse = make_evse(make_location())
    session = make_session(evse, started_at=NOW - HOUR)
    with pytest.raises(SlotTaken) as refused:
        book(evse, start=0.25)
    assert refused.value.next_free[0].start_at == NOW + HOUR
    end_session(session, NOW)
    assert book(evse, start=0.25).status == "confirmed"


def test_a_hold_keeps_the_place_until_it_expires():
    evse, driver = make_evse(make_location()), make_driver()
    held = reservations.hold_slot(evse=evse, driver=driver, start_at=NOW + HOUR, end_at=NOW + 2 * HOUR)
    with pytest.raises(SlotTaken):
        book(evse)
    with clock.at(NOW + 11 * MINUTE):
        assert book(evse).status == "confirmed"
        held.refresh_from_db()
        assert held.status == "expired"
        with pytest.raises(TooLate) as late:
            reservations.confirm(reservation=held)
    assert late.value.status == "expired"
    assert len(events("ReservationExpired")) == 1


def test_a_hold_past_its_time_cannot_be_confirmed_even_before_the_sweep():
    evse, driver = make_evse(make_location()), make_driver()
    held = reservations.hold_slot(evse=evse, driver=driver, start_at=NOW + HOUR, end_at=NOW + 2 * HOUR)
    with clock.at(NOW + 11 * MINUTE), pytest.raises(TooLate):
        reservations.confirm(reservation=held)
    with clock.at(NOW + 11 * MINUTE):
        assert [reservations.expire_holds(), reservations.expire_holds()] == [1, 0]


def test_confirming_twice_tells_once():
    held = reservations.hold_slot(
        evse=make_evse(make_location()), driver=make_driver(), start_at=NOW + HOUR, end_at=NOW + 2 * HOUR
    )
    reservations.confirm(reservation=held)
    reservations.confirm(reservation=held)
    assert len(events("ReservationConfirmed")) == 1


def test_a_canceled_time_is_free_again_and_told_once():
    evse = make_evse(make_location())
    booked = book(evse)
    reservations.cancel(reservation=booked)
    reservations.cancel(reservation=booked)
    assert book(evse).status == "confirmed"
    assert len(events("ReservationCanceled")) == 1
    assert not StationCommand.objects.exists()


def test_what_was_missed_cannot_be_canceled():
    booked = book(make_evse(make_location()))
    Reservation.objects.filter(pk=booked.pk).update(status="missed")
    with pytest.raises(TooLate):
        reservations.cancel(reservation=booked)


def test_two_bookings_swap_their_places_in_one_statement():
    location = make_location()
    left, right = make_evse(location), make_evse(location)
    one, two = book(left), book(right)
    assert reservations.rebind(moves={one.pk: right.pk, two.pk: left.pk}) == 2
    one.refresh_from_db(), two.refresh_from_db()
    assert (one.evse, two.evse) == (right, left)


def test_a_move_onto_a_taken_place_is_refused_and_changes_nothing():
    location = make_location()
    left, right = make_evse(location), make_evse(location)
    one, _two = book(left), book(right)
    with pytest.raises(SlotTaken):
        reservations.rebind(moves={one.pk: right.pk})
    one.refresh_from_db()
    assert one.evse == left


def test_a_booking_that_the_station_knows_of_does_not_move():
    location = make_location()
    left, right = make_evse(location), make_evse(location)
    booked = book(left)
    Reservation.objects.filter(pk=booked.pk).update(announced_at=NOW)
    assert reservations.rebind(moves={booked.pk: right.pk}) == 0


@pytest.mark.django_db(transaction=True)
def test_of_eight_who_want_the_same_hour_one_wins_and_seven_hear_what_is_free():
    evse = make_evse(make_location())
    drivers, outcomes = [make_driver() for _ in range(8)], []
    barrier = threading.Barrier(8)

    def attempt(driver):
        try:
            barrier.wait()
            with clock.at(NOW):
                outcomes.append(book(evse, driver))
        except SlotTaken as refused:
            outcomes.append(refused)
        finally:
            connections.close_all()

    for _ in range(5):
        Reservation.objects.all().delete()
        outcomes.clear()
        threads = [threading.Thread(target=attempt, args=(driver,)) for driver in drivers]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        refusals = [outcome for outcome in outcomes if isinstance(outcome, SlotTaken)]
        assert (len(outcomes), len(refusals)) == (8, 7)
        assert all(refusal.next_free[0].start_at == NOW + 2 * HOUR for refusal in refusals)
        assert Reservation.objects.filter(status="confirmed").count() == 1


def test_the_database_itself_refuses_an_overlap():
    booked = book(make_evse(make_location()))
    with pytest.raises(Exception, match="no_overlapping_reservations"), connection.cursor() as cursor:
        cursor.execute(
            "insert into scheduling_reservation (organization_id, location_id, evse_id, driver_id, public_id,"
            " during, status, created_at) select organization_id, location_id, evse_id, driver_id,"
            " gen_random_uuid(), during, 'confirmed', created_at from scheduling_reservation where id = %s",
            [booked.pk],
        )


def test_a_day_shows_what_is_free_in_each_quarter():
    location = make_location(time_zone="Europe/Berlin")
    evse = make_evse(location)
    make_evse(location)
    book(evse, start=2, hours=0.5)
    day = selectors.availability(location_id=location.pk, day=NOW.date())
    assert len(day) == 96
    assert day[0].start_at == NOW - 13 * HOUR
    taken = [quarter.start_at for quarter in day if quarter.free == 1]
    assert taken == [NOW + 2 * HOUR, NOW + 2.25 * HOUR]


def test_the_day_of_a_clock_change_has_twentythree_hours():
    location = make_location(time_zone="Europe/Berlin")
    make_evse(location)
    spring = NOW.date().replace(day=29)
    assert len(selectors.availability(location_id=location.pk, day=spring)) == 92


def test_places_free_now_are_those_where_a_car_may_be_plugged_in():
    location = make_location()
    used, kept, soon = make_evse(location), make_evse(location), make_evse(location)
    make_evse(location, status="faulted"), make_evse(location, is_connected=False)
    free = make_evse(location)
    make_session(used)
    book(kept, start=0.25)
    book(soon, start=1)
    assert set(selectors.free_evses()) == {free, soon}
    assert selectors.free_stalls([location.pk])[location.pk] == selectors.Stalls(free=2, total=6)


def test_the_forecast_shows_what_is_usual_and_what_is_booked():
    location = make_location()
    evse = make_evse(location)
    make_evse(location)
    for days in (3, 4):
        session = make_session(evse, started_at=NOW - timedelta(days=days))
        end_session(session, NOW - timedelta(days=days) + HOUR)
    book(evse, start=2)
    hours = selectors.day_forecast(location_id=location.pk)
    assert (hours[12].busy_share, hours[12].days) == (0.5, 2)
    assert (hours[14].busy_share, hours[14].booked_share) == (0.5, 0.5)
    assert hours[3].busy_share == 0.0


def test_my_bookings_are_mine_and_the_next_one_is_the_next():
    location, ann = make_location(), make_driver()
    evse = make_evse(location)
    later, sooner = book(evse, ann, start=5), book(evse, ann, start=2)
    book(evse, make_driver("bob"), start=8)
    assert list(selectors.bookings_of(ann)) == [later, sooner]
    assert selectors.next_booking(ann) == sooner
