"""The rules that decide what is odd about a session, each with its clock given."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stations import ocmf, rules
from stations.metering import judge_totals
from tests.factories import NOON
from tests.meters import SignedMeter
from tests.stations.telling import after, begin, finish

METER = SignedMeter()


def start_doubts(now=NOON, **said):
    asked = {"decision": "accepted", "was_abandoned": False, "is_late": False} | {
        key: said.pop(key) for key in ("decision", "was_abandoned", "is_late") if key in said
    }
    return rules.judge_start(begin(**said), now=now, **asked)


def test_an_ordinary_start_raises_no_doubt():
    assert start_doubts(now=after(5)) == []


@pytest.mark.parametrize(
    ("now", "doubts"),
    [
        (NOON - timedelta(seconds=59), []),
        (NOON - timedelta(seconds=61), ["clock_ahead"]),
        (NOON + timedelta(days=29), []),
        (NOON + timedelta(days=31), ["clock_behind"]),
    ],
)
def test_a_clock_is_judged_by_the_instant_that_is_given(now, doubts):
    assert start_doubts(now=now) == doubts


def test_a_refused_token_a_late_start_and_an_abandoned_one_are_doubts():
    assert start_doubts(now=after(1), decision="blocked") == ["token_blocked"]
    assert start_doubts(now=after(1), is_late=True, was_abandoned=True) == [
        "start_after_abandon",
        "interrupted",
    ]


def finish_doubts(counted_to_wh=None, now=None, **said):
    fact = finish(1, **said)
    return rules.judge_finish(fact, now=now or after(90), started_at=NOON, counted_to_wh=counted_to_wh)


def test_a_stop_is_doubted_when_its_time_or_its_register_cannot_be():
    assert finish_doubts(counted_to_wh=11_000) == []
    assert finish_doubts(now=after(50)) == ["clock_ahead"]
    assert finish_doubts(ended_at=after(-2)) == ["ended_before_start"]
    assert finish_doubts(counted_to_wh=11_050) == []
    assert finish_doubts(counted_to_wh=15_000) == ["register_backwards"]
    assert finish_doubts(counted_to_wh=500_000) == ["register_restarted"]
    assert finish_doubts(counted_to_wh=9_000, meter_end_wh=None) == []


def test_a_lifetime_register_and_kwh_as_wh_are_hard_problems():
    lifetime = judge_totals(0, 8_000_000, timedelta(hours=2), 22_000)
    assert lifetime == ("begin_zero",)
    assert rules.is_hard(lifetime)
    assert not rules.is_hard(["seq_gap", "token_expired", "never heard of"])


@given(st.lists(st.integers(0, 50_000), min_size=1, max_size=8), st.integers(0, 10**7))
def test_the_energy_of_a_register_that_only_rises_is_its_difference(steps, start_wh):
    registers = [start_wh]
    for step in steps:
        registers.append(registers[-1] + step)
    assert rules.counted_wh(registers) == registers[-1] - registers[0]


@given(st.lists(st.integers(0, 50_000), max_size=6), st.lists(st.integers(0, 40_000), max_size=6))
def test_a_register_that_begins_again_has_counted_both_parts(before, since):
    first, second = [10_000_000], [0]
    for step in before:
        first.append(first[-1] + step)
    for step in since:
        second.append(second[-1] + step)
    assert rules.counted_wh([*first, *second]) == sum(before) + sum(since)


def test_rounding_backwards_takes_nothing_away():
    assert rules.counted_wh([10_000, 12_000, 11_990, 12_500]) == 2_510


# --- signed values


def checked(*readings, is_valid=True, **more):
    record = ocmf.read_record(METER.record(readings, **more))
    return rules.Checked(readings=record.readings, is_valid=is_valid)


B = ("B", "2026-11-20T12:00:00,000+0000 S", "1.000")
E = ("E", "2026-11-20T13:00:00,000+0000 S", "11.000")


def test_two_signed_registers_prove_the_energy_between_them():
    for values in ([checked(B, E)], [checked(B), checked(E)], [checked(E), checked(B)]):
        found = rules.judge_signed(values, billed_wh=10_004)
        assert (found.verdict, found.energy_wh, found.is_clock_synchronized) == ("proven", 10_000, True)
        assert found.problems == ()


@pytest.mark.parametrize("status", ["U", "I", "R"])
def test_a_clock_that_is_not_synchronized_is_told_and_is_no_problem_of_the_energy(status):
    end = ("E", f"2026-11-20T13:00:00,000+0000 {status}", "11.000")
    found = rules.judge_signed([checked(B, end)], billed_wh=10_000)
    assert found.is_clock_synchronized is False
    assert found.problems == ()


def test_a_time_flag_is_a_clock_and_an_energy_flag_a_meter():
    assert rules.judge_signed([checked(B, E, EF="t")], billed_wh=10_000).is_clock_synchronized is False
    assert rules.judge_signed([checked(B, E, EF="E")], billed_wh=10_000).problems == ("meter_error",)
    assert rules.judge_signed([checked(B, E, ST="M")], billed_wh=10_000).problems == ("meter_error",)


UNREADABLE = rules.Checked(readings=(), is_valid=None)


@pytest.mark.parametrize(
    ("values", "verdict", "problems"),
    [
        ([], "unsigned", ("unsigned",)),
        ([checked(B, E, is_valid=False)], "refuted", ("signature_invalid",)),
        ([checked(B), checked(E, is_valid=None)], "unproven", ("signature_unchecked",)),
        ([checked(B)], "proven", ("signed_end_missing",)),
        ([UNREADABLE], "unproven", ("signed_end_missing", "signature_unchecked")),
    ],
)
def test_what_is_missing_is_said(values, verdict, problems):
    found = rules.judge_signed(values, billed_wh=10_000)
    assert (found.verdict, found.problems) == (verdict, problems)


def test_an_energy_that_differs_from_the_signed_one_is_a_hard_problem():
    found = rules.judge_signed([checked(B, E)], billed_wh=10_011)
    assert found.problems == ("signed_energy_differs",)
    assert rules.is_hard(found.problems)
