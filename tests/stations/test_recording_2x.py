"""Transactions whose id is the station's: counters, gaps, late starts, plugs before tokens."""

from __future__ import annotations

import pytest

from core.models import DomainEvent
from stations.models import ChargingSession, MeterReading
from stations.services import sessions
from tests.stations.telling import after, begin2, finish2, reading, update2

pytestmark = pytest.mark.django_db


def news(name: str) -> int:
    return DomainEvent.objects.filter(type=f"stations.{name}").count()


def test_a_whole_story_is_completed_without_doubts(told, card):
    told(begin2())
    told(update2(phase="charging"))
    told(finish2())
    session = told.session()
    assert (session.status, session.energy_wh, session.review_reasons) == ("completed", 10_000, [])
    assert (session.first_seq_no, session.last_seq_no, session.missing_seq_nos) == (0, 2, [])


def test_every_message_may_come_twice(told, card):
    for fact in (begin2(), update2(phase="charging"), finish2()):
        told(fact)
        told(fact)
    session = told.session()
    assert session.missing_seq_nos == []
    assert (news("SessionStarted"), news("SessionPhaseChanged"), news("SessionEnded")) == (1, 1, 1)


def test_a_gap_holds_the_bill_until_it_is_filled(told, card):
    told(begin2())
    told(finish2())
    assert told.session().review_reasons == ["seq_gap"]
    told(update2())
    assert told.session().review_reasons == []
    assert [event.payload["is_held"] for event in ended()] == [True, False]


def ended():
    return DomainEvent.objects.filter(type="stations.SessionEnded").order_by("id")


def test_an_end_without_a_start_waits_for_review_and_the_late_start_completes_it(told, card):
    told(finish2(seq_no=1))
    assert told.session().review_reasons == ["no_meter_start", "no_start"]
    told(begin2())
    session = told.session()
    assert (session.status, session.review_reasons, session.energy_wh) == ("completed", [], 10_000)
    assert (session.driver, session.started_at) == (card.user, after(0))


def test_an_update_before_the_start_is_not_lost(told, card):
    told(update2(phase="charging", seq_no=1))
    assert told.session().review_reasons == ["no_start"]
    told(begin2())
    session = told.session()
    assert (session.status, session.missing_seq_nos, session.review_reasons) == ("active", [], [])


def test_the_evse_may_become_known_later(told, card):
    told(begin2(evse_number=None, connector_number=None))
    assert told.session().evse is None
    told(update2(evse_number=1, connector_number=1))
    assert told.session().evse.number == 1


def test_an_evse_known_late_interrupts_what_was_open_there(told, card):
    told(begin2("old"))
    told(begin2("new", evse_number=None, started_at=after(5)))
    told(update2("new", evse_number=1, at=after(6)))
    assert told.session(transaction_id="old").status == "interrupted"
    assert told.session(transaction_id="new").evse.number == 1


def test_a_token_shown_after_the_plug_is_decided_and_kept(told, card):
    told(begin2(token_uid=""))
    (decision,) = told(update2(token_uid="CARD1", token_type="ISO14443"))
    assert decision.status == "accepted"
    assert told.session().driver == card.user


def test_no_authorization_is_accepted(told):
    (answer,) = told(begin2(token_uid="", token_type="NoAuthorization"))
    assert answer.decision.status == "accepted"
    assert told.session().review_reasons == []


def test_an_energy_that_was_never_said_at_the_start_is_learned_from_the_first_reading(told, card):
    told(begin2(meter_start_wh=None), reading(0, transaction_id="tx1", context="begin", energy_wh=500))
    told(finish2(meter_end_wh=None), reading(50, transaction_id="tx1", context="end", energy_wh=9500))
    session = told.session()
    assert (session.meter_start_wh, session.meter_end_wh, session.energy_wh) == (500, 9500, 9000)


def test_a_reading_for_an_unknown_transaction_is_kept(told):
    told(reading(1, transaction_id="nobody", energy_wh=5))
    assert MeterReading.objects.get().session_id is None


@pytest.fixture
def requested(told, station, card):
    station.is_connected = True
    station.save()
    return sessions.request_start(evse=station.evses.get(), token=card)


def test_the_pending_session_becomes_active_when_its_start_arrives(told, requested):
    told(begin2(token_uid=requested.start_token, remote_start_id=requested.number))
    session = told.session()
    assert (session.pk, session.status, session.driver) == (requested.pk, "active", requested.driver)
    assert session.review_reasons == []
    assert DomainEvent.objects.get(type="stations.SessionStarted").payload["was_requested"] is True


def test_a_start_that_is_known_by_its_one_time_token_alone(told, requested):
    from tests.stations.telling import begin

    (answer,) = told(begin(token_uid=requested.start_token.lower()))
    assert answer.decision.status == "accepted"
    assert answer.number == requested.number
    assert told(begin(token_uid=requested.start_token.lower())) == (answer,)
    assert told.session().status == "active"


def test_the_asked_for_session_takes_over_what_the_plug_began(told, station, card):
    station.is_connected = True
    station.save()
    told(begin2(token_uid=""), reading(0, transaction_id="tx1", context="begin", energy_wh=1000))
    asked = sessions.request_start(evse=station.evses.get(), token=card)
    told(update2(remote_start_id=asked.number, token_uid=asked.start_token, phase="charging"))
    told(reading(5, transaction_id="tx1", energy_wh=2000))
    told(finish2())
    asked.refresh_from_db()
    assert (asked.status, asked.energy_wh, asked.review_reasons) == ("completed", 10_000, [])
    assert asked.readings.count() == 2
    left = ChargingSession.objects.exclude(pk=asked.pk).get()
    assert (left.status, left.end_reason, left.energy_wh) == ("interrupted", "continued", 0)


def test_a_late_start_on_an_evse_where_another_session_runs_is_the_old_one(told, card):
    told(begin2("new", started_at=after(55)))
    told(update2("old", at=after(50)))
    told(begin2("old", started_at=after(0)))
    assert told.session(transaction_id="old").status == "interrupted"
    assert told.session(transaction_id="new").status == "active"


def test_an_old_message_told_again_does_not_hide_a_gap(told, card):
    told(begin2())
    told(update2(seq_no=3))
    told(begin2())
    told(update2(seq_no=1))
    told(update2(seq_no=1))
    assert told.session().missing_seq_nos == [2]
