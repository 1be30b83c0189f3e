"""The worked examples of OCPI 2.3.0 (`mod_tariffs`, `mod_cdrs`), by their section.

Two printed results contradict the specification's own rules; the rules are followed here:
complex example 2 (114 min at 1.25/h are 2.375, not 2.28).
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from payments.rating.engine import rate
from tests.pure.rating_stories import (
    charged,
    element,
    energy,
    flat,
    money,
    parked,
    parking,
    session,
    tariff,
    time,
    totals,
)

MONDAY_0930 = datetime(2024, 3, 4, 9, 30, tzinfo=UTC)
SATURDAY_1330 = datetime(2024, 3, 2, 13, 30, tzinfo=UTC)
WEEKDAYS = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"]

START_FEE = tariff(element(flat("0.50", 20), energy("0.25", 10)))
CAPPED = tariff(
    element(flat("0.50", 20), energy("0.25", 10)),
    max_price={"before_taxes": "10.00", "after_taxes": "11.00"},
)
LIFTED = tariff(element(energy("0.25", 10)), min_price={"before_taxes": "0.50", "after_taxes": "0.55"})
PARKING = tariff(element(flat("0.50", 20), energy("0.25", 10), parking("2.00", 20, 900)))
HOURLY = tariff(element(time("2.00", 10, 60)))
TWO_TIMES = tariff(element(time("3.00", 10, 60), parking("5.00", 20, 300)))
STEPPED_ENERGY = tariff(element(flat("0.50", 20), energy("0.25", 10, 100)))
COMPLEX = tariff(
    element(flat("2.50", 15)),
    element(time("1.00", 20, 900), max_current=32),
    element(time("2.00", 20, 600), min_current=32, day_of_week=WEEKDAYS),
    element(time("1.25", 20, 600), min_current=32, day_of_week=["SATURDAY", "SUNDAY"]),
    element(parking("5.00", 10, 300), start_time="09:00", end_time="18:00", day_of_week=WEEKDAYS),
    element(parking("6.00", 10, 300), start_time="10:00", end_time="17:00", day_of_week=["SATURDAY"]),
)
STEPS = tariff(
    element(time("1.20", step=1800), parking("1.00", step=900), start_time="00:00", end_time="17:00"),
    element(time("2.40", step=900), parking("1.00", step=900), start_time="17:00", end_time="20:00"),
    element(time("2.40", step=900), start_time="20:00", end_time="00:00"),
)
POWER = tariff(
    element(energy("0.20", 20), max_power=16),
    element(energy("0.35", 20), max_power=32),
    element(energy("0.50", 20)),
)
DURATION = tariff(
    element(energy("0.00", 20), max_duration=1800),
    element(energy("0.25", 20), max_duration=3600),
    element(energy("0.40", 20)),
)


def at(hour, minute):
    return datetime(2024, 3, 4, hour, minute, tzinfo=UTC)


EXAMPLES = {
    "simple kWh": (tariff(element(energy("0.25", 10))), session(charged(60, 20_000)), "5.00", "5.50"),
    "start fee": (START_FEE, session(charged(60, 20_000)), "5.50", "6.10"),
    "minimum price, above": (LIFTED, session(charged(60, 20_000)), "5.00", "5.50"),
    "minimum price, below": (LIFTED, session(charged(60, 1_000)), "0.50", "0.55"),
    "parking fee": (PARKING, session(charged(60, 20_000), parked(40)), "7.00", "7.90"),
    "maximum price, reached": (CAPPED, session(charged(60, 50_000)), "10.00", "11.00"),
    "maximum price, not reached": (CAPPED, session(charged(60, 30_000)), "8.00", "8.85"),
    "hourly": (HOURLY, session(charged(150, 9_000)), "5.00", "5.50"),
    "tax excluded, unknown": (tariff(element(time("2.00"))), session(charged(150)), "5.00", "5.00"),
    "tax included, unknown": (
        tariff(element(time("2.10")), tax_included="YES"),
        session(charged(150)),
        "5.25",
        "5.25",
    ),
    "time and parking": (TWO_TIMES, session(charged(150, 9_000), parked(42)), "11.25", "12.75"),
    "ad hoc": (tariff(element(time("1.90", "5.2", 300))), session(charged(150)), "4.75", "5.00"),
    "energy in steps of 100 Wh": (STEPPED_ENERGY, session(charged(60, 20_450)), "5.63", "6.24"),
    "complex 1": (
        COMPLEX,
        session(charged(165, 9_000, current_a=Decimal(16)), parked(42), at=MONDAY_0930),
        "9.00",
        "10.30",
    ),
    "complex 2, by its rules": (
        COMPLEX,
        session(charged(114, 9_000, current_a=Decimal(43)), parked(71), at=SATURDAY_1330),
        "12.38",
        "13.98",
    ),
    "free of charge": (tariff(element(flat("0.00"))), session(charged(60, 9_000)), "0.00", "0.00"),
    "step size 1": (STEPS, session(charged(10, 1), parked(2), at=at(16, 55)), "0.55", "0.55"),
    "step size 2": (STEPS, session(charged(35, 1), at=at(16, 35)), "1.30", "1.30"),
    "switching to free": (STEPS, session(charged(12, 1), parked(20), at=at(19, 40)), "0.73", "0.73"),
    "maximum power": (
        POWER,
        session(charged(10, 1_000, power_w=6_000), charged(50, 40_000, power_w=48_000), charged(8, 500)),
        "20.30",
        "24.36",
    ),
    "maximum duration": (DURATION, session(charged(30, 5_000), charged(10, 1_200)), "0.30", "0.36"),
    "cdr: energy steps over two prices": (
        tariff(element(energy("0.20", step=500), end_time="17:00"), element(energy("0.27", step=500))),
        session(charged(60, 4_300), charged(30, 1_100), at=at(16, 0)),
        "1.18",
        "1.18",
    ),
    "cdr: time steps over two prices": (
        tariff(element(time(5, step=600), end_time="17:00"), element(time(7, step=600))),
        session(charged(6), charged(22), at=at(16, 54)),
        "3.30",
        "3.30",
    ),
    "cdr: only parking is rounded": (
        tariff(element(time(1, step=600), parking(2, step=600))),
        session(charged(21), parked(16)),
        "1.02",
        "1.02",
    ),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_printed_example_comes_out_as_its_rules_say(name):
    example_tariff, facts, net, gross = EXAMPLES[name]
    assert totals(rate(example_tariff, facts)) == money(net, gross)


@pytest.mark.parametrize(
    ("wh", "step", "cost"),
    [
        ("115.2", 1, "0.029"),
        ("101", 25, "0.031"),
        ("125", 25, "0.031"),
        ("1", 500, "0.125"),
        ("500", 500, "0.125"),
    ],
)
def test_energy_is_billed_in_whole_steps(wh, step, cost):
    bill = rate(tariff(element(energy("0.25", step=step)), currency="BHD"), session(charged(5, Decimal(wh))))
    assert bill.total_gross == Decimal(cost)
