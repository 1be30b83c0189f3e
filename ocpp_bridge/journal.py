"""The flight recorder: every frame, both ways. Written by the batch that records the facts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

import psycopg

from core import clock

if TYPE_CHECKING:
    from ocpp_bridge.exchange import Job

TABLE: Final = "ocpp_bridge_frame"

_SPECIAL: Final = (("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"), ("\0", "\N{SYMBOL FOR NULL}"))
_COPY: Final = f"copy {TABLE} (station_id, at, direction, message_id, action, body) from stdin"


class Entry(NamedTuple):
    """One frame as it stood on the wire. `direction`: in, out."""

    station_id: int
    at: datetime
    direction: str
    message_id: str
    action: str
    body: str


def write(
    cursor: psycopg.Cursor[tuple[object, ...]], notes: Iterable[Entry], jobs: Iterable[Job] = ()
) -> None:
    """Write these frames, and those of the jobs, in the caller's transaction."""
    now = clock.now().isoformat()
    text = "".join(chain(map(_line, notes), (_lines(job, now) for job in jobs)))
    if text:
        with cursor.copy(_COPY) as copy:
            copy.write(text)


def _line(entry: Entry) -> str:
    station_id, at, direction, message_id, action, body = entry
    return (
        f"{station_id}\t{at.isoformat()}\t{direction}"
        f"\t{_escape(message_id[:36])}\t{_escape(action[:60])}\t{_escape(body)}\n"
    )


def _lines(job: Job, now: str) -> str:
    """A message and its answer."""
    station_id, about = job.report.station_id, f"{_escape(job.message_id)}\t{job.action}"
    asked = f"{station_id}\t{job.at.isoformat()}\tin\t{about}\t{_escape(job.text)}\n"
    if not job.reply:
        return asked
    return f"{asked}{station_id}\t{now}\tout\t{about}\t{_escape(job.reply)}\n"


def _escape(text: str) -> str:
    """For COPY's text format; U+0000 cannot be stored, and may stand in a garbage frame."""
    if "\\" in text:
        text = text.replace("\\", "\\\\")
    for char, written in _SPECIAL:
        if char in text:
            text = text.replace(char, written)
    return text
