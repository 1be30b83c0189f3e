"""What rating decides by itself (`payments.rating.policy`) and what local time does to it."""

from __future__ import annotations

import json
import time as stopwatch
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from payments.rating import explain as words
from payments.rating.bill import read_line
from payments.rating.engine import rate
from payments.rating.facts import Holder, InvalidFacts, Period, SessionFacts
from payments.rating.ocpi import InvalidTariff, from_ocpi, loads, to_ocpi
from tests.pure.rating_stories import (
    NOON,
    charged,
    element,
    energy,
    flat,
    held,
    money,
    parked,
    parking,
    session,
    tariff,
    time,
    totals,
)

IDLE = tariff(element(energy("0.50"), parking("6.00")), x_idle_grace_s=900)


def cost(bill) -> str:
    return str(bill.total_gross)


# --- idle, held, grace


def test_the_grace_of_an_idle_block_costs_nothing():
    assert cost(rate(IDLE, session(charged(30, 10_000), parked(15)))) == "5.00"


def test_idle_time_after_the_grace_is_billed():
    assert cost(rate(IDLE, session(charged(30, 10_000), parked(25)))) == "6.00"


def test_every_idle_block_has_its_own_grace():
    facts = session(charged(30, 10_000), parked(25), charged(5), parked(25))
    assert cost(rate(IDLE, facts)) == "7.00"


def test_a_block_told_in_two_periods_has_one_grace():
    facts = session(charged(30, 10_000), parked(12), parked(13))
    assert cost(rate(IDLE, facts)) == "6.00"


@pytest.mark.parametrize("by", list(Holder))
def test_time_that_was_held_back_is_neither_idle_nor_charging(by):
    both = tariff(element(energy("0.50"), parking("6.00"), time("6.00")))
    bill = rate(both, session(charged(10, 10_000), held(60, by)))
    assert cost(bill) == "6.00"
    assert [(item.reason, item.seconds) for item in bill.left_out] == [(by.value, Decimal(3600))]


def test_what_was_left_out_is_said_in_a_sentence():
    bill = rate(IDLE, session(charged(30, 10_000), held(5), parked(20)))
    sentences = words.explain_left_out(bill.left_out)
    assert sentences == (
        "5 min are not billed: the site's power was shared with other vehicles",
        "15 min idle are free before idle time counts",
    )


# --- flat, minimum, maximum, tax


def test_no_energy_means_no_start_fee_and_no_minimum():
    fees = tariff(element(flat("1.00"), energy("0.50")), min_price={"before_taxes": "2.00"})
    assert cost(rate(fees, session(charged(1, 0)))) == "0.00"


def test_idle_time_is_owed_even_without_energy():
    assert cost(rate(IDLE, session(parked(75)))) == "6.00"


def test_the_start_fee_is_paid_once_at_the_price_of_its_first_moment():
    fees = tariff(element(flat("1.00"), end_time="12:30"), element(flat("3.00")))
    assert cost(rate(fees, session(charged(90, 1_000)))) == "1.00"


def test_a_session_without_periods_costs_nothing():
    bill = rate(IDLE, SessionFacts(time_zone="UTC", periods=()))
    assert totals(bill) == money("0.00", "0.00")
    assert bill.lines == ()


def test_included_tax_is_taken_out_of_the_price():
    gross = tariff(element(energy("0.60", 20)), tax_included="YES")
    assert totals(rate(gross, session(charged(60, 10_000)))) == money("5.00", "6.00")


def test_where_tax_does_not_apply_none_is_stated():
    bill = rate(tariff(element(energy("0.60", 20)), tax_included="N/A"), session(charged(60, 10_000)))
    assert bill.taxes == ()
    assert totals(bill) == money("6.00", "6.00")


def test_tax_is_summed_by_rate():
    bill = rate(
        tariff(element(flat("1.00", 20), energy("0.50", 10), parking("6.00", 20))),
        session(charged(60, 10_000), parked(10)),
    )
    assert [(t.vat, t.net, t.tax) for t in bill.taxes] == [
        (Decimal(10), Decimal("5.00"), Decimal("0.50")),
        (Decimal(20), Decimal("2.00"), Decimal("0.40")),
    ]


@pytest.mark.parametrize(("currency", "expected"), [("JPY", "124"), ("EUR", "123.50"), ("BHD", "123.500")])
def test_the_minor_unit_of_the_currency_decides_the_rounding(currency, expected):
    bill = rate(tariff(element(energy("12.35")), currency=currency), session(charged(60, 10_000)))
    assert cost(bill) == expected


def test_a_half_cent_is_rounded_up():
    assert cost(rate(tariff(element(energy("0.005"))), session(charged(60, 1_000)))) == "0.01"


