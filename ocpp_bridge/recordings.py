"""A conversation as a file: JSON lines, the first about the station, every other one a frame. Pure.

Frames stand as they were on the wire, garbage too. The head holds what our answers depended on: the
station with its EVSEs, the tokens that were shown, the sessions that were under way, our commands.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

KIND: Final = "forecourt-conversation"
FORMAT: Final = 1


class NotARecording(ValueError):
    """The file is something else, or of a format that this version does not read."""


class Line(NamedTuple):
    """One frame. `direction`: in (from the station), out."""

    at: datetime
    direction: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """`station`, `tokens`, `sessions` and `outcomes` hold model fields; `commands` go by message id."""

    station: Mapping[str, Any]
    tokens: Sequence[Mapping[str, Any]] = field(default_factory=list)
    sessions: Sequence[Mapping[str, Any]] = field(default_factory=list)
    commands: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    outcomes: Sequence[Mapping[str, Any]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)


_HEAD: Final = ("station", "tokens", "sessions", "commands", "outcomes")


def write(recording: Recording) -> Iterator[str]:
    """The lines of the file, each with its end."""
    head = {name: getattr(recording, name) for name in _HEAD}
    yield _dump({"kind": KIND, "format": FORMAT, **head})
    for line in recording.lines:
        yield _dump({"at": line.at, "direction": line.direction, "body": line.body})


def read(lines: Iterable[str]) -> Recording:
    """The recording in these lines. Raises NotARecording."""
    try:
        rows = [json.loads(line) for line in lines if line.strip()]
        head, frames = rows[0], rows[1:]
        if head["kind"] != KIND or head["format"] != FORMAT:
            raise NotARecording(f"This is not a conversation of format {FORMAT}.")
        parts = {name: head[name] for name in _HEAD}
        return Recording(lines=[_line(frame) for frame in frames], **parts)
    except (ValueError, LookupError, TypeError) as error:
        raise NotARecording(str(error)) from error


def _line(frame: Mapping[str, Any]) -> Line:
    direction = frame["direction"]
    if direction not in ("in", "out"):
        raise NotARecording(f"A frame goes neither in nor out: {direction}")
    return Line(datetime.fromisoformat(frame["at"]), direction, str(frame["body"]))


def _dump(row: Mapping[str, Any]) -> str:
    return json.dumps(row, default=_plain, ensure_ascii=False) + "\n"


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
