"""From the promise to the car: announced, fulfilled, missed, kept."""

from __future__ import annotations

import dataclasses

import pytest

from accounts.models import IdToken
from core import clock
from core.models import DomainEvent
from scheduling.authorization import evse_is_not_kept_for_someone_else
from scheduling.models import Reservation
from scheduling.services import arrivals, fulfilling, reservations
from stations.facts import Question
from stations.models import ChargingStation, StationCommand
from tests.scheduling.town import HOUR, MINUTE, NOW, make_driver, make_evse, make_location, make_session

pytestmark = pytest.mark.django_db


@pytest.fixture
def driver():
    return make_driver()


@pytest.fixture
def evse():
    return make_evse(make_location())


@pytest.fixture
def booked(evse, driver):
    with clock.at(NOW):
        return reservations.book(evse=evse, driver=driver, start_at=NOW + HOUR, end_at=NOW + 2 * HOUR)


def told():
    return [(command.kind, command.params) for command in StationCommand.objects.order_by("pk")]


def announce(at):
    with clock.at(at):
        return arrivals.announce_due()


def event(name):
    return DomainEvent.objects.get(type=f"scheduling.{name}").payload


def test_the_station_is_told_once_shortly_before(booked, driver):
    assert [announce(NOW + 44 * MINUTE), announce(NOW + 45 * MINUTE), announce(NOW + 46 * MINUTE)] == [
        0,
        1,
        0,
    ]
    ((kind, params),) = told()
    assert kind == "reserve"
    assert params["reservation_number"] == booked.number
    assert params["token_uid"] == arrivals.wire_token(booked)
    assert params["expires_at"] == (NOW + 75 * MINUTE).isoformat()


def test_a_driver_who_books_with_a_card_is_waited_for_with_the_card(evse, driver):
    card = IdToken.objects.create(uid="04AABB", type="rfid", user=driver, group_uid="FLEET")
    with clock.at(NOW):
        reservations.book(evse=evse, driver=driver, id_token=card, start_at=NOW + HOUR, end_at=NOW + 2 * HOUR)
    announce(NOW + 50 * MINUTE)
    ((_, params),) = told()
    assert (params["token_uid"], params["token_type"], params["group_uid"]) == ("04AABB", "rfid", "FLEET")


def test_before_the_drivers_own_start_the_station_is_told_to_wait_no_longer(booked, evse, driver):
    with clock.at(NOW + 55 * MINUTE):
        assert not arrivals.clear_the_way(evse=evse, driver=driver)
        arrivals.announce_due()
        assert not arrivals.clear_the_way(evse=evse, driver=make_driver())
        assert arrivals.clear_the_way(evse=evse, driver=driver)
        assert arrivals.announce_due() == 0
    assert told()[-1] == ("cancel_reservation", {"reservation_number": booked.number})
    assert Reservation.objects.get().status == "confirmed"


def test_a_station_that_reconnects_or_boots_is_told_again(booked):
    announce(NOW + 45 * MINUTE)
    ChargingStation.objects.update(connected_at=NOW + 50 * MINUTE)
    assert [announce(NOW + 51 * MINUTE), announce(NOW + 52 * MINUTE)] == [1, 0]
    ChargingStation.objects.update(booted_at=NOW + 53 * MINUTE)
    assert announce(NOW + 54 * MINUTE) == 1


def test_a_station_that_is_away_is_told_when_it_is_back(booked):
    ChargingStation.objects.update(is_connected=False)
    assert announce(NOW + 50 * MINUTE) == 0
    ChargingStation.objects.update(is_connected=True, connected_at=NOW + 55 * MINUTE)
    with clock.at(NOW + 55 * MINUTE):
        assert arrivals.announce_due(station_id=booked.evse.station_id) == 1


def test_canceling_what_the_station_knows_tells_the_station(booked, driver):
    announce(NOW + 45 * MINUTE)
    booked.refresh_from_db()
    with clock.at(NOW + 46 * MINUTE):
        reservations.cancel(reservation=booked, canceled_by=driver)
    assert told()[-1] == ("cancel_reservation", {"reservation_number": booked.number})


def test_the_drivers_session_fulfills_her_booking_and_remembers_its_interval(booked, driver, evse):
    session = make_session(evse, driver, started_at=NOW + 50 * MINUTE)
    with clock.at(NOW + 51 * MINUTE):
        assert fulfilling.fulfill(session_id=session.pk) == booked
        assert fulfilling.fulfill(session_id=session.pk) == booked
    booked.refresh_from_db(), session.refresh_from_db()
    assert (booked.status, booked.session) == ("fulfilled", session)
    assert (session.reserved_during.lower, session.reserved_during.upper) == (NOW + HOUR, NOW + 2 * HOUR)
    assert session.reservation_number == booked.number
    assert event("ReservationFulfilled")["session_id"] == session.pk


