"""One charge over 1.6, told in order, twice, late and wrong."""

from __future__ import annotations

import pytest

from core.models import DomainEvent
from stations.facts import Fenced, Report
from stations.models import ChargingSession, Connector, Evse, MeterReading, StrayReport
from stations.services.recording import record
from tests.factories import StationFactory
from tests.stations.telling import after, begin, finish, reading, status, token

pytestmark = pytest.mark.django_db


def news(name: str) -> int:
    return DomainEvent.objects.filter(type=f"stations.{name}").count()


def test_a_start_makes_an_active_session_of_the_cards_owner(told, card):
    (answer,) = told(begin())
    session = told.session()
    assert answer.number == session.number
    assert answer.decision.status == "accepted"
    assert (session.status, session.driver, session.id_token) == ("active", card.user, card)
    assert session.evse.number == 1
    assert news("SessionStarted") == 1


def test_a_repeated_start_gets_the_same_answer_and_changes_nothing(told, card):
    first = told(begin())
    assert told(begin()) == first
    assert len(told.sessions()) == 1
    assert news("SessionStarted") == 1


def test_a_stop_completes_the_session(told, card):
    number = told(begin())[0].number
    told(finish(number))
    session = told.session()
    assert (session.status, session.energy_wh, session.ended_at) == ("completed", 10_000, after(60))
    assert session.review_reasons == []
    assert news("SessionEnded") == 1


def test_a_repeated_stop_changes_nothing(told, card):
    number = told(begin())[0].number
    told(finish(number))
    told(finish(number, meter_end_wh=99_000))
    assert told.session().energy_wh == 10_000
    assert news("SessionEnded") == 1


def test_readings_move_the_running_figures(told, card):
    number = told(begin())[0].number
    told(reading(10, number=number, energy_wh=3000, power_w=11_000, soc_percent=40))
    session = told.session()
    assert (session.energy_wh, session.power_w, session.soc_percent) == (2000, 11_000, 40)
    assert session.last_reading_at == after(10)
    assert session.review_reasons == []


def test_a_repeated_reading_is_kept_once(told, card):
    number = told(begin())[0].number
    for _ in range(2):
        told(reading(10, number=number, energy_wh=3000))
    assert MeterReading.objects.count() == 1


def test_a_late_reading_does_not_turn_the_live_figures_back(told, card):
    number = told(begin())[0].number
    told(reading(10, number=number, energy_wh=3000, power_w=11_000))
    told(reading(5, number=number, energy_wh=2000, power_w=7000))
    session = told.session()
    assert (session.energy_wh, session.power_w, session.review_reasons) == (2000, 11_000, [])


def test_a_reading_without_a_number_goes_to_the_session_that_ran_there(told, card):
    told(begin())
    told(reading(10, evse_number=1, energy_wh=2500))
    assert told.session().energy_wh == 1500


def test_a_reading_for_nobody_is_kept_without_a_session(told):
    for _ in range(2):
        told(reading(10, evse_number=1, energy_wh=2500))
    assert MeterReading.objects.get().session_id is None


def test_a_register_that_runs_backwards_is_flagged(told, card):
    number = told(begin())[0].number
    told(reading(10, number=number, energy_wh=4000))
    told(reading(20, number=number, energy_wh=2000))
    assert told.session().review_reasons == ["register_backwards"]


def test_a_flagged_session_ends_held_for_review(told, card):
    number = told(begin(meter_start_wh=0))[0].number
    told(finish(number, meter_end_wh=8_000_000))
    session = told.session()
    assert session.review_reasons == ["begin_zero"]
    assert DomainEvent.objects.get(type="stations.SessionEnded").payload["is_held"] is True


def test_an_unknown_card_is_stored_refused_and_its_energy_flagged(told):
    (answer,) = told(begin(token_uid="stranger"))
    session = told.session()
    assert answer.decision.status == "invalid"
    assert session.review_reasons == ["token_invalid"]
    assert token_status("stranger") == "invalid"


def token_status(uid):
    from accounts.models import IdToken

    return IdToken.objects.get(uid=uid).status


def test_cards_compare_ignoring_case(told, card):
    (answer,) = told(token("card1"))
    assert answer.status == "accepted"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"status": "blocked"}, "blocked"),
        ({"valid_until": after(-1)}, "expired"),
        ({"status": "invalid"}, "invalid"),
    ],
)
def test_each_refusal_has_its_own_word(told, card, fields, expected):
    for name, value in fields.items():
        setattr(card, name, value)
    card.save()
    (answer,) = told(token())
    assert answer.status == expected


def test_a_new_start_interrupts_the_old_session_and_its_stop_still_completes_it(told, card):
    first = told(begin())[0].number
    second = told(begin(started_at=after(30), meter_start_wh=6000))[0].number
    old = told.session(number=first)
    assert (old.status, old.review_reasons) == ("interrupted", ["interrupted"])
    assert news("SessionInterrupted") == 1
    told(finish(first, ended_at=after(29), meter_end_wh=6000))
    old.refresh_from_db()
    assert (old.status, old.review_reasons, old.energy_wh) == ("completed", [], 5000)
    assert told.session(number=second).status == "active"


