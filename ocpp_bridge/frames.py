"""Text to frames and back, for OCPP-J (1.6 J section 4, 2.0.1 part 4 section 4). Pure and total.

Every text becomes a frame, something to answer with an error, or something to pass over in
silence. The versions differ in words, and 2.1 adds two message types (part 4, 4.1.3): a `Grammar`
holds what differs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, NamedTuple, NoReturn, TypeAlias

import orjson

Payload: TypeAlias = dict[str, Any]

CALL, CALL_RESULT, CALL_ERROR, CALL_RESULT_ERROR, SEND = 2, 3, 4, 5, 6
MAX_ID_CHARS: Final = 36
MAX_FRAME_CHARS: Final = 512 * 1024
MAX_ECHOED_ID_CHARS: Final = 255
UNREADABLE_ID: Final = "-1"
MAX_DESCRIPTION_CHARS: Final = 255

_HEAD = re.compile(r'\s*\[\s*(\d+)\s*,\s*"([^"\\]{1,255})"')
_SORTED = orjson.OPT_SORT_KEYS


class Call(NamedTuple):
    message_id: str
    action: str
    payload: Payload


class CallResult(NamedTuple):
    message_id: str
    payload: Payload


class CallError(NamedTuple):
    message_id: str
    code: str
    description: str
    details: Payload


class CallResultError(NamedTuple):
    """The station could not use an answer of ours (2.1 part 4, 4.2.3)."""

    message_id: str
    code: str
    description: str
    details: Payload


class Send(NamedTuple):
    """A message that is never answered, whatever it holds (2.1 part 4, 4.2.4)."""

    message_id: str
    action: str
    payload: Payload


class Unusable(NamedTuple):
    """Not a frame we can work with; `reply` goes back, or nothing when it is empty."""

    message_id: str
    reply: str


Frame: TypeAlias = Call | CallResult | CallError | CallResultError | Send | Unusable


@dataclass(frozen=True, slots=True)
class Grammar:
    """How one version words its errors. `codes` maps our names of errors to those on its wire."""

    codes: Mapping[str, str] = field(default_factory=dict)
    answers_unknown_types: bool = True
    knows_sends: bool = False

    def word(self, code: str) -> str:
        return self.codes.get(code, code)


V16: Final = Grammar(
    codes={
        # the misspelt names stay on the wire (1.6 J errata sections 5.1 and 5.2)
        "FormatViolation": "FormationViolation",
        "OccurrenceConstraintViolation": "OccurenceConstraintViolation",
        "RpcFrameworkError": "FormationViolation",
        "IncompleteCall": "ProtocolError",
    },
    answers_unknown_types=False,  # 1.6 J section 4.1.3: ignored
)
V201: Final = Grammar(codes={"IncompleteCall": "RpcFrameworkError"})
V21: Final = Grammar(codes={"IncompleteCall": "RpcFrameworkError"}, knows_sends=True)
UNANSWERED_IN_21: Final = (CALL_RESULT_ERROR, SEND)


def parse(text: str, grammar: Grammar) -> Frame:
    """The frame in `text`, or what to say about it."""
    if len(text) > MAX_FRAME_CHARS:
        return _corrupt(text, grammar, "GenericError", f"longer than {MAX_FRAME_CHARS} characters")
    try:
        data = orjson.loads(text)
    except orjson.JSONDecodeError:
        try:
            data = _patiently(text)
        except (ValueError, RecursionError):
            return _corrupt(text, grammar, "FormatViolation", "not valid JSON")
    if "\\u0000" in text:
        data = scrub(data)
    if type(data) is list and len(data) == 4 and data[0] == CALL:
        _, message_id, action, payload = data
        if (
            type(payload) is dict
            and type(action) is str
            and type(message_id) is str
            and 0 < len(message_id) <= MAX_ID_CHARS
            and type(data[0]) is int
        ):
            return Call(message_id, action, payload)
    return _sort_out(data, grammar)


def _patiently(text: str) -> Any:
    """JSON with lone surrogates, which orjson refuses; they become question marks."""
    return scrub(json.loads(text, parse_constant=_refuse))


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def scrub(value: Any) -> Any:
    """The same JSON value in strings that PostgreSQL can hold: no U+0000, no lone surrogates."""
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [scrub(item) for item in value]
    if isinstance(value, dict):
        return {scrub(key): scrub(item) for key, item in value.items()}
    return value


def _corrupt(text: str, grammar: Grammar, code: str, why: str) -> Unusable:
    """Broken beyond parsing; its id may still be readable at the head (2.0.1 part 4, 4.2.3)."""
    head = _HEAD.match(text)
    if head is None:
        code = "RpcFrameworkError" if code == "FormatViolation" else code
        return _error(UNREADABLE_ID, grammar, code, why)
    if head[1] in ("3", "4") or (grammar.knows_sends and head[1] in ("5", "6")):
        return _silence(head[2])
    if head[1] != "2":
        return _unknown_type(head[2], grammar)
    return _error(head[2], grammar, code, why)


def _sort_out(data: Any, grammar: Grammar) -> Frame:
    """JSON which is not a well-formed CALL."""
    if type(data) is not list or not data:
        return _error(UNREADABLE_ID, grammar, "RpcFrameworkError", "a message is a JSON array")
    kind = data[0] if type(data[0]) is int else None
    message_id = _echo(data)
    if kind in (CALL_RESULT, CALL_ERROR):
        return _answer(data)
    if grammar.knows_sends and kind in UNANSWERED_IN_21:
        return _unanswered(data, message_id)
    if kind is None:
        return _error(message_id, grammar, "RpcFrameworkError", "the message type is not a number")
    if kind != CALL:
        return _unknown_type(message_id, grammar)
    return _crooked_call(data, message_id, grammar)


def _crooked_call(data: list[Any], message_id: str, grammar: Grammar) -> Frame:
    if message_id == UNREADABLE_ID:
        return _error(message_id, grammar, "RpcFrameworkError", "the message id is not a string")
    if len(message_id) > MAX_ID_CHARS:
        return _error(message_id, grammar, "RpcFrameworkError", "the message id is too long")
    if len(data) < 4:
        return _error(message_id, grammar, "IncompleteCall", "a CALL has four elements")
    if len(data) > 4 or type(data[2]) is not str:
        return _error(message_id, grammar, "RpcFrameworkError", "not the elements of a CALL")
    if data[3] is None:  # allowed for "no payload" in both versions (4.1.5, 1.6 J 4.2.1)
        return Call(message_id, data[2], {})
    return _error(message_id, grammar, "FormatViolation", "the payload is not an object")


def _answer(data: list[Any]) -> Frame:
    """A CALLRESULT or CALLERROR. A crooked one is never answered: that could go on for ever."""
    message_id = _echo(data)
    if data[0] == CALL_RESULT and len(data) == 3 and isinstance(data[2], dict | None):
        return CallResult(message_id, data[2] or {})
    if data[0] == CALL_ERROR and len(data) >= 3 and isinstance(data[2], str):
        return CallError(message_id, data[2], *_explanation(data))
    return _silence(message_id)


def _explanation(data: list[Any]) -> tuple[str, Payload]:
    """The last two parts of an error, which may be missing."""
    description = data[3] if len(data) > 3 and isinstance(data[3], str) else ""
    details = data[4] if len(data) > 4 and isinstance(data[4], dict) else {}
    return description, details


def _unanswered(data: list[Any], message_id: str) -> Frame:
    """A CALLRESULTERROR or SEND; a crooked one is passed over like a good one."""
    if len(data) < 3 or not isinstance(data[2], str) or message_id == UNREADABLE_ID:
        return _silence(message_id)
    if data[0] == CALL_RESULT_ERROR:
        return CallResultError(message_id, data[2], *_explanation(data))
    if len(data) == 4 and isinstance(data[3], dict | None) and len(message_id) <= MAX_ID_CHARS:
        return Send(message_id, data[2], data[3] or {})
    return _silence(message_id)


def _echo(data: list[Any]) -> str:
    """The id to answer with: the exact one when it can be read at all."""
    message_id = data[1] if len(data) > 1 else None
    if type(message_id) is str and 0 < len(message_id) <= MAX_ECHOED_ID_CHARS:
        return message_id
    return UNREADABLE_ID


def _unknown_type(message_id: str, grammar: Grammar) -> Unusable:
    if not grammar.answers_unknown_types:
        return _silence(message_id)
    return _error(message_id, grammar, "MessageTypeNotSupported", "unknown message type")


def _silence(message_id: str) -> Unusable:
    return Unusable(message_id, "")


def _error(message_id: str, grammar: Grammar, code: str, why: str) -> Unusable:
    return Unusable(message_id, pack_error(message_id, grammar.word(code), why))


# --- outward -------------------------------------------------------------------------------


def pack_call(message_id: str, action: str, payload: Payload) -> str:
    return _dump([CALL, message_id, action, payload])


def pack_result(message_id: str, payload: Payload) -> str:
    return orjson.dumps([CALL_RESULT, message_id, payload], _plain, _SORTED).decode()


def pack_error(message_id: str, code: str, description: str = "", details: Payload | None = None) -> str:
    return _dump([CALL_ERROR, message_id, code, description[:MAX_DESCRIPTION_CHARS], details or {}])


def pack_result_error(message_id: str, code: str, description: str = "") -> str:
    """To a 2.1 station whose answer we could not use."""
    return _dump([CALL_RESULT_ERROR, message_id, code, description[:MAX_DESCRIPTION_CHARS], {}])


def _dump(message: list[Any]) -> str:
    """Members are sorted by name: some stations and test tools depend on a stable order."""
    return orjson.dumps(message, _plain, _SORTED).decode()


def _plain(value: Any) -> Any:
    """Decimals with all their digits; orjson itself knows none."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"{type(value).__name__} cannot travel in a message")
