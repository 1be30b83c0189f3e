"""What a test charge's readings tell about the wiring; and identities that are nearly the right one."""

from __future__ import annotations

import pytest

from stations.identities import is_near
from stations.phases import Reading, Seen, Wiring, is_fault, judge, look

AC = Wiring(is_dc=False, phases=3, max_current_a=32, max_power_w=22_000)
GOOD_V = {"L1": 230.0, "L2": 231.0, "L3": 229.0}


def reading(amperes: dict[str, float], volts: dict[str, float], power_w: int = 11_000) -> Reading:
    phases = {
        "current_ma": {phase: round(value * 1000) for phase, value in amperes.items()},
        "voltage_dv": {phase: round(value * 10) for phase, value in volts.items()},
    }
    return Reading(power_w, None, None, {"phases": phases})


def codes(seen: Seen, wiring: Wiring = AC) -> list[str]:
    return [finding.code for finding in judge(seen, wiring)]


def test_the_most_of_each_phase_is_seen_and_its_last_voltage():
    seen = look(
        [
            reading({"L1": 6, "L2": 6, "L3": 6}, {"L1-N": 231}, 4_000),
            reading({"L1": 16, "L2": 15, "L3": 16, "N": 1}, {"L1-N": 229, "L1-L2": 400}, 11_000),
        ]
    )
    assert seen == Seen({"L1": 16.0, "L2": 15.0, "L3": 16.0}, {"L1": 229.0}, 11_000)


def test_three_even_phases_are_as_they_should_be():
    assert codes(Seen({"L1": 16, "L2": 16, "L3": 15.8}, GOOD_V, 11_000)) == []


def test_a_car_of_one_phase_is_no_fault_but_proves_only_one():
    findings = judge(Seen({"L1": 16, "L2": 0, "L3": 0}, GOOD_V, 3_600), AC)
    assert [(one.code, one.phases) for one in findings] == [("idle_phase", "L2, L3")]
    assert not is_fault(findings)


def test_a_line_without_voltage_is_a_fault_and_comes_first():
    findings = judge(Seen({"L1": 16, "L2": 0.1, "L3": 16}, {"L1": 230, "L2": 3, "L3": 230}, 7_300), AC)
    assert [one.code for one in findings] == ["dead_phase", "idle_phase"]
    assert is_fault(findings)


def test_line_against_line_instead_of_neutral_is_a_fault():
    assert "odd_voltage" in codes(Seen({"L1": 16}, {"L1": 400, "L2": 400, "L3": 230}, 6_000))


def test_more_phases_than_planned_and_too_much_current_are_faults():
    one_phase = Wiring(is_dc=False, phases=1, max_current_a=16, max_power_w=3_700)
    found = codes(Seen({"L1": 20, "L2": 16}, {"L1": 230}, 8_000), one_phase)
    assert {"too_many_phases", "too_much_current"} <= set(found)


def test_nothing_flowed_is_said_with_what_the_voltages_tell():
    assert codes(Seen({}, {"L1": 230, "L2": 0, "L3": 230}, 0)) == ["no_energy", "dead_phase"]


def test_uneven_phases_are_noted():
    assert codes(Seen({"L1": 16, "L2": 16, "L3": 9}, GOOD_V, 9_000)) == ["uneven"]


def test_a_charger_that_tells_no_phases_is_said_to_tell_none():
    assert codes(Seen({}, {}, 11_000)) == ["phases_untold"]


def test_dc_has_no_phases_to_judge():
    dc = Wiring(is_dc=True, phases=3, max_current_a=400, max_power_w=150_000)
    assert codes(Seen({}, {}, 90_000), dc) == []


@pytest.mark.parametrize(
    "typed", ["hub-1042", "HUB1042", "HUB-1024", "HUB-104", "HUB-1042-NEW", "HVB-1O42", "SN.HUB-1042"]
)
def test_what_a_tired_hand_types_is_nearly_it(typed):
    assert is_near(typed, "HUB-1042")


@pytest.mark.parametrize("typed", ["GARAGE-7", "HUB-9999", "", "-", "1042X77", "H"])
def test_something_else_is_not(typed):
    assert not is_near(typed, "HUB-1042")


def test_short_names_must_be_the_same():
    assert is_near("cp-1", "CP1")
    assert not is_near("CP2", "CP1")