def test_a_strangers_session_fulfills_nothing(booked, evse):
    session = make_session(evse, make_driver("bob"), started_at=NOW + 50 * MINUTE)
    assert fulfilling.fulfill(session_id=session.pk) is None
    booked.refresh_from_db()
    assert booked.status == "confirmed"


def test_a_session_that_names_the_booking_fulfills_it(booked, evse):
    session = make_session(evse, started_at=NOW + 50 * MINUTE)
    assert fulfilling.fulfill(session_id=session.pk, reservation_number=booked.number) == booked


def test_the_drivers_session_long_before_leaves_the_booking_for_later(booked, driver, evse):
    session = make_session(evse, driver, started_at=NOW - MINUTE)
    assert fulfilling.fulfill(session_id=session.pk) is None


def miss(at):
    with clock.at(at):
        return arrivals.miss_due()


def test_nobody_came_so_the_place_is_released_after_the_grace(booked, evse):
    announce(NOW + 45 * MINUTE)
    assert [miss(NOW + 74 * MINUTE), miss(NOW + 75 * MINUTE), miss(NOW + 76 * MINUTE)] == [0, 1, 0]
    assert Reservation.objects.get().status == "missed"
    assert told()[-1][0] == "cancel_reservation"
    missed = event("ReservationMissed")
    assert (missed["is_excused"], missed["driver_id"]) == (False, booked.driver_id)
    with clock.at(NOW + 76 * MINUTE):
        again = reservations.book(
            evse=evse, driver=make_driver(), start_at=NOW + 75 * MINUTE, end_at=NOW + 2 * HOUR
        )
    assert again.status == "confirmed"


def test_who_books_a_quarter_that_has_begun_has_the_whole_grace(evse, driver):
    with clock.at(NOW + 14 * MINUTE):
        reservations.book(evse=evse, driver=driver, start_at=NOW, end_at=NOW + HOUR)
    assert [miss(NOW + 28 * MINUTE), miss(NOW + 29 * MINUTE)] == [0, 1]


def test_a_driver_whose_start_was_not_noticed_yet_is_not_missed(booked, driver, evse):
    make_session(evse, driver, started_at=NOW + 70 * MINUTE)
    assert miss(NOW + 75 * MINUTE) == 0
    assert Reservation.objects.get().status == "fulfilled"


@pytest.mark.parametrize("trouble", ["occupied", "offline", "broken"])
def test_nobody_is_to_pay_for_a_place_that_could_not_be_used(booked, evse, trouble):
    if trouble == "occupied":
        make_session(evse, make_driver("bob"), started_at=NOW)
    elif trouble == "offline":
        ChargingStation.objects.update(is_connected=False)
    else:
        evse.connectors.update(status="faulted")
    miss(NOW + 75 * MINUTE)
    missed = event("ReservationMissed")
    assert (missed["is_excused"], missed["excuse"]) == (True, trouble)


def question(evse, at, user=None, token=None, kind="rfid"):
    return Question(
        station_id=evse.station_id,
        organization_id=evse.organization_id,
        evse_id=evse.pk,
        id_token_id=token.pk if token else None,
        user_id=user.pk if user else None,
        uid="X",
        type=kind,
        at=at,
    )


def test_a_kept_place_refuses_strangers_and_lets_its_driver_charge(booked, driver, evse, statements):
    other = make_evse(evse.station.location)
    near = NOW + 50 * MINUTE
    asked = [
        question(evse, NOW + 44 * MINUTE, make_driver()),
        question(evse, near, driver),
        question(evse, near, token=booked.id_token),
        question(other, near),
        question(evse, near, kind="minted"),
        question(evse, near),
        question(evse, NOW + 2 * HOUR),
    ]
    with statements(1):
        answers = evse_is_not_kept_for_someone_else(asked)
    refused = [answer is not None for answer in answers]
    assert refused == [False, False, False, False, False, True, False]
    assert (answers[5].status, answers[5].reason) == ("blocked", "kept for somebody else")


def test_nothing_is_asked_of_the_database_for_questions_without_a_place(evse, statements):

    nowhere = dataclasses.replace(question(evse, NOW), evse_id=None)
    with statements(0):
        assert evse_is_not_kept_for_someone_else([nowhere, nowhere]) == [None, None]
