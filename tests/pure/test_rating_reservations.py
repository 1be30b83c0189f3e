"""What a reservation costs: examples 15 to 18 of OCPI 2.3.0 (`mod_tariffs`), and what they leave open."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.rating.engine import rate
from payments.rating.explain import explain_lines
from payments.rating.reserving import rate_reservation
from tests.pure.rating_stories import (
    NOON,
    charged,
    element,
    energy,
    flat,
    money,
    session,
    tariff,
    time,
    totals,
)

CHARGE = element(flat("0.50", 20), energy("0.25", 10))
HOURLY = tariff(element(time("5.00", 20, 60), reservation="RESERVATION"), CHARGE)
WITH_FEE = tariff(element(flat("2.00", 20), time("5.00", 20, 300), reservation="RESERVATION"), CHARGE)
EXPIRE_FEE = tariff(
    element(flat("4.00", 20), reservation="RESERVATION_EXPIRES"),
    element(time("2.00", 20, 600), reservation="RESERVATION"),
    CHARGE,
)
EXPIRE_TIME = tariff(
    element(time("6.00", 20, 600), reservation="RESERVATION_EXPIRES"),
    element(time("3.00", 20, 600), reservation="RESERVATION"),
    CHARGE,
)


def reserved(some_tariff, minutes, *, is_expired=False):
    end = NOON + timedelta(minutes=minutes)
    return rate_reservation(
        some_tariff, time_zone="UTC", reserved_at=NOON, ended_at=end, is_expired=is_expired
    )


@pytest.mark.parametrize(
    ("some_tariff", "minutes", "net", "gross"),
    [
        pytest.param(HOURLY, 15, "6.75", "7.60", id="15 reservation price"),
        pytest.param(WITH_FEE, 13, "8.75", "10.00", id="16 reservation price and fee"),
        pytest.param(EXPIRE_FEE, 22, "6.50", "7.30", id="17 used in time"),
        pytest.param(EXPIRE_TIME, 22, "7.00", "7.90", id="18 used in time"),
    ],
)
def test_reservation_and_charge_together_cost_what_the_specification_prints(some_tariff, minutes, net, gross):
    kept, charge = reserved(some_tariff, minutes), rate(some_tariff, session(charged(30, 20_000)))
    together = (kept.total_net + charge.total_net, kept.total_gross + charge.total_gross)
    assert together == money(net, gross)


@pytest.mark.parametrize(
    ("some_tariff", "minutes", "net", "gross"),
    [
        pytest.param(EXPIRE_FEE, 60, "6.00", "7.20", id="17 expired: the fee, and the time at its price"),
        pytest.param(EXPIRE_TIME, 90, "9.00", "10.80", id="18 expired: the time at the price of expiry"),
    ],
)
def test_who_does_not_come_pays_what_the_specification_prints(some_tariff, minutes, net, gross):
    assert totals(reserved(some_tariff, minutes, is_expired=True)) == money(net, gross)


def test_a_tariff_without_a_price_for_it_reserves_for_nothing():
    assert totals(reserved(tariff(CHARGE), 60, is_expired=True)) == money("0", "0")


def test_no_minimum_and_no_maximum_of_a_charge_touches_a_reservation():
    bounded = tariff(
        element(time("5.00", 20, 60), reservation="RESERVATION"),
        CHARGE,
        min_price={"before_taxes": "9.00"},
        max_price={"before_taxes": "9.50"},
    )
    assert totals(reserved(bounded, 15)) == money("1.25", "1.50")
    assert reserved(bounded, 600).total_net == Decimal("50")


def test_its_lines_name_the_element_in_the_tariff_and_say_what_they_are():
    expired = reserved(EXPIRE_FEE, 60, is_expired=True)
    assert sorted(line.element for line in expired.lines) == [0, 1]
    told = {one.what for one in explain_lines(expired.lines, "EUR")}
    assert told == {"Fee for not coming", "Reserved time"}


@given(st.integers(0, 600), st.integers(0, 600), st.booleans())
def test_keeping_a_stall_longer_never_costs_less(minutes, more, is_expired):
    shorter = reserved(EXPIRE_TIME, minutes, is_expired=is_expired)
    longer = reserved(EXPIRE_TIME, minutes + more, is_expired=is_expired)
    assert shorter.total_gross <= longer.total_gross