def test_a_queued_start_from_before_does_not_interrupt_the_running_session(told, card):
    running = told(begin(started_at=after(30)))[0].number
    told(begin(started_at=after(0), meter_start_wh=500))
    assert told.session(number=running).status == "active"
    assert told.session(started_at=after(0)).status == "interrupted"


def test_a_stop_with_a_number_of_nobodys_is_kept_aside_once(told):
    for _ in range(2):
        assert told(finish(-1)) == (None,)
    assert StrayReport.objects.get().body["said"]["number"] == -1


def test_a_stop_without_number_finds_the_only_session_it_can_mean(told, card):
    told(begin())
    for _ in range(2):
        told(finish(0, token_uid="CARD1"))
    session = told.session()
    assert (session.status, session.review_reasons) == ("completed", ["stop_without_number"])
    assert StrayReport.objects.count() == 0


def test_a_stop_before_its_start_by_the_clock_is_clamped_and_flagged(told, card):
    number = told(begin(started_at=after(30)))[0].number
    told(finish(number, ended_at=after(0)))
    session = told.session()
    assert session.ended_at == session.started_at
    assert "ended_before_start" in session.review_reasons


def test_a_clock_ahead_is_clamped_and_flagged_and_its_repeat_still_known(told, card):
    first = told(begin(started_at=after(60 * 24)))
    assert told(begin(started_at=after(60 * 24))) == first
    session = told.session()
    assert session.started_at == after(120)
    assert session.review_reasons == ["clock_ahead"]


def test_readings_of_a_clock_ahead_are_all_kept_and_kept_once(told, card):
    number = told(begin())[0].number
    ahead = [reading(600 + n, number=number, energy_wh=2000 + n) for n in range(5)]
    for _ in range(2):
        told(*ahead)
    assert MeterReading.objects.count() == 5
    assert MeterReading.objects.filter(taken_at__gt=after(120)).count() == 0


def test_a_status_changes_the_connector_and_is_told_once(told):
    for _ in range(2):
        told(status("occupied", "Charging"))
    connector = Connector.objects.get()
    assert (connector.status, connector.detail) == ("occupied", "Charging")
    assert news("EvseStatusChanged") == 1


def test_a_connector_that_we_do_not_know_is_believed(told, station):
    told(status("available", evse_number=4))
    evse = Evse.objects.get(station=station, number=4)
    assert evse.connectors.get().status == "available"


def test_connector_zero_is_the_whole_station(told, station):
    told(status("faulted", "Faulted", evse_number=0, connector_number=0, error_code="GroundFailure"))
    station.refresh_from_db()
    assert (station.status, station.error_code) == ("faulted", "GroundFailure")


def test_a_status_word_can_move_the_phase_of_the_session(told, card):
    told(begin())
    told(status("occupied", "SuspendedEV", phase="suspended_by_vehicle"))
    assert told.session().phase == "suspended_by_vehicle"
    assert news("SessionPhaseChanged") == 1


def test_a_report_of_a_replaced_connection_writes_nothing(told, station):
    stale = Report(station.pk, station.connection_no + 1, (begin(),))
    assert record([stale]) == [Fenced()]
    assert ChargingSession.objects.count() == 0


def test_two_reports_of_one_station_are_taken_in_order(told, card):
    outcomes = record([told.report(begin()), told.report(begin(started_at=after(5)))])
    assert [outcome.answers[0].number for outcome in outcomes] == [s.number for s in told.sessions()]
    assert [s.status for s in told.sessions()] == ["interrupted", "active"]


def test_a_stop_by_another_unknown_card_is_answered_and_stands(told, card):
    number = told(begin())[0].number
    (answer,) = told(finish(number, token_uid="other"))
    assert answer.status == "invalid"
    assert told.session().status == "completed"


def test_one_card_at_two_stations_is_in_use_elsewhere_for_the_second(told, card):
    other = StationFactory()
    outcomes = record([told.report(begin()), Report(other.pk, 0, (begin(),))])
    assert [outcome.answers[0].decision.status for outcome in outcomes] == ["accepted", "concurrent"]
    assert ChargingSession.objects.get(station=other).review_reasons == ["token_concurrent"]


def test_a_fleet_card_may_charge_at_many_stations(told, card):
    card.allows_concurrent = True
    card.save()
    outcomes = record([told.report(begin()), Report(StationFactory().pk, 0, (begin(),))])
    assert {outcome.answers[0].decision.status for outcome in outcomes} == {"accepted"}


def test_a_register_that_begins_again_is_counted_in_parts(told, card):
    [answer] = told(begin(meter_start_wh=50_000))
    told(reading(20, number=answer.number, energy_wh=55_000))
    told(reading(30, number=answer.number, energy_wh=100))
    told(finish(answer.number, meter_end_wh=2_100))
    assert told.session().energy_wh == 7_100
    assert "register_restarted" in told.session().review_reasons


def test_one_wrong_value_of_a_lifetime_register_does_not_make_a_lifetime_of_energy(told, card):
    [answer] = told(begin(meter_start_wh=8_000_000))
    told(reading(20, number=answer.number, energy_wh=0))
    told(finish(answer.number, meter_end_wh=8_000_500))
    assert told.session().energy_wh == 500
    assert told.session().needs_review
