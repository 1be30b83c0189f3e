"""Booking a kind of place: connectors are bound late, promises are kept."""

from __future__ import annotations

import pytest

from core import clock
from scheduling import selectors
from scheduling.models import Reservation
from scheduling.services import placing, reservations
from scheduling.services.reservations import SlotTaken
from tests.scheduling.town import HOUR, NOW, make_driver, make_evse, make_location

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def noon():
    with clock.at(NOW):
        yield


@pytest.fixture
def twins():
    location = make_location()
    return [make_evse(location), make_evse(location)]


def book(evse, start, hours):
    start_at = NOW + start * HOUR
    return reservations.book(
        evse=evse, driver=make_driver(), start_at=start_at, end_at=start_at + hours * HOUR
    )


def book_any(evse, start, hours):
    start_at = NOW + start * HOUR
    return placing.book_class(
        location=evse.station.location,
        class_id=selectors.class_of(evse),
        driver=make_driver(),
        start_at=start_at,
        end_at=start_at + hours * HOUR,
    )


def test_any_free_place_of_the_kind_will_do(twins):
    book(twins[0], 1, 2)
    assert book_any(twins[0], 1, 2).evse == twins[1]


def test_bookings_move_aside_for_one_more_and_keep_their_time(twins):
    one, two = book(twins[0], 1, 2), book(twins[1], 4, 2)
    three = book_any(twins[0], 2.5, 4)
    one.refresh_from_db(), two.refresh_from_db()
    assert one.evse == two.evse != three.evse
    assert two.during.lower == NOW + 4 * HOUR


def test_a_full_class_is_refused_with_the_next_free_times(twins):
    book(twins[0], 1, 2), book(twins[1], 1, 2)
    with pytest.raises(SlotTaken) as refused:
        book_any(twins[0], 2, 1)
    assert [free.start_at for free in refused.value.next_free] == [NOW + hours * HOUR for hours in (3, 4, 5)]


def test_what_the_station_was_told_of_stays_where_it_is(twins):
    one, _two = book(twins[0], 1, 2), book(twins[1], 4, 2)
    Reservation.objects.update(announced_at=NOW)
    with pytest.raises(SlotTaken):
        book_any(twins[0], 2.5, 4)
    one.refresh_from_db()
    assert one.evse == twins[0]


def test_tidying_packs_bookings_together(twins):
    book(twins[0], 1, 2), book(twins[1], 4, 2)
    assert placing.tidy(location=twins[0].station.location) == 1
    assert Reservation.objects.values("evse").distinct().count() == 1
    assert placing.tidy(location=twins[0].station.location) == 0
