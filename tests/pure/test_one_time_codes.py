"""Passwords of dynamic QR codes (OCPP 2.1 C25, TOTP v1): ours and the simulator's check each other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from simulator.stations.web_payments import one_time_password
from stations.one_time_codes import PRINTED, WHOLE, Recipe, is_valid, password_at

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
INSTANTS = st.integers(0, 10**9).map(lambda seconds: NOON + timedelta(seconds=seconds))
RECIPES = st.builds(
    Recipe,
    secret=st.text(min_size=1, max_size=60),
    validity_s=st.integers(6, 3600),
    length=st.integers(6, 64),
)
HALF_MINUTE = Recipe(secret="between two only", validity_s=30, length=8)


@given(RECIPES, INSTANTS)
def test_the_station_and_we_reckon_the_same(recipe, at):
    told = one_time_password(recipe.secret, at, validity_s=recipe.validity_s, length=recipe.length)
    assert password_at(recipe, at) == told
    assert is_valid(told, recipe, at)


def test_a_password_once_reckoned_by_hand_stays_what_it_was():
    """HMAC-SHA-256 of the interval 59078880 as eight bytes, by openssl."""
    assert NOON.timestamp() // 30 == 59_078_880
    assert password_at(HALF_MINUTE, NOON) == "1ciLme6X"


@given(RECIPES, INSTANTS)
def test_a_password_has_its_length_and_only_the_printed_signs(recipe, at):
    password = password_at(recipe, at)
    assert len(password) == recipe.length
    assert set(password) <= set(PRINTED)


@given(RECIPES, INSTANTS, st.integers(-3, 3))
def test_it_holds_in_its_interval_and_the_two_beside_it_and_no_longer(recipe, at, intervals):
    password = password_at(recipe, at)
    later = at + timedelta(seconds=intervals * recipe.validity_s)
    assert is_valid(password, recipe, later) == (abs(intervals) <= 1)


@given(RECIPES, INSTANTS)
def test_a_station_that_reads_base62_by_its_name_is_understood_too(recipe, at):
    assert is_valid(password_at(recipe, at, alphabet=WHOLE), recipe, at)


@given(RECIPES, INSTANTS, st.text(max_size=70))
def test_nothing_else_is_valid(recipe, at, said):
    assume(not any(said == password_at(recipe, at, alphabet=signs) for signs in (PRINTED, WHOLE)))
    assert not is_valid(said, recipe, at)
    other = Recipe(secret=recipe.secret + "x", validity_s=6, length=6)
    assert not is_valid(password_at(recipe, at), other, at)


def test_the_printed_alphabet_lacks_one_letter():
    assert (len(PRINTED), len(WHOLE), set(WHOLE) - set(PRINTED)) == (61, 62, {"o"})
