"""What sharing power promises, in examples and in laws."""

from __future__ import annotations

import dataclasses
import random
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.allocation import power, verify
from scheduling.allocation.power import Branch, Evse, Reason, Session, Site

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def site_of(limit_a, count, **evse):
    evses = tuple(Evse(id=f"e{n}", branch="grid", **evse) for n in range(count))
    return Site(
        id="site",
        branches=(Branch(id="grid", name="the grid connection", limit_a=(limit_a,) * 3),),
        evses=evses,
    )


def car(number, **known):
    known.setdefault("connected_at", NOW - timedelta(minutes=60 - number))
    return Session(id=f"s{number}", evse_id=f"e{number}", **known)


def limits(plan):
    return {share.session_id: share.limit_a for share in plan.shares}


def planned(site, cars, now=NOW, previous=None):
    plan = power.plan(now=now, site=site, sessions=cars, previous=previous)
    assert verify.check(plan, site) == []
    return plan


def test_a_lonely_car_gets_all_that_its_charger_can_give():
    assert limits(planned(site_of(100, 1), [car(0)])) == {"s0": 32.0}


def test_equal_cars_share_a_limit_equally_in_whole_amps():
    assert limits(planned(site_of(50, 3), [car(n) for n in range(3)])) == {"s0": 17.0, "s1": 17.0, "s2": 16.0}


def test_a_small_car_leaves_the_rest_to_the_others():
    cars = [car(0, max_a=10), car(1), car(2)]
    assert limits(planned(site_of(60, 3), cars)) == {"s0": 10.0, "s1": 25.0, "s2": 25.0}


def test_a_finished_cars_share_returns_at_once():
    site, cars = site_of(48, 3), [car(n) for n in range(3)]
    before = planned(site, cars)
    after = planned(
        site, [dataclasses.replace(cars[0], finished=True), *cars[1:]], NOW + timedelta(seconds=1), before
    )
    assert limits(before) == {"s0": 16.0, "s1": 16.0, "s2": 16.0}
    assert limits(after) == {"s0": 0.0, "s1": 24.0, "s2": 24.0}
    assert after.share_of("s0").reason is Reason.FINISHED


def test_a_car_that_draws_less_gives_back_slowly_and_keeps_headroom():
    site, offered, seen = site_of(40, 2), {"s0": 20.0, "s1": 20.0}, []
    for _ in range(6):
        cars = [
            car(0, offered_a=offered["s0"], drawn_a=8),
            car(1, offered_a=offered["s1"], drawn_a=offered["s1"]),
        ]
        offered = limits(planned(site, cars))
        seen.append(offered["s0"])
    assert seen == [15.0, 13.0, 11.0, 10.0, 10.0, 10.0]
    assert offered["s1"] == 30.0


def test_a_car_that_uses_its_offer_again_gets_its_fair_share_again():
    cars = [car(0, offered_a=10, drawn_a=9.5), car(1, offered_a=30, drawn_a=30)]
    assert limits(planned(site_of(40, 2), cars)) == {"s0": 20.0, "s1": 20.0}


def test_without_anyone_else_a_modest_car_keeps_its_offer():
    assert limits(planned(site_of(40, 1), [car(0, offered_a=32, drawn_a=8)])) == {"s0": 32.0}


def test_a_car_that_paused_by_itself_makes_room_and_keeps_its_minimum_only_if_nobody_misses_it():
    asleep = car(0, suspended=True, offered_a=16, drawn_a=0)
    assert limits(planned(site_of(40, 3), [asleep, car(1), car(2)])) == {"s0": 0.0, "s1": 20.0, "s2": 20.0}
    assert limits(planned(site_of(80, 3), [asleep, car(1), car(2)])) == {"s0": 6.0, "s1": 32.0, "s2": 32.0}


def test_where_not_all_can_have_six_amps_every_car_gets_its_turn():
    site, cars, previous = site_of(20, 7), [car(n) for n in range(7)], None
    minutes_on = dict.fromkeys((car.id for car in cars), 0)
    for minute in range(120):
        previous = planned(site, cars, NOW + minute * MINUTE, previous)
        for share in previous.shares:
            minutes_on[share.session_id] += share.is_on
    assert min(minutes_on.values()) >= 45
    assert max(minutes_on.values()) <= 60


