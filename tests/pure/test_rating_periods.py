"""From registers and phases to priced periods."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from payments.rating.facts import Holder, Use
from payments.rating.periods import Hold, Phase, Register, build

START = datetime(2024, 3, 4, 12, 0, tzinfo=UTC)


def at(minutes):
    return START + timedelta(minutes=minutes)


def told(periods):
    return [(int((p.start_at - START).total_seconds() // 60), p.use.value, p.energy_wh) for p in periods]


def test_energy_between_two_registers_flowed_while_the_vehicle_charged():
    periods = build(
        start_at=START,
        end_at=at(30),
        total_wh=1000,
        phases=[Phase(START, "charging"), Phase(at(10), "suspended_by_vehicle")],
    )
    assert told(periods) == [(0, "charging", 1000), (10, "idle", 0)]


def test_without_phases_a_stretch_without_energy_is_held_and_not_idle():
    periods = build(start_at=START, end_at=at(30), total_wh=1000, registers=[Register(at(20), 1000)])
    assert told(periods) == [(0, "charging", 1000), (20, "held", 0)]


def test_what_the_station_or_our_plan_holds_back_is_never_idle():
    periods = build(
        start_at=START,
        end_at=at(30),
        total_wh=500,
        phases=[
            Phase(START, "charging"),
            Phase(at(10), "suspended_by_station"),
            Phase(at(20), "suspended_by_station"),
        ],
        holds=[Hold(at(20), Holder.PLAN, is_on=True)],
    )
    assert [(p.use, p.held_by) for p in periods[1:]] == [
        (Use.HELD, Holder.STATION),
        (Use.HELD, Holder.PLAN),
    ]


def idle(holds, total=60, phases=()):
    """How many minutes are idle, in a charge whose vehicle had enough after half an hour."""
    done = [Phase(START, "charging"), Phase(at(30), "suspended_by_vehicle")]
    periods = build(start_at=START, end_at=at(total), total_wh=1000, phases=[*done, *phases], holds=holds)
    return sum((p.end_at - p.start_at) // timedelta(minutes=1) for p in periods if p.use is Use.IDLE)


def test_a_fault_and_a_plug_that_does_not_come_out_stop_idle_time():
    assert idle([]) == 30
    assert idle([Hold(at(40), Holder.FAULT, is_on=True), Hold(at(50), Holder.FAULT, is_on=False)]) == 20
    assert idle([Hold(at(45), Holder.UNLOCK, is_on=True)]) == 15


def test_a_vehicle_that_our_plan_gave_nothing_is_not_idle_but_one_that_was_full_before_is():
    assert idle([Hold(at(20), Holder.PLAN, is_on=True), Hold(at(40), Holder.PLAN, is_on=False)]) == 20
    assert idle([Hold(at(35), Holder.PLAN, is_on=True)]) == 30


def test_of_several_who_hold_the_power_the_gravest_is_named():
    periods = build(
        start_at=START,
        end_at=at(30),
        total_wh=0,
        phases=[Phase(START, "suspended_by_station")],
        holds=[Hold(at(5), Holder.PLAN, is_on=True), Hold(at(10), Holder.FAULT, is_on=True)],
    )
    assert [p.held_by for p in periods] == [Holder.STATION, Holder.PLAN, Holder.FAULT]


def test_a_register_that_falls_or_overshoots_bends_to_the_total():
    periods = build(
        start_at=START,
        end_at=at(30),
        total_wh=100,
        registers=[Register(at(10), 90), Register(at(15), 40), Register(at(20), 900)],
    )
    assert [p.energy_wh for p in periods] == [90, 0, 10, 0]


@given(
    st.integers(0, 10**7),
    st.lists(st.tuples(st.integers(-10, 500), st.integers(-50, 10**7)), max_size=8),
    st.lists(
        st.tuples(
            st.integers(-10, 500),
            st.sampled_from(["connected", "charging", "suspended_by_vehicle", "suspended_by_station", "?"]),
        ),
        max_size=6,
    ),
    st.integers(0, 480),
)
def test_periods_cover_the_session_and_keep_every_watt_hour(total_wh, readings, phases, minutes):
    periods = build(
        start_at=START,
        end_at=at(minutes),
        total_wh=total_wh,
        registers=[Register(at(when), wh) for when, wh in readings],
        phases=[Phase(at(when), name) for when, name in phases],
    )
    assert sum(p.energy_wh for p in periods) == total_wh
    assert all(p.energy_wh >= 0 for p in periods)
    assert periods[0].start_at == START
    assert periods[-1].end_at == at(minutes)
    assert all(a.end_at == b.start_at for a, b in pairwise(periods))
