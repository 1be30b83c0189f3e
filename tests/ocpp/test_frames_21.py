"""The two message types that 2.1 adds (part 4, 4.2.3 and 4.2.4): heard, and never answered."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpp_bridge import frames
from ocpp_bridge.frames import V16, V21, V201, Call, CallResultError, Send, Unusable, parse

STREAM = [6, "s1", "NotifyPeriodicEventStream", {"id": 1}]


def test_a_send_and_a_result_error_are_read_in_21():
    assert parse(json.dumps(STREAM), V21) == Send("s1", "NotifyPeriodicEventStream", {"id": 1})
    refused = '[5,"r1","FormatViolation","interval is missing",{"at":"interval"}]'
    expected = CallResultError("r1", "FormatViolation", "interval is missing", {"at": "interval"})
    assert parse(refused, V21) == expected


def test_the_older_versions_do_not_know_them():
    assert parse(json.dumps(STREAM), V16) == Unusable("s1", "")
    refused = parse(json.dumps(STREAM), V201)
    assert json.loads(refused.reply)[2] == "MessageTypeNotSupported"


@pytest.mark.parametrize(
    "text",
    [
        '[6,"s1"]',
        '[6,"s1","X"]',
        '[6,"s1","X",[]]',
        '[6,7,"X",{}]',
        '[6,"s1",8,{}]',
        '[6,"s1","X",{',
        '[6,"' + "i" * 37 + '","X",{}]',
        '[5,"r1"]',
        '[5,"r1",7]',
        '[5,null,"GenericError","",{}]',
        '[5,"r1","Gen',
    ],
)
def test_a_crooked_one_is_passed_over(text):
    frame = parse(text, V21)
    assert isinstance(frame, Unusable)
    assert frame.reply == ""


def test_their_last_parts_may_be_missing():
    assert parse('[5,"r1","GenericError"]', V21) == CallResultError("r1", "GenericError", "", {})
    assert parse('[6,"s1","X",null]', V21) == Send("s1", "X", {})


def test_calls_and_unknown_types_are_treated_as_in_201():
    assert parse('[2,"a","Heartbeat",{}]', V21) == Call("a", "Heartbeat", {})
    refused = parse('[7,"a",{}]', V21)
    assert json.loads(refused.reply)[1:3] == ["a", "MessageTypeNotSupported"]
    unreadable = parse('[2,"a"]', V21)
    assert json.loads(unreadable.reply)[2] == "RpcFrameworkError"


def test_we_can_refuse_an_answer():
    packed = json.loads(frames.pack_result_error("r1", "GenericError", "x" * 300))
    assert packed == [5, "r1", "GenericError", "x" * 255, {}]


values = st.none() | st.integers() | st.text(max_size=9) | st.dictionaries(st.text(max_size=3), st.none())


@given(st.sampled_from([5, 6]), st.text("abc-1", min_size=1, max_size=40), st.lists(values, max_size=4))
def test_nothing_of_these_types_ever_gets_an_answer(kind, message_id, parts):
    text = json.dumps([kind, message_id, *parts])
    for heard in (parse(text, V21), parse(text[:-1], V21)):
        assert isinstance(heard, Send | CallResultError) or heard.reply == ""
