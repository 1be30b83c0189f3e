"""Limits of others: what a schedule means, and that no plan exceeds it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocpp_bridge.dialects.v201.schedules import bounds_of
from scheduling.allocation import power, verify
from scheduling.allocation.outer import Bound, OuterLimit, tightest_a, under
from scheduling.allocation.power import Branch, Evse, Session, Site

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def schedule(*periods, unit="A", **more):
    return {"id": 1, "chargingRateUnit": unit, "chargingSchedulePeriod": list(periods), **more}


def period(start_s, limit, **more):
    return {"startPeriod": start_s, "limit": limit, **more}


# --- what a schedule means ----------------------------------------------------------------------


def test_periods_follow_one_another_until_the_duration_ends():
    told = bounds_of(
        [schedule(period(0, 16), period(600, 8), startSchedule="2026-03-02T13:00:00Z", duration=900)],
        told_at=NOW,
    )
    assert told == [
        {"start_at": "2026-03-02T13:00:00+00:00", "end_at": "2026-03-02T13:10:00+00:00", "limit_a": 16},
        {"start_at": "2026-03-02T13:10:00+00:00", "end_at": "2026-03-02T13:15:00+00:00", "limit_a": 8},
    ]


def test_without_start_and_duration_a_limit_holds_from_now_until_it_is_cleared():
    (told,) = bounds_of([schedule(period(0, 11_000), unit="W")], told_at=NOW)
    assert told == {"start_at": NOW.isoformat(), "end_at": None, "limit_w": 11_000}


def test_of_limits_per_phase_the_lowest_counts():
    amps = schedule(period(0, 16, limit_L2=10, limit_L3=12))
    watts = schedule(period(0, 3000, limit_L2=2000, limit_L3=2500), unit="W")
    assert [told.get("limit_a") or told["limit_w"] for told in bounds_of([amps, watts], told_at=NOW)] == [
        10,
        6000,
    ]


@pytest.mark.parametrize("odd", [{"startPeriod": 0}, period(10**15, 6), period(-5, 6)])
def test_odd_periods_do_no_harm(odd):
    assert len(bounds_of([schedule(odd, duration=10**12)], told_at=NOW)) <= 1


def found(*bounds, phases=3):
    return tightest_a(bounds, from_at=NOW, until_at=NOW + 2 * MINUTE, phases=phases, voltage_v=230)


def test_the_lowest_bound_of_the_next_minutes_counts():
    over = Bound(start_at=NOW - 9 * MINUTE, end_at=NOW, limit_a=1)
    now = Bound(start_at=NOW - MINUTE, end_at=NOW + MINUTE, limit_a=16)
    soon = Bound(start_at=NOW + MINUTE, limit_w=6900)
    later = Bound(start_at=NOW + 3 * MINUTE, limit_a=2)
    assert found(over, now, soon, later) == 10
    assert found(over, now) == 16
    assert found(over, later) is None


def test_watts_hold_for_a_stall_of_one_phase_and_for_one_of_three():
    bound = Bound(start_at=NOW, limit_w=6900)
    assert (found(bound, phases=1), found(bound, phases=3)) == (30, 10)


def test_a_negative_limit_is_none_at_all():
    assert found(Bound(start_at=NOW, limit_a=-16)) == 0


# --- no plan exceeds it -------------------------------------------------------------------------


def site_of(circuits, places):
    """A grid connection, circuits below it, and EVSEs; `places` are circuits by number."""
    grid = Branch(id="grid", limit_a=(200.0,) * 3)
    panels = (Branch(id=f"c{n}", parent="grid", limit_a=(limit,) * 3) for n, limit in enumerate(circuits))
    evses = tuple(
        Evse(id=f"e{n}", branch=f"c{place % len(circuits)}", **kind) for n, (place, kind) in enumerate(places)
    )
    return Site(id="site", branches=(grid, *panels), evses=evses)


KINDS = st.sampled_from([{}, {"max_a": 16.0}, {"current_type": "dc", "max_w": 50_000}])
PLACES = st.lists(st.tuples(st.integers(0, 2), KINDS), min_size=1, max_size=6)
CIRCUITS = st.lists(st.sampled_from([20.0, 40.0, 100.0]), min_size=1, max_size=3)
LIMITS = st.lists(
    st.tuples(st.sets(st.integers(0, 5), min_size=1), st.floats(0, 80, allow_nan=False)), max_size=4
)


def limits_of(site, drawn):
    names = {evse.id for evse in site.evses}
    wanted = [(frozenset({f"e{n}" for n in numbers} & names), amps) for numbers, amps in drawn]
    return [
        OuterLimit(id=str(n), name="SO", evse_ids=evse_ids, limit_a=amps)
        for n, (evse_ids, amps) in enumerate(wanted)
        if evse_ids
    ]


def grid_amps(share, evse):
    if evse.current_type == "ac":
        return share.limit_a
    return share.limit_w / (3 * 230 * evse.efficiency)


@settings(max_examples=300, deadline=None)
@given(CIRCUITS, PLACES, LIMITS)
def test_no_plan_exceeds_a_limit_that_somebody_else_set(circuits, places, drawn):
    plain = site_of(circuits, places)
    limits = limits_of(plain, drawn)
    site = under(plain, limits)
    cars = [
        Session(id=f"s{n}", evse_id=evse.id, connected_at=NOW - n * MINUTE)
        for n, evse in enumerate(plain.evses)
    ]
    plan = power.plan(now=NOW, site=site, sessions=cars)
    assert verify.check(plan, site) == []
    evses = {evse.id: evse for evse in plain.evses}
    for limit in limits:
        mine = [share for share in plan.shares if share.evse_id in limit.evse_ids]
        assert sum(grid_amps(share, evses[share.evse_id]) for share in mine) <= limit.limit_a + 0.001
    rest = power.failsafe(site)
    for limit in limits:
        assert sum(rest[name] for name in limit.evse_ids if evses[name].current_type == "ac") <= (
            limit.limit_a + 0.001
        )


def test_what_one_charger_may_not_draw_goes_to_the_others():
    plain = site_of([40.0], [(0, {}), (0, {})])
    cars = [Session(id=f"s{n}", evse_id=f"e{n}", connected_at=NOW) for n in range(2)]
    limit = OuterLimit(id="1", name="SO @ CP1", evse_ids=frozenset({"e0"}), limit_a=8.7)
    plan = power.plan(now=NOW, site=under(plain, [limit]), sessions=cars)
    assert [share.limit_a for share in plan.shares] == [8.0, 32.0]
    assert plan.shares[0].branch_name == "SO @ CP1"


def test_without_limits_a_site_is_as_it_was():
    plain = site_of([40.0], [(0, {})])
    assert under(plain, []) == plain
