"""Parameters of commands: names and types are read from the dataclasses; problems are named, all at once."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any, ClassVar, Literal, NotRequired, TypedDict

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stations.command_kinds import KINDS, CommandKind
from stations.command_shapes import BadParams, parts_of, read_params, schema_of

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


class Color(Enum):
    RED = "red"


class Step(TypedDict):
    start_s: int
    note: NotRequired[str]


@dataclass(frozen=True, slots=True)
class Inner:
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Everything(CommandKind):
    name: ClassVar[str] = "everything"
    number: int
    word: str = ""
    is_sure: bool = False
    price: Decimal | None = None
    color: Color = Color.RED
    mode: Literal["a", "b"] = "a"
    steps: tuple[Step, ...] = ()
    inner: Inner | None = None
    extra: dict[str, Any] | None = None
    start_at: str = ""
    either: int | str = 0

    def __post_init__(self) -> None:
        if self.number == 13:
            raise ValueError("Thirteen is out of order.")


def problems(**params) -> dict[str, list[str]]:
    with pytest.raises(BadParams) as refused:
        read_params(Everything, params)
    return refused.value.problems


def test_what_fits_becomes_the_dataclass():
    found = read_params(
        Everything,
        {
            "number": 7,
            "price": "12.34",
            "color": "red",
            "steps": [{"start_s": 0}, {"start_s": 60, "note": "x"}],
            "inner": {"share": 1},
            "extra": {"a": [1]},
            "start_at": "2026-03-01T12:00:00Z",
            "either": "text",
        },
    )
    assert (found.number, found.price, found.color) == (7, Decimal("12.34"), Color.RED)
    assert found.steps == ({"start_s": 0}, {"start_s": 60, "note": "x"})
    assert (found.inner, found.either) == (Inner(1), "text")


@pytest.mark.parametrize(
    ("params", "path", "word"),
    [
        ({}, "number", "required"),
        ({"number": "7"}, "number", "whole number"),
        ({"number": True}, "number", "whole number"),
        ({"number": 7.5}, "number", "whole number"),
        ({"number": 2**70}, "number", "whole number"),
        ({"number": None}, "number", "whole number"),
        ({"number": 7, "word": 5}, "word", "text"),
        ({"number": 7, "word": "a\0b"}, "word", "text"),
        ({"number": 7, "is_sure": "yes"}, "is_sure", "true or false"),
        ({"number": 7, "price": "dear"}, "price", "number"),
        ({"number": 7, "color": "blue"}, "color", "one of: red"),
        ({"number": 7, "mode": "c"}, "mode", "one of: a, b"),
        ({"number": 7, "steps": {}}, "steps", "list"),
        ({"number": 7, "steps": [{"start_s": 1}, {}]}, "steps[1].start_s", "required"),
        ({"number": 7, "steps": [{"start_s": 1, "x": 1}]}, "steps[0].x", "no such parameter"),
        ({"number": 7, "inner": {"share": "half"}}, "inner.share", "number"),
        ({"number": 7, "extra": []}, "extra", "object"),
        ({"number": 7, "start_at": "tomorrow"}, "start_at", "time"),
        ({"number": 7, "start_at": "2026-03-01T12:00:00"}, "start_at", "time"),
        ({"number": 7, "size": 1}, "size", "no such parameter; there are: number, word"),
        ({"number": 13}, "params", "out of order"),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(params, path, word):
    assert word in " ".join(problems(**params)[path])


def test_every_problem_is_told_at_once():
    assert problems(number="x", word=5, size=1).keys() == {"number", "word", "size"}


@given(st.sampled_from(sorted(KINDS)), st.dictionaries(st.text(max_size=12), anything, max_size=4) | anything)
def test_no_input_breaks_the_reading(name, params):
    with suppress(BadParams):
        assert isinstance(read_params(KINDS[name], params), KINDS[name])


@given(st.sampled_from(sorted(KINDS)), st.data())
def test_values_of_any_type_are_read_or_refused_as_the_schema_says(name, data):
    kind = KINDS[name]
    params = {part.name: data.draw(anything) for part in parts_of(kind) if data.draw(st.booleans())}
    schema = json.loads(json.dumps(schema_of(kind)).replace('"nullable": true', '"x": 0'))
    try:
        read_params(kind, params)
    except BadParams:
        return
    bare = {name: value for name, value in params.items() if value is not None}
    assert jsonschema_rs.is_valid(schema, bare)


def test_every_kind_describes_itself_as_json_schema():
    for kind in KINDS.values():
        jsonschema_rs.validator_for(schema_of(kind))
        assert schema_of(kind)["properties"].keys() == {part.name for part in parts_of(kind)}
