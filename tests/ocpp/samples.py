"""Payloads made from the schemas: the smallest, the fullest, and each with one thing wrong."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from ocpp_bridge import schemas

WORDS = {
    "date-time": "2026-03-01T10:00:00Z",
    "uri": "https://example.test/file",
}


class Wrong(NamedTuple):
    """A payload with one thing wrong, and the code for it in the spelling of 2.0.1."""

    what: str
    payload: Any
    code: str


@cache
def document(version: str, name: str) -> dict[str, Any]:
    """The schema of a request ("Authorize") or of an answer ("AuthorizeResponse")."""
    suffix = "" if name.endswith("Response") else schemas._REQUEST_SUFFIX[version]
    entry = schemas._folder(version) / f"{name}{suffix}.json"
    return json.loads(entry.read_text(encoding="utf-8-sig"))


def smallest(version: str, action: str) -> dict[str, Any]:
    root = document(version, action)
    return build(root, root, is_full=False)


def fullest(version: str, action: str) -> dict[str, Any]:
    root = document(version, action)
    return build(root, root, is_full=True)


def build(node: dict[str, Any], root: dict[str, Any], *, is_full: bool) -> Any:
    node = resolve(node, root)
    kind = node.get("type", "object")
    if "enum" in node:
        return node["enum"][0]
    if kind == "object":
        named = node.get("properties", {})
        wanted = named if is_full else node.get("required", ())
        return {name: build(named[name], root, is_full=is_full) for name in wanted}
    if kind == "array":
        return [build(node["items"], root, is_full=is_full)] * max(node.get("minItems", 1), 1)
    if kind == "string":
        return WORDS.get(node.get("format", ""), "text")[: node.get("maxLength", 99)]
    return {"integer": 1, "number": min(1.0, node.get("maximum", 1.0)), "boolean": True}[kind]


def resolve(node: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in node:
        return root["definitions"][node["$ref"].rpartition("/")[2]]
    return node


def wrongs(version: str, action: str) -> Iterator[Wrong]:
    """One payload for each member of the top level and each way to get it wrong."""
    root = document(version, action)
    good = build(root, root, is_full=True)
    yield Wrong("unknown member", {**good, "surprise": 1}, "FormatViolation")
    for name in root.get("required", ()):
        less = {key: value for key, value in good.items() if key != name}
        yield Wrong(f"{name} missing", less, "OccurrenceConstraintViolation")
    for name, node in root.get("properties", {}).items():
        for what, value, code in bad_values(resolve(node, root)):
            payload = copy.deepcopy(good)
            payload[name] = value
            yield Wrong(f"{name} {what}", payload, code)


def bad_values(node: dict[str, Any]) -> Iterator[tuple[str, Any, str]]:
    kind = node.get("type")
    if kind is None:  # anything goes
        return
    yield "of the wrong type", 5 if kind == "string" else "five", "TypeConstraintViolation"
    if "enum" in node:
        yield "not in its list", "NoSuchWord", "PropertyConstraintViolation"
    elif "maxLength" in node:
        yield "too long", "x" * (node["maxLength"] + 1), "PropertyConstraintViolation"
    if node.get("minItems"):
        yield "empty", [], "OccurrenceConstraintViolation"
