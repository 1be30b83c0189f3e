"""The flight recorder: every frame, both ways. Written by the batch that records the facts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

from core import clock
from core.hot import hot_line

if TYPE_CHECKING:
    from ocpp_bridge.exchange import Job

TABLE: Final = "ocpp_bridge_frame"

_SPECIAL: Final = (("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"), ("\0", "\N{SYMBOL FOR NULL}"))
NULL: Final = "\\N"
_COPY: Final = (
    f"copy {TABLE} (station_id, at, direction, message_id, action, body, answer, answered_at) from stdin"
)


class Entry(NamedTuple):
    """One frame as it stood on the wire, and what we said to it at once. `direction`: in, out."""

    station_id: int
    at: datetime
    direction: str
    message_id: str
    action: str
    body: str
    answer: str = ""


def write(notes: Iterable[Entry], jobs: Iterable[Job] = ()) -> None:
    """Write these frames, and those of the jobs, in the caller's transaction."""
    now = clock.now().isoformat()
    text = "".join(chain(map(_line, notes), (_job_line(job, now) for job in jobs)))
    if text:
        hot_line().copy(_COPY, text)


def _line(entry: Entry) -> str:
    station_id, at, direction, message_id, action, body, answer = entry
    when = at.isoformat()
    return (
        f"{station_id}\t{when}\t{direction}\t{_escape(message_id[:36])}\t{_escape(action[:60])}"
        f"\t{_escape(body)}\t{_escape(answer)}\t{when if answer else NULL}\n"
    )


def _job_line(job: Job, now: str) -> str:
    """A message, and its answer when it was one batch that recorded it."""
    return (
        f"{job.report.station_id}\t{job.at.isoformat()}\tin\t{_escape(job.message_id)}\t{job.action}"
        f"\t{_escape(job.text)}\t{_escape(job.reply)}\t{now if job.reply else NULL}\n"
    )


def _escape(text: str) -> str:
    """For COPY's text format; U+0000 cannot be stored, and may stand in a garbage frame."""
    if "\\" in text:
        text = text.replace("\\", "\\\\")
    for char, written in _SPECIAL:
        if char in text:
            text = text.replace(char, written)
    return text
