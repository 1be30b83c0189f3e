"""The judge: the `ocpp` package's own JSON schemas, compiled on first use.

Formats are not checked: times are parsed by us, and stations write them in many ways. What a
schema finds wrong becomes one of the error codes of the RPC framework (1.6 J section 4.2.3,
2.0.1 part 4 section 4.3), in the spelling of 2.0.1; `frames.Grammar` knows the other.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

import jsonschema_rs
import orjson

FOLDERS: Final = {"1.6": "v16", "2.0.1": "v201", "2.1": "v21"}
"""In the package; the modules beside them are not imported: a bridge needs none, and they take 0.2 s."""

_REQUEST_SUFFIX: Final = {"1.6": "", "2.0.1": "Request", "2.1": "Request"}

CODES: Final = {
    "Required": "OccurrenceConstraintViolation",
    "MinItems": "OccurrenceConstraintViolation",
    "MaxItems": "OccurrenceConstraintViolation",
    "AdditionalProperties": "FormatViolation",
    "AdditionalItems": "FormatViolation",
    "Type": "TypeConstraintViolation",
}
_ANY_OTHER: Final = "PropertyConstraintViolation"
_WORDS: Final = {
    "Type": "wrong type",
    "Enum": "not one of the allowed values",
    "MaxLength": "too long",
    "MinItems": "too few entries",
    "MaxItems": "too many entries",
}


class Problem(NamedTuple):
    """What is wrong with a payload: where (member names and indexes), and which code to answer."""

    code: str
    path: tuple[str | int, ...]
    kind: str
    description: str
    expected: str = ""


class NoSchema(LookupError):
    """The version has no such message."""


def _folder(version: str) -> Any:
    return files("ocpp") / FOLDERS[version] / "schemas"


@cache
def known_actions(version: str) -> frozenset[str]:
    """Every action of the version, whoever sends it."""
    names = {entry.name.removesuffix(".json") for entry in _folder(version).iterdir()}
    answers = {name.removesuffix("Response") for name in names if name.endswith("Response")}
    return frozenset(action for action in answers if f"{action}{_REQUEST_SUFFIX[version]}" in names)


@cache
def request(version: str, action: str) -> jsonschema_rs.Validator:
    """The compiled schema of a request's payload. Raises NoSchema."""
    return _compile(version, f"{action}{_REQUEST_SUFFIX[version]}")


@cache
def response(version: str, action: str) -> jsonschema_rs.Validator:
    """The compiled schema of an answer's payload. Raises NoSchema."""
    return _compile(version, f"{action}Response")


@cache
def send(version: str, action: str) -> jsonschema_rs.Validator:
    """The compiled schema of a message without an answer (2.1). Raises NoSchema."""
    return _compile(version, action)


def _compile(version: str, name: str) -> jsonschema_rs.Validator:
    entry = _folder(version) / f"{name}.json"
    if not entry.is_file():
        raise NoSchema(f"OCPP {version} has no {name}.")
    return jsonschema_rs.validator_for(
        orjson.loads(entry.read_text(encoding="utf-8-sig")), validate_formats=False
    )


def problems(judge: jsonschema_rs.Validator, payload: Any) -> list[Problem]:
    """Everything wrong with the payload; empty when it is right."""
    return [_describe(error) for error in judge.iter_errors(payload)]


def _describe(error: jsonschema_rs.ValidationError) -> Problem:
    known: Any = error.kind  # one class per kind, each with members of its own
    kind = type(known).__name__
    path = tuple(error.instance_path)
    expected = str(known.types[0]) if kind == "Type" else ""
    return Problem(CODES.get(kind, _ANY_OTHER), path, kind, _in_words(error, kind, path), expected)


def _in_words(error: jsonschema_rs.ValidationError, kind: str, path: tuple[str | int, ...]) -> str:
    """Names of members, never their values: an answer must not echo what a driver sent."""
    known: Any = error.kind
    where = "/".join(str(step) for step in path) or "payload"
    if kind == "Required":
        return f"{where}: {known.property} is missing"
    if kind == "AdditionalProperties":
        return f"{where}: unknown {', '.join(sorted(known.unexpected))}"[:200]
    return f"{where}: {_WORDS.get(kind, kind)}"
