"""OCPP-J frames: text to values and back (OCPP-J 1.6 section 4.2; 2.0.1 part 4 section 4.2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

import orjson

Payload: TypeAlias = dict[str, Any]


class FrameError(ValueError):
    """The other side sent something that is no frame."""


@dataclass(frozen=True, slots=True)
class Call:
    message_id: str
    action: str
    payload: Payload


@dataclass(frozen=True, slots=True)
class Result:
    message_id: str
    payload: Payload


@dataclass(frozen=True, slots=True)
class Refusal:
    """A CALLERROR, or 2.1's CALLRESULTERROR about an answer of ours, which we only take note of."""

    message_id: str
    code: str
    description: str = ""
    details: Payload = field(default_factory=dict)


Frame: TypeAlias = Call | Result | Refusal


def parse(text: str | bytes) -> Frame:
    """Read one frame. Raises FrameError."""
    try:
        match orjson.loads(text):
            case [2, str(message_id), str(action), dict(payload)]:
                return Call(message_id, action, payload)
            case [3, str(message_id), dict(payload)]:
                return Result(message_id, payload)
            case [4 | 5, str(message_id), str(code), str(description), dict(details)]:
                return Refusal(message_id, code, description, details)
    except orjson.JSONDecodeError as error:
        raise FrameError("not JSON") from error
    raise FrameError("not a frame of OCPP-J")


def pack(frame: Frame) -> str:
    """Write one frame."""
    match frame:
        case Call(message_id, action, payload):
            parts: list[Any] = [2, message_id, action, payload]
        case Result(message_id, payload):
            parts = [3, message_id, payload]
        case Refusal(message_id, code, description, details):
            parts = [4, message_id, code, description, details]
    return orjson.dumps(parts).decode()
