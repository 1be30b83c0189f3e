"""Why a start failed: the closed table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stations import causes


@pytest.mark.parametrize(
    ("told", "code"),
    [
        (("CX014",), "CX014"),
        (("cx14 pilot lost",), "CX014"),
        (("", "Error CX-026: cable cut"), "CX026"),
        (("PilotFault",), "CX014"),
        (("GroundFailure",), "CX002"),
        (("CX027",), ""),
        (("BCX014", "1CX0140"), ""),
        (("OtherError", "A001"), ""),
        ((), ""),
    ],
)
def test_a_chargex_code_is_found_wherever_the_station_puts_it(told, code):
    assert causes.mrec_of(*told) == code


def test_every_code_belongs_to_a_family_and_all_are_in_the_table():
    assert len(causes.MREC) == 26
    assert {code.family for code in causes.MREC.values()} <= set(causes.FAMILIES)
    assert {causes.family_of(cause) for cause in causes.CAUSES} <= set(causes.FAMILIES)


@given(st.text(), st.text())
def test_whatever_a_station_says_gives_a_cause_of_the_table_or_none(error_code, info):
    cause = causes.cause_of_fault(error_code, info)
    assert cause in ("", *causes.CAUSES)
    assert bool(cause) == bool(error_code) or causes.mrec_of(info)


@given(st.text(), st.text(), st.booleans())
def test_a_session_without_energy_has_a_family(phase, reason, has_fault):
    assert causes.cause_without_energy(phase, reason, has_fault=has_fault) in causes.FAMILIES


def test_a_person_who_takes_the_start_back_has_no_cause():
    assert causes.cause_of_abandoned("cancelled") == ""
    assert causes.cause_of_abandoned("not_plugged_in") == "vehicle"
    assert causes.cause_of_abandoned("something new") == "station"


@pytest.mark.parametrize(
    ("kind", "uid", "door"),
    [
        ("rfid", "04AABBCC", "rfid"),
        ("vehicle", "AABBCCDDEEFF", "autocharge"),
        ("other", "DE-ABC-C12345678-9", "plug"),
        ("", "", "plug"),
        ("other", "1234", "rfid"),
    ],
)
def test_the_door_of_a_start_at_the_station_is_its_token(kind, uid, door):
    assert causes.door_of_token(kind, uid) == door
