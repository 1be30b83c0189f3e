"""Every text has exactly one answer, or the silence that the specification asks for."""

from __future__ import annotations

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpp_bridge import frames
from ocpp_bridge.frames import V16, V201, Call, CallError, CallResult, Unusable, parse

ANSWERED = [
    # text, id of the answer, code in 1.6, code in 2.0.1
    ("", "-1", "FormationViolation", "RpcFrameworkError"),
    ("hello", "-1", "FormationViolation", "RpcFrameworkError"),
    ('[2,"a1","Heartbeat",{', "a1", "FormationViolation", "FormatViolation"),
    ('{"a": 1}', "-1", "FormationViolation", "RpcFrameworkError"),
    ("[]", "-1", "FormationViolation", "RpcFrameworkError"),
    ("[2]", "-1", "FormationViolation", "RpcFrameworkError"),
    ('["2","a1","Heartbeat",{}]', "a1", "FormationViolation", "RpcFrameworkError"),
    ('[true,"a1","Heartbeat",{}]', "a1", "FormationViolation", "RpcFrameworkError"),
    ('[2,17,"Heartbeat",{}]', "-1", "FormationViolation", "RpcFrameworkError"),
    ('[2,"","Heartbeat",{}]', "-1", "FormationViolation", "RpcFrameworkError"),
    ('[2,"a1","Heartbeat"]', "a1", "ProtocolError", "RpcFrameworkError"),
    ('[2,"a1"]', "a1", "ProtocolError", "RpcFrameworkError"),
    ('[2,"a1","Heartbeat",{},1]', "a1", "FormationViolation", "RpcFrameworkError"),
    ('[2,"a1",7,{}]', "a1", "FormationViolation", "RpcFrameworkError"),
    ('[2,"a1","Heartbeat",[]]', "a1", "FormationViolation", "FormatViolation"),
    ('[2,"a1","Heartbeat","x"]', "a1", "FormationViolation", "FormatViolation"),
    ('[2,"' + "i" * 37 + '","Heartbeat",{}]', "i" * 37, "FormationViolation", "RpcFrameworkError"),
    ('[2,"a1","X",{"n":NaN}]', "a1", "FormationViolation", "FormatViolation"),
    ("[" * 5000, "-1", "FormationViolation", "RpcFrameworkError"),
    ('[2,"a1","X",{"t":"' + "x" * frames.MAX_FRAME_CHARS + '"}]', "a1", "GenericError", "GenericError"),
]


@pytest.mark.parametrize("grammar", [V16, V201], ids=["1.6", "2.0.1"])
@pytest.mark.parametrize(("text", "message_id", "code_16", "code_201"), ANSWERED)
def test_what_cannot_be_read_is_answered_with_the_named_error(text, message_id, code_16, code_201, grammar):
    frame = parse(text, grammar)
    assert isinstance(frame, Unusable)
    kind, answered, code, description, details = json.loads(frame.reply)
    assert (kind, answered, details) == (4, message_id, {})
    assert code == (code_16 if grammar is V16 else code_201)
    assert description


def test_an_unknown_message_type_is_ignored_in_16_and_refused_in_201():
    text = '[9,"a1",{}]'
    assert parse(text, V16) == Unusable("a1", "")
    refused = parse(text, V201)
    assert isinstance(refused, Unusable)
    assert json.loads(refused.reply)[1:3] == ["a1", "MessageTypeNotSupported"]


@pytest.mark.parametrize("text", ['[3,"a"]', "[3]", '[4,"a"]', '[4,"a",3,"",{}]', '[3,"a",[]]', '[4,"x","y"'])
@pytest.mark.parametrize("grammar", [V16, V201], ids=["1.6", "2.0.1"])
def test_a_crooked_answer_is_never_answered(text, grammar):
    frame = parse(text, grammar)
    assert isinstance(frame, Unusable)
    assert frame.reply == ""


def test_null_stands_for_no_payload():
    assert parse('[2,"a","Heartbeat",null]', V16) == Call("a", "Heartbeat", {})
    assert parse('[3,"a",null]', V201) == CallResult("a", {})


def test_an_error_may_lack_its_last_parts():
    assert parse('[4,"a","GenericError"]', V16) == CallError("a", "GenericError", "", {})


def test_text_that_the_database_cannot_hold_is_cleaned():
    frame = parse('[2,"a","DataTransfer",{"vendorId":"a\\u0000b\\ud800c"}]', V16)
    assert frame == Call("a", "DataTransfer", {"vendorId": "ab?c"})


def test_members_leave_in_the_order_of_their_names():
    assert frames.pack_result("1", {"b": 1, "a": {"d": 1, "c": 2}}) == '[3,"1",{"a":{"c":2,"d":1},"b":1}]'


def test_decimals_leave_with_all_their_digits():
    from decimal import Decimal

    assert frames.pack_result("1", {"cost": Decimal("12.34")}) == '[3,"1",{"cost":12.34}]'


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
heads = st.sampled_from([2, 3, 4, 5, 2.0, True, "2", None, -1, 2**70])
near_frames = st.tuples(
    heads, st.text(max_size=40) | json_values, st.text(max_size=8) | json_values, json_values
).map(list)
texts = st.one_of(
    st.text(),
    json_values.map(json.dumps),
    near_frames.map(json.dumps),
    near_frames.map(lambda frame: json.dumps(frame)[:-1]),
)


@given(texts, st.sampled_from([V16, V201]))
def test_every_text_is_a_frame_or_gets_one_error_or_silence(text, grammar):
    frame = parse(text, grammar)
    if isinstance(frame, Call):
        assert 0 < len(frame.message_id) <= 36
        assert type(frame.payload) is dict
    elif isinstance(frame, Unusable) and frame.reply:
        kind, message_id, code, description, details = orjson.loads(frame.reply)
        assert (kind, details) == (4, {})
        assert message_id
        assert code
        assert len(description) <= 255
    else:
        assert text.lstrip()[:1] == "["
