"""Session limits and defaults together: what holds when every link is lost at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.allocation import power, verify
from scheduling.allocation.power import Branch, Evse, Session, Site
from scheduling.allocation.standby import Default, default_steps, standby
from scheduling.allocation.transition import InForce, release

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(hours=1)


def site_of(limit_a, count, **evse):
    evses = tuple(Evse(id=f"e{n}", branch="grid", **evse) for n in range(count))
    return Site(id="site", branches=(Branch(id="grid", limit_a=(limit_a,) * 3, name="grid"),), evses=evses)


def car(number, **known):
    return Session(id=f"s{number}", evse_id=f"e{number}", connected_at=LONG_AGO, **known)


def beside(site, sessions, present=()):
    plan = power.plan(now=NOW, site=site, sessions=sessions)
    wanted = standby(site=site, plan=plan, failsafe=power.failsafe(site), present=dict(present))
    return plan, wanted


def test_at_rest_every_evse_has_its_failsafe():
    site = site_of(30, 3)
    assert beside(site, [])[1] == power.failsafe(site) == {"e0": 10.0, "e1": 10.0, "e2": 10.0}


def test_what_a_car_needs_goes_before_the_defaults_of_empty_places():
    assert beside(site_of(30, 3), [car(0)])[1] == {"e0": 10.0, "e1": 0.0, "e2": 0.0}
    assert beside(site_of(42, 3), [car(0)])[1] == {"e0": 14.0, "e1": 0.0, "e2": 0.0}


def test_who_has_a_default_keeps_it_before_another_gets_one():
    site = site_of(40, 4)
    sleeper = car(0, suspended=True)
    assert beside(site, [sleeper, car(1)])[1] == {"e0": 6.0, "e1": 10.0, "e2": 0.0, "e3": 0.0}
    wide = site_of(60, 4, max_a=32.0)
    assert beside(wide, [car(0)], {"e3": 15.0})[1] == {"e0": 15.0, "e1": 0.0, "e2": 0.0, "e3": 15.0}


def test_a_charger_that_does_not_listen_is_given_no_default():
    assert set(beside(site_of(30, 3), [car(0, budget_a=20.0)])[1]) == {"e1", "e2"}


def test_a_default_is_lowered_at_once_and_raised_only_into_free_room():
    site = site_of(30, 2)
    plan, wanted = beside(site, [car(0)])
    known = {"e0": Default(evse_id="e0", in_force=15.0), "e1": Default(evse_id="e1", in_force=15.0)}
    lowered = default_steps(site=site, plan=plan, held={"s0": 30.0}, defaults=known, wanted=wanted)
    assert [(step.evse_id, step.limit) for step in lowered] == [("e1", 0.0)]
    empty = power.plan(now=NOW, site=site, sessions=[])
    known["e1"] = Default(evse_id="e1", in_force=0.0)
    goal = {"e0": 15.0, "e1": 15.0}
    raised = default_steps(site=site, plan=empty, held={}, defaults=known, wanted=goal)
    assert [(step.evse_id, step.limit) for step in raised] == [("e1", 15.0)]
    full = {**known, "e0": Default(evse_id="e0", in_force=20.0, ordered=15.0)}
    assert default_steps(site=site, plan=empty, held={}, defaults=full, wanted=goal) == []


def test_a_session_is_raised_only_when_the_empty_places_are_lowered():
    site = site_of(30, 3)
    plan = power.plan(now=NOW, site=site, sessions=[car(0)])
    entry = InForce(session_id="s0", limit=10.0, held=10.0, sent_at=LONG_AGO)
    waiting = {"e0": 10.0, "e1": 10.0, "e2": 10.0}
    assert release(now=NOW, plan=plan, site=site, in_force=[entry], defaults=waiting) == []
    done = {"e0": 10.0, "e1": 0.0, "e2": 0.0}
    [step] = release(now=NOW, plan=plan, site=site, in_force=[entry], defaults=done)
    assert step.limit == 30.0


@pytest.mark.parametrize("default", [6.0, 30.0])
def test_the_checker_finds_defaults_that_do_not_hold(default):
    site = site_of(30, 3)
    plan, _ = beside(site, [car(0)])
    [first, *_] = verify.check_standby(plan, site, {"e1": default})
    assert (first.fault, first.excess_a, first.is_avoidable) == (verify.Fault.OVER_LIMIT, default, True)


def test_what_the_plan_alone_exceeds_is_not_said_twice():
    site = site_of(30, 2)
    plan, wanted = beside(site, [car(0, budget_a=40.0)])
    assert verify.check(plan, site)
    assert verify.check_standby(plan, site, wanted) == []


amps = st.integers(min_value=0, max_value=120)
kinds = st.sampled_from([{}, {"suspended": True}, {"finished": True}, {"budget_a": 8.0}, {"phases": (2,)}])


@settings(max_examples=150, deadline=None)
@given(
    limit=amps,
    panel=amps,
    dc=st.booleans(),
    cars=st.lists(kinds, max_size=6),
    held=st.sets(st.integers(0, 7)),
)
def test_limits_and_defaults_always_hold_together(limit, panel, dc, cars, held):
    branches = (
        Branch(id="grid", limit_a=(float(limit),) * 3),
        Branch(id="panel", parent="grid", limit_a=(float(panel),) * 3),
    )
    evses = [Evse(id=f"e{n}", branch="panel" if n % 2 else "grid") for n in range(7)]
    if dc:
        evses.append(Evse(id="e7", branch="grid", current_type="dc", max_w=50_000))
    site = Site(id="site", branches=branches, evses=tuple(evses))
    present = {f"e{n}": 10.0 for n in held}
    plan, wanted = beside(site, [car(n, **known) for n, known in enumerate(cars)], present)
    assert verify.check_standby(plan, site, wanted) == []
    assert all(limit == 0 or limit >= 6 for limit in wanted.values())
