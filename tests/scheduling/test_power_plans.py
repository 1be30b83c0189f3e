"""Plans of a real site: explained, checked, kept, replayed, forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from core import clock
from core.models import DomainEvent
from scheduling import selectors
from scheduling.allocation import power
from scheduling.allocation.replay import recorded_plan, replay
from scheduling.models import PowerPlan, PowerSlice
from scheduling.services import smart_charging
from stations.models import Circuit, Location, StationCommand
from tests.scheduling.chargers import answer, ordered, replan
from tests.scheduling.town import MINUTE, NOW, make_evse, make_location, make_session

pytestmark = pytest.mark.django_db


def test_a_plan_is_kept_once_and_can_be_made_again_from_its_inputs(site):
    location, (left, right) = site
    make_session(left), make_session(right)
    replan(location)
    replan(location, NOW + MINUTE)
    kept = PowerPlan.objects.filter(made_at__gte=NOW)
    assert kept.count() == 1
    assert replay(kept.get().inputs) == recorded_plan(kept.get().inputs)
    assert [each.limit_w for each in PowerSlice.objects.filter(plan=kept.get())] == [10_350, 10_350]
    assert DomainEvent.objects.filter(type="scheduling.PlanMade").exists()


def test_every_session_has_a_sentence(site):
    location, (left, right) = site
    session = make_session(left)
    make_session(right)
    replan(location)
    assert selectors.power_now(session.pk).sentence == "15 A: a fair share (limit: the grid connection)."
    assert [line.evse_id for line in selectors.plan_explanation(location.pk)] == [left.pk, right.pk]


def test_a_plan_that_the_checker_refuses_is_neither_kept_nor_sent(site, monkeypatch):
    location, (left, right) = site
    make_session(left), make_session(right)
    before = PowerPlan.objects.count()
    monkeypatch.setattr(smart_charging.power, "plan", careless_plan)
    with pytest.raises(smart_charging.UnsafePlan, match="too much on L1"):
        replan(location)
    assert PowerPlan.objects.count() == before
    assert ordered() == []
    assert smart_charging.replan_all() == 0


REAL_PLAN = power.plan


def careless_plan(*, now, site, sessions, previous=None):
    """As if there were no limits."""
    endless = tuple(replace(branch, limit_a=(999.0,) * 3) for branch in site.branches)
    return REAL_PLAN(now=now, site=replace(site, branches=endless), sessions=sessions)


def test_a_tree_of_circuits_holds_at_each_level():
    location = make_location(limit_a=63)
    root = Circuit.objects.get(location=location)
    panel = Circuit.objects.create(
        organization=location.organization, location=location, parent=root, name="panel 1", limit_a=20
    )
    evses = [make_evse(location, circuit=panel), make_evse(location, circuit=panel), make_evse(location)]
    for evse in evses:
        make_session(evse)
    plan = replan(location)
    assert {share.evse_id: share.limit_a for share in plan.shares} == {
        str(evses[0].pk): 10.0,
        str(evses[1].pk): 10.0,
        str(evses[2].pk): 32.0,
    }


def test_the_sweep_visits_every_place_that_has_limits_and_is_connected(site):
    location, _ = site
    make_evse(make_location(limit_a=10), is_connected=False)
    make_evse(make_location())
    with clock.at(NOW):
        assert smart_charging.replan_all() == 1
    assert Location.objects.count() == 3
    assert location.power_plans.exists()


def test_plans_are_forgotten_after_a_fortnight(site):
    location, (left, _) = site
    make_session(left)
    replan(location)
    with clock.at(NOW + timedelta(days=14, minutes=1)):
        assert smart_charging.forget_old_plans() == 2
    assert not PowerSlice.objects.exists()


def test_an_order_whose_end_was_never_told_does_not_block_for_ever(site):
    location, (left, _) = site
    make_session(left)
    replan(location)
    answer()
    StationCommand.objects.all().delete()
    replan(location, NOW + 4 * MINUTE)
    assert ordered() == []
    replan(location, NOW + 6 * MINUTE)
    assert ordered() == [(left.pk, 30)]