def test_a_turn_lasts_so_that_contactors_are_not_worn_out():
    site, cars, previous, switches = site_of(7, 2), [car(0), car(1)], None, 0
    for minute in range(60):
        plan = planned(site, cars, NOW + minute * MINUTE, previous)
        switches += previous is not None and plan.share_of("s0").is_on != previous.share_of("s0").is_on
        previous = plan
    assert switches == 3


def test_a_paused_car_is_asked_again_even_on_a_full_site():
    site = site_of(12, 3)
    cars, previous, asked = [car(0, suspended=True), car(1), car(2)], None, 0
    for minute in range(70):
        previous = planned(site, cars, NOW + minute * MINUTE, previous)
        asked += previous.share_of("s0").reason is Reason.PROBE
    assert asked >= 3


def test_a_charger_that_does_not_listen_is_counted_and_never_planned():
    plan = planned(site_of(50, 2), [car(0, budget_a=32.4), car(1)])
    assert limits(plan) == {"s0": 32.4, "s1": 17.0}
    assert not plan.share_of("s0").controlled
    assert plan.share_of("s0").reason is Reason.UNREACHABLE


def test_deaf_chargers_above_a_limit_leave_the_others_nothing_and_are_reported():
    site = site_of(30, 2)
    plan = power.plan(now=NOW, site=site, sessions=[car(0, budget_a=32), car(1)])
    assert limits(plan) == {"s0": 32.0, "s1": 0.0}
    assert [violation.is_avoidable for violation in verify.check(plan, site)] == [False] * 3


def test_one_phase_cars_on_different_phases_do_not_disturb_each_other():
    cars = [car(0, phases=(1,)), car(1, phases=(2,)), car(2, phases=(3,))]
    assert set(limits(planned(site_of(32, 3), cars)).values()) == {32.0}


def test_a_tight_circuit_does_not_hold_back_its_neighbors():
    branches = (
        Branch(id="grid", limit_a=(60,) * 3),
        Branch(id="left", parent="grid", limit_a=(16,) * 3),
        Branch(id="right", parent="grid", limit_a=(63,) * 3, other_load_a=(3, 3, 3)),
    )
    evses = (Evse(id="e0", branch="left"), Evse(id="e1", branch="left"), Evse(id="e2", branch="right"))
    plan = planned(Site(id="site", branches=branches, evses=evses), [car(n) for n in range(3)])
    assert limits(plan) == {"s0": 8.0, "s1": 8.0, "s2": 32.0}


def test_leftovers_go_to_the_car_that_must_leave_first():
    hurried = car(2, departure_at=NOW + timedelta(hours=1), energy_needed_wh=20_000)
    assert limits(planned(site_of(49, 3), [car(0), car(1), hurried])) == {"s0": 16.0, "s1": 16.0, "s2": 17.0}


def test_a_single_amp_less_is_not_worth_a_message_while_it_fits():
    cars = [car(0, max_a=16, offered_a=16.0, drawn_a=14.9)]
    assert limits(planned(site_of(40, 1), cars)) == {"s0": 16.0}


def test_direct_current_is_shared_in_watts():
    site = site_of(100, 2, current_type="dc", max_w=50_000)
    plan = planned(site, [car(0), car(1)])
    watts = [share.limit_w for share in plan.shares]
    assert [share.limit_a for share in plan.shares] == [None, None]
    assert watts[0] - watts[1] in (0, 100)
    assert 64_000 < sum(watts) <= 100 * 3 * 230 * 0.95


def test_each_share_comes_with_a_plain_sentence():
    plan = planned(site_of(20, 4), [car(0, finished=True), car(1), car(2), car(3, budget_a=8)])
    assert [share.sentence for share in plan.shares] == [
        "Finished: its share went to the others at once.",
        "6 A: a fair share (limit: the grid connection).",
        "6 A: a fair share (limit: the grid connection).",
        "8 A set aside: the charger does not answer.",
    ]


