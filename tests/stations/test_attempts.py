"""Start attempts: one record per try, with how far it came and one cause."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core import clock
from stations.facts import TokenPresented
from stations.models import ChargingSession, ChargingStation, Connector, StartAttempt, StationCommand
from stations.services import attempts, commands, monitoring, pending, sessions
from tests.factories import NOON, TokenFactory, UserFactory
from tests.stations.telling import after, begin, begin2, finish, finish2, reading, token

Outcome = StartAttempt.Outcome


@pytest.fixture
def online(station):
    ChargingStation.objects.update(is_connected=True)
    return station.evses.get()


def only() -> StartAttempt:
    return StartAttempt.objects.get()


# --- through us


def test_a_start_from_the_app_is_followed_to_the_energy(online, told):
    driver = UserFactory()
    session = sessions.request_start(evse=online, user=driver)
    assert (only().door, only().reached, only().outcome) == ("app", "authorized", Outcome.OPEN)
    command = commands.claim_next(station_id=online.station_id, connection_no=0)
    commands.record_answer(command_id=command.pk, outcome="accepted", word="Accepted")
    told(begin(token_uid=session.start_token))
    attempts.follow_started(session_id=session.pk)
    assert (only().reached, only().outcome) == ("started", Outcome.OPEN)
    assert set(only().steps) == {"asked", "authorized", "sent", "accepted", "started"}
    told(finish(session.number))
    attempts.follow_ended(session_id=session.pk)
    assert (only().reached, only().outcome, only().cause) == ("charging", Outcome.SUCCEEDED, "")


@pytest.mark.parametrize(
    ("asked", "door"),
    [
        (lambda: {"user": UserFactory()}, "app"),
        (dict, "qr"),
        (lambda: {"token": TokenFactory(), "requested_by": UserFactory()}, "remote"),
    ],
)
def test_the_door_is_who_asked(online, asked, door):
    sessions.request_start(evse=online, **asked())
    assert only().door == door


def test_a_refusal_is_an_attempt_that_names_its_cause(station):
    evse = station.evses.get()
    with pytest.raises(sessions.StationOffline):
        sessions.request_start(evse=evse, user=UserFactory())
    assert (only().outcome, only().cause, only().reached) == (Outcome.FAILED, "network", "asked")
    assert only().session is None


def test_a_busy_place_and_a_blocked_token_have_their_causes(online):
    sessions.request_start(evse=online)
    with pytest.raises(sessions.EvseBusy):
        sessions.request_start(evse=online)
    ChargingSession.objects.update(status="abandoned")
    with pytest.raises(sessions.NotAuthorized):
        sessions.request_start(evse=online, token=TokenFactory(status="blocked"))
    failed = StartAttempt.objects.filter(outcome=Outcome.FAILED).order_by("pk")
    assert list(failed.values_list("cause", flat=True)) == ["connector", "authorization"]


@pytest.mark.parametrize(
    ("outcome", "cause"), [("rejected", "station"), ("failed", "station"), (None, "network")]
)
def test_a_station_that_refuses_or_cannot_be_reached_ends_the_attempt(online, outcome, cause):
    session = sessions.request_start(evse=online)
    if outcome:
        command = commands.claim_next(station_id=online.station_id, connection_no=0)
        commands.record_answer(command_id=command.pk, outcome=outcome, word="Rejected")
    else:
        StationCommand.objects.update(expires_at=clock.now() + timedelta(seconds=1))
        with clock.at(NOON + timedelta(hours=3)):
            commands.expire_due()
    session.refresh_from_db()
    attempts.follow_abandoned(session_id=session.pk, reason=session.end_reason)
    assert (only().outcome, only().cause) == (Outcome.FAILED, cause)


def test_nobody_plugged_in_and_a_start_taken_back(online):
    first = sessions.request_start(evse=online)
    pending.abandon(session_id=first.pk, reason="not_plugged_in")
    attempts.follow_abandoned(session_id=first.pk, reason="not_plugged_in")
    second = sessions.request_start(evse=online)
    sessions.request_stop(session=second)
    attempts.follow_abandoned(session_id=second.pk, reason="cancelled")
    outcomes = StartAttempt.objects.order_by("pk").values_list("outcome", "cause")
    assert list(outcomes) == [(Outcome.FAILED, "vehicle"), (Outcome.WITHDRAWN, "")]


def test_the_stations_chargex_code_beats_every_guess(online):
    session = sessions.request_start(evse=online)
    Connector.objects.update(error_code="OtherError", info="CX020 latch", status="faulted")
    pending.abandon(session_id=session.pk, reason="not_plugged_in")
    attempts.follow_abandoned(session_id=session.pk, reason="not_plugged_in")
    assert only().cause == "CX020"


# --- at the station


def test_a_card_that_is_refused_leaves_an_attempt_and_no_session(station, told):
    told(token("STRANGER"))
    assert (only().door, only().outcome, only().cause) == ("rfid", Outcome.FAILED, "authorization")
    assert (only().token_uid, only().detail, only().session) == ("STRANGER", "unknown token", None)


def test_a_second_tap_is_the_same_attempt_and_the_card_that_stops_is_none(station, told, card):
    told(token())
    told(token())
    assert only().outcome == Outcome.OPEN
    told(begin())
    attempts.follow_started(session_id=told.session().pk)
    with clock.at(after(150)):
        told(token())
    assert only().session == told.session()


def test_an_accepted_card_and_its_session_are_one_attempt(station, told, card):
    told(token())
    [answer] = told(begin(started_at=after(120)))
    attempts.follow_started(session_id=told.session().pk)
    attempts.follow_started(session_id=told.session().pk)
    assert (only().session, only().reached, only().driver) == (told.session(), "started", card.user)
    told(reading(120, number=answer.number, energy_wh=9_000))
    assert attempts.settle_open() == 1
    assert only().outcome == Outcome.SUCCEEDED
    assert attempts.settle_open() == 0


def test_an_accepted_card_that_nothing_follows_is_given_up(station, told, card):
    told(token())
    assert attempts.settle_open() == 0
    with clock.at(clock.now() + timedelta(minutes=11)):
        assert attempts.settle_open() == 1
    assert (only().outcome, only().cause) == (Outcome.FAILED, "vehicle")


def test_a_one_time_token_of_ours_is_not_counted_twice(online, told):
    session = sessions.request_start(evse=online)
    told(TokenPresented(uid=session.start_token, type="Central"))
    assert only().session == session


def test_a_start_that_the_station_makes_alone_gets_its_attempt_and_door(station, told):
    told(begin2(token_uid=""))
    attempts.follow_started(session_id=told.session().pk)
    assert (only().door, only().reached) == ("plug", "started")


def test_a_refused_token_that_charges_all_the_same_is_a_failed_attempt(station, told):
    told(begin2(token_uid="STRANGER"))
    attempts.follow_started(session_id=told.session().pk)
    assert (only().outcome, only().cause) == (Outcome.FAILED, "authorization")
    told(finish2(seq_no=1))
    attempts.follow_ended(session_id=told.session().pk)
    assert only().outcome == Outcome.FAILED


@pytest.mark.parametrize(("reason", "cause"), [("EVDisconnected", "vehicle"), ("PowerLoss", "station")])
def test_a_session_without_energy_is_a_failed_start(station, told, card, reason, cause):
    [answer] = told(begin())
    attempts.follow_started(session_id=told.session().pk)
    told(finish(answer.number, meter_end_wh=1000, reason=reason))
    attempts.follow_ended(session_id=told.session().pk)
    assert (only().outcome, only().cause) == (Outcome.FAILED, cause)


# --- money


def test_a_payment_that_is_declined_is_an_attempt_and_one_that_is_left_is_taken_back(station):
    evse = station.evses.get()
    for number, was_left in enumerate([False, True]):
        asked = attempts.Asked(evse=evse, door="qr", reference=f"payment.{number}", asked_at=after(60))
        attempts.note_unpaid(asked=asked, code="card_declined", was_left=was_left)
        assert attempts.note_unpaid(asked=asked, code="card_declined", was_left=was_left) is None
    found = StartAttempt.objects.order_by("reference").values_list("outcome", "cause", "reached")
    assert list(found) == [(Outcome.FAILED, "payment", "asked"), (Outcome.WITHDRAWN, "", "asked")]
    assert StartAttempt.objects.filter(began_at=after(60)).count() == 2


# --- ChargeX codes in events (2.x)


def told_event(station, code="CX010", number=1, evse_number=1, **said):
    event = {"number": number, "happened_at": clock.now(), "trigger": "Alerting", "component": "Connector"}
    monitoring.record_events(
        station_id=station.pk,
        events=[{**event, "variable": "Problem", "evse_number": evse_number, "tech_code": code, **said}],
    )


def fail_without_energy(station, told):
    """By itself the end says that the car took nothing."""
    told(begin2(token_uid="CARD1"), finish2(reason="Local", meter_end_wh=1000))
    session = ChargingSession.objects.get()
    attempts.follow_started(session_id=session.pk)
    attempts.follow_ended(session_id=session.pk)
    return only().cause


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ({"code": "CX010"}, "CX010"),
        ({"code": "", "tech_info": "vendor says: PilotFault CX014"}, "CX014"),
        ({"evse_number": 0}, "CX010"),
        ({"evse_number": 2}, "vehicle"),
        ({"is_cleared": True}, "vehicle"),
        ({"code": "E17"}, "vehicle"),
    ],
)
def test_a_chargex_code_in_an_event_of_this_place_is_the_cause(station, told, card, said, cause):
    told_event(station, **said)
    assert fail_without_energy(station, told) == cause


def test_a_code_that_comes_just_after_the_end_replaces_the_guess(station, told, card):
    assert fail_without_energy(station, told) == "vehicle"
    told_event(station, "CX016")
    assert only().cause == "CX016"
    told_event(station, "CX017", number=2)
    assert only().cause == "CX016"


def test_a_code_that_comes_much_later_is_about_something_else(station, told, card):
    fail_without_energy(station, told)
    with clock.at(clock.now() + timedelta(minutes=5)):
        told_event(station, "CX016")
    assert only().cause == "vehicle"


def test_who_was_not_allowed_is_not_the_stations_fault(online):
    with pytest.raises(sessions.NotAuthorized):
        sessions.request_start(evse=online, token=TokenFactory(status="blocked"))
    told_event(online.station, "CX016")
    assert only().cause == "authorization"
