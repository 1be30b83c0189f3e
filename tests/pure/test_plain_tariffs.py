"""A tariff in an operator's words and the same in OCPI's, and the week that it makes."""

from __future__ import annotations

from datetime import time
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.rating.ocpi import InvalidTariff, from_ocpi, unread
from payments.rating.plain import Band, PlainTariff, fields_of, plain_of, says_the_same, week_of
from payments.rating.tariff import DAYS, TaxIncluded

WORKDAYS, WEEKEND = frozenset(DAYS[:5]), frozenset(DAYS[5:])
KWH = Decimal("0.59")
NIGHT = Band(days=frozenset(DAYS), start=time(22), end=time(6), per_kwh=Decimal("0.39"))

prices = st.none() | st.decimals(0, 99, places=4).map(lambda value: value.normalize() + 0)
rates = st.sampled_from([Decimal(0), Decimal("7.7"), Decimal(19), Decimal(25)])
hours = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30]))
bands = st.builds(
    Band,
    days=st.sets(st.sampled_from(DAYS), min_size=1).map(frozenset),
    start=hours,
    end=hours,
    per_kwh=prices.filter(lambda price: price is not None),
)
plain_tariffs = st.builds(
    PlainTariff,
    tax_included=st.sampled_from([TaxIncluded.YES, TaxIncluded.NO]),
    vat=rates,
    per_kwh=st.just(KWH),
    per_minute=prices,
    idle_per_minute=prices,
    start_fee=prices,
    reservation_fee=prices,
    reserved_per_hour=prices,
    missed_fee=prices,
    min_price=prices,
    max_price=prices,
    step_s=st.sampled_from([1, 60]),
    bands=st.lists(bands, max_size=4).map(tuple),
)


def rated(plain, currency="EUR"):
    return from_ocpi({"id": "x", **fields_of(plain, currency)})


@given(plain_tariffs)
def test_what_is_written_in_the_form_comes_back_from_ocpi(plain):
    found = plain_of(rated(plain))
    assert found is not None
    assert says_the_same(rated(found), rated(plain))


@given(plain_tariffs)
def test_the_week_has_no_gap_and_says_nothing_twice(plain):
    rows = week_of(plain)
    assert rows[0].start == rows[-1].end == time(0)
    for row, after in pairwise(rows):
        assert row.end == after.start
        assert row.prices != after.prices


def test_prices_are_ordered_as_drivers_must_be_told_them():
    plain = PlainTariff(per_kwh=KWH, per_minute=Decimal("0.1"), idle_per_minute=KWH, start_fee=KWH)
    parts = rated(plain).elements[0].price_components
    assert [part.type.value for part in parts] == ["ENERGY", "TIME", "PARKING_TIME", "FLAT"]
    assert parts[1].price == 6


def test_a_night_crosses_midnight_and_the_first_band_wins():
    weekend = Band(days=WEEKEND, start=time(0), end=time(0), per_kwh=Decimal("0.35"))
    night, day, late = week_of(PlainTariff(per_kwh=KWH, bands=(weekend, NIGHT)))
    assert (night.end, day.end, late.end) == (time(6), time(22), time(0))
    assert {*night.prices[:5]} == {*late.prices[:5]} == {Decimal("0.39")}
    assert {*day.prices[:5]} == {KWH}
    assert {price for row in (night, day, late) for price in row.prices[5:]} == {Decimal("0.35")}


def test_limits_are_stated_like_the_prices():
    plain = PlainTariff(vat=Decimal(19), per_kwh=KWH, min_price=Decimal(1), max_price=Decimal(50))
    fields = fields_of(plain, "EUR")
    assert fields["min_price"] == {"before_taxes": "0.84", "after_taxes": "1"}
    assert fields["max_price"] == {"before_taxes": "42.02", "after_taxes": "50"}
    added = fields_of(PlainTariff(tax_included=TaxIncluded.NO, per_kwh=KWH, max_price=Decimal(50)), "EUR")
    assert added["max_price"] == {"before_taxes": "50"}


ENERGY = {"type": "ENERGY", "price": "0.5", "vat": "19", "step_size": 1}


@pytest.mark.parametrize(
    "elements",
    [
        [{"price_components": [ENERGY], "restrictions": {"min_power": 16}}, {"price_components": [ENERGY]}],
        [{"price_components": [ENERGY, {**ENERGY, "type": "FLAT", "vat": "7"}]}],
        [{"price_components": [{**ENERGY, "step_size": 500}]}],
        [{"price_components": [ENERGY, {**ENERGY, "type": "FLAT"}], "restrictions": {"start_time": "10:00"}}],
        [{"price_components": [{**ENERGY, "type": "TIME", "price": "1"}]}],
    ],
    ids=["power", "two tax rates", "steps of energy", "a fee at some hours", "no whole price a minute"],
)
def test_what_the_form_cannot_say_has_no_plain_form(elements):
    assert plain_of(from_ocpi({"id": "x", "currency": "EUR", "elements": elements})) is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"elements": []}, "at least one element"),
        ({"elements": [{"price_components": [{**ENERGY, "type": "KWH"}]}]}, "elements[0]"),
        ({"elements": [{"price_components": [{**ENERGY, "price": "a"}]}]}, "price: 'a' is not a number"),
        (
            {"elements": [{"price_components": [ENERGY], "restrictions": {"start_time": "25"}}]},
            "restrictions",
        ),
        ({"elements": [{"price_components": [{**ENERGY, "step_size": "1e999999"}]}]}, "step_size"),
        ({"max_price": {"after_taxes": "1"}}, "max_price: 'before_taxes' is missing"),
    ],
)
def test_what_is_no_tariff_is_told_with_its_place(change, words):
    data = {"id": "x", "currency": "EUR", "elements": [{"price_components": [ENERGY]}], **change}
    with pytest.raises(InvalidTariff) as refused:
        from_ocpi(data)
    assert words in str(refused.value)


def test_a_misspelled_name_does_not_vanish():
    data = {"elements": [{"price_components": [ENERGY], "restriction": {}}], "start_date_time": ""}
    assert list(unread(data)) == ["elements[0].restriction", "start_date_time"]


def test_what_a_reservation_costs_is_an_element_of_its_own_and_prices_no_charge():
    plain = PlainTariff(
        vat=Decimal(19),
        per_kwh=KWH,
        reservation_fee=Decimal(2),
        reserved_per_hour=Decimal(4),
        missed_fee=Decimal(5),
    )
    _charge, missed, reserved = fields_of(plain, "EUR")["elements"]
    assert missed["restrictions"] == {"reservation": "RESERVATION_EXPIRES"}
    assert [part["type"] for part in missed["price_components"]] == ["FLAT"]
    assert reserved["restrictions"] == {"reservation": "RESERVATION"}
    assert {part["type"]: part["price"] for part in reserved["price_components"]} == {
        "FLAT": "2",
        "TIME": "4",
    }


def test_the_form_reads_reservation_elements_wherever_they_stand():
    plain = PlainTariff(vat=Decimal(19), per_kwh=KWH, missed_fee=Decimal(5), reserved_per_hour=Decimal(4))
    fields = fields_of(plain, "EUR")
    turned = from_ocpi({"id": "x", **fields, "elements": fields["elements"][::-1]})
    assert plain_of(turned) == plain