def test_the_lines_add_up_to_the_total():
    many = tariff(
        *[element(energy("0.333", 19), max_kwh=n) for n in range(1, 8)], element(energy("0.111", 7))
    )
    bill = rate(many, session(charged(60, 9_777)))
    assert sum(line.gross for line in bill.lines) == bill.total_gross
    assert sum(line.tax for line in bill.lines) == bill.total_tax
    assert bill.total_net + bill.total_tax == bill.total_gross


# --- restrictions


def test_an_energy_tier_is_cut_where_it_is_reached():
    tiers = tariff(element(energy("0.20"), max_kwh=10), element(energy("0.40"), min_kwh=10))
    bill = rate(tiers, session(charged(60, 25_000)))
    assert [line.measured for line in bill.lines] == [Decimal(10_000), Decimal(15_000)]
    assert cost(bill) == "8.00"


def test_the_first_matching_element_of_each_dimension_wins():
    both = tariff(element(parking("1.00")), element(energy("0.50"), parking("9.00")), element(energy("9.00")))
    assert cost(rate(both, session(charged(60, 10_000), parked(60)))) == "6.00"


def test_reservation_elements_do_not_price_charging():
    booked = tariff(element(time("60.00"), reservation="RESERVATION"), element(energy("0.50")))
    assert cost(rate(booked, session(charged(60, 10_000)))) == "5.00"


def test_a_night_price_wraps_around_midnight():
    night = tariff(element(time("1.00"), start_time="22:00", end_time="06:00"), element(time("10.00")))
    start = datetime(2024, 3, 4, 21, 0, tzinfo=UTC)
    assert cost(rate(night, session(charged(10 * 60), at=start))) == "28.00"


def test_weekdays_are_those_of_the_location():
    friday_utc = datetime(2024, 3, 8, 20, 0, tzinfo=UTC)
    weekend = tariff(element(time("1.00"), day_of_week=["SATURDAY"]), element(time("10.00")))
    assert cost(rate(weekend, session(charged(60), at=friday_utc, zone="Asia/Tokyo"))) == "1.00"
    assert cost(rate(weekend, session(charged(60), at=friday_utc))) == "10.00"


def test_dates_begin_and_end_at_local_midnight():
    sale = tariff(
        element(time("1.00"), start_date="2024-03-05", end_date="2024-03-06"), element(time("2.00"))
    )
    start = datetime(2024, 3, 4, 22, 0, tzinfo=UTC)  # 23:00 in Berlin
    bill = rate(sale, session(charged(26 * 60), at=start, zone="Europe/Berlin"))
    assert cost(bill) == "28.00"  # 1 h before, 24 h of sale, 1 h after


NIGHT = tariff(
    element(energy("0.20"), start_time="22:00", end_time="06:00"), element(energy("0.50"), parking("6.00"))
)


def test_frozen_prices_are_those_of_the_start_for_the_whole_charge():
    two_kwh = session(charged(120, 2000), at=datetime(2024, 3, 4, 21, 0, tzinfo=UTC))
    assert cost(rate(NIGHT, two_kwh)) == "0.70"
    frozen = replace(two_kwh, frozen_at=two_kwh.periods[0].start_at)
    assert cost(rate(NIGHT, frozen)) == "1.00"
    assert rate(NIGHT, frozen).frozen_at == two_kwh.periods[0].start_at


def test_tiers_of_energy_and_time_hold_also_where_prices_are_frozen():
    tiers = tariff(element(energy("0.50"), max_kwh="1"), element(energy("0.30")))
    facts = session(charged(60, 2000))
    assert cost(rate(tiers, replace(facts, frozen_at=facts.periods[0].start_at))) == "0.80"
    later = tariff(element(time("6.00"), min_duration=1800), element(energy("0")))
    assert cost(rate(later, replace(facts, frozen_at=facts.periods[0].start_at))) == "3.00"


def test_the_hour_that_spring_skips_is_not_billed():
    early = tariff(element(time("60.00"), start_time="02:00", end_time="03:00"), element(time("1.00")))
    start = datetime(2024, 3, 31, 0, 0, tzinfo=UTC)  # 01:00 in Berlin, before the change
    assert cost(rate(early, session(charged(120), at=start, zone="Europe/Berlin"))) == "2.00"


def test_the_hour_that_autumn_repeats_is_billed_twice():
    early = tariff(element(time("60.00"), start_time="02:00", end_time="03:00"), element(time("1.00")))
    start = datetime(2024, 10, 26, 23, 0, tzinfo=UTC)  # 01:00 in Berlin
    bill = rate(early, session(charged(240), at=start, zone="Europe/Berlin"))
    assert cost(bill) == "122.00"


