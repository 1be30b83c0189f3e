"""Command kind by version: each is said as the schema demands, and each answer is understood."""

from __future__ import annotations

import pytest

from ocpp_bridge import schemas
from ocpp_bridge.dialects import BY_VERSION
from ocpp_bridge.dialects.base import Unsupported
from stations import command_kinds as kinds
from stations.command_kinds.examples import EXAMPLES
from tests.ocpp.generating import answers
from tests.ocpp.talk import VERSIONS

CASES = [
    pytest.param(version, example, id=f"{version}-{example.name}-{number}")
    for version in VERSIONS
    for number, example in enumerate(EXAMPLES)
    if type(example) in BY_VERSION[version].encoders
]


def said(version: str, example: kinds.CommandKind):
    """The request, through the row's columns; None where this version has no word for some value."""
    try:
        return BY_VERSION[version].encode(kinds.read_kind(example.name, example.to_params()))
    except Unsupported:
        return None


def test_every_kind_has_an_example():
    assert {type(example) for example in EXAMPLES} == set(kinds.KINDS.values())


@pytest.mark.parametrize("version", VERSIONS)
def test_every_kind_can_be_said_or_has_a_reason_why_not(version):
    dialect = BY_VERSION[version]
    assert not set(dialect.encoders) & set(dialect.cannot)
    assert set(dialect.encoders) | set(dialect.cannot) == set(kinds.KINDS.values())
    assert all(reason.strip() for reason in dialect.cannot.values())


@pytest.mark.parametrize("version", VERSIONS)
def test_every_kind_that_a_version_knows_has_an_example_that_it_can_say(version):
    spoken = {type(example) for example in EXAMPLES if said(version, example) is not None}
    assert spoken == set(BY_VERSION[version].encoders)


@pytest.mark.parametrize(("version", "example"), CASES)
def test_each_command_is_said_as_its_schema_demands(version, example):
    request = said(version, example)
    if request is not None:
        assert schemas.problems(schemas.request(version, request.action), request.payload) == []


@pytest.mark.parametrize(("version", "example"), CASES)
def test_each_answer_that_the_schema_allows_is_understood(version, example):
    request = said(version, example)
    if request is None or isinstance(example, kinds.Verbatim):
        return
    for answer in answers(version, request.action):
        outcome = BY_VERSION[version].interpret(request.action, answer)
        assert outcome.outcome in ("accepted", "rejected"), answer
        assert isinstance(outcome.word, str)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_kind_that_a_version_lacks_is_refused_in_words(version):
    for kind, reason in BY_VERSION[version].cannot.items():
        example = next(example for example in EXAMPLES if type(example) is kind)
        with pytest.raises(Unsupported, match=kind.name) as refusal:
            BY_VERSION[version].encode(example)
        assert reason in str(refusal.value)
