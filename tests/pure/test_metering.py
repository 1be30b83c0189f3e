"""Meter samples to columns, and what cannot be true."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stations.facts import ReadingTaken
from stations.metering import (
    REGISTER,
    RawSample,
    judge_step,
    judge_totals,
    judged_time,
    normalize,
    plain,
    readings,
    register_wh,
)

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_a_bare_value_is_the_energy_register_in_watt_hours():
    assert normalize([RawSample("1234")]) == {"energy_wh": 1234}


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        (RawSample("1.5", unit="kWh"), {"energy_wh": 1500}),
        (RawSample("11.04", "Power.Active.Import", "kW"), {"power_w": 11_040}),
        (RawSample("22000", "Power.Offered", "W"), {"offered_w": 22_000}),
        (RawSample("15.9", "Current.Import", "A"), {"current_ma": 15_900}),
        (RawSample("230.4", "Voltage", "V"), {"voltage_dv": 2304}),
        (RawSample("55", "SoC", "Percent", location="EV"), {"soc_percent": 55}),
        (RawSample(1.2, "Power.Active.Import", "W", multiplier=3), {"power_w": 1200}),
        (RawSample(15, multiplier=-1), {"energy_wh": 2}),
    ],
)
def test_units_and_multipliers_become_whole_numbers(sample, expected):
    assert normalize([sample]) == expected


def test_phases_fold_to_a_sum_a_mean_or_the_highest_and_are_kept():
    samples = [
        RawSample(str(value), measurand, unit, phase=phase)
        for measurand, unit, values in (
            ("Power.Active.Import", "W", (1000, 2000, 3000)),
            ("Current.Import", "A", (10, 16, 12)),
            ("Voltage", "V", (229, 230, 231)),
        )
        for phase, value in zip(("L1", "L2", "L3"), values, strict=True)
    ]
    columns = normalize(samples)
    assert (columns["power_w"], columns["current_ma"], columns["voltage_dv"]) == (6000, 16_000, 2300)
    assert columns["other"]["phases"]["current_ma"] == {"L1": 10_000, "L2": 16_000, "L3": 12_000}


def test_a_total_wins_over_its_phases():
    samples = [RawSample("100", phase="L1"), RawSample("310"), RawSample("200", phase="L2")]
    assert register_wh(samples) == 310


@pytest.mark.parametrize(
    "sample",
    [
        RawSample("OCMF|{...}", format="SignedData"),
        RawSample("1", "Energy.Active.Import.Interval"),
        RawSample("1", "Vendor.Humidity"),
        RawSample("1", "Power.Active.Import", "VA"),
        RawSample("not a number"),
        RawSample("NaN"),
        RawSample("1e999"),
        RawSample("-5"),
        RawSample("400", "SoC"),
        RawSample("1", location="Inlet"),
        RawSample("1", "Voltage", "V", phase="L1-L2"),
    ],
)
def test_what_has_no_column_is_kept_and_fills_none(sample):
    columns = normalize([sample])
    assert set(columns) == {"other"}


def test_a_second_value_for_one_column_is_kept_beside_it():
    columns = normalize([RawSample("1"), RawSample("2")])
    assert columns["energy_wh"] == 1
    assert columns["other"]["samples"] == [{"value": "2"}]


def test_one_instant_with_two_contexts_gives_two_readings():
    samples = [RawSample("1", context="Transaction.Begin"), RawSample("9", context="Transaction.End")]
    found = readings(samples, taken_at=AT, number=7)
    assert [(r.context, r.energy_wh, r.number) for r in found] == [("begin", 1, 7), ("end", 9, 7)]


def test_signed_data_is_a_fact_of_its_own_whole_and_before_the_plain_values():
    record = "OCMF|" + "x" * 5000 + "|{}"
    samples = [
        RawSample("7", context="Transaction.End"),
        RawSample(record, context="Transaction.End", format="SignedData"),
        RawSample("8", "Voltage", "V", signed={"signedMeterData": "AAAA"}),
    ]
    signed, *plain = readings(samples, taken_at=AT, number=7)
    assert signed.context.startswith("signed:")
    assert [told["value"] for told in signed.other["signed"]] == [record, {"signedMeterData": "AAAA"}]
    assert signed.energy_wh is None
    assert [(one.context, one.energy_wh, one.voltage_dv) for one in plain] == [
        ("end", 7, None),
        ("periodic", None, 80),
    ]


def test_two_different_signed_values_of_one_instant_do_not_stand_in_each_others_way():
    first, second = (
        readings([RawSample(text, format="SignedData")], taken_at=AT)[0].context for text in ("a", "b")
    )
    again = readings([RawSample("a", format="SignedData")], taken_at=AT)[0].context
    assert first != second
    assert first == again


SAMPLES = st.builds(
    RawSample,
    st.one_of(st.text(max_size=12), st.integers().map(str), st.floats().map(str), st.floats()),
    measurand=st.sampled_from(["", "Power.Active.Import", "Current.Import", "Voltage", "SoC", "Nonsense"]),
    unit=st.sampled_from(["", "Wh", "kWh", "W", "A", "V", "Percent", "furlong"]),
    multiplier=st.integers(-400, 400),
    phase=st.sampled_from(["", "L1", "L2", "L3", "N", "L1-N", "L1-L2", "moon"]),
    location=st.sampled_from(["", "Outlet", "Body"]),
    context=st.sampled_from(["", "Sample.Clock", "vendor"]),
    format=st.sampled_from(["", "Raw", "SignedData"]),
    signed=st.none(),
)


@given(st.lists(SAMPLES, max_size=8))
def test_nothing_that_can_be_sent_is_dropped_or_breaks(samples):
    columns = normalize(samples)
    other = columns.get("other", {})
    kept = len(other.get("samples", ()))
    by_phase = sum(len(values) for values in other.get("phases", {}).values())
    totals = sum(1 for sample in samples if not sample.phase)
    assert len(columns.keys() - {"other"}) <= totals + by_phase
    assert kept + by_phase <= len(samples)
    assert all(isinstance(columns[name], int) for name in columns.keys() - {"other"})


def test_a_time_in_the_future_is_the_time_of_arrival():
    assert judged_time(AT + HOUR, AT) == AT
    assert judged_time(AT - HOUR, AT) == AT - HOUR


@pytest.mark.parametrize(
    ("before", "after", "elapsed", "expected"),
    [
        (1000, 1200, HOUR, ()),
        (1000, 1000 + 22_000, HOUR, ()),
        (1200, 1150, HOUR, ()),
        (8_000_000, 7_900_000, HOUR, ("register_backwards",)),
        (8_000_000, 300, HOUR, ("register_restarted",)),
        (1000, 900_000, HOUR, ("unit_suspect",)),
        (500_000, 900_000, HOUR, ("register_jump",)),
    ],
)
def test_a_step_of_the_register_is_judged(before, after, elapsed, expected):
    assert judge_step(before, after, elapsed, 22_000) == expected


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (1000, 20_000, ()),
        (0, 20_000, ()),
        (0, 8_000_000, ("begin_zero",)),
        (1000, 150_000, ("energy_implausible",)),
        (5000, 4000, ("register_backwards",)),
        (None, 4000, ("no_meter_start",)),
        (None, None, ("no_meter_start", "no_meter_end")),
    ],
)
def test_the_totals_of_a_session_are_judged(start, end, expected):
    assert judge_totals(start, end, HOUR, 22_000) == expected


@given(st.integers(0, 10**7), st.integers(0, 22_000), st.integers(1, 48))
def test_what_the_hardware_can_deliver_is_never_doubted(start_wh, power_w, hours):
    end_wh = start_wh + power_w * hours
    assert judge_totals(start_wh, end_wh, HOUR * hours, 22_000) == ()
    assert judge_step(start_wh, end_wh, HOUR * hours, 22_000) == ()


WORDS = st.tuples(
    st.sampled_from(["", REGISTER, "Power.Active.Import", "Voltage", "SoC", "Vendor.Humidity"]),
    st.sampled_from(["", "Wh", "kWh", "W", "V", "VA", "Percent"]),
    st.sampled_from([0, 3, -1]),
    st.sampled_from(["", "", "", "L1", "L1-N"]),
    st.sampled_from(["", "Outlet", "EV", "Inlet"]),
    st.sampled_from(["", "Sample.Periodic", "Sample.Clock", "Vendor.Own"]),
    st.sampled_from(["", "", "Raw", "SignedData"]),
)
VALUES = st.sampled_from(["12", "1.5", "-4", "NaN", "1e99", "x", 7, 0.25])


@given(st.lists(st.tuples(VALUES, WORDS), max_size=5))
def test_the_short_way_says_what_the_long_way_says_or_nothing(samples):
    short = plain(samples)
    found = readings([RawSample(value, *words) for value, words in samples], taken_at=AT)
    if short is None:
        return
    context, columns = short
    assert list(found) == [ReadingTaken(taken_at=AT, context=context, **columns)]