def test_an_edge_within_the_repeated_hour_counts_on_both_passes():
    half = tariff(element(time("60.00"), start_time="02:30", end_time="03:00"), element(time("0.00")))
    start = datetime(2024, 10, 26, 23, 0, tzinfo=UTC)
    assert cost(rate(half, session(charged(240), at=start, zone="Europe/Berlin"))) == "60.00"


# --- tariffs as JSON


def test_a_tariff_survives_the_way_to_json_and_back():
    rich = tariff(
        element(
            energy("0.49", 19), flat("0.35", 19), min_kwh="1.5", day_of_week=["SUNDAY"], start_time="00:00"
        ),
        element(parking("6", 19, 60), start_date="2024-01-01", max_duration=3600),
        max_price={"before_taxes": "50"},
        x_idle_grace_s=600,
        last_updated="2024-03-04T12:00:00Z",
    )
    assert from_ocpi(to_ocpi(rich)) == rich


def test_prices_in_json_numbers_are_read_exactly():
    text = (
        '{"id":"1","currency":"eur","tax_included":"NO","elements":[{"price_components":'
        '[{"type":"ENERGY","price":0.1000000000000000055511151231257827,"step_size":1}]}]}'
    )
    price = loads(text).elements[0].price_components[0].price
    assert str(price) == "0.1000000000000000055511151231257827"


@pytest.mark.parametrize(
    "change",
    [
        {"elements": []},
        {"currency": "euro"},
        {"tax_included": "perhaps"},
        {"elements": [{"price_components": [{"type": "ENERGY", "price": "NaN"}]}]},
        {"elements": [{"price_components": [{"type": "ENERGY", "price": -1}]}]},
        {"elements": [{"price_components": [{"type": "WATER", "price": 1}]}]},
        {"elements": [{"price_components": [{"type": "TIME", "price": 1, "step_size": 1.5}]}]},
        {
            "elements": [
                {"price_components": [{"type": "TIME", "price": 1}], "restrictions": {"start_time": "25:00"}}
            ]
        },
        {"elements": "none"},
    ],
)
def test_what_is_not_a_tariff_is_refused_by_name(change):
    good = to_ocpi(IDLE)
    with pytest.raises(InvalidTariff):
        from_ocpi(good | change)


def test_overlapping_periods_are_refused():
    first = Period(start_at=NOON, end_at=NOON + timedelta(hours=1), energy_wh=1)
    with pytest.raises(InvalidFacts):
        SessionFacts(time_zone="UTC", periods=(first, first))


# --- words and speed


def test_a_line_says_what_how_much_at_which_price_and_why():
    bill = rate(
        tariff(
            element(energy("0.49", step=100), start_time="09:00", end_time="18:00", day_of_week=["MONDAY"])
        ),
        session(charged(60, 20_450)),
    )
    (line,) = words.explain(bill)
    assert line.what == "Energy"
    assert line.how_much == "20.45 kWh, billed as 20.5 kWh in steps of 0.1 kWh"
    assert line.price == "0.49 EUR per kWh"
    assert line.why == "from 09:00 to 18:00, Mon"


def test_a_line_survives_the_way_into_a_record_and_back():
    bill = rate(IDLE, session(charged(30, 10_000), parked(25)))
    assert tuple(read_line(json.loads(json.dumps(line))) for line in bill.lines_json()) == bill.lines


def test_a_time_price_is_told_per_minute_where_that_is_exact():
    assert words.unit_price("TIME", Decimal("6.00"), "EUR") == "0.10 EUR per minute"
    assert words.unit_price("TIME", Decimal("5.00"), "EUR") == "5.00 EUR per hour"


def test_the_charging_periods_change_where_the_price_does():
    tiers = tariff(element(energy("0.20"), max_kwh=10), element(energy("0.40")))
    bill = rate(tiers, session(charged(30, 5_000), charged(30, 20_000), parked(10)))
    assert [(p.use, p.energy_wh) for p in bill.periods] == [
        ("charging", Decimal(10_000)),
        ("charging", Decimal(15_000)),
        ("idle", Decimal(0)),
    ]


def test_a_bill_of_two_hours_of_minutes_takes_less_than_five_milliseconds():
    tiers = tariff(
        element(energy("0.20", 19), start_time="09:00", end_time="13:00", max_power=22),
        element(energy("0.40", 19), min_kwh=5),
        element(energy("0.50", 19), time("1.00", 19), parking("6.00", 19)),
    )
    facts = session(*[charged(1, 180) for _ in range(120)], zone="Europe/Berlin")
    best = min(_seconds_to_rate(tiers, facts) for _ in range(7))
    assert best < 0.005


def _seconds_to_rate(tiers, facts):
    start = stopwatch.perf_counter()
    rate(tiers, facts)
    return stopwatch.perf_counter() - start
