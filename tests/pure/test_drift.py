"""What counts as drift between a charger's settings and its template."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stations.drift import Told, compare, same

names = st.text("abcAB.", min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("true", "True"),
        ("300", "300.0"),
        ("a, b", "a,b"),
        (" x ", "x"),
        ("", ""),
        ("-0.50", "-.5".replace("-.", "-0.")),
    ],
)
def test_ways_to_write_the_same(one, other):
    assert same(one, other)
    assert same(other, one)


@pytest.mark.parametrize(
    ("one", "other"), [("1", "true"), ("300", "301"), ("a,b", "b,a"), ("x", "X"), ("inf", "Inf")]
)
def test_what_is_not_the_same(one, other):
    assert not same(one, other)


@pytest.mark.parametrize(
    ("told", "state", "can_be_sent"),
    [
        (Told("300", "ReadWrite"), "in_step", False),
        (Told("60", "ReadWrite"), "differs", True),
        (Told("60", "ReadOnly"), "read_only", False),
        (None, "not_told", True),
    ],
)
def test_the_state_of_a_wanted_setting(told, state, can_be_sent):
    [line] = compare({"HeartbeatInterval": "300"}, {"heartbeatInterval": told} if told else {})
    assert (line.state, line.can_be_sent) == (state, can_be_sent)


@given(wanted=st.dictionaries(names, st.text(max_size=3)), told=st.dictionaries(names, st.text(max_size=3)))
def test_every_setting_is_compared_once(wanted, told):
    lines = compare(wanted, {name: Told(value, "") for name, value in told.items()})
    folded = [line.name.casefold() for line in lines]
    assert set(folded) == {name.casefold() for name in {*wanted, *told}}
    assert all(line.state == "free" for line in lines if line.wanted is None)