def test_the_failsafe_holds_without_us():
    site = site_of(100, 12)
    assert sum(power.failsafe(site).values()) <= 100
    assert set(power.failsafe(site).values()) == {8.0}
    assert sorted(power.failsafe(site_of(40, 8)).values()) == [0.0, 0.0, 6.0, 6.0, 6.0, 6.0, 6.0, 6.0]


@pytest.mark.parametrize(
    "branches",
    [
        (Branch(id="a", parent="b", limit_a=(1, 1, 1)),),
        (Branch(id="a", parent="b", limit_a=(1, 1, 1)), Branch(id="b", parent="a", limit_a=(1, 1, 1))),
        (Branch(id="a", limit_a=(1, 1, 1)), Branch(id="a", limit_a=(1, 1, 1))),
    ],
)
def test_a_tree_that_contradicts_itself_is_refused(branches):
    with pytest.raises(power.UnusableSite):
        power.plan(now=NOW, site=Site(id="s", branches=branches, evses=()), sessions=[])


def test_a_session_at_an_unknown_evse_is_refused():
    with pytest.raises(power.UnknownEvse):
        power.plan(now=NOW, site=site_of(10, 1), sessions=[car(7)])


# --- the checker must be able to say no


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"limit_a": 33.0}, verify.Fault.ABOVE_EVSE),
        ({"limit_a": 5.0}, verify.Fault.BELOW_MINIMUM),
        ({"limit_a": 7.5}, verify.Fault.NOT_WHOLE),
        ({"limit_a": None, "limit_w": 7000}, verify.Fault.WRONG_UNIT),
        ({"phases": ()}, verify.Fault.WRONG_PHASES),
        ({"evse_id": "elsewhere"}, verify.Fault.WRONG_EVSE),
        ({"limit_a": 30.0}, verify.Fault.OVER_LIMIT),
    ],
)
def test_the_checker_sees_a_planted_fault(change, fault):
    site = site_of(40, 2)
    plan = planned(site, [car(0), car(1)])
    spoiled = dataclasses.replace(
        plan, shares=(dataclasses.replace(plan.shares[0], **change), plan.shares[1])
    )
    assert fault in {violation.fault for violation in verify.check(spoiled, site)}


# --- laws


@st.composite
def sites(draw):
    count = draw(st.integers(1, 5))
    branches = [Branch(id="b0", limit_a=tuple(draw(st.floats(0, 200)) for _ in range(3)))]
    for number in range(1, count):
        branches.append(
            Branch(
                id=f"b{number}",
                parent=f"b{draw(st.integers(0, number - 1))}",
                limit_a=(draw(st.floats(4, 100)),) * 3,
                other_load_a=(draw(st.sampled_from([0.0, 3.3])),) * 3,
            )
        )
    evses = []
    for number in range(draw(st.integers(1, 8))):
        is_dc = draw(st.booleans()) and number % 3 == 0
        evses.append(
            Evse(
                id=f"e{number}",
                branch=f"b{draw(st.integers(0, count - 1))}",
                current_type="dc" if is_dc else "ac",
                phases=(1, 2, 3)
                if is_dc
                else draw(st.sampled_from([(1,), (2,), (3,), (1, 2, 3), (2, 3, 1)])),
                max_a=draw(st.sampled_from([10.0, 16.0, 32.0])),
                max_w=50_000,
            )
        )
    return Site(id="site", branches=tuple(branches), evses=tuple(evses))


@st.composite
def stories(draw):
    site = draw(sites())
    amps = st.none() | st.floats(0, 40)
    sessions = [
        Session(
            id=f"s{number}",
            evse_id=evse.id,
            connected_at=NOW - timedelta(minutes=draw(st.integers(0, 300))),
            max_a=draw(st.none() | st.sampled_from([5.0, 8.0, 16.0, 32.0])),
            offered_a=draw(amps),
            drawn_a=draw(amps),
            offered_w=draw(st.none() | st.integers(0, 50_000)),
            drawn_w=draw(st.none() | st.integers(0, 50_000)),
            suspended=draw(st.booleans()),
            finished=draw(st.sampled_from([False, False, True])),
            departure_at=NOW + timedelta(minutes=draw(st.integers(-30, 600))),
            energy_needed_wh=draw(st.none() | st.integers(0, 80_000)),
        )
        for number, evse in enumerate(site.evses)
        if draw(st.sampled_from([True, True, False]))
    ]
    return site, sessions


