"""Token numbers in recordings: others of the same form, the same for the same, never two for one."""

from __future__ import annotations

import json
import string
from datetime import UTC, datetime
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from ocpp_bridge.pseudonyms import pseudonym, without_tokens
from ocpp_bridge.recordings import Line, Recording

KEY = b"a key of tests"
TOKENS = st.text(st.sampled_from(string.ascii_letters + string.digits + "-:_"), max_size=36)


def of(uid, key=KEY):
    return pseudonym(uid, key=key)


def form(uid):
    def kind(letter):
        for kinds in (
            string.digits,
            "ABCDEF",
            string.ascii_uppercase[6:],
            "abcdef",
            string.ascii_lowercase[6:],
        ):
            if letter in kinds:
                return kinds[0]
        return letter

    return [kind(letter) for letter in uid]


@given(TOKENS)
def test_a_pseudonym_has_the_form_of_its_token(uid):
    assert form(of(uid)) == form(uid)


@given(TOKENS)
def test_case_makes_no_other_token(uid):
    assert of(uid.lower()).upper() == of(uid.upper())


def test_two_tokens_never_become_one():
    short = ["".join(letters) for letters in product(string.digits, repeat=4)]
    assert len({of(uid) for uid in short}) == len(short)
    assert sum(of(uid) == uid for uid in short) < 20


def test_another_key_makes_other_pseudonyms():
    assert of("04A1B2C3D4E5F6") != of("04A1B2C3D4E5F6", b"another") != "04A1B2C3D4E5F6"


def test_a_contract_keeps_its_provider():
    assert of("DE-8AA-C12A34567-8").startswith("DE-8AA-C")
    assert of("DE-8AA-C12A34567-8") != "DE-8AA-C12A34567-8"


@given(st.text(max_size=40))
def test_whatever_a_station_sends_as_a_token_does_no_harm(uid):
    assert len(of(uid)) == len(uid)


def test_every_place_of_a_token_says_the_same_and_everything_else_stays():
    card, at = "04A1B2C3", datetime(2026, 3, 1, tzinfo=UTC)
    bodies = [
        '[2, "1",  "Authorize", {"idTag":"04a1b2c3"}]',
        json.dumps([2, "2", "TransactionEvent", {"idToken": {"idToken": card, "type": "ISO14443"}}]),
        f'[2, "3", "Authorize", {{"idTag": "{card}", garbage',
        '[2, "4", "MeterValues", {"value": "04A1B2C3", "idTag": "bad \\x"}]',
    ]
    hidden = without_tokens(
        Recording(
            station={"identity": "CP-1"},
            tokens=[{"uid": card, "group_uid": "FLEET", "type": "rfid"}],
            sessions=[{"token_uid": card, "start_token": "", "number": 1}],
            commands={"m1": {"kind": "send_list", "params": {"entries": [{"uid": card}]}, "session": None}},
            lines=[Line(at, "in", body) for body in bodies],
        ),
        key=KEY,
    )
    other = of(card)
    assert hidden.tokens == [{"uid": other, "group_uid": of("FLEET"), "type": "rfid"}]
    assert hidden.sessions == [{"token_uid": other, "start_token": "", "number": 1}]
    assert hidden.commands["m1"]["params"] == {"entries": [{"uid": other}]}
    said = [line.body for line in hidden.lines]
    assert said[0] == f'[2, "1",  "Authorize", {{"idTag":"{other.lower()}"}}]'
    assert json.loads(said[1])[3]["idToken"] == {"idToken": other, "type": "ISO14443"}
    assert said[2] == bodies[2].replace(card, other)
    assert said[3] == bodies[3]
