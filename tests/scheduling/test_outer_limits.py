"""A grid operator limits a charger: the plan keeps to it until it is cleared, and the operator reads who."""

from __future__ import annotations

import pytest
from django.utils import translation

from core import clock
from scheduling import handlers
from scheduling.models import PowerPlan
from scheduling.selectors.sharing import sites_power
from stations.events import OuterLimitChanged
from stations.models import ChargingStation
from stations.services import charging_reports
from tests.scheduling.chargers import answer, in_force, ordered, replan, settle
from tests.scheduling.town import HOUR, MINUTE, NOW, make_session

pytestmark = pytest.mark.django_db


def limit(station, amps, source="SO", evse_number=0, **bound):
    kept = {"start_at": (NOW - MINUTE).isoformat(), "end_at": None, "limit_a": amps, **bound}
    with clock.at(NOW):
        charging_reports.note_limit(
            station_id=station.pk,
            evse_number=evse_number,
            source=source,
            is_grid_critical=True,
            bounds=[kept] if amps is not None else [],
        )


def shares(location, at=NOW):
    """In the order in which the sessions were made; the plan orders their ids as texts."""
    found = sorted(replan(location, at).shares, key=lambda share: int(share.session_id))
    return [share.limit_a for share in found]


def test_an_outer_limit_bounds_the_plan_and_frees_power_for_the_others(site):
    location, (left, right) = site
    make_session(left), make_session(right)
    assert shares(location) == [15, 15]
    limit(left.station, 7)
    assert shares(location) == [7, 23]
    limit(left.station, None, source="EMS")
    assert shares(location) == [7, 23]
    with clock.at(NOW):
        charging_reports.clear_limit(station_id=left.station_id, source="SO")
    assert shares(location) == [15, 15]


def test_the_news_of_a_limit_lowers_a_car_at_once(site):
    location, (left, _) = site
    make_session(left)
    settle(location)
    assert in_force() == {left.pk: 30}
    limit(left.station, 9, evse_number=1)
    with clock.at(NOW + MINUTE / 4):
        handlers.share_power_again(
            OuterLimitChanged(
                station_id=left.station_id,
                organization_id=left.organization_id,
                at=NOW,
                evse_number=1,
                source="SO",
                is_cleared=False,
            )
        )
    assert ordered() == [(left.pk, 9)]
    answer(NOW + MINUTE / 4)
    assert in_force() == {left.pk: 9}


def test_a_limit_ends_with_its_time_also_if_nobody_clears_it(site):
    location, (left, _) = site
    make_session(left)
    limit(left.station, 8, end_at=(NOW + 5 * MINUTE).isoformat())
    assert shares(location) == [8]
    assert shares(location, NOW + 6 * MINUTE) == [30]


def test_the_echo_of_our_own_limit_is_no_bound(site):
    location, (left, _) = site
    make_session(left)
    limit(left.station, 6, source="CSO")
    assert shares(location) == [30]


def test_a_charger_out_of_reach_keeps_to_its_limit_without_a_plan(site):
    location, (left, _) = site
    make_session(left)
    limit(left.station, 6)
    ChargingStation.objects.filter(pk=left.station_id).update(is_connected=False)
    replan(location)
    assert PowerPlan.objects.latest("made_at").exposed_a == 0


def test_the_operator_reads_who_limits_what_and_why_a_car_gets_less(site):
    location, (left, _) = site
    make_session(left)
    limit(left.station, 8.5)
    replan(location)
    with clock.at(NOW):
        (shown,) = sites_power([location])
    assert [(each.told.source_text, each.limit_a) for each in shown.outer_limits] == [("Grid operator", 8.5)]
    assert shown.cars[0].sentence == f"8 A: a fair share (limit: Grid operator at {left.station})."
    with translation.override("de"):
        assert "@" not in sites_power([location])[0].cars[0].sentence


def test_other_places_limits_are_not_shown_here(site):
    location, (left, _) = site
    limit(left.station, 8)
    with clock.at(NOW + HOUR):
        charging_reports.clear_limit(station_id=left.station_id, source="SO")
    assert list(sites_power([location])[0].outer_limits) == []
