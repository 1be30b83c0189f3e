"""Limits of a charge: read from a QR code's address, kept as JSON, bounded by what is held."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stations.limits import ChargeLimits

LIMITS = st.builds(
    ChargeLimits,
    energy_wh=st.none() | st.integers(1, 10**9),
    time_s=st.none() | st.integers(1, 10**9),
    cost=st.none() | st.decimals(Decimal("0.01"), 10**6, places=2),
)


@given(LIMITS)
def test_limits_survive_their_way_through_a_row(limits):
    assert ChargeLimits.from_json(limits.to_json()) == limits


@given(LIMITS)
def test_a_query_says_the_same(limits):
    words = {"maxenergy": limits.energy_wh, "maxtime": limits.time_s, "maxcost": limits.cost}
    query = {word: str(value) for word, value in words.items() if value is not None}
    assert ChargeLimits.from_query(query | {"color": "blue"}) == limits


@pytest.mark.parametrize("text", ["", "0", "-5", "much", "nan", "inf", "1e99", "0.2"])
def test_what_is_no_positive_number_is_no_limit(text):
    assert not ChargeLimits.from_query({"maxenergy": text, "maxtime": text})


@given(LIMITS, st.decimals(Decimal("0.01"), 10**6, places=2))
def test_no_charge_may_cost_more_than_is_held(limits, held):
    bounded = limits.with_cost_at_most(held)
    assert bounded.cost is not None
    assert bounded.cost <= held
    assert limits.cost is None or bounded.cost <= limits.cost
    assert (bounded.energy_wh, bounded.time_s) == (limits.energy_wh, limits.time_s)