@settings(max_examples=300, deadline=None)
@given(stories(), st.integers(1, 60))
def test_no_plan_breaks_a_limit_or_offers_less_than_a_minimum(story, minutes):
    site, sessions = story
    first = power.plan(now=NOW, site=site, sessions=sessions)
    later = power.plan(now=NOW + minutes * MINUTE, site=site, sessions=sessions, previous=first)
    for plan in (first, later):
        assert [fault for fault in verify.check(plan, site) if fault.is_avoidable] == []
        assert all(share.sentence for share in plan.shares)


@settings(max_examples=150, deadline=None)
@given(stories(), st.randoms(use_true_random=False))
def test_a_plan_does_not_depend_on_the_order_of_its_input(story, shuffler):
    site, sessions = story
    branches, evses, mixed = list(site.branches), list(site.evses), list(sessions)
    for part in (branches, evses, mixed):
        shuffler.shuffle(part)
    mixed_site = dataclasses.replace(site, branches=tuple(branches), evses=tuple(evses))
    figures = [
        [(share.session_id, share.limit_a, share.limit_w, share.reason) for share in plan.shares]
        for plan in (
            power.plan(now=NOW, site=site, sessions=sessions),
            power.plan(now=NOW, site=mixed_site, sessions=mixed),
        )
    ]
    assert figures[0] == figures[1]


@settings(max_examples=150, deadline=None)
@given(stories())
def test_no_whole_amp_is_left_lying_that_a_charging_car_wants(story):
    site, sessions = story
    plan = power.plan(now=NOW, site=site, sessions=sessions)
    for number, share in enumerate(plan.shares):
        if share.reason is Reason.FAIR_SHARE and share.limit_a is not None:
            more = dataclasses.replace(share, limit_a=share.limit_a + 1)
            bigger = dataclasses.replace(
                plan, shares=(*plan.shares[:number], more, *plan.shares[number + 1 :])
            )
            assert any(fault.is_avoidable for fault in verify.check(bigger, site))


@settings(max_examples=150, deadline=None)
@given(sites())
def test_the_failsafes_together_respect_every_limit(site):
    defaults = power.failsafe(site)
    sessions = [
        Session(
            id=evse.id,
            evse_id=evse.id,
            connected_at=NOW,
            budget_a=defaults[evse.id] if evse.current_type == "ac" else None,
            budget_w=int(defaults[evse.id]) if evse.current_type == "dc" else None,
        )
        for evse in site.evses
        if defaults[evse.id]
    ]
    assert verify.check(power.plan(now=NOW, site=site, sessions=sessions), site) == []


@pytest.mark.parametrize("count", [200, 1000])
def test_a_plan_for_a_large_site_takes_milliseconds(count, record_property):
    rng = random.Random(7)
    panels = max(1, count // 10)
    branches = [Branch(id="grid", limit_a=(count * 9.0,) * 3)]
    branches += [Branch(id=f"p{n}", parent="grid", limit_a=(100.0,) * 3) for n in range(panels)]
    evses = tuple(
        Evse(id=f"e{n}", branch=f"p{n % panels}", phases=rng.choice([(1, 2, 3), (1,), (2,)]))
        for n in range(count)
    )
    site = Site(id="site", branches=tuple(branches), evses=evses)
    cars = [car(n, connected_at=NOW, max_a=rng.choice([10, 16, 20, 32])) for n in range(count)]
    started = time.process_time()
    plan = power.plan(now=NOW, site=site, sessions=cars)
    record_property("cpu_ms", round(1000 * (time.process_time() - started), 1))
    assert time.process_time() - started < 1.0
    assert verify.check(plan, site) == []
