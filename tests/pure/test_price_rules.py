"""What the law asks of a price, by country and power."""

from __future__ import annotations

import pytest

from payments.rating.ocpi import from_ocpi
from payments.rating.price_rules import Place, Rule, findings, law_of, what_to_do

ENERGY = {"type": "ENERGY", "price": "0.5"}
IDLE = {"type": "PARKING_TIME", "price": "6"}
TIME = {"type": "TIME", "price": "6"}
FEE = {"type": "FLAT", "price": "0.35"}
FAST = Place(name="Stall 1", country="DE", power_w=150_000)
SLOW = Place(name="Stall 2", country="DE", power_w=22_000)
AMERICAN = Place(name="Stall 3", country="US", power_w=150_000)
SWISS = Place(name="Stall 4", country="CH", power_w=150_000)


def a_tariff(*elements, **fields):
    shaped = [one if isinstance(one, dict) else {"price_components": one} for one in elements]
    return from_ocpi({"id": "x", "currency": "EUR", "elements": shaped, **fields})


def broken(tariff, *places):
    return [finding.rule for finding in findings(tariff, places)]


def test_a_price_per_kwh_with_an_idle_fee_breaks_no_rule_anywhere():
    assert broken(a_tariff([ENERGY, IDLE]), FAST, SLOW, AMERICAN, SWISS) == []


@pytest.mark.parametrize(
    ("tariff", "rules"),
    [
        (a_tariff([TIME]), [Rule.NO_ENERGY_PRICE, Rule.PAID_TIME]),
        (a_tariff([ENERGY, TIME]), [Rule.PAID_TIME]),
        (a_tariff([ENERGY, FEE]), [Rule.START_FEE]),
        (a_tariff([ENERGY], min_price={"before_taxes": "1"}), [Rule.MINIMUM]),
        (a_tariff([FEE]), [Rule.NO_ENERGY_PRICE, Rule.START_FEE]),
    ],
)
def test_from_50_kw_only_the_price_per_kwh_and_an_occupancy_fee_are_allowed(tariff, rules):
    assert broken(tariff, FAST) == rules


def test_a_price_per_minute_that_begins_late_discourages_staying():
    late = {"price_components": [TIME], "restrictions": {"min_duration": 3600}}
    assert broken(a_tariff(late, [ENERGY]), FAST) == []


def test_a_price_per_kwh_at_some_hours_only_is_no_base():
    at_night = {"price_components": [ENERGY], "restrictions": {"start_time": "22:00", "end_time": "06:00"}}
    assert broken(a_tariff(at_night, [FEE]), FAST) == [Rule.NO_ENERGY_PRICE, Rule.START_FEE]


def test_below_50_kw_every_component_is_allowed():
    """They must be shown before the start, in the order of the law: see `tests/scheduling/test_prices.py`."""
    assert broken(a_tariff([ENERGY, TIME, FEE], min_price={"before_taxes": "1"}), SLOW) == []


def test_in_the_united_states_the_base_is_the_price_per_kwh():
    assert broken(a_tariff([TIME]), AMERICAN) == [Rule.NO_ENERGY_PRICE_US]
    assert broken(a_tariff([ENERGY, FEE]), AMERICAN) == []


def test_free_charging_breaks_no_rule():
    assert broken(a_tariff([{"type": "FLAT", "price": "0"}]), FAST, AMERICAN) == []
    assert broken(a_tariff([IDLE]), FAST) == []


def test_what_prices_a_booking_is_not_about_charging():
    booking = {"price_components": [FEE], "restrictions": {"reservation": "RESERVATION"}}
    assert broken(a_tariff(booking, [ENERGY]), FAST) == []


def test_exactly_50_kw_is_fast():
    at_the_edge = Place(name="x", country="FR", power_w=50_000)
    assert "from 50 kW" in law_of(at_the_edge)
    assert "below 50 kW" in law_of(Place(name="x", country="FR", power_w=49_999))
    assert law_of(SWISS) == ""


def test_a_finding_names_its_places_and_its_article_once():
    other = Place(name="Stall 9", country="NL", power_w=300_000)
    (finding,) = findings(a_tariff([ENERGY, FEE]), [FAST, SLOW, other])
    assert finding.places == ("Stall 1", "Stall 9")
    assert "Article 5(4)" in finding.article


def test_every_rule_says_what_is_wrong_and_what_to_do():
    assert all(wrong and to_do for wrong, to_do in map(what_to_do, Rule))
