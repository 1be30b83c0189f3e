"""Asking for a session, letting it go, settling it; and races for the end of one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.services import welcome_driver
from core import clock
from core.models import DomainEvent
from stations.facts import Report
from stations.models import ChargingSession, DeviceVariable, StationCommand
from stations.services import commands, pending, sessions
from stations.services.recording import record
from tests.factories import NOON, SessionFactory, StationFactory, TokenFactory, UserFactory
from tests.stations.telling import after, begin, begin2, finish, status

pytestmark = pytest.mark.django_db


@pytest.fixture
def evse(station):
    station.is_connected = True
    station.save()
    return station.evses.get()


@pytest.fixture
def driver(db):
    user = UserFactory()
    welcome_driver(user=user)
    return user


def news(name: str) -> int:
    return DomainEvent.objects.filter(type=f"stations.{name}").count()


def test_a_start_makes_a_pending_session_and_a_command(evse, driver):
    session = sessions.request_start(evse=evse, user=driver)
    command = StationCommand.objects.get()
    assert (session.status, session.driver) == ("pending", driver)
    assert len(session.start_token) <= 20
    assert command.params["token_uid"] == session.start_token
    assert command.params["remote_start_id"] == session.number
    assert command.session == session
    assert news("SessionRequested") == 1


def test_a_guest_may_start_without_a_token(evse):
    session = sessions.request_start(evse=evse)
    assert (session.driver, session.id_token) == (None, None)


def test_a_blocked_token_starts_nothing(evse, card):
    card.status = "blocked"
    card.save()
    with pytest.raises(sessions.NotAuthorized) as refusal:
        sessions.request_start(evse=evse, token=card)
    assert refusal.value.decision.status == "blocked"
    assert not ChargingSession.objects.exists()


def test_an_offline_station_is_not_asked(evse, driver, station):
    station.is_connected = False
    station.save()
    with pytest.raises(sessions.StationOffline):
        sessions.request_start(evse=evse, user=driver)


def test_one_start_at_a_time(evse, driver):
    sessions.request_start(evse=evse, user=driver)
    with pytest.raises(sessions.EvseBusy):
        sessions.request_start(evse=evse)


def test_a_running_session_keeps_its_evse(evse, told, card, driver):
    told(begin())
    with pytest.raises(sessions.EvseBusy):
        sessions.request_start(evse=evse, user=driver)


def test_a_plug_without_a_driver_does_not(evse, told, driver):
    told(begin2(token_uid=""))
    assert sessions.request_start(evse=evse, user=driver).status == "pending"


@pytest.mark.parametrize("outcome", ["rejected", "failed"])
def test_a_refused_start_lets_the_session_go(evse, driver, station, outcome):
    session = sessions.request_start(evse=evse, user=driver)
    command = commands.claim_next(station_id=station.pk, connection_no=0)
    commands.record_answer(command_id=command.pk, outcome=outcome)
    session.refresh_from_db()
    assert (session.status, session.end_reason) == ("abandoned", f"start_{outcome}")
    assert news("SessionAbandoned") == 1


def test_an_unsent_start_expires_with_its_session(evse, driver):
    session = sessions.request_start(evse=evse, user=driver)
    with clock.at(after(180)):
        commands.expire_due()
    session.refresh_from_db()
    assert session.status == "abandoned"


def test_nobody_waits_for_ever_for_a_plug(evse, driver, station):
    session = sessions.request_start(evse=evse, user=driver)
    command = commands.claim_next(station_id=station.pk, connection_no=0)
    commands.record_answer(command_id=command.pk, outcome="accepted")
    assert pending.abandon_stale() == 0
    with clock.at(after(126)):
        assert pending.abandon_stale() == 1
    session.refresh_from_db()
    assert session.status == "abandoned"


@pytest.mark.parametrize("name", ["ConnectionTimeOut", "EVConnectionTimeOut"])
def test_a_start_is_not_given_up_while_its_station_waits_for_the_plug(evse, driver, station, name):
    """What is held would be let go, and then the charge could begin."""
    DeviceVariable.objects.create(
        organization=station.organization,
        station=station,
        variable=name,
        value="900",
        reported_at=clock.now(),
    )
    sessions.request_start(evse=evse, user=driver)
    asked_at = clock.now()
    with clock.at(asked_at + timedelta(seconds=910)):
        assert pending.abandon_stale() == 0
    with clock.at(asked_at + timedelta(seconds=931)):
        assert pending.abandon_stale() == 1


def test_a_start_after_all_is_kept_for_its_driver_and_flagged(evse, driver, told):
    asked = sessions.request_start(evse=evse, user=driver)
    pending.abandon(session_id=asked.pk, reason="not_plugged_in")
    told(begin(token_uid=asked.start_token))
    session = ChargingSession.objects.get(status="active")
    assert session.driver == driver
    assert "start_after_abandon" in session.review_reasons


def test_stopping_a_session_that_has_not_begun_lets_it_go(evse, driver):
    session = sessions.request_start(evse=evse, user=driver)
    assert sessions.request_stop(session=session) is None
    assert StationCommand.objects.get().status == "expired"


def test_stopping_a_running_session_asks_the_station(evse, told, card):
    number = told(begin())[0].number
    command = sessions.request_stop(session=told.session())
    assert (command.kind, command.params["session_number"]) == ("stop_session", number)


def test_a_reviewed_session_may_be_billed(told, card):
    number = told(begin(meter_start_wh=0))[0].number
    told(finish(number, meter_end_wh=8_000_000))
    session = sessions.review(session=told.session(), reviewed_by=UserFactory())
    assert not session.needs_review
    assert news("SessionReviewed") == 1
    with pytest.raises(sessions.NothingToReview):
        sessions.review(session=session, reviewed_by=UserFactory())


def test_a_session_whose_stop_never_came_ends_with_what_was_counted(told, card):
    told(begin())
    told(begin(started_at=after(30)))
    old = told.session(status="interrupted")
    session = sessions.review(session=old, reviewed_by=UserFactory())
    assert (session.status, session.meter_end_wh) == ("completed", 1000)


def test_a_free_connector_ends_a_lost_session_only_after_a_while(evse, told, card):
    told(begin())
    told(status("available"))
    assert sessions.interrupt_lost() == 0
    with clock.at(after(140)):
        assert sessions.interrupt_lost() == 1
    assert told.session().review_reasons == ["interrupted"]


@pytest.mark.django_db(transaction=True)
def test_eight_stops_of_one_session_have_one_winner(settings):
    settings.AUTHORIZATION_CHECKS = []
    with clock.at(after(60)):
        station = StationFactory()
        TokenFactory(uid="CARD1")
        [outcome] = record([Report(station.pk, 0, (begin(),))])
    number = outcome.answers[0].number

    def stop(n: int) -> None:
        try:
            with clock.at(after(90)):
                record([Report(station.pk, 0, (finish(number, meter_end_wh=2000 + n),))])
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(stop, range(8)))
    assert news("SessionEnded") == 1
    session = ChargingSession.objects.get()
    assert session.energy_wh == session.meter_end_wh - 1000


# --- what the database guarantees ----------------------------------------------------------------


def refused(**columns):
    session = SessionFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        ChargingSession.objects.filter(pk=session.pk).update(**columns)


def test_a_session_cannot_end_before_it_starts(db):
    refused(status="completed", ended_at=NOON.replace(year=2020))


def test_a_completed_session_has_an_end(db):
    refused(status="completed")


def test_a_pending_session_has_no_start(db):
    refused(status="pending")


def test_one_evse_has_one_active_session(db):
    first = SessionFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        SessionFactory(evse=first.evse, meter_start_wh=5)


def test_a_transaction_is_named_once_in_a_station(db):
    first = SessionFactory(transaction_id="tx")
    with pytest.raises(IntegrityError), transaction.atomic():
        SessionFactory(evse=first.evse, transaction_id="tx", status="interrupted")
