"""Payloads made at random from the schemas, and with one thing wrong at any depth; each by a seed."""

from __future__ import annotations

import copy
import itertools
import random
from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.ocpp.samples import WORDS, Wrong, document, resolve

ALPHABET = "abcXYZ019 -_.:/äß€"
TYPICAL = {"integer": (0, 1, 2, 7, 300), "number": (0, 1.5, 16, 230.1)}
ANSWERS_TRIED = 12


def generated(version: str, name: str, seed: int) -> Any:
    """A payload that the schema of `name` ("Authorize", "AuthorizeResponse") accepts."""
    root = document(version, name)
    return _make(root, root, random.Random(f"{version} {name} {seed}"))


def answers(version: str, action: str) -> Iterator[Any]:
    """Answers of a station: every word of its status, and some at random."""
    name = f"{action}Response"
    root = document(version, name)
    status = resolve(root.get("properties", {}).get("status", {}), root)
    for seed, word in enumerate(status.get("enum", ())):
        yield {**generated(version, name, seed), "status": word}
    for seed in range(ANSWERS_TRIED):
        yield generated(version, name, 100 + seed)


def _make(node: dict[str, Any], root: dict[str, Any], rng: random.Random) -> Any:
    node = resolve(node, root)
    if "enum" in node:
        return rng.choice(node["enum"])
    kind = node.get("type", "object" if "properties" in node else "anything")
    return _MAKERS[kind](node, root, rng)


def _object(node: dict[str, Any], root: dict[str, Any], rng: random.Random) -> Any:
    required = set(node.get("required", ()))
    named = node.get("properties", {})
    return {name: _make(named[name], root, rng) for name in named if name in required or rng.random() < 0.5}


def _array(node: dict[str, Any], root: dict[str, Any], rng: random.Random) -> Any:
    least = node.get("minItems", 0)
    count = min(least + rng.randrange(3), node.get("maxItems", 9))
    return [_make(node["items"], root, rng) for _ in range(count)]


def _string(node: dict[str, Any], root: dict[str, Any], rng: random.Random) -> str:
    if node.get("format") in WORDS:
        return WORDS[node["format"]]
    longest = node.get("maxLength", 40)
    length = rng.choice([0, 1, longest, rng.randrange(longest + 1)])
    return "".join(rng.choice(ALPHABET) for _ in range(max(length, node.get("minLength", 0))))


def _figure(node: dict[str, Any], root: dict[str, Any], rng: random.Random) -> Any:
    low, high = node.get("minimum", 0), node.get("maximum", 1000)
    inside = [value for value in TYPICAL[node["type"]] if low <= value <= high and _fits(value, node)]
    return rng.choice([*inside, low])


def _fits(value: float, node: dict[str, Any]) -> bool:
    step = node.get("multipleOf")
    return step is None or abs(value / step - round(value / step)) < 1e-9


_MAKERS = {
    "object": _object,
    "array": _array,
    "string": _string,
    "integer": _figure,
    "number": _figure,
    "boolean": lambda node, root, rng: rng.random() < 0.5,
    "anything": lambda node, root, rng: rng.choice(["text", 5, {"a": [1]}, None]),
}


# --- one thing wrong ----------------------------------------------------------------------------


class Spot(NamedTuple):
    """A value in a payload and the schema node that it follows."""

    path: tuple[str | int, ...]
    node: dict[str, Any]


def spoiled(version: str, name: str, seed: int) -> Wrong | None:
    """A generated payload with one thing wrong somewhere; None when it has no place to spoil."""
    rng = random.Random(f"spoil {version} {name} {seed}")
    payload = generated(version, name, seed)
    root = document(version, name)
    chances = list(
        itertools.chain.from_iterable(_ways(spot, payload) for spot in _spots(root, root, payload))
    )
    return rng.choice(chances) if chances else None


def _spots(node: dict[str, Any], root: dict[str, Any], value: Any, path: Any = ()) -> Iterator[Spot]:
    node = resolve(node, root)
    yield Spot(path, node)
    if isinstance(value, dict):
        for name, part in value.items():
            if name in node.get("properties", {}):
                yield from _spots(node["properties"][name], root, part, (*path, name))
    elif isinstance(value, list) and "items" in node:
        for number, part in enumerate(value):
            yield from _spots(node["items"], root, part, (*path, number))


def _ways(spot: Spot, payload: Any) -> Iterator[Wrong]:
    node, kind = spot.node, spot.node.get("type")
    where = "/".join(map(str, spot.path))
    if kind == "object":
        yield from _wrong_objects(spot, payload, where)
    if kind is None or not spot.path:
        return
    yield Wrong(f"{where} type", _with(payload, spot.path, 5 if kind == "string" else "five"), TYPE)
    if "enum" in node:
        yield Wrong(f"{where} word", _with(payload, spot.path, "NoSuchWord"), PROPERTY)
    elif "maxLength" in node:
        yield Wrong(f"{where} long", _with(payload, spot.path, "x" * (node["maxLength"] + 1)), PROPERTY)
    if node.get("minItems"):
        yield Wrong(f"{where} empty", _with(payload, spot.path, []), OCCURRENCE)
    if "minimum" in node:
        yield Wrong(f"{where} low", _with(payload, spot.path, node["minimum"] - 1), PROPERTY)
    if "maximum" in node:
        yield Wrong(f"{where} high", _with(payload, spot.path, node["maximum"] + 1), PROPERTY)


def _wrong_objects(spot: Spot, payload: Any, where: str) -> Iterator[Wrong]:
    found = _at(payload, spot.path)
    if spot.node.get("additionalProperties") is False:
        yield Wrong(f"{where} surprise", _with(payload, spot.path, {**found, "surprise": 1}), FORMAT)
    for name in spot.node.get("required", ()):
        less = {key: part for key, part in found.items() if key != name}
        yield Wrong(f"{where} without {name}", _with(payload, spot.path, less), OCCURRENCE)


TYPE = "TypeConstraintViolation"
PROPERTY = "PropertyConstraintViolation"
OCCURRENCE = "OccurrenceConstraintViolation"
FORMAT = "FormatViolation"


def _at(payload: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        payload = payload[step]
    return payload


def _with(payload: Any, path: tuple[str | int, ...], value: Any) -> Any:
    if not path:
        return value
    copied = copy.deepcopy(payload)
    _at(copied, path[:-1])[path[-1]] = value
    return copied
