"""Power on a real site: who is ordered what, when, and what counts until it is answered."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core import clock
from scheduling import handlers, selectors
from scheduling.models import SentProfile
from scheduling.services import smart_charging
from stations.events import SessionEnded, StationBooted
from stations.models import ChargingSession, ChargingStation, Circuit, StationCommand
from stations.services import commands
from tests.scheduling.chargers import accept_session_limit, answer, hear_of, in_force, ordered, replan, settle
from tests.scheduling.town import (
    HOUR,
    MINUTE,
    NOW,
    end_session,
    make_evse,
    make_location,
    make_reading,
    make_session,
)

pytestmark = pytest.mark.django_db


def test_each_charger_gets_a_failsafe_that_holds_without_us():
    location = make_location(limit_a=32)
    evses = [make_evse(location), make_evse(location)]
    replan(location)
    assert ordered("default") == [(evses[0].pk, 16), (evses[1].pk, 16)]
    replan(location)
    assert len(ordered("default")) == 2
    answer()
    replan(location, NOW + HOUR)
    assert ordered("default") == []
    Circuit.objects.update(limit_a=20)
    replan(location, NOW + HOUR)
    assert ordered("default") == [(evses[0].pk, 10), (evses[1].pk, 10)]


def test_a_location_without_known_limits_is_left_alone():
    location = make_location()
    make_session(make_evse(location))
    assert replan(location) is None
    assert not StationCommand.objects.exists()


def test_a_lonely_car_is_raised_to_all_that_the_site_has(site):
    location, (left, _) = site
    session = make_session(left)
    replan(location)
    assert (ordered(), [amps for _, amps in ordered("default")]) == ([], [0, 0])
    answer()
    assert ordered() == [(left.pk, 30)]
    command = StationCommand.objects.get(session__isnull=False)
    assert (command.kind, command.session) == ("set_power_limit", session)
    assert command.params["purpose"] == "session"
    assert command.params["session_number"] == session.number
    assert command.params["duration_s"] == 1800


def test_the_newcomer_is_raised_only_when_the_other_was_lowered(site):
    location, (left, right) = site
    make_session(left)
    settle(location)
    make_session(right, started_at=NOW + 5 * MINUTE)
    later = NOW + 5 * MINUTE
    replan(location, later)
    assert ordered() == [(left.pk, 15)]
    answer(later)
    assert (in_force(), ordered()) == ({left.pk: 15}, [(right.pk, 15)])
    settle(location, later)
    assert in_force() == {left.pk: 15, right.pk: 15}


def test_raising_waits_for_the_accepted_lowering(site):
    location, (left, right) = site
    make_session(left), make_session(right)
    accept_session_limit(left, 20)
    replan(location)
    assert ordered() == [(left.pk, 15)]
    answer()
    assert ordered() == [(right.pk, 15)]


@pytest.mark.parametrize("outcome", ["rejected", "timed_out", "failed"])
def test_until_a_lowering_is_accepted_the_old_limit_counts(site, outcome):
    location, (left, right) = site
    make_session(left), make_session(right)
    accept_session_limit(left, 20)
    replan(location)
    answer(outcome=outcome)
    assert ordered() == []
    replan(location, NOW + 3 * MINUTE)
    assert ordered() == [(left.pk, 15)]


def test_a_late_answer_to_a_silent_order_still_counts(site):
    location, (left, right) = site
    make_session(left), make_session(right)
    accept_session_limit(left, 20)
    replan(location)
    answer(outcome="timed_out")
    command = StationCommand.objects.get(status="timed_out")
    replan(location, NOW + MINUTE)
    answer(NOW + MINUTE)
    with clock.at(NOW + MINUTE):
        commands.record_answer(command_id=command.pk, outcome="accepted")
        hear_of(command, "accepted")
    assert ordered() == [(right.pk, 15)]


def test_the_metered_drop_is_waited_for(site):
    location, (left, right) = site
    session = make_session(left)
    make_session(right)
    accept_session_limit(left, 15, at=NOW - 20 * timedelta(seconds=1))
    make_reading(session, 20, NOW - 5 * timedelta(seconds=1))
    replan(location)
    answer()
    assert ordered() == []
    make_reading(session, 15.4, NOW + 10 * timedelta(seconds=1))
    replan(location, NOW + 15 * timedelta(seconds=1))
    assert ordered() == [(right.pk, 15)]


def test_a_finished_cars_share_returns_at_once(site):
    location, (left, right) = site
    done, staying = make_session(left), make_session(right)
    settle(location)
    end_session(done, NOW + MINUTE)
    with clock.at(NOW + MINUTE):
        handlers.share_power_again(
            SessionEnded(
                session_id=done.pk,
                organization_id=location.organization_id,
                station_id=left.station_id,
                at=NOW,
                energy_wh=1,
            )
        )
    assert (ordered(), ordered("default")) == ([], [(left.pk, 0)])
    answer(NOW + MINUTE)
    assert ordered() == [(right.pk, 30)]
    assert selectors.power_now(staying.pk).limit_a == 30


def test_a_car_that_paused_by_itself_is_lowered_and_the_other_raised(site):
    location, (left, right) = site
    asleep = make_session(left)
    make_session(right)
    settle(location)
    ChargingSession.objects.filter(pk=asleep.pk).update(phase="suspended_by_vehicle")
    settle(location, NOW + 2 * MINUTE)
    assert in_force() == {left.pk: 0, right.pk: 30}


def test_what_a_car_leaves_goes_to_the_other(site):
    location, (left, right) = site
    modest, hungry = make_session(left), make_session(right)
    settle(location)
    at = NOW
    for _ in range(6):
        at += 2 * MINUTE
        for session, most in ((modest, 7), (hungry, 99)):
            amps = in_force().get(session.evse_id, 10)
            make_reading(session, min(most, amps), at - timedelta(seconds=10))
        settle(location, at)
    assert in_force() == {left.pk: 9, right.pk: 21}


def test_a_connector_hears_from_us_at_most_once_a_minute(site):
    location, (left, right) = site
    make_session(left)
    settle(location)
    make_session(right)
    replan(location, NOW + 30 * timedelta(seconds=1))
    assert ordered() == []  # the newcomer's default is 0, so nothing is exceeded and the minute is kept
    answer(NOW + 31 * timedelta(seconds=1))
    Circuit.objects.update(limit_a=40)
    replan(location, NOW + 40 * timedelta(seconds=1))
    assert left.pk not in dict(ordered())
    replan(location, NOW + 91 * timedelta(seconds=1))
    assert (left.pk, 20) in ordered()


def test_a_charger_out_of_reach_is_counted_with_the_most_it_may_draw(site):
    location, (left, right) = site
    make_session(left), make_session(right)
    accept_session_limit(left, 8)
    ChargingStation.objects.filter(pk=left.station_id).update(is_connected=False)
    shares = {share.evse_id: (share.limit_a, share.controlled) for share in replan(location).shares}
    assert shares == {str(left.pk): (10.0, False), str(right.pk): (20.0, True)}
    accept_session_limit(left, 14)
    shares = {share.evse_id: (share.limit_a, share.controlled) for share in replan(location).shares}
    assert shares == {str(left.pk): (14.0, False), str(right.pk): (16.0, True)}


def test_an_empty_place_out_of_reach_is_counted_with_its_default(site):
    location, (left, right) = site
    make_session(right)
    ChargingStation.objects.filter(pk=left.station_id).update(is_connected=False)
    shares = {share.evse_id: share.limit_a for share in replan(location).shares}
    assert shares == {str(left.pk): 10.0, str(right.pk): 20.0}


def test_a_limit_is_renewed_before_it_lapses(site):
    location, (left, _) = site
    make_session(left)
    settle(location)
    replan(location, NOW + 19 * MINUTE)
    assert ordered() == []
    replan(location, NOW + 20 * MINUTE)
    assert ordered() == [(left.pk, 30)]


def test_a_lapsed_limit_means_the_default_is_in_force(site):
    location, (left, _) = site
    make_session(left)
    settle(location)
    ChargingStation.objects.update(is_connected=True)
    replan(location, NOW + 31 * MINUTE)
    assert ordered() == [(left.pk, 30)]


def test_a_station_that_booted_gets_its_limits_anew(site):
    location, (left, right) = site
    make_session(left)
    settle(location)
    station = left.station
    with clock.at(NOW + 5 * MINUTE):
        handlers.begin_anew(
            StationBooted(station_id=station.pk, organization_id=station.organization_id, at=NOW + 5 * MINUTE)
        )
    assert ordered("default") == [(left.pk, 10)]
    assert right.pk not in dict(ordered("default"))


def test_direct_current_is_ordered_in_watts():
    location = make_location(limit_a=100)
    evse = make_evse(location, current_type="dc", max_power_w=150_000)
    make_session(evse)
    settle(location)
    profile = SentProfile.objects.get(purpose="default", status="accepted")
    assert (profile.limit_a, profile.limit_w) == (None, 65_500)
    assert selectors.plan_explanation(location.pk)[0].limit_w == 65_500


def lose_every_link():
    ChargingStation.objects.update(is_connected=False)


def counted(location, at):
    """What each place may draw at most, as the plan counts it while nobody can be reached."""
    return {share.evse_id: share.limit_a for share in replan(location, at).shares}


def test_when_every_link_is_lost_limits_and_defaults_together_still_hold(site):
    location, (left, _) = site
    make_session(left)
    settle(location)
    lose_every_link()
    while_it_holds = counted(location, NOW + MINUTE)
    assert sorted(while_it_holds.values()) == [0.0, 0.0, 30.0]
    assert sum(counted(location, NOW + 31 * MINUTE).values()) <= 30
    assert selectors.exposures([location.pk]) == {}


def test_a_car_at_an_empty_place_waits_a_moment_instead_of_exceeding_the_limit(site):
    location, (left, right) = site
    make_session(left)
    settle(location)
    make_session(right, started_at=NOW + 5 * MINUTE)
    replan(location, NOW + 5 * MINUTE)
    assert ordered() == [(left.pk, 15)]
    settle(location, NOW + 5 * MINUTE)
    assert in_force() == {left.pk: 15, right.pk: 15}


def test_when_the_cars_are_gone_every_place_has_its_failsafe_again(site):
    location, (left, _right) = site
    session = make_session(left)
    settle(location)
    end_session(session, NOW + 10 * MINUTE)
    settle(location, NOW + 10 * MINUTE)
    accepted = SentProfile.objects.filter(purpose="default", status="accepted")
    assert sorted(accepted.values_list("limit_a", flat=True)) == [10, 10, 10]


def test_chargers_that_never_took_a_default_are_told_of_calmly_and_not_logged(caplog):
    location = make_location(limit_a=30)
    evses = [make_evse(location) for _ in range(3)]
    for evse in evses:
        make_session(evse)
    lose_every_link()
    replan(location)
    assert selectors.exposures([location.pk]) == {location.pk: 66}
    assert caplog.records == []
    ChargingStation.objects.update(is_connected=True)
    settle(location, NOW + MINUTE)
    assert selectors.exposures([location.pk]) == {}


def test_news_of_one_instant_is_planned_once_per_place_and_not_lost(site, monkeypatch):
    location, (left, right) = site
    make_session(left), make_session(right)
    planned = []
    plan_now = smart_charging.replan
    monkeypatch.setattr(
        smart_charging,
        "replan",
        lambda *, location_id: planned.append(location_id) or plan_now(location_id=location_id),
    )
    with clock.at(NOW), smart_charging.gathered():
        for evse in (left, right, left):
            assert smart_charging.replan_station(station_id=evse.station_id) is None
        assert planned == []
    assert planned == [location.pk]
    with clock.at(NOW):
        smart_charging.replan_station(station_id=left.station_id)
    assert len(planned) == 2
