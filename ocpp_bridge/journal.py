"""The flight recorder: every frame, both ways. Written by the batch that records the facts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple

import psycopg

TABLE: Final = "ocpp_bridge_frame"

_COPY: Final = f"copy {TABLE} (station_id, at, direction, message_id, action, body) from stdin"


class Entry(NamedTuple):
    """One frame as it stood on the wire. `direction`: in, out."""

    station_id: int
    at: datetime
    direction: str
    message_id: str
    action: str
    body: str


def write(cursor: psycopg.Cursor[tuple[object, ...]], entries: Iterable[Entry]) -> None:
    """Write these frames in the caller's transaction."""
    text = "".join(map(_line, entries))
    if text:
        with cursor.copy(_COPY) as copy:
            copy.write(text)


def _line(entry: Entry) -> str:
    station_id, at, direction, message_id, action, body = entry
    return (
        f"{station_id}\t{at.isoformat()}\t{direction}"
        f"\t{_escape(message_id[:36])}\t{_escape(action[:60])}\t{_escape(body)}\n"
    )


def _escape(text: str) -> str:
    """For COPY's text format; U+0000 cannot be stored, and may stand in a garbage frame."""
    if text.isalnum():
        return text
    if "\0" in text:
        text = text.replace("\0", "\N{SYMBOL FOR NULL}")
    if "\\" in text:
        text = text.replace("\\", "\\\\")
    if text.isprintable():
        return text
    return text.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
