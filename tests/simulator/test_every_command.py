"""Whatever an operator may ask, a simulated station answers in the words of its version."""

from __future__ import annotations

import json

import pytest

from ocpp_bridge.dialects import BY_VERSION
from ocpp_bridge.dialects.base import Unsupported
from simulator.stations import schemas
from stations import command_kinds as kinds
from stations.command_kinds.examples import EXAMPLES
from tests.simulator.fakes import Conversation, ac_spec

VERSIONS = ["1.6", "2.0.1", "2.1"]


def requests(version):
    """Every example that this version can say, as the bridge says it."""
    for example in EXAMPLES:
        if type(example) in BY_VERSION[version].encoders and not isinstance(example, kinds.Verbatim):
            try:
                yield BY_VERSION[version].encode(kinds.read_kind(example.name, example.to_params()))
            except Unsupported:
                continue


def answer(talk, request):
    assert talk.line.deliver(json.dumps([2, "m", request.action, request.payload]), talk.now)
    return talk.central.replies.pop("m")


@pytest.mark.parametrize("version", VERSIONS)
def test_every_command_finds_an_answer_that_fits_its_schema(version):
    for request in requests(version):
        talk = Conversation(ac_spec(version))
        reply = answer(talk.plug_in().tap().after(5), request)
        assert reply[0] == 3, (request, reply)
        assert schemas.faults(version, request.action, reply[2], "Response") == [], (request, reply)
        talk.after(90)
        assert talk.central.faults == [], request
