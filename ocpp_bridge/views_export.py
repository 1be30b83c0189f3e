"""The journal as a file: JSON lines or CSV of what a search finds; a recording to hold again."""

from __future__ import annotations

import csv
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from core import clock
from core.threads import in_db_thread
from ocpp_bridge import journal_search, recordings
from ocpp_bridge.exporting import record_conversation
from ocpp_bridge.forms import JournalFilter
from ocpp_bridge.journal_search import Search, Talk, TooMuch
from ocpp_bridge.views import stations_of
from stations.models import ChargingStation
from stations.views.guards import member_required

MOST_ROWS: Final = 100_000
COLUMNS: Final = (
    "at", "station", "direction", "action", "message_id", "took_ms", "result", "request", "answer",
)  # fmt: skip
CUT_SHORT: Final = "The search took too long; what follows is missing."

Names = Mapping[int, str]


@require_safe
@member_required
def export(request: HttpRequest) -> HttpResponseBase:
    """What the journal's filter finds, newest first: format=jsonl (also the default) or csv."""
    asked = JournalFilter.read(request.GET)
    names = {station.pk: station.identity for station in stations_of(request, asked)}
    search = asked.search([*names])
    is_csv = request.GET.get("format") == "csv"
    lines = _rows(search, names, _csv_line if is_csv else _json_line)
    body = _with_heading(lines) if is_csv else lines
    return _saved(body, "messages.csv" if is_csv else "messages.jsonl")


@require_safe
@member_required
def recording(request: HttpRequest, identity: str) -> HttpResponseBase:
    """One charger's conversation as `manage.py replay` takes it: of the last day, or since/until."""
    visible = ChargingStation.objects.visible_to(request.user)
    station = get_object_or_404(visible, identity=identity)
    asked = JournalFilter.read(request.GET).search([station.pk])
    until = asked.until or clock.now() + timedelta(seconds=1)
    found = record_conversation(station=station, since=asked.since or until - timedelta(days=1), until=until)
    return _saved(_steady(recordings.write(found)), f"{identity}.conversation.jsonl")


async def _rows(search: Search, names: Names, line: Callable[[Talk, Names], str]) -> AsyncIterator[str]:
    """Pages are fetched as the reader takes them; nothing is held whole."""
    pages, count = journal_search.find_all(search), 0
    try:
        while (talks := await in_db_thread(next, pages, None)) and count < MOST_ROWS:
            count += len(talks)
            yield "".join(line(talk, names) for talk in talks)
    except TooMuch:
        yield CUT_SHORT + "\n"


async def _with_heading(lines: AsyncIterator[str]) -> AsyncIterator[str]:
    yield ",".join(COLUMNS) + "\r\n"
    async for line in lines:
        yield line


async def _steady(lines: Iterator[str]) -> AsyncIterator[str]:
    for line in lines:
        yield line


def _saved(body: AsyncIterator[str], name: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(body, content_type="application/octet-stream")
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response


# --- lines -----------------------------------------------------------------------------------


def _json_line(talk: Talk, names: Names) -> str:
    told = {
        "at": talk.at.isoformat(),
        "station": names[talk.station_id],
        "direction": talk.direction,
        "action": talk.action,
        "message_id": talk.message_id,
        "took_ms": talk.took_ms,
        "is_error": talk.is_error,
        "request": _read(talk.request),
        "answer": _read(talk.answer),
    }
    return json.dumps(told, ensure_ascii=False) + "\n"


def _read(text: str | None) -> Any:
    """The message; as text when it is no JSON."""
    try:
        return None if text is None else json.loads(text)
    except ValueError:
        return text


def _csv_line(talk: Talk, names: Names) -> str:
    result = "error" if talk.is_error else "none" if talk.answer is None else "ok"
    took_ms = "" if talk.took_ms is None else str(talk.took_ms)
    cells = (
        talk.at.isoformat(), names[talk.station_id], talk.direction, talk.action, talk.message_id,
        took_ms, result, talk.request, talk.answer or "",
    )  # fmt: skip
    return str(csv.writer(_Echo()).writerow([_tame(cell) for cell in cells]))


class _Echo:
    def write(self, value: str) -> str:
        return value


def _tame(cell: str) -> str:
    """A spreadsheet must not run what a charger said."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
